"""What the pictures of the last minutes say of demand: flows by lane and turn, persons by vehicle, people on foot.

Where earlier days have taught what is usual at this time, that counts beside them, by how sure each of the two is.
"""

import math
from collections.abc import Mapping

import numpy as np

from controllers.driver import FieldStatus
from detectors.picture import MODES, JunctionPicture, LanePicture, Picture
from plans.demand import Demand, JunctionDemand, share_out, usual_persons
from plans.junction import GroupKind, Junction, Mode
from signalctl.strategies.kerb_rates import LEAST_CONFIDENCE, MAX_STEP_S, KerbRates
from signalctl.strategies.usual_traffic import (
    FOOT,
    LANE,
    PERSONS,
    SLOT_S,
    TURN,
    LocalDays,
    Slot,
    UsualTraffic,
    as_prior,
    things_counted,
)

PRIOR_SIGHTINGS = 100.0
"""The usual occupancy of a lane's vehicles counts as much as so many sightings."""
MARGIN = 0.25
"""Standard deviations of a Poisson count: too little green costs more than too much."""
LEAST_SEEN_S = 60.0
REFRESH_S = 60.0
"""What is usual changes slowly: it is looked up so often."""
LARGEST_TREND = 2.0
"""So much may usual traffic grow or shrink from the last minutes to the next."""


class TrafficHistory:
    """Fading averages of one site; what lies `memory_s` back counts 37 %; beside them what is usual at this time."""

    def __init__(
        self,
        junctions: Mapping[str, Junction],
        weights: Mapping[Mode, float],
        occupancy: Mapping[Mode, float],
        memory_s: float,
        usual: UsualTraffic | None = None,
        days: LocalDays | None = None,
    ) -> None:
        self._junctions = junctions
        self._weights, self._occupancy = weights, occupancy
        self._walker_weight = weights[Mode.PEDESTRIAN] * occupancy[Mode.PEDESTRIAN]
        self._memory_s = memory_s
        self._parts = self._empty()
        self._usual = usual.copy() if usual is not None else UsualTraffic()
        self._days = days or LocalDays()
        self._utc_s: float | None = None
        self._begun_utc_s: float | None = None
        self._slot: Slot | None = None
        self._lanes_at: float | None = None
        self._lanes_vph: Mapping[str, Mapping[str, float]] = {}

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """Whose traffic it knows."""
        return self._junctions

    def observe(self, picture: Picture, field: Mapping[str, FieldStatus]) -> None:
        """Fold in one picture, once; gaps are left out and never bridged."""
        if picture.utc_s == self._utc_s:
            return
        elapsed_s = 0.0 if self._utc_s is None else picture.utc_s - self._utc_s
        self._utc_s = picture.utc_s
        self._begun_utc_s = picture.utc_s if self._begun_utc_s is None else self._begun_utc_s
        slot = self._days.slot(picture.utc_s)
        if slot != self._slot:
            if self._slot is not None:
                self._usual.learn(self._slot, {name: part.counted() for name, part in self._parts.items()})
                for part in self._parts.values():
                    part.begin_slot()
            self._slot = slot
        if 0.0 < elapsed_s <= MAX_STEP_S:
            for name, part in self._parts.items():
                if name in picture.junctions:
                    part.observe(picture.junctions[name], field.get(name), picture.utc_s, elapsed_s)

    @property
    def usual(self) -> UsualTraffic:
        """What the days until now have taught, the slot that runs not among it."""
        return self._usual

    def usual_so_far(self) -> UsualTraffic:
        """The same with the slot that runs, as far as it has come."""
        usual = self._usual.copy()
        if self._slot is not None:
            usual.learn(self._slot, {name: part.counted() for name, part in self._parts.items()})
        return usual

    def knows_now(self) -> bool:
        """Whether earlier days have taught what is usual now, at every junction."""
        slot = self._slot
        return slot is not None and all(self._usual.knows(slot, name) for name in self._junctions)

    def demand(self, *, by_usual: bool = True) -> Demand:
        """Demand as it is expected for the next quarter of an hour."""
        parts = self._parts
        for name, part in parts.items():
            usual = self._expected(name, 0.0) if by_usual else None
            part.expect(usual, self._expected(name, -SLOT_S / 2.0 - self._age_s()))
        return self._demand_of(parts)

    def usual_demand(self) -> Demand:
        """Demand as earlier days had it in the next quarter of an hour, whatever was counted today."""
        parts = self._empty()
        for name, part in parts.items():
            part.expect(self._expected(name, 0.0), None)
        return self._demand_of(parts)

    def _empty(self) -> "dict[str, _JunctionHistory]":
        """Nobody has been counted anywhere."""
        persons = np.array([self._weights[mode] * self._occupancy[mode] for mode in MODES])
        return {
            name: _JunctionHistory(junction, persons, self._weights, self._occupancy, self._memory_s)
            for name, junction in self._junctions.items()
        }

    def _demand_of(self, parts: "Mapping[str, _JunctionHistory]") -> Demand:
        flows = share_out(
            self._junctions,
            {name: part.lane_vph() for name, part in parts.items()},
            {name: part.turned_usually() for name, part in parts.items()},
        )
        return {
            name: JunctionDemand(flows[name], part.walkers_ph(), part.persons(), self._walker_weight)
            for name, part in parts.items()
        }

    def usual_vph(self, utc_s: float) -> Mapping[str, Mapping[str, float]]:
        """Vehicles per hour that lanes usually carry at this time, by junction; without what is not known of them."""
        if self._lanes_at is None or not 0.0 <= utc_s - self._lanes_at < REFRESH_S:
            self._lanes_at = utc_s
            found = {name: self._usual_lanes(name, utc_s) for name in self._junctions}
            self._lanes_vph = {name: lanes for name, lanes in found.items() if lanes}
        return self._lanes_vph

    def _usual_lanes(self, name: str, utc_s: float) -> dict[str, float]:
        sums = self._usual.expected(self._days, utc_s - SLOT_S / 2.0, name)
        if sums is None:
            return {}
        lanes = self._junctions[name].lanes
        rows = zip(lanes, sums[: len(lanes)].tolist(), strict=True)
        return {lane: 3600.0 * vehicles / over_s for lane, (vehicles, over_s) in rows if over_s >= LEAST_SEEN_S}

    def _age_s(self) -> float:
        """How long ago, in the mean, was what fading counts know."""
        begun, now = self._begun_utc_s, self._utc_s
        if begun is None or now is None or now <= begun:
            return 0.0
        counting_s, memory_s = now - begun, self._memory_s
        return memory_s - counting_s / math.expm1(counting_s / memory_s)

    def _expected(self, junction: str, later_s: float) -> np.ndarray | None:
        return self._usual.expected(self._days, self._utc_s + later_s, junction) if self._utc_s is not None else None


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
        self._turned: dict[str, float] = {}
        self._on_foot = [group.id for group in junction.groups.values() if group.kind is GroupKind.PEDESTRIAN]
        self._walkers = KerbRates(self._on_foot, memory_s)
        self._walkers_ever = KerbRates(self._on_foot, math.inf)
        self._before: dict[str, LanePicture] = {}
        self._row = {thing: row for row, thing in enumerate(things_counted(junction))}
        self._slot_sums = np.zeros((len(self._row), 2))
        self._foot_until_slot = self._foot_sums()
        self._prior = np.zeros_like(self._slot_sums)
        self._trend = 1.0

    def observe(self, picture: JunctionPicture, status: FieldStatus | None, utc_s: float, elapsed_s: float) -> None:
        """Fold in one picture."""
        keep = math.exp(-elapsed_s / self._memory_s)
        for id, lane in picture.lanes.items():
            if id in self._seen_s and lane.confidence_ratio >= LEAST_CONFIDENCE:
                self._observe_lane(id, lane, elapsed_s, keep)
            self._before[id] = lane
        if status is not None:
            self._walkers.observe(picture.crossings, status.aspects, utc_s)
            self._walkers_ever.observe(picture.crossings, status.aspects, utc_s)

    def _observe_lane(self, id: str, lane: LanePicture, elapsed_s: float, keep: float) -> None:
        before = self._before.get(id)
        # who has joined the queue and not passed yet is demand as well
        grown = lane.queue_veh - before.queue_veh if before is not None else 0.0
        if not (lane.passed or self._vehicles[id] > 0.0):
            return  # nobody yet: a street that fills would look emptier than it is
        self._vehicles[id] = self._vehicles[id] * keep + lane.passed + grown
        self._seen_s[id] = self._seen_s[id] * keep + elapsed_s
        self._slot_sums[self._row[LANE, id]] += lane.passed + grown, elapsed_s
        if lane.mode.size:
            carried = float(self._persons[lane.mode].sum())
            self._carried[id] = self._carried[id] * keep + carried
            self._sightings[id] = self._sightings[id] * keep + lane.mode.size
            self._slot_sums[self._row[PERSONS, id]] += carried, lane.mode.size
        if lane.passed and before is not None:
            for movement in before.movement[: lane.passed]:
                if movement >= 0:
                    name = self._junction.movements[int(movement)].id
                    self._turned[name] = self._turned.get(name, 0.0) + 1.0
                    self._slot_sums[self._row[TURN, name], 0] += 1.0

    def counted(self) -> np.ndarray:
        """Sums since the slot began."""
        sums = self._slot_sums.copy()
        if self._on_foot:
            sums[-len(self._on_foot) :] = self._foot_sums() - self._foot_until_slot
        return np.maximum(sums, 0.0)

    def begin_slot(self) -> None:
        """Count from nothing."""
        self._slot_sums = np.zeros_like(self._slot_sums)
        self._foot_until_slot = self._foot_sums()

    def _foot_sums(self) -> np.ndarray:
        """People and seconds of red since the beginning, by crossing."""
        return np.array([self._walkers_ever.totals(group) for group in self._on_foot]).reshape(-1, 2)

    def expect(self, usual: np.ndarray | None, usual_before: np.ndarray | None) -> None:
        """What is usual in the next quarter of an hour, and was in the minutes that today's counts are from."""
        self._trend = 1.0
        if usual is None:
            self._prior = np.zeros_like(self._slot_sums)
            return
        self._prior = as_prior(usual)
        if usual_before is not None:
            before, after = self._usual_per_s(usual_before), self._usual_per_s(usual)
            if before > 0.0 and after > 0.0:
                self._trend = min(LARGEST_TREND, max(1.0 / LARGEST_TREND, after / before))

    def _usual_per_s(self, sums: np.ndarray) -> float:
        """All lanes together, since one alone is mostly chance."""
        lanes = sums[: len(self._junction.lanes)]
        return float((lanes[:, 0] / np.maximum(lanes[:, 1], 1.0)).sum())

    def lane_vph(self) -> dict[str, float]:
        """Vehicles per hour by lane, one part of a standard deviation above the count; unused lanes have none."""
        flows = {}
        for id, seen_s in self._seen_s.items():
            usual_veh, usual_s = self._prior[self._row[LANE, id]]
            if seen_s + usual_s > 0.0:
                vehicles = float(usual_veh) + max(0.0, self._vehicles[id])
                counted_s = float(usual_s) + seen_s / self._trend
                flows[id] = 3600.0 * (vehicles + MARGIN * math.sqrt(vehicles)) / max(counted_s, LEAST_SEEN_S)
        return flows

    def turned_usually(self) -> dict[str, float]:
        """Vehicles seen to take each movement, today and usually."""
        return {
            movement.id: self._turned.get(movement.id, 0.0) + float(self._prior[self._row[TURN, movement.id], 0])
            for movement in self._junction.movements
        }

    def persons(self) -> dict[str, float]:
        """Weighted persons in a vehicle by lane."""
        found = {}
        for id, carried in self._carried.items():
            usual_carried, usual_sightings = self._prior[self._row[PERSONS, id]].tolist()
            found[id] = (carried + usual_carried) / (self._sightings[id] + usual_sightings)
        return found

    def walkers_ph(self) -> dict[str, float]:
        """People per hour by group."""
        found = {}
        for group in self._on_foot:
            usual_people, usual_red_s = self._prior[self._row[FOOT, group]].tolist()
            people, red_s = self._walkers.totals(group)
            found[group] = 3600.0 * (usual_people + people) / (usual_red_s + red_s / self._trend)
        return found
