"""What the runs of the agreement matrix say: Markdown with delays, rankings and movements of both."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from benchmarks.control.ledger import Record
from signalctl.simulation.result import value_at

DELAY = "all.delay_s"
MOVEMENT = "by_movement"
ENOUGH = 100  # vehicles of a movement over all seeds, below which chance decides
MOVEMENT_GOAL = 0.15
PLANTS = ("sumo", "embedded")

Cell = tuple[str, str]
"""Scenario and strategy."""


def report(scenarios: Sequence[str], strategies: Sequence[str], records: Sequence[Record]) -> str:
    """All tables; cells without runs of both plants are left out."""
    runs: dict[str, dict[Cell, list[Record]]] = {plant: defaultdict(list) for plant in PLANTS}
    for record in records:
        scenario, _, plant = record["scenario"].rpartition("@")
        runs[plant][scenario, record["strategy"]].append(record)
    cells = [
        (scenario, strategy)
        for scenario in scenarios
        for strategy in strategies
        if all(runs[plant][scenario, strategy] for plant in PLANTS)
    ]
    delays = {plant: {cell: _delay_s(runs[plant][cell]) for cell in cells} for plant in PLANTS}
    rows = [
        "| scenario | strategy | SUMO | engine | ratio | movements within 15 % | worst movement |",
        "|---" * 7 + "|",
    ]
    for cell in cells:
        theirs, ours = (delays[plant][cell] for plant in PLANTS)
        movements = _movements(*(runs[plant][cell] for plant in PLANTS))
        rows.append(f"| {' | '.join(cell)} | {theirs:.1f} | {ours:.1f} | {ours / theirs:.2f} | {movements} |")
    rows += ["", "| scenario | ranking in SUMO | ranking in the engine |", "|---|---|---|"]
    for scenario in scenarios:
        here = [cell for cell in cells if cell[0] == scenario]
        if here:
            rows.append(f"| {scenario} | {' | '.join(_ranking(here, delays[plant]) for plant in PLANTS)} |")
    return "\n".join(rows) + "\n"


def _delay_s(records: Sequence[Record]) -> float:
    return fmean(value_at(record["figures"], DELAY) or 0.0 for record in records)


def _ranking(cells: Sequence[Cell], delays: Mapping[Cell, float]) -> str:
    return ", ".join(cell[1] for cell in sorted(cells, key=lambda cell: delays[cell]))


def _movements(theirs: Sequence[Record], ours: Sequence[Record]) -> str:
    """How many movements with enough vehicles agree, and the one that agrees least."""
    a, b = (_by_movement(records) for records in (theirs, ours))
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
