"""What the pictures of the last minutes say of demand: flows by lane and turn, persons by vehicle, people on foot."""

import math
from collections.abc import Mapping

import numpy as np

from controllers.driver import FieldStatus
from detectors.picture import MODES, JunctionPicture, LanePicture, Picture
from plans.demand import Demand, JunctionDemand, share_out, usual_persons
from plans.junction import GroupKind, Junction, Mode
from signalctl.strategies.kerb_rates import LEAST_CONFIDENCE, MAX_STEP_S, KerbRates

PRIOR_SIGHTINGS = 100.0
"""The usual occupancy of a lane's vehicles counts as much as so many sightings."""
MARGIN = 0.25
"""Standard deviations of a Poisson count: too little green costs more than too much."""
LEAST_SEEN_S = 60.0


class TrafficHistory:
    """Fading averages of one site; what lies `memory_s` back counts 37 %."""

    def __init__(
        self,
        junctions: Mapping[str, Junction],
        weights: Mapping[Mode, float],
        occupancy: Mapping[Mode, float],
        memory_s: float,
    ) -> None:
        self._junctions = junctions
        self._walker_weight = weights[Mode.PEDESTRIAN] * occupancy[Mode.PEDESTRIAN]
        persons = np.array([weights[mode] * occupancy[mode] for mode in MODES])
        self._parts = {
            name: _JunctionHistory(junction, persons, weights, occupancy, memory_s)
            for name, junction in junctions.items()
        }
        self._utc_s: float | None = None

    def observe(self, picture: Picture, field: Mapping[str, FieldStatus]) -> None:
        """Fold in one picture; gaps are left out and never bridged."""
        elapsed_s = 0.0 if self._utc_s is None else picture.utc_s - self._utc_s
        self._utc_s = picture.utc_s
        if 0.0 < elapsed_s <= MAX_STEP_S:
            for name, part in self._parts.items():
                if name in picture.junctions:
                    part.observe(picture.junctions[name], field.get(name), picture.utc_s, elapsed_s)

    def demand(self) -> Demand:
        """Demand as it looks now."""
        parts = self._parts
        flows = share_out(
            self._junctions,
            {name: part.lane_vph() for name, part in parts.items()},
            {name: part.turned for name, part in parts.items()},
        )
        return {
            name: JunctionDemand(flows[name], part.walkers_ph(), part.persons(), self._walker_weight)
            for name, part in parts.items()
        }


class _JunctionHistory:
    """One junction's averages."""

    def __init__(
        self,
        junction: Junction,
        persons: np.ndarray,
        weights: Mapping[Mode, float],
        occupancy: Mapping[Mode, float],
        memory_s: float,
    ) -> None:
        self._junction = junction
        self._persons = persons
        self._memory_s = memory_s
        self._seen_s = dict.fromkeys(junction.lanes, 0.0)
        self._vehicles = dict.fromkeys(junction.lanes, 0.0)
        self._sightings = dict.fromkeys(junction.lanes, PRIOR_SIGHTINGS)
        self._carried = {
            id: PRIOR_SIGHTINGS * usual_persons(lane, weights, occupancy) for id, lane in junction.lanes.items()
        }
        self.turned: dict[str, float] = {}
        self._on_foot = [group.id for group in junction.groups.values() if group.kind is GroupKind.PEDESTRIAN]
        self._walkers = KerbRates(self._on_foot, memory_s)
        self._before: dict[str, LanePicture] = {}

    def observe(self, picture: JunctionPicture, status: FieldStatus | None, utc_s: float, elapsed_s: float) -> None:
        """Fold in one picture."""
        keep = math.exp(-elapsed_s / self._memory_s)
        for id, lane in picture.lanes.items():
            if id in self._seen_s and lane.confidence_ratio >= LEAST_CONFIDENCE:
                self._observe_lane(id, lane, elapsed_s, keep)
            self._before[id] = lane
        if status is not None:
            self._walkers.observe(picture.crossings, status.aspects, utc_s)

    def _observe_lane(self, id: str, lane: LanePicture, elapsed_s: float, keep: float) -> None:
        before = self._before.get(id)
        # who has joined the queue and not passed yet is demand as well
        grown = lane.queue_veh - before.queue_veh if before is not None else 0.0
        if not (lane.passed or self._vehicles[id] > 0.0):
            return  # nobody yet: a street that fills would look emptier than it is
        self._vehicles[id] = self._vehicles[id] * keep + lane.passed + grown
        self._seen_s[id] = self._seen_s[id] * keep + elapsed_s
        if lane.mode.size:
            self._carried[id] = self._carried[id] * keep + float(self._persons[lane.mode].sum())
            self._sightings[id] = self._sightings[id] * keep + lane.mode.size
        if lane.passed and before is not None:
            for movement in before.movement[: lane.passed]:
                if movement >= 0:
                    name = self._junction.movements[int(movement)].id
                    self.turned[name] = self.turned.get(name, 0.0) + 1.0

    def lane_vph(self) -> dict[str, float]:
        """Vehicles per hour by lane, one standard deviation above the count; lanes that nobody has used have none."""
        flows = {}
        for id, seen_s in self._seen_s.items():
            if seen_s > 0.0:
                vehicles = max(0.0, self._vehicles[id])
                flows[id] = 3600.0 * (vehicles + MARGIN * math.sqrt(vehicles)) / max(seen_s, LEAST_SEEN_S)
        return flows

    def persons(self) -> dict[str, float]:
        """Weighted persons in a vehicle by lane."""
        return {id: self._carried[id] / self._sightings[id] for id in self._carried}

    def walkers_ph(self) -> dict[str, float]:
        """People per hour by group."""
        return {group: 3600.0 * self._walkers.per_s(group) for group in self._on_foot}
