"""The cells as Markdown: delay by scenario, the difference to the baseline, modes, safety and speed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.control.cells import Cell, half_width, modes_of, over_runs
from benchmarks.control.matrix import NO_DETECTION
from signalctl.simulation.result import value_at

MISSING = "–"
DELAY = "all.delay_s"
BEGIN, END = "<!-- benchmarks.control: begin -->", "<!-- benchmarks.control: end -->"

Row = tuple[str, str]
"""Strategy and detection."""


def report(cells: Sequence[Cell], about: Mapping[str, Any]) -> str:
    """All tables, after a sentence on how they came about."""
    scenarios = list(dict.fromkeys(cell["scenario"] for cell in cells))
    rows = list(dict.fromkeys((cell["strategy"], cell["detection"]) for cell in cells))
    at = {(cell["scenario"], cell["strategy"], cell["detection"]): cell for cell in cells}
    blocks = [
        _conditions(about),
        "### Delay of a vehicle, s",
        _grid(rows, scenarios, at, lambda cell: _delay(cell, len(about["seeds"]))),
    ]
    if any("difference" in cell for cell in cells):
        compared = [row for row in rows if row[0] != about["baseline"]]
        blocks += [
            f"### Delay against `{about['baseline']}`, seed by seed: s (%)",
            _grid(compared, scenarios, at, lambda cell: _difference(cell, DELAY)),
        ]
    for scenario in scenarios:
        here = [cell for cell in cells if cell["scenario"] == scenario]
        modes = modes_of(here)
        if len(modes) > 1:
            blocks += [f"### {scenario} by mode, s", _by_mode(here, modes)]
    blocks += ["### Safety and speed", _safety(rows, cells)]
    if about["failed"]:
        blocks += ["### Failed", "\n".join(f"- {job}: {error}" for job, error in about["failed"].items())]
    return "\n\n".join(blocks) + "\n"


def write_section(page: str, body: str) -> str:
    """The page with `body` between its two markers.

    Raises:
        ValueError: The page does not have both markers once, in their order.
    """
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended or page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"expected {BEGIN} and {END} once each, in this order")
    return f"{before}{BEGIN}\n{body.strip()}\n{END}{after}"


def _conditions(about: Mapping[str, Any]) -> str:
    seeds = about["seeds"]
    words = [f"SUMO {about['sumo']}, seed{'s' if len(seeds) > 1 else ''} {_seeds(seeds)}"]
    if about["duration_s"] is not None:
        words.append(f"the first {about['duration_s']:g} s of each scenario")
    if about["policy"] is not None:
        words.append(f"policy `{about['policy']}`")
    if not about["extra_stages"]:
        words.append("derived sites with the programmes' own stages only")
    lifted = [f"{name} after {seconds:g} s" for name, seconds in about["teleport_s"].items()]
    words.append(f"stuck vehicles lifted away in {', '.join(lifted)}, nowhere else" if lifted else "nobody lifted away")
    commit = f" ({about['commit']})" if about["commit"] else ""
    spread = " ± is half of the 95 % interval of the mean." if len(seeds) > 1 else ""
    other = ", ".join(f"`{name}`" for name in about["other_revisions"])
    reused = f" Results of {other} come from earlier code." if other else ""
    return f"{'; '.join(words)}. Code {about['revision']}{commit}.{spread}{reused}"


def _seeds(seeds: Sequence[int]) -> str:
    run = list(range(seeds[0], seeds[0] + len(seeds)))
    return f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 and list(seeds) == run else ", ".join(map(str, seeds))


def _grid(rows: Sequence[Row], scenarios: Sequence[str], at: Mapping[tuple[str, str, str], Cell], text: Any) -> str:
    """A row per strategy and detection, a column per scenario."""
    lines = []
    for row in rows:
        cells = [at.get((scenario, *row)) for scenario in scenarios]
        lines.append([_name(row), *(MISSING if cell is None else text(cell) for cell in cells)])
    return _table(["", *scenarios], lines)


def _delay(cell: Cell, wanted: int) -> str:
    few = f" ({len(cell['seeds'])} of {wanted} seeds)" if len(cell["seeds"]) < wanted else ""
    return _mean(cell, DELAY) + few


def _mean(cell: Cell, path: str) -> str:
    value, half = value_at(cell, path), half_width(cell, path)
    return _number(value) if half is None else f"{_number(value)} ± {_number(half)}"


def _difference(cell: Cell, path: str) -> str:
    """Seconds and percent, each with half of its interval over the pairs."""
    absolute, relative = value_at(cell, "difference") or {}, value_at(cell, "change") or {}
    if path not in absolute:
        return MISSING
    seconds, ratio = absolute[path], relative[path]
    shown = f"{seconds['mean']:+.1f}{_half(seconds['ci95'], 1.0)}"
    if ratio["ratio"] is not None:
        shown += f" ({100 * ratio['ratio']:+.1f}{_half(ratio['ci95'], 100.0)} %)"
    return shown.replace("-", "−")


def _half(ends: Sequence[float] | None, scale: float) -> str:
    return "" if ends is None else f" ± {scale * (ends[1] - ends[0]) / 2:.1f}"


def _by_mode(cells: Sequence[Cell], modes: Sequence[str]) -> str:
    walking = "pedestrian" in modes
    head = ["", "person delay", *modes, *(["longest wait on foot"] if walking else [])]
    lines = []
    for cell in cells:
        line = [_name((cell["strategy"], cell["detection"])), _mean(cell, "person_delay_s")]
        line += [_mean(cell, f"by_mode.{mode}.delay_s") for mode in modes]
        if walking:
            line.append(_number(max(over_runs(cell, "by_mode.pedestrian.max_wait_s"), default=None), 0))
        lines.append(line)
    return _table(head, lines)


def _safety(rows: Sequence[Row], cells: Sequence[Cell]) -> str:
    lines = []
    for row in rows:
        here = [cell for cell in cells if (cell["strategy"], cell["detection"]) == row]
        kinds = sorted({kind for cell in here for kind in cell["safety"]} - {"refused"})
        entries = sum(sum(over_runs(cell, f"safety.{kind}")) for cell in here for kind in kinds)
        middle = [value for cell in here for value in over_runs(cell, "performance.tick_ms_p50")]
        slowest = [value for cell in here for value in over_runs(cell, "performance.tick_ms_p99")]
        counts = [
            sum(len(cell["runs"]) for cell in here),
            entries,
            sum(sum(over_runs(cell, "safety.refused")) for cell in here),
            sum(sum(over_runs(cell, "teleported")) for cell in here),
        ]
        times = [_number(float(np.median(middle)) if middle else None), _number(max(slowest, default=None))]
        lines.append([_name(row), *(_number(count, 0) for count in counts), *times])
    return _table(["", "runs", "safety entries", "refused", "lifted away", "tick p50, ms", "tick p99, ms"], lines)


def _name(row: Row) -> str:
    strategy, detection = row
    return f"`{strategy}`" if detection == NO_DETECTION else f"`{strategy}`, {detection}"


def _number(value: float | None, digits: int = 1) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(
        ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(line) + " |" for line in lines)]
    )
