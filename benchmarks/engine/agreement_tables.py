"""What the runs of the agreement matrix say: Markdown with delays, rankings, modes and movements of both."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from benchmarks.control.ledger import Record
from benchmarks.engine.ratios import paired_ratio
from signalctl.simulation.result import value_at

DELAY = "all.delay_s"
MOVEMENT = "by_movement"
ENOUGH = 100  # of a movement or a mode over all seeds, below which chance decides
MOVEMENT_GOAL = 0.15
PLANTS = ("sumo", "embedded")

Cell = tuple[str, str]
"""Scenario and strategy."""


Pairs = Sequence[tuple[Record, Record]]
"""Runs of SUMO and of the engine with the same seed."""


def report(scenarios: Sequence[str], strategies: Sequence[str], records: Sequence[Record]) -> str:
    """All tables; only seeds that both plants have run count, and cells without one are left out."""
    runs: dict[str, dict[Cell, dict[int, Record]]] = {plant: defaultdict(dict) for plant in PLANTS}
    for record in records:
        scenario, _, plant = record["scenario"].rpartition("@")
        runs[plant][scenario, record["strategy"]][record["seed"]] = record
    theirs, ours = (runs[plant] for plant in PLANTS)
    cells: dict[Cell, Pairs] = {}
    for cell in ((scenario, strategy) for scenario in scenarios for strategy in strategies):
        if seeds := sorted(theirs[cell].keys() & ours[cell].keys()):
            cells[cell] = [(theirs[cell][seed], ours[cell][seed]) for seed in seeds]
    rows = [
        "| scenario | strategy | seeds | SUMO | engine | ratio (95 % interval) | agreement | movements within 15 % "
        "| worst movement |",
        "|---" * 9 + "|",
        *(f"| {' | '.join(cell)} | {_compared(pairs, DELAY)} | {_movements(pairs)} |" for cell, pairs in cells.items()),
        "",
        "| scenario | ranking in SUMO | ranking in the engine |",
        "|---|---|---|",
        *(f"| {name} | {' | '.join(_rankings(name, cells))} |" for name in dict.fromkeys(cell[0] for cell in cells)),
        "",
        "| scenario | strategy | mode | seeds | SUMO | engine | ratio (95 % interval) | agreement |",
        "|---" * 8 + "|",
        *(
            f"| {' | '.join(cell)} | {mode} | {_compared(pairs, f'by_mode.{mode}.delay_s')} |"
            for cell, pairs in cells.items()
            for mode in _modes(pairs)
        ),
    ]
    return "\n".join(rows) + "\n"


def _compared(pairs: Pairs, path: str) -> str:
    """Seeds, both means, and their ratio with its interval and what that tells."""
    known = [(a, b) for a, b in ((_figure(theirs, path), _figure(ours, path)) for theirs, ours in pairs) if a and b]
    theirs, ours = [a for a, _ in known], [b for _, b in known]
    ratio = paired_ratio(theirs, ours)
    return f"{len(known)} | {fmean(theirs):.1f} | {fmean(ours):.1f} | {ratio} | {ratio.verdict}"


def _figure(record: Record, path: str) -> float:
    return float(value_at(record["figures"], path) or 0.0)


def _rankings(scenario: str, cells: Mapping[Cell, Pairs]) -> list[str]:
    """Strategies by mean delay, in SUMO and in the engine."""
    here = {strategy: pairs for (where, strategy), pairs in cells.items() if where == scenario}
    return [
        ", ".join(sorted(here, key=lambda name: fmean(_figure(pair[plant], DELAY) for pair in here[name])))
        for plant in range(len(PLANTS))
    ]


def _modes(pairs: Pairs) -> list[str]:
    """Modes with enough road users who lost time, over all seeds and in both."""
    found = dict.fromkeys(mode for pair in pairs for record in pair for mode in record["figures"].get("by_mode", {}))
    return [mode for mode in found if all(_count(pairs, mode, plant) >= ENOUGH for plant in range(len(PLANTS)))]


def _count(pairs: Pairs, mode: str, plant: int) -> float:
    figures = [pair[plant]["figures"]["by_mode"].get(mode, {}) for pair in pairs]
    return sum(one.get("loaded", one.get("count", 0)) for one in figures if one.get("delay_s"))


def _movements(pairs: Pairs) -> str:
    """How many movements with enough vehicles agree, and the one that agrees least."""
    a, b = (_by_movement([pair[plant] for pair in pairs]) for plant in range(len(PLANTS)))
    ratios = {
        way: (b[way][1] / b[way][0]) / (a[way][1] / a[way][0])
        for way in a
        if way in b and min(a[way][0], b[way][0]) >= ENOUGH and a[way][1] > 0
    }
    if not ratios:
        return "none has enough vehicles | –"
    within = sum(abs(ratio - 1.0) <= MOVEMENT_GOAL for ratio in ratios.values())
    worst = max(ratios, key=lambda way: abs(ratios[way] - 1.0))
    return f"{within} of {len(ratios)} | {worst}: {ratios[worst]:.2f}"


def _by_movement(records: Sequence[Record]) -> dict[str, tuple[int, float]]:
    """Vehicles and their summed delay by movement, over all runs."""
    totals: dict[str, tuple[int, float]] = {}
    for record in records:
        for way, (count, delay_s) in record["figures"][MOVEMENT].items():
            before = totals.get(way, (0, 0.0))
            totals[way] = before[0] + count, before[1] + delay_s
    return totals
