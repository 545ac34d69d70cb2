"""What a run prints: a table by mode, safety, refusals and the verdicts on requirements."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from signalctl.simulation.requirements import Verdict
from signalctl.simulation.run import RunOutcome

SHOWN_DETAILS = 10
SHOWN_SIGNALS = 3


def print_summary(result: Mapping[str, Any], outcomes: Sequence[RunOutcome], verdicts: Sequence[Verdict]) -> None:
    """Print to the standard output."""
    console = Console(highlight=False)
    baseline = result.get("baseline")
    seeds = result.get("seeds", [result.get("seed")])
    console.print(
        f"{result['scenario']}, {result['plant']}, {result['strategy']}, {result['detection']} detection, "
        f"seeds {', '.join(map(str, seeds))}, seconds {result['begin']:.0f} to {result['end']:.0f}"
    )
    console.print(_table(result, baseline))
    person = f"person delay {_number(result['person_delay_s'])} s"
    if baseline is not None:
        change = result["change"].get("person_delay_s", {}).get("ratio")
        person += f" against {_number(baseline['person_delay_s'])} s under {baseline['strategy']}"
        person += f" ({change:+.1%})" if change is not None else ""
    console.print(person)
    console.print("safety: " + ", ".join(f"{name} {_number(count)}" for name, count in result["safety"].items()))
    speed = result["performance"]
    pace = f"{speed['real_time_factor']:.0f} times real time"
    if speed["tick_ms_p50"] is not None:
        pace += f"; a tick takes {speed['tick_ms_p50']:.1f} ms (median), {speed['tick_ms_p99']:.1f} ms (99 %)"
    console.print(pace)
    if left_out := result["signals_left_out"]:
        console.print(_shortened(left_out.split("; ")), markup=False, soft_wrap=True)
    for outcome in outcomes:
        details = [*outcome.violations, *outcome.failures, *(f"refused {n} x {w}" for w, n in outcome.refusals.items())]
        for line in details[:SHOWN_DETAILS]:
            console.print(f"{outcome.spec.strategy} seed {outcome.spec.seed}: {line}", markup=False)
        if len(details) > SHOWN_DETAILS:
            console.print(f"{outcome.spec.strategy} seed {outcome.spec.seed}: and {len(details) - SHOWN_DETAILS} more")
    for verdict in verdicts:
        console.print(str(verdict), markup=False, soft_wrap=True)


def _shortened(left_out: Sequence[str]) -> str:
    """A line about signals that no junction of the site controls."""
    more = f"; and {len(left_out) - SHOWN_SIGNALS} more" if len(left_out) > SHOWN_SIGNALS else ""
    plural = "s keep" if len(left_out) > 1 else " keeps"
    return f"{len(left_out)} signal{plural} the network's own programme: {'; '.join(left_out[:SHOWN_SIGNALS])}{more}"


def _table(result: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    columns = ["loaded", "arrived", "delay s", "p95 s", "stops", "wait s"]
    columns += ["baseline delay s"] if baseline is not None else []
    for column in columns:
        table.add_column(column, justify="right")
    for mode, figures in {"all": result["all"], **result["by_mode"]}.items():
        count = figures.get("loaded", figures.get("count"))
        if not count:
            continue
        cells = [count, figures.get("arrived"), figures["delay_s"], figures["delay_p95_s"], figures.get("stops")]
        cells.append(figures.get("waiting_s", figures.get("max_wait_s")))
        if baseline is not None:
            other = baseline["all"] if mode == "all" else baseline["by_mode"].get(mode, {})
            cells.append(other.get("delay_s"))
        table.add_row(mode, *(_number(cell) for cell in cells))
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
