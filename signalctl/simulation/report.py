"""The result of a simulation as one self-contained HTML page: tables, charts, the baseline beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np

from plans.defaults import OCCUPANCY
from plans.junction import Mode
from signalctl import __version__
from signalctl.simulation.charts import bars, lines
from signalctl.simulation.requirements import Verdict, figure_of
from signalctl.simulation.result import value_at
from signalctl.simulation.run import RunOutcome
from signalctl.simulation.spec import PlantName
from signalctl.simulation.tables import MISSING, change, count, interval, number, table

INTERVALS_S = (60, 120, 300, 600, 900, 1800, 3600)
MOST_POINTS = 24
PLANTS = {PlantName.EMBEDDED: "the embedded engine", PlantName.SUMO: "SUMO"}
LISTED = 50
DIAGRAM_NOTE = (
    "The strongest streams of the first seed, ten minutes from the middle of the run. A line is a vehicle, level where "
    "it stands; stop lines show their signals. Lines that end or begin in between turn off or on."
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One figure of the main table, in a unit that keeps its number short."""

    label: str
    path: str
    scale: float = 1.0
    digits: int = 1


ROWS = (
    _Row("Person delay, s", "person_delay_s"),
    _Row("Vehicle delay, s", "all.delay_s"),
    _Row("Vehicle delay, 95 % quantile, s", "all.delay_p95_s"),
    _Row("Standing, s", "all.waiting_s"),
    _Row("Stops per vehicle", "all.stops", digits=2),
    _Row("Travel time, s", "all.travel_time_s"),
    _Row("Longest pedestrian wait, s", "by_mode.pedestrian.max_wait_s"),
    _Row("CO2, kg", "emissions.co2_g", 1e-3),
    _Row("NOx, g", "emissions.nox_g", digits=0),
)
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 980px; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: .8rem 0 1.6rem; }
td, th { padding: .25rem .8rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
td { font-variant-numeric: tabular-nums; } th { font-weight: 600; }
th:first-child { text-align: left; padding-left: 0; }
figure { margin: .8rem 0 1.6rem; } .chart { width: 100%; height: auto; font-size: 11px; }
.chart text { paint-order: stroke; stroke: #fff; stroke-width: 3px; }
.legend span { margin-right: 2rem; } .key { width: 24px; height: 10px; margin-right: .5rem; }
.note, footer { color: #555; font-size: 13px; } .bad { color: #a11; font-weight: 600; } .good { color: #161; }
"""


def html_report(
    result: Mapping[str, Any],
    runs: Sequence[RunOutcome],
    baseline_runs: Sequence[RunOutcome],
    verdicts: Sequence[Verdict],
    diagrams: Sequence[str] = (),
) -> str:
    """The page. Charts count all seeds together; `diagrams` are figures of the first run's trajectories."""
    title = f"{result['scenario']}: {result['strategy']} on {PLANTS[PlantName(result['plant'])]}"
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(_conditions(result))}</p>"]
    if verdicts:
        parts += ["<h2>Requirements</h2>", _verdicts(verdicts)]
    parts += [
        "<h2>Figures</h2>",
        _figures(result),
        "<h2>Delay by mode</h2>",
        _by_mode(result),
        "<h2>Person delay by time of departure</h2>",
        _over_time(result, runs, baseline_runs),
        "<h2>Safety</h2>",
        _safety(result, [*runs, *baseline_runs]),
    ]
    if diagrams:
        parts += ["<h2>Time and space</h2>", *diagrams, f'<p class="note">{DIAGRAM_NOTE}</p>']
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n<footer>signalctl {__version__}. Delay counts all loaded road "
        "users: time lost on the road and time waited for insertion, unfinished and never inserted ones included."
        "</footer></body></html>\n"
    )


def _conditions(result: Mapping[str, Any]) -> str:
    seeds = result.get("seeds", [result.get("seed")])
    against = f", against {result['baseline']['strategy']}" if "baseline" in result else ""
    sentences = [
        f"{result['detection'].capitalize()} detection, seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}, "
        f"scenario seconds {result['begin']:.0f} to {result['end']:.0f} "
        f"({number((result['end'] - result['begin']) / 60, 0)} min), steps of {result['step_s']:g} s{against}."
    ]
    if result["derived_site"]:
        sentences.append("Groups, stages and plans were derived from the network's programmes.")
    if result["teleported"]:
        sentences.append(f"Vehicles lifted away because they were stuck: {count(result['teleported'])}.")
    return " ".join(sentences)


def _figures(result: Mapping[str, Any]) -> str:
    baseline = result.get("baseline")
    head = ["", result["strategy"]]
    head += ["95 % interval"] if "ci95" in result else []
    head += [_baseline_name(result), _change_head(result)] if baseline is not None else []
    rows = []
    for row in ROWS:
        ours = figure_of(result, row.path)
        theirs = None if baseline is None else figure_of(baseline, row.path)
        if ours is None and theirs is None:
            continue  # nobody contributed
        cells = [_scaled(ours, row)]
        if "ci95" in result:
            cells.append(interval(value_at(result["ci95"], row.path), row.scale, row.digits))
        if baseline is not None:
            cells += [_scaled(theirs, row), change(ours, theirs, result["change"].get(row.path))]
        rows.append((row.label, cells))
    return table(head, rows)


def _by_mode(result: Mapping[str, Any]) -> str:
    baseline = result.get("baseline")
    present = [mode for mode, figures in result["by_mode"].items() if _people(figures)]
    if not present:
        return _nobody(result)
    trees = {result["strategy"]: result}
    if baseline is not None:
        trees[_baseline_name(result)] = baseline
    series = {name: [tree["by_mode"].get(mode, {}).get("delay_s") for mode in present] for name, tree in trees.items()}
    head = ["", "on the road", "arrived", "delay, s", "95 % quantile, s"]
    head += [f"{_baseline_name(result)}, s", _change_head(result)] if baseline is not None else []
    rows = []
    for mode in present:
        figures = result["by_mode"][mode]
        arrived = figures.get("arrived")
        cells = [count(_people(figures)), MISSING if arrived is None else count(arrived)]
        cells += [number(figures["delay_s"]), number(figures["delay_p95_s"])]
        if baseline is not None:
            theirs = baseline["by_mode"].get(mode, {}).get("delay_s")
            paired = result["change"].get(f"by_mode.{mode}.delay_s")
            cells += [number(theirs), change(figures["delay_s"], theirs, paired)]
        rows.append((mode, cells))
    return bars(present, series, "s", "Delay by mode") + table(head, rows)


def _over_time(result: Mapping[str, Any], runs: Sequence[RunOutcome], baseline_runs: Sequence[RunOutcome]) -> str:
    begin, end = float(result["begin"]), float(result["end"])
    step_s = next((step for step in INTERVALS_S if (end - begin) / step <= MOST_POINTS), INTERVALS_S[-1])
    edges = np.append(np.arange(begin, end, step_s), end)
    series = {result["strategy"]: _person_delay(runs, edges)}
    if baseline_runs:
        series[_baseline_name(result)] = _person_delay(baseline_runs, edges)
    if all(value is None for values in series.values() for value in values):
        return _nobody(result)
    middles = [float(a + b - 2 * begin) / 120.0 for a, b in pairwise(edges)]
    chart = lines(middles, series, "s", "Person delay", x_end=(end - begin) / 60.0, x_unit="min")
    return (
        f'{chart}<p class="note">Mean of those who wanted to leave within {step_s // 60} min. Whoever is still on the '
        "way at the end counts with what was lost until then, so the last minutes look better than they are.</p>"
    )


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
    rows = [(name.replace("_", " "), [count(entries)]) for name, entries in result["safety"].items()]
    seen = [line for run in runs for line in (*run.violations, *run.failures)]
    listed = "".join(f'<li class="bad">{escape(line)}</li>' for line in seen[:LISTED])
    if len(seen) > LISTED:
        listed += f'<li class="bad">and {len(seen) - LISTED} more</li>'
    refused = "".join(
        f"<li>{escape(run.spec.strategy)} seed {run.spec.seed}: {times} x refused by {escape(word)}</li>"
        for run in runs
        for word, times in run.refusals.items()
    )
    head = ["", "entries" if len(result.get("seeds", ())) < 2 else "entries per run"]
    return table(head, rows) + (f"<ul>{listed}{refused}</ul>" if listed or refused else "")


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    items = "".join(f'<li class="{"good" if one.met else "bad"}">{escape(str(one))}</li>' for one in verdicts)
    return f"<ul>{items}</ul>"


def _nobody(result: Mapping[str, Any]) -> str:
    return (
        f'<p class="note">Nothing to show: nobody was on the road between second {result["begin"]:.0f} and '
        f"{result['end']:.0f}.</p>"
    )


def _people(figures: Mapping[str, Any]) -> float:
    """How many there were; people on foot are counted, everybody else is loaded."""
    return float(figures["count"] if "count" in figures else figures["loaded"])


def _baseline_name(result: Mapping[str, Any]) -> str:
    return f"{result['baseline']['strategy']} (baseline)"


def _change_head(result: Mapping[str, Any]) -> str:
    return "change (95 % interval)" if len(result.get("seeds", ())) > 1 else "change"


def _scaled(value: float | None, row: _Row) -> str:
    return number(None if value is None else value * row.scale, row.digits)
