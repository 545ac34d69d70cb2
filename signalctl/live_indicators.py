"""What the street costs people just now, estimated from the picture alone: delay, waits, arrivals on green, saturation.

These are the service's own estimates for operation. Simulations are judged by the plant's trip records instead
(`sim.indicators`), which know the truth.
"""

from dataclasses import dataclass, field

import numpy as np

from controllers.driver import FieldStatus
from detectors.picture import MODES, JunctionPicture, LanePicture
from plans.defaults import OCCUPANCY
from plans.junction import Aspect, Junction, Mode

NEAR_M = 60.0
MEMORY_S = 300.0


@dataclass(slots=True)
class LaneMemory:
    """Sums over the past minutes, fading with `MEMORY_S`."""

    near: float = 0.0
    demand_veh: float = 0.0
    green_s: float = 0.0


@dataclass(slots=True)
class JunctionIndicators:
    """One junction's figures of the last second; person delay and persons are increments."""

    person_delay_s: dict[Mode, float] = field(default_factory=dict)
    persons: dict[Mode, float] = field(default_factory=dict)
    longest_wait_s: dict[tuple[str, Mode], float] = field(default_factory=dict)
    queue_veh: dict[str, float] = field(default_factory=dict)
    arrivals: dict[str, float] = field(default_factory=dict)
    arrivals_on_green: dict[str, float] = field(default_factory=dict)
    saturation_ratio: dict[str, float] = field(default_factory=dict)


class LiveIndicators:
    """Follows one junction from second to second."""

    def __init__(self, junction: Junction) -> None:
        self._junction = junction
        self._lanes = {lane: LaneMemory() for lane in junction.lanes}
        self._waiting: dict[str, float] = {}
        self._persons = np.array([OCCUPANCY[mode] for mode in MODES])

    def update(self, seen: JunctionPicture, status: FieldStatus | None, elapsed_s: float) -> JunctionIndicators:
        """The figures of the `elapsed_s` seconds up to this picture."""
        result = JunctionIndicators()
        fade = float(np.exp(-elapsed_s / MEMORY_S))
        demand: dict[str, float] = {}
        capacity: dict[str, float] = {}
        for name, lane in seen.lanes.items():
            movements = self._junction.movements_by_lane[name]
            green = status is not None and any(status.aspects.get(one.group) is Aspect.GREEN for one in movements)
            self._delay(result, lane, self._junction.lanes[name].speed_mps, elapsed_s)
            self._arrivals(result, lane, green=green)
            memory = self._lanes[name]
            memory.green_s = memory.green_s * fade + (elapsed_s if green else 0.0)
            memory.demand_veh *= fade
            memory.demand_veh += result.arrivals.get(name, 0.0)
            flow = self._junction.lanes[name].saturation_flow_vph / 3600
            for group in {one.group for one in movements}:
                demand[group] = demand.get(group, 0.0) + memory.demand_veh
                capacity[group] = capacity.get(group, 0.0) + memory.green_s * flow
            for group in {one.group for one in movements}:
                longest = float(lane.waiting_s.max(initial=0.0))
                key = (group, Mode.CAR)
                result.longest_wait_s[key] = max(result.longest_wait_s.get(key, 0.0), longest)
        for group, vehicles in demand.items():
            if capacity[group] > 0:
                result.saturation_ratio[group] = vehicles / capacity[group]
        self._crossings(result, seen, status, elapsed_s)
        self._by_approach(result)
        return result

    def _delay(self, result: JunctionIndicators, lane: LanePicture, free_mps: float, elapsed_s: float) -> None:
        """Each vehicle loses the part of the time by which it is slower than free flow."""
        lost = np.clip(1.0 - lane.speed_mps / free_mps, 0.0, 1.0) * elapsed_s * self._persons[lane.mode]
        for index in np.unique(lane.mode):
            mode = MODES[index]
            result.person_delay_s[mode] = result.person_delay_s.get(mode, 0.0) + float(lost[lane.mode == index].sum())
        mode = MODES[int(lane.mode[0])] if len(lane.mode) else Mode.CAR
        if lane.passed:
            result.persons[mode] = result.persons.get(mode, 0.0) + lane.passed * OCCUPANCY[mode]

    def _arrivals(self, result: JunctionIndicators, lane: LanePicture, *, green: bool) -> None:
        """Who came within reach of the stop line: the change of those near it, plus those who left."""
        memory = self._lanes[lane.lane]
        near = lane.vehicles(NEAR_M)
        came = max(0.0, near - memory.near + lane.passed)
        memory.near = near
        result.arrivals[lane.lane] = came
        result.arrivals_on_green[lane.lane] = came if green else 0.0
        result.queue_veh[lane.lane] = lane.queue_veh

    def _crossings(
        self, result: JunctionIndicators, seen: JunctionPicture, status: FieldStatus | None, elapsed_s: float
    ) -> None:
        for group, crossing in seen.crossings.items():
            kind = self._junction.groups[group].kind.value
            mode = Mode.BICYCLE if kind == "bicycle" else Mode.PEDESTRIAN
            result.longest_wait_s[group, mode] = crossing.longest_wait_s
            lost = crossing.waiting * elapsed_s
            result.person_delay_s[mode] = result.person_delay_s.get(mode, 0.0) + lost
            before = self._waiting.get(group, 0.0)
            if status is not None and status.aspects.get(group) is Aspect.GREEN and before > crossing.waiting:
                result.persons[mode] = result.persons.get(mode, 0.0) + before - crossing.waiting
            self._waiting[group] = crossing.waiting

    def _by_approach(self, result: JunctionIndicators) -> None:
        """Sum what was counted by lane into approaches."""
        for figures in (result.queue_veh, result.arrivals, result.arrivals_on_green):
            by_lane = dict(figures)
            figures.clear()
            for lane, value in by_lane.items():
                approach = self._junction.lanes[lane].approach
                figures[approach] = figures.get(approach, 0.0) + value
