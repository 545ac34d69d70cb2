"""One run: the plant moves, detectors speak, the loop decides, field controllers switch, second by second."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import structlog

from controllers.inprocess import InProcessDriver
from detectors.equipment import equip
from detectors.local import LocalSource
from plans.policy import with_policy
from plans.site import RecordingLimits, Site, StrategyName
from plans.timing import TimingPlan
from signalctl.assembly import assemble
from signalctl.demo.street import Street
from signalctl.garbage import rarely_collected
from signalctl.journal import Journal
from signalctl.journal_observer import JournalObserver
from signalctl.loop import PlansDue
from signalctl.recording.recorder import Recorder
from signalctl.recording.start import make_recorder, source_of
from signalctl.recording.taps import Taps
from signalctl.scenarios import OpenScenario, open_scenario
from signalctl.simulation.road import make_plant
from signalctl.simulation.spec import Outputs, PlantName, RunSpec
from signalctl.strategies.parameters import CoordinatedParameters
from signalctl.strategies.site_numbers import numbers_for
from signalctl.strategies.usual_traffic import UsualTraffic, local_days
from signalctl.tick import JunctionFailure, RefusalNote, Tick
from sim.emissions import EmissionMeter
from sim.indicators import Figures, road_figures
from sim.plant import Plant, RoadState, Trip
from sim.sensors import Sensors
from sim.sensors.faults import Faults
from sim.sumo_control import SumoControl

IN_PROCESS_DEADLINE_S = 60.0
log = structlog.get_logger(__name__)

REPORT_EVERY_S = 20
SCENARIO_ZONE = "UTC"
"""A scenario's seconds are those of its own day, wherever its street is."""
OWN_DETECTION = "own"
RECORD_ALL = RecordingLimits(hours=math.inf, megabytes=1_000_000)

Progress = Callable[[float], None]
"""Called now and then with the part of the run that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A finished run: its figures as in the result file, and what they were counted from; each tick's time by step.

    `step_s` is time on the wall, `processor_s` that of the processor. `usual` is what was learned of traffic.
    """

    spec: RunSpec
    figures: Figures
    trips: tuple[Trip, ...]
    refusals: Mapping[str, int]
    failures: tuple[str, ...]
    violations: tuple[str, ...]
    step_s: tuple[Mapping[str, float], ...] = ()
    processor_s: tuple[Mapping[str, float], ...] = ()
    usual: UsualTraffic | None = None


@dataclass
class _Record:
    """What the loop's ticks leave behind."""

    refusals: list[RefusalNote] = field(default_factory=list)
    failures: list[JunctionFailure] = field(default_factory=list)
    tick_s: list[float] = field(default_factory=list)
    step_s: list[Mapping[str, float]] = field(default_factory=list)
    processor_s: list[Mapping[str, float]] = field(default_factory=list)

    def record(self, tick: Tick) -> None:
        """Take note of one tick."""
        self.refusals += tick.refusals
        self.failures += tick.failures
        self.tick_s.append(tick.duration_s)
        self.step_s.append(tick.step_s)
        self.processor_s.append(tick.processor_s)


@dataclass(frozen=True, slots=True)
class _Driven:
    """A run that has ended; `plant_s` is the part of the wall time that the road took."""

    record: _Record
    street: Street
    meter: EmissionMeter
    wall_s: float
    plant_s: float
    usual: UsualTraffic | None


def run_scenario(spec: RunSpec, progress: Progress | None = None) -> RunOutcome:
    """Run a scenario from begin to end.

    Raises:
        UsageError: The scenario or its period is unknown.
        ValueError: A file is wrong; the message names it (see `signalctl.errors.input_errors`).
    """
    opened = open_scenario(spec.scenario, spec.period, in_sumo=spec.plant is PlantName.SUMO, site=spec.site)
    site = _site(opened, spec)
    before = spec.outputs.written()
    plant = make_plant(opened, spec, site)
    with _whole_or_none(spec.outputs, before):
        try:
            with rarely_collected():
                driven = asyncio.run(_drive(plant, opened, site, spec, progress))
            statistics = plant.statistics()
        finally:
            plant.close()
    trips, record, street, meter = tuple(plant.trips()), driven.record, driven.street, driven.meter
    simulated_s = plant.time_s - plant.begin_s
    figures: Figures = {
        "scenario": opened.name,
        "plant": spec.plant.value,
        "strategy": spec.strategy.value,
        "policy": site.policy.value,
        "detection": OWN_DETECTION if isinstance(spec.strategy, SumoControl) else spec.detection.value,
        "seed": spec.seed,
        "begin": plant.begin_s,
        "end": plant.time_s,
        "step_s": plant.step_s,
        **road_figures(trips, site.occupancy),
        "emissions": {"co2_g": round(meter.co2_g, 1), "nox_g": round(meter.nox_g, 3)},
        "safety": {**street.violations_by_kind(), "refused": len(record.refusals)},
        "performance": {
            "wall_s": round(driven.wall_s, 3),
            "real_time_factor": round(simulated_s / driven.wall_s, 1),
            "vehicle_updates_per_s": round(statistics.vehicle_updates / max(driven.plant_s, 1e-9)),
            "tick_ms_p50": _quantile_ms(record.tick_s, 0.5),
            "tick_ms_p99": _quantile_ms(record.tick_s, 0.99),
        },
        "teleported": statistics.teleported,
        "derived_site": opened.derived,
        "signals_left_out": _left_out(opened, site),
        "faults": {"failed_ratio": spec.faults.failed_ratio, "lies": ", ".join(spec.faults.lies)},
    }
    return RunOutcome(
        spec,
        figures,
        trips,
        _counted(f"{note.origin}: {note.code}" for note in record.refusals),
        tuple(f"{failure.junction or 'all'}: {failure.step}: {failure.error}" for failure in record.failures),
        tuple(str(found) for observer in street.observers for found in observer.violations),
        tuple(record.step_s),
        tuple(record.processor_s),
        driven.usual,
    )


@contextmanager
def _whole_or_none(outputs: Outputs, before: Mapping[Path, int]) -> Iterator[None]:
    """Nobody shall take the first minutes of a run that was interrupted, or failed, for all of it.

    What was there before it, as `Outputs.written` says, and was not written anew stays.
    """
    try:
        yield
    except BaseException:
        outputs.remove_since(before)
        raise


def _left_out(opened: OpenScenario, site: Site) -> str:
    """Signals that the network's own programmes go on to control, each with the reason."""
    from sim.site_derivation import signals_left_out

    return "; ".join(f"{tls} ({why})" for tls, why in signals_left_out(opened.scenario.network, site).items())


def _site(opened: OpenScenario, spec: RunSpec) -> Site:
    """The scenario's site: further stages where the run asks for them and it was derived; the policy of the run."""
    site = opened.site
    if opened.derived and not spec.extra_stages:
        from sim.site_derivation import derive_site

        scenario = opened.scenario
        site = derive_site(scenario.network, demand=scenario.demand, site_id=site.id, with_extra_stages=False)
    return site if spec.policy is None else with_policy(site, spec.policy)


def _plans_due(site: Site, period: str | None) -> PlansDue:
    """The plan set named like the period where the site has one, else what the calendar says.

    A scenario's seconds are those of its own day: at second 21,600 it is six o'clock where the street is.
    """
    zone = ZoneInfo(site.timezone)
    named = {name: plans[period] for name, plans in site.plans.items() if period is not None and period in plans}

    def due(utc_s: float) -> Mapping[str, TimingPlan]:
        if named:
            return named
        there = datetime.fromtimestamp(utc_s, UTC).replace(tzinfo=zone)
        return site.plans_due(there.timestamp())

    return due


async def _drive(plant: Plant, opened: OpenScenario, site: Site, spec: RunSpec, progress: Progress | None) -> _Driven:
    """Run the street, in lock-step with the service where it is not SUMO that controls."""
    record, meter = _Record(), EmissionMeter()
    street = Street(plant, opened.scenario.network, site, controlled=isinstance(spec.strategy, StrategyName))
    service = _Service(street, site, spec, record) if isinstance(spec.strategy, StrategyName) else None
    span_s = plant.end_s - plant.begin_s
    began, plant_s = time.perf_counter(), 0.0
    while not street.finished:
        state = street.state()
        meter.update(state)
        if service is not None:
            await service.tick(state)
        before = time.perf_counter()
        street.step()
        plant_s += time.perf_counter() - before
        await asyncio.sleep(0)  # nothing else here ever waits, and asyncio ends a task at Ctrl-C only where it waits
        if progress is not None and street.utc_s % REPORT_EVERY_S == 0 and math.isfinite(span_s):
            progress(min(1.0, (plant.time_s - plant.begin_s) / span_s))
    usual = None
    if service is not None:
        await service.close()
        if service.loop.history is not None:
            usual = service.loop.history.usual_so_far()
    meter.update(street.state())
    return _Driven(record, street, meter, time.perf_counter() - began, plant_s, usual)


class _Service:
    """Sensors, loop and field controllers of a run, joined in this process."""

    def __init__(self, street: Street, site: Site, spec: RunSpec, record: _Record) -> None:
        junctions = equip(site.junctions, spec.detection)
        self._street, self._source = street, LocalSource()
        self._sensors = Sensors(junctions, street.plant, spec.detection, spec.seed)
        self._faults = Faults(junctions, spec.faults, spec.seed)
        taps = Taps()
        numbers = numbers_for(spec.strategy.value, site.control)
        if isinstance(numbers, CoordinatedParameters):
            numbers = replace(numbers, plan_by_usual=numbers.plan_by_usual or spec.usual is not None)
        self.loop = assemble(
            site,
            strategy=spec.strategy.value,
            detection=spec.detection,
            source=self._source,
            drivers=[InProcessDriver(controller, immediate=True) for controller in street.controllers.values()],
            now_utc_s=taps.clock(lambda: float(street.utc_s)),
            plans_due=_plans_due(site, spec.period),
            parameters=numbers,
            usual=spec.usual,
            days=local_days(site.calendar, SCENARIO_ZONE),
            observers=[record],
            read_deadline_s=IN_PROCESS_DEADLINE_S,
            push_deadline_s=IN_PROCESS_DEADLINE_S,
        )
        self._unwritten: list[Exception] = []
        self._journal = Journal(spec.journal, on_error=self._unwritten.append) if spec.journal is not None else None
        self._recorder: Recorder | None = None
        if self._journal is not None:
            self._recorder = make_recorder(
                self._journal.path,
                self.loop,
                source_of(site),
                RECORD_ALL,
                taps=taps,
                journal=self._journal,
                parameters=numbers,
                detection=spec.detection,
                lossless=True,
            )
            self.loop.observers += [JournalObserver(self._journal), self._recorder]

    async def tick(self, state: RoadState) -> None:
        """Let the detectors see the road, and the loop decide."""
        utc_s = float(self._street.utc_s)
        self._source.put(self._faults.distort(self._sensors.read(state, utc_s), utc_s))
        await self.loop.tick(utc_s)

    async def close(self) -> None:
        """Close the links, and write what journal and recording still hold."""
        await self.loop.close()
        if self._recorder is not None:
            self._recorder.close()
        if self._journal is not None:
            self._journal.close()
            if self._journal.dropped:
                why = str(self._unwritten[-1]) if self._unwritten else "the disk is too slow"
                log.error("journal is not whole", file=str(self._journal.path), lost=self._journal.dropped, why=why)


def _quantile_ms(seconds: Sequence[float], ratio: float) -> float | None:
    return round(float(np.quantile(seconds, ratio)) * 1000.0, 3) if seconds else None


def _counted(words: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
