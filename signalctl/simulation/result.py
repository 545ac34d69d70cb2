"""The result file: one run or several seeds, with the baseline and what changed against it."""

from collections.abc import Mapping, Sequence
from typing import Any

from signalctl.simulation.run import RunOutcome
from sim.replications import combine, relative_change

COMPARED = (
    "person_delay_s",
    "all.delay_s",
    "all.stops",
    "by_mode.car.delay_s",
    "by_mode.truck.delay_s",
    "by_mode.bus.delay_s",
    "by_mode.tram.delay_s",
    "by_mode.bicycle.delay_s",
    "by_mode.pedestrian.delay_s",
    "by_mode.pedestrian.max_wait_s",
    "emissions.co2_g",
    "emissions.nox_g",
)


def result_of(runs: Sequence[RunOutcome]) -> dict[str, Any]:
    """One seed: the run's own figures. Several: their means, with spread and single runs beside."""
    if len(runs) == 1:
        return dict(runs[0].figures)
    return combine([run.figures for run in runs])


def with_baseline(
    result: dict[str, Any], runs: Sequence[RunOutcome], baseline_runs: Sequence[RunOutcome]
) -> dict[str, Any]:
    """The result with the baseline's own under `baseline`, and under `change` the change of the main figures.

    Runs are compared by seed, so that what both have from the demand cancels out.
    """
    changes = {}
    for path in COMPARED:
        pairs = [
            (value_at(run.figures, path), value_at(other.figures, path))
            for run, other in zip(runs, baseline_runs, strict=True)
        ]
        known = [(a, b) for a, b in pairs if a is not None and b is not None]
        if known:
            changes[path] = relative_change([a for a, _ in known], [b for _, b in known])
    return {**result, "baseline": result_of(baseline_runs), "change": changes}


def value_at(tree: Mapping[str, Any], path: str) -> Any:
    """What stands under a dotted path, None where nothing does."""
    here: Any = tree
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here
