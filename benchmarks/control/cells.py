"""From single runs to cells: means over seeds with intervals, and what changed against the baseline, seed by seed."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.control.ledger import Record
from signalctl.simulation.result import COMPARED, value_at
from sim.replications import combine, paired_difference, relative_change

ANY = ""

Cell = dict[str, Any]
"""A result in the shape of `signalctl simulate --json` with several seeds, and `change` and `difference` beside."""


def make_cells(records: Sequence[Record], baseline: str) -> list[Cell]:
    """One cell per scenario, strategy and detection, in the order of the records.

    Args:
        records: One per run.
        baseline: Strategy that the others are compared with, on the seeds that both have; with the same detection
            where it looks at detectors and they do.
    """
    grouped: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        grouped.setdefault((record["scenario"], record["strategy"], record["detection"]), []).append(record)
    references: dict[tuple[str, str], list[Record]] = {}
    for (scenario, strategy, detection), group in grouped.items():
        if strategy == baseline:
            references[scenario, detection] = group
            references.setdefault((scenario, ANY), group)
    return [
        _cell(key, group, references.get((key[0], key[2]), references.get((key[0], ANY), [])))
        for key, group in grouped.items()
    ]


def _cell(key: tuple[str, str, str], records: Sequence[Record], references: Sequence[Record]) -> Cell:
    scenario, strategy, detection = key
    ordered = sorted(records, key=lambda record: record["seed"])
    cell: Cell = {
        **combine([record["figures"] for record in ordered]),
        "scenario": scenario,
        "strategy": strategy,
        "detection": detection,
        "revisions": sorted({record["revision"] for record in ordered}),
        "refusals": [record["refusals"] for record in ordered],
        "notes": [note for record in ordered for note in (*record["failures"], *record["violations"])],
    }
    if references and strategy != references[0]["strategy"]:
        cell |= _against(ordered, references)
    return cell


def _against(records: Sequence[Record], references: Sequence[Record]) -> dict[str, Any]:
    theirs = {record["seed"]: record["figures"] for record in references}
    pairs = [(record["figures"], theirs[record["seed"]]) for record in records if record["seed"] in theirs]
    change, difference = {}, {}
    for path in COMPARED:
        both = [(value_at(ours, path), value_at(other, path)) for ours, other in pairs]
        known = [(ours, other) for ours, other in both if ours is not None and other is not None]
        if known:
            ours, other = [a for a, _ in known], [b for _, b in known]
            change[path] = relative_change(ours, other)
            difference[path] = paired_difference(ours, other)
    return {
        "baseline": references[0]["strategy"],
        "paired_seeds": [ours["seed"] for ours, _ in pairs],
        "change": change,
        "difference": difference,
    }


def half_width(cell: Mapping[str, Any], path: str) -> float | None:
    """Half of the 95 % interval of a figure's mean; None with one seed."""
    ends = value_at(cell["ci95"], path)
    return None if ends is None else (ends[1] - ends[0]) / 2


def modes_of(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The modes of road users that somebody belonged to in any of the cells."""
    found: dict[str, None] = {}
    for cell in cells:
        for mode, figures in cell["by_mode"].items():
            if figures.get("loaded", figures.get("count")):
                found[mode] = None
    return list(found)


def over_runs(cell: Mapping[str, Any], path: str) -> list[float]:
    """A figure of each run of a cell, where it has one."""
    values = [value_at(run, path) for run in cell["runs"]]
    return [float(value) for value in values if value is not None]
