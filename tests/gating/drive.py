"""A run of the ring under control, watched by somebody who sees the road itself and not the picture."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from controllers.inprocess import InProcessDriver
from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.local import LocalSource
from detectors.readings import AirReading
from plans.gating import ProtectedArea
from plans.site import Site
from signalctl.demo.street import Street
from signalctl.gate import Gate
from signalctl.gating import AreaReport, GateState, Gating
from signalctl.loop import ControlLoop
from signalctl.strategies import make_strategy
from signalctl.tick import Tick
from sim.engine import EmbeddedPlant
from sim.indicators import road_figures
from sim.scenario import load_scenario
from sim.sensors import Sensors
from tests.gating.ring import Ring

STANDS_MPS = 1.4


@dataclass
class Watch:
    """What a run showed, second by second. `upstream` counts who stands on the roads beyond the rooms of the gates."""

    inside: list[int] = field(default_factory=list)
    upstream: list[int] = field(default_factory=list)
    reports: list[AreaReport] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    violations: int = 0
    figures: dict[str, Any] = field(default_factory=dict)

    def record(self, tick: Tick) -> None:
        """Follow the loop."""
        self.reports += tick.gating
        for decision in tick.stage_decisions.values():
            self.reasons[decision.reason.name] = self.reasons.get(decision.reason.name, 0) + 1
        for note in tick.refusals:
            key = f"{note.origin} {note.code}"
            self.refusals[key] = self.refusals.get(key, 0) + 1
        self.failures += [f"{one.step}: {one.error}" for one in tick.failures]

    def seconds_in(self, state: GateState) -> int:
        """Seconds that gates spent in a state, all gates together."""
        return sum(gate.state is state for report in self.reports for gate in report.gates)


def drive(
    ring: Ring,
    protected: ProtectedArea | None,
    *,
    strategy: str = "fixed",
    detection: Detection = Detection.PERFECT,
    seed: int = 1,
    end_s: float | None = None,
    no2_ugm3: float | None = None,
) -> Watch:
    """Run the ring from begin to end on the embedded engine."""
    return asyncio.run(_drive(ring, protected, strategy, detection, seed, end_s, no2_ugm3))


async def _drive(
    ring: Ring,
    protected: ProtectedArea | None,
    strategy: str,
    detection: Detection,
    seed: int,
    end_s: float | None,
    no2_ugm3: float | None,
) -> Watch:
    site: Site = ring.site
    scenario = load_scenario(ring.config)
    plant = EmbeddedPlant(scenario, seed=seed, end=end_s, time_to_teleport=-1.0)
    street = Street(plant, scenario.network, site)
    junctions = equip(site.junctions, detection)
    sensors, source, watch = Sensors(junctions, plant, detection, seed), LocalSource(), Watch()
    loop = ControlLoop(
        strategy=make_strategy(strategy, junctions, plans=site.plans),
        gate=Gate(site.junctions, site.control, clock=lambda: float(street.utc_s)),
        drivers=[InProcessDriver(controller) for controller in street.controllers.values()],
        source=source,
        builder=PictureBuilder(junctions, site.transit),
        plans_due=site.plans_due,
        gating=Gating({protected.id: protected}, junctions, site.control) if protected is not None else None,
        observers=[watch],
        read_deadline_s=60.0,
        push_deadline_s=60.0,
    )
    inner = [index for index, lane in enumerate(plant.lane_ids) if lane.split("_")[0] in INSIDE]
    beyond = [index for index, lane in enumerate(plant.lane_ids) if lane.startswith("z")]
    while not street.finished:
        state = street.state()
        watch.inside.append(int(np.isin(state.lane, inner).sum()))
        watch.upstream.append(int((np.isin(state.lane, beyond) & (state.speed_mps < STANDS_MPS)).sum()))
        utc_s = float(street.utc_s)
        source.put(sensors.read(state, utc_s))
        if no2_ugm3 is not None:
            source.put([AirReading("town", utc_s, int(utc_s), no2_ugm3)])
        await loop.tick(utc_s)
        street.step()
    await loop.close()
    watch.figures = road_figures(tuple(plant.trips()), site.occupancy)
    watch.violations = sum(street.violations_by_kind().values())
    plant.close()
    return watch


INSIDE = {f"{a}-{b}" for a, b in zip("abcdbcda", "bcdaabcd", strict=True)} | {f"g{name}-{name}" for name in "abcd"}
