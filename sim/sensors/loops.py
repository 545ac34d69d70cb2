"""Induction loops: vehicles that left the loop and the share of the second that it was covered; 1 % missed.

Everything is measured by the distance to the stop line along the route, so that it does not matter through how many
short lanes a vehicle came within the second. Who has passed the stop line is followed until its rear has left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.equipment import STOP_LINE_M
from detectors.readings import LoopReading
from plans.junction import Detector, DetectorKind, Mode
from sim.plant import RoadMode, RoadState
from sim.sensors.noise import Noise
from sim.sensors.roadmap import Roadmap

REACH_M = 150.0
MISSED_RATIO = 0.01
MISS = 21
LEAST_TRAVEL_M = 1e-6


@dataclass(frozen=True, slots=True)
class _Moves:
    """How vehicles moved past one junction's stop line in the last second; ordered by vehicle id."""

    vehicle_id: NDArray[np.int64]
    junction: NDArray[np.int32]
    approach_lane: NDArray[np.int32]
    lane_before: NDArray[np.int32]
    lane: NDArray[np.int32]
    before_m: NDArray[np.float64]
    now_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    bicycle: NDArray[np.bool_]

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "_Moves":
        return _Moves(*(getattr(self, name)[rows] for name in self.__slots__))

    def joined(self, other: "_Moves") -> "_Moves":
        return _Moves(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


class LoopSensors:
    """All loops of all junctions."""

    def __init__(self, roadmap: Roadmap, noise: Noise) -> None:
        self._roadmap = roadmap
        self._noise = noise
        self._seq = 0
        self._loops: list[tuple[str, str]] = []
        found: list[tuple[int, Detector]] = []
        for number, junction in enumerate(roadmap.junctions):
            for detector in junction.detectors.values():
                if detector.kind is DetectorKind.LOOP and detector.lane is not None:
                    found.append((number, detector))
                    self._loops.append((junction.id, detector.id))
        self._junction = np.array([number for number, _ in found], np.int32)
        self._distance_m = np.array([detector.distance_m for _, detector in found])
        self._length_m = np.array([detector.length_m for _, detector in found])
        self._bicycle = np.array([detector.mode is Mode.BICYCLE for _, detector in found], np.bool_)
        first = np.cumsum([0, *(len(junction.lanes) for junction in roadmap.junctions)])
        self._first_lane = first[:-1]
        at_line: list[tuple[int, int]] = []
        on_lane: list[tuple[int, int]] = []
        for loop, (number, detector) in enumerate(found):
            junction = roadmap.junctions[number]
            lane = detector.lane or ""
            beyond = lane in junction.lanes and detector.distance_m > junction.lanes[lane].length_m
            if lane in junction.lanes and (detector.distance_m < STOP_LINE_M or beyond):
                at_line.append((int(first[number]) + tuple(junction.lanes).index(lane), loop))
            elif lane in roadmap.lane_index:
                on_lane.append((roadmap.lane_index[lane], loop))
        self._by_approach = _slots(at_line, max(1, int(first[-1])))
        self._by_lane = _slots(on_lane, len(roadmap.lane_ids))
        self._road = _roads(roadmap)
        self._last = _nobody()
        self._last_ids: NDArray[np.int64] = np.empty(0, np.int64)

    def read(self, state: RoadState, utc_s: float, elapsed_s: float) -> Iterator[LoopReading]:
        """One reading per loop, for the `elapsed_s` seconds since the last call."""
        if not self._loops:
            return
        self._seq += 1
        count, covered, present = self._sense(self._moves(state, elapsed_s))
        ratio = np.minimum(covered, 1.0)
        for loop, (junction, detector) in enumerate(self._loops):
            yield LoopReading(
                junction, detector, utc_s, self._seq, int(count[loop]), float(ratio[loop]), bool(present[loop])
            )

    def _sense(self, moves: _Moves) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Count, covered share and presence of every loop."""
        # who drove on to a next lane has also crossed the end of the one before; who changed lanes beside has not
        onward = np.flatnonzero(self._road[moves.lane] != self._road[moves.lane_before])
        everyone = np.arange(moves.vehicle_id.size)
        tables = (
            (everyone, self._by_approach[self._first_lane[moves.junction] + moves.approach_lane]),
            (everyone, self._by_lane[moves.lane]),
            (onward, self._by_lane[moves.lane_before[onward]]),
        )
        row = np.concatenate([np.repeat(rows, slots.shape[1]) for rows, slots in tables])
        loop = np.concatenate([slots.ravel() for _, slots in tables])
        seen = (loop >= 0) & (self._junction[loop] == moves.junction[row]) & (self._bicycle[loop] == moves.bicycle[row])
        row, loop = row[seen], loop[seen]
        before_m, now_m = moves.before_m[row], moves.now_m[row]
        edge_m = self._distance_m[loop]
        enter_m, leave_m = edge_m + self._length_m[loop], edge_m - moves.length_m[row]
        crossed = (before_m >= edge_m) & (now_m < edge_m)
        inside = (now_m < enter_m) & (now_m > leave_m)
        travel_m = before_m - now_m
        moving = travel_m > LEAST_TRAVEL_M
        safe_m = np.where(moving, travel_m, 1.0)
        entered = np.minimum(np.maximum((before_m - enter_m) / safe_m, 0.0), 1.0)
        left = np.minimum(np.maximum((before_m - leave_m) / safe_m, 0.0), 1.0)
        share = np.where(moving, np.maximum(0.0, left - entered), inside)
        felt = self._noise.uniform(moves.vehicle_id[row], loop, MISS) >= MISSED_RATIO
        size = len(self._loops)
        return (
            np.bincount(loop, crossed & felt, minlength=size).astype(np.float64),
            np.bincount(loop, share * felt, minlength=size).astype(np.float64),
            np.bincount(loop, inside & felt, minlength=size) > 0,
        )

    def _moves(self, state: RoadState, elapsed_s: float) -> _Moves:
        found = self._roadmap.approaching(state, REACH_M)
        order = np.argsort(state.vehicle_id[found.row], kind="stable")
        row = found.row[order]
        now_m, speed_mps = state.tls_distance_m[row], state.speed_mps[row]
        ids = state.vehicle_id[row]
        # who was not on the road a second ago has just been put there, and crossed nothing
        before_m = np.where(np.isin(ids, self._last_ids), now_m + speed_mps * elapsed_s, now_m)
        ahead = _Moves(
            vehicle_id=ids,
            junction=found.junction[order],
            approach_lane=found.lane[order],
            lane_before=state.lane[row].copy(),
            lane=state.lane[row],
            before_m=before_m,
            now_m=now_m,
            length_m=state.length_m[row],
            bicycle=state.mode[row] == RoadMode.BICYCLE,
        )
        place, known = _find(ids, self._last.vehicle_id)
        known[known] = self._last.junction[place[known]] == ahead.junction[known]
        ahead.before_m[known] = np.maximum(self._last.now_m[place[known]], ahead.now_m[known])
        ahead.lane_before[known] = self._last.lane[place[known]]
        moves = ahead.joined(self._passed(state, place[known], elapsed_s))
        self._last_ids = np.sort(state.vehicle_id)
        keep = moves.now_m > -moves.length_m
        kept = moves.where(keep)
        # one row per vehicle is followed: the stop line that it just passed, until its rear has left
        by_id = np.lexsort((kept.now_m, kept.vehicle_id))
        first = np.ones(by_id.size, np.bool_)
        first[1:] = kept.vehicle_id[by_id][1:] != kept.vehicle_id[by_id][:-1]
        self._last = kept.where(by_id[first])
        return moves

    def _passed(self, state: RoadState, still_ahead: NDArray[np.intp], elapsed_s: float) -> _Moves:
        """Those who were before a stop line and now are past it: their rears still have to cross."""
        gone = np.ones(self._last.vehicle_id.size, np.bool_)
        gone[still_ahead] = False
        # far from the line nobody can have passed it: it was given another way, or was taken off the road
        gone &= self._last.now_m <= 40.0 * elapsed_s
        passed = self._last.where(gone)
        order = np.argsort(state.vehicle_id, kind="stable")
        place, on_road = _find(passed.vehicle_id, state.vehicle_id[order])
        passed, row = passed.where(on_road), order[place[on_road]]
        travelled_m = np.maximum(state.speed_mps[row] * elapsed_s, 0.01)
        now_m = np.where(passed.now_m > 0.0, np.minimum(passed.now_m - travelled_m, -0.01), passed.now_m - travelled_m)
        return _Moves(
            vehicle_id=passed.vehicle_id,
            junction=passed.junction,
            approach_lane=passed.approach_lane,
            lane_before=passed.lane,
            lane=passed.lane,
            before_m=passed.now_m,
            now_m=now_m,
            length_m=passed.length_m,
            bicycle=passed.bicycle,
        )


def _nobody() -> _Moves:
    whole, metres = np.empty(0, np.int32), np.empty(0)
    return _Moves(np.empty(0, np.int64), whole, whole, whole, whole, metres, metres, metres, np.empty(0, np.bool_))


def _find(wanted: NDArray[np.int64], ordered: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each wanted id stands among ordered ones, and whether it does."""
    if ordered.size == 0:
        return np.zeros(wanted.size, np.intp), np.zeros(wanted.size, np.bool_)
    place = np.minimum(np.searchsorted(ordered, wanted), ordered.size - 1)
    return place, ordered[place] == wanted


def _slots(pairs: list[tuple[int, int]], rows: int) -> NDArray[np.int64]:
    """A table with the loops of each lane, -1 where it has no more."""
    per_row: dict[int, list[int]] = {}
    for row, loop in pairs:
        per_row.setdefault(row, []).append(loop)
    table = np.full((rows, max((len(loops) for loops in per_row.values()), default=1)), -1, np.int64)
    for row, loops in per_row.items():
        table[row, : len(loops)] = loops
    return table


def _roads(roadmap: Roadmap) -> NDArray[np.int64]:
    """The number of the road (SUMO edge) that each lane belongs to."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(lane.rpartition("_")[0], len(numbers)) for lane in roadmap.lane_ids], np.int64)
