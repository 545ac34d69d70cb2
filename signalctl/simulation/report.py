"""The result of a simulation as one self-contained HTML page: tables, charts, the baseline beside it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from plans.defaults import OCCUPANCY
from plans.junction import Mode
from signalctl import __version__
from signalctl.simulation.charts import bars, lines
from signalctl.simulation.requirements import Verdict, figure_of
from signalctl.simulation.run import RunOutcome

INTERVAL_S = 300.0
ROWS = (
    ("Person delay, s", "person_delay_s"),
    ("Vehicle delay, s", "all.delay_s"),
    ("Vehicle delay, 95 % quantile, s", "all.delay_p95_s"),
    ("Standing, s", "all.waiting_s"),
    ("Stops per vehicle", "all.stops"),
    ("Travel time, s", "all.travel_time_s"),
    ("Longest pedestrian wait, s", "by_mode.pedestrian.max_wait_s"),
    ("CO2, g", "emissions.co2_g"),
    ("NOx, g", "emissions.nox_g"),
)
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: .8rem 0 1.6rem; }
td, th { padding: .25rem .8rem; border-bottom: 1px solid #ddd; }
td { text-align: right; font-variant-numeric: tabular-nums; } th { text-align: left; font-weight: 600; }
svg { width: 100%; height: auto; font-size: 12px; } .bad { color: #a11; font-weight: 600; } .good { color: #161; }
"""


def html_report(
    result: Mapping[str, Any],
    runs: Sequence[RunOutcome],
    baseline_runs: Sequence[RunOutcome],
    verdicts: Sequence[Verdict],
) -> str:
    """The page. Charts count all seeds together."""
    title = f"{result['scenario']}: {result['strategy']} on {result['plant']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_conditions(result))}</p>",
        "<h2>Figures</h2>",
        _figures(result),
        "<h2>Delay by mode</h2>",
        _by_mode(result),
        "<h2>Delay by time of departure</h2>",
        _over_time(result, runs, baseline_runs),
        "<h2>Safety</h2>",
        _safety(result, [*runs, *baseline_runs]),
    ]
    if verdicts:
        parts += ["<h2>Requirements</h2>", _verdicts(verdicts)]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n<footer>signalctl {__version__}. Delay counts all loaded road "
        "users: time lost on the road and time waited for insertion, unfinished and never inserted ones included."
        "</footer></body></html>\n"
    )


def _conditions(result: Mapping[str, Any]) -> str:
    seeds = ", ".join(map(str, result.get("seeds", [result.get("seed")])))
    against = f", against {result['baseline']['strategy']}" if "baseline" in result else ""
    return (
        f"{result['detection']} detection, seeds {seeds}, "
        f"scenario seconds {result['begin']:.0f} to {result['end']:.0f}, steps of {result['step_s']:g} s{against}."
    )


def _figures(result: Mapping[str, Any]) -> str:
    baseline = result.get("baseline")
    head = ["", result["strategy"]]
    head += ["95 % interval"] if "ci95" in result else []
    head += [f"{baseline['strategy']} (baseline)", "change"] if baseline is not None else []
    rows = []
    for label, path in ROWS:
        cells = [_number(figure_of(result, path))]
        if "ci95" in result:
            cells.append(_interval(_at(result["ci95"], path)))
        if baseline is not None:
            ours, theirs = figure_of(result, path), figure_of(baseline, path)
            cells += [_number(theirs), _change(ours, theirs)]
        rows.append((label, cells))
    return _table(head, rows)


def _by_mode(result: Mapping[str, Any]) -> str:
    present = [m for m, figures in result["by_mode"].items() if figures.get("loaded", figures.get("count"))]
    trees = {result["strategy"]: result}
    if "baseline" in result:
        trees[f"{result['baseline']['strategy']} (baseline)"] = result["baseline"]
    series = {name: [tree["by_mode"].get(mode, {}).get("delay_s") for mode in present] for name, tree in trees.items()}
    return bars(present, series, "s")


def _over_time(result: Mapping[str, Any], runs: Sequence[RunOutcome], baseline_runs: Sequence[RunOutcome]) -> str:
    begin, end = float(result["begin"]), float(result["end"])
    edges = np.arange(begin, end + INTERVAL_S, INTERVAL_S)
    middles = [float(edge + INTERVAL_S / 2 - begin) / 60.0 for edge in edges[:-1]]
    series = {result["strategy"]: _person_delay(runs, edges)}
    if baseline_runs:
        series[f"{result['baseline']['strategy']} (baseline)"] = _person_delay(baseline_runs, edges)
    return lines(middles, series, "s per person", "min")


def _person_delay(runs: Sequence[RunOutcome], edges: Any) -> list[float | None]:
    """Person delay of those who wanted to leave within each interval; None where nobody did."""
    trips = [trip for run in runs for trip in run.trips]
    weights = np.array([OCCUPANCY[Mode(trip.mode.label)] for trip in trips])
    departs = np.array([trip.depart_s for trip in trips])
    delays = np.array([trip.delay_s for trip in trips])
    persons, _ = np.histogram(departs, edges, weights=weights)
    lost, _ = np.histogram(departs, edges, weights=weights * delays)
    return [float(a / b) if b > 0 else None for a, b in zip(lost, persons, strict=True)]


def _safety(result: Mapping[str, Any], runs: Sequence[RunOutcome]) -> str:
    rows = [(name.replace("_", " "), [_number(count)]) for name, count in result["safety"].items()]
    seen = [line for run in runs for line in (*run.violations, *run.failures)]
    listed = "".join(f'<li class="bad">{escape(line)}</li>' for line in seen[:50])
    refused = "".join(
        f"<li>{escape(run.spec.strategy)} seed {run.spec.seed}: {count} x refused by {escape(word)}</li>"
        for run in runs
        for word, count in run.refusals.items()
    )
    return _table(["", "count per run"], rows) + (f"<ul>{listed}{refused}</ul>" if listed or refused else "")


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    items = "".join(f'<li class="{"good" if one.met else "bad"}">{escape(str(one))}</li>' for one in verdicts)
    return f"<ul>{items}</ul>"


def _table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr><th>{escape(label)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for label, cells in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _at(tree: Mapping[str, Any], path: str) -> Any:
    here: Any = tree
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _interval(ends: Sequence[float] | None) -> str:
    return f"{ends[0]:,.1f} to {ends[1]:,.1f}" if ends else "-"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _change(ours: float | None, theirs: float | None) -> str:
    return "-" if ours is None or not theirs else f"{(ours - theirs) / theirs:+.1%}"
