"""Jobs and results of a made-up matrix."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.control.matrix import Job, Street, make_jobs
from detectors.equipment import Detection
from signalctl.simulation.run import RunOutcome
from signalctl.simulation.spec import Control, parse_control

CONDITIONS: dict[str, Any] = {"files": "abc", "teleport_s": -1.0}


def jobs_of(
    controls: Sequence[str] = ("sumo-actuated", "fixed", "adaptive"),
    detections: Sequence[Detection] = (Detection.PERFECT, Detection.LOOPS),
    seeds: Sequence[int] = (1, 2, 3),
    streets: Sequence[str] = ("here", "there"),
) -> list[Job]:
    """All runs of two streets that nobody has to drive on."""
    named = [Street(name, Path(f"{name}.sumocfg"), name) for name in streets]
    chosen: list[Control] = [parse_control(name) for name in controls]
    return make_jobs(named, chosen, detections, seeds)


def outcome_of(job: Job, delay_s: float | None, **other: Any) -> RunOutcome:
    """A result with this delay of cars, and people who lose half of it."""
    return RunOutcome(job.spec, figures_of(job, delay_s, **other), (), {}, (), ())


def figures_of(
    job: Job, delay_s: float | None, *, people: int = 4, longest_wait_s: float = 50.0, conflicts: int = 0
) -> dict[str, Any]:
    """Figures of a run as far as the matrix reads them."""
    on_foot = delay_s / 2 if delay_s is not None and people else None
    return {
        "scenario": job.street.label,
        "strategy": job.control.value,
        "detection": job.detection,
        "seed": job.seed,
        "all": {"loaded": 10, "delay_s": delay_s, "stops": 1.0},
        "by_mode": {
            "car": {"loaded": 10, "delay_s": delay_s},
            "tram": {"loaded": 0, "delay_s": None},
            "pedestrian": {"count": people, "delay_s": on_foot, "max_wait_s": longest_wait_s if people else None},
        },
        "person_delay_s": delay_s,
        "emissions": {"co2_g": 100.0, "nox_g": 1.0},
        "safety": {"conflicting_greens": conflicts, "short_greens": 0, "refused": 1},
        "performance": {"wall_s": 20.0, "tick_ms_p50": 1.0, "tick_ms_p99": 2.0 + job.seed},
        "teleported": 0,
    }


def record_of(job: Job, delay_s: float | None, revision: str = "now", **other: Any) -> dict[str, Any]:
    """A line of the ledger."""
    scenario, strategy, detection = job.cell
    what: Mapping[str, Any] = {"scenario": scenario, "strategy": strategy, "detection": detection, "seed": job.seed}
    result = {"figures": figures_of(job, delay_s, **other), "refusals": {}, "failures": [], "violations": []}
    return {**what, "conditions": CONDITIONS, "revision": revision, **result}
