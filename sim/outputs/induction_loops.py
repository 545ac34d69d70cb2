"""What induction loops (E1) measured, as SUMO's MSInductLoop writes it.

Vehicles move by their speed times the step, so a front passes a loop at a known part of a step, and so does a rear. A
vehicle that changes lanes or ends on a loop has covered it, but does not count as having passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.network import Network
from sim.outputs.loop import Loop
from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element

NEVER = -2
MOST_BETWEEN = 6


@dataclass(slots=True)
class _Cover:
    """A vehicle that stands or drives on a loop."""

    since_s: float
    past_m: float  # how far its front is beyond the loop


@dataclass(slots=True)
class _Passed:
    """A vehicle that has been on a loop."""

    since_s: float
    until_s: float
    length_m: float
    counts: bool
    speed_mps: float = 0.0


@dataclass(slots=True)
class _Record:
    """What a loop has seen since its interval began."""

    begin_s: float
    entered: int = 0
    passed: list[_Passed] = field(default_factory=list)
    on: dict[int, _Cover] = field(default_factory=dict)


class LoopWriter:
    """Measures at loops, and writes an `interval` for each whenever its period is over."""

    def __init__(
        self, path: Path, loops: Sequence[Loop], network: Network, lane_ids: Sequence[str], begin_s: float
    ) -> None:
        index = {name: number for number, name in enumerate(lane_ids)}
        self._loops, self._network, self._lane_ids = loops, network, lane_ids
        self._lane = [index[loop.lane] for loop in loops]
        self._at: dict[int, list[int]] = {}
        for number, lane in enumerate(self._lane):
            self._at.setdefault(lane, []).append(number)
        self._has_loop = np.zeros(len(lane_ids), np.bool_)
        self._has_loop[self._lane] = True
        self._edge = [name.rsplit("_", 1)[0] for name in lane_ids]
        self._length_m = [network.lanes[name].length_m for name in lane_ids]
        self._between: dict[tuple[int, int], tuple[int, ...]] = {}
        self._records = [_Record(begin_s) for _ in loops]
        self._now_s = begin_s
        self._lane_before: NDArray[np.int32] = np.full(1024, NEVER, np.int32)
        self._position_before_m: NDArray[np.float64] = np.zeros(1024)
        self._here: NDArray[np.int64] = np.zeros(0, np.int64)
        self._file = XmlFile(path, "detector")

    def see(self, step: Step) -> None:
        """Note who came onto which loop in this step, and who left one."""
        state, begin_s = step.state, step.begin_s
        step_s = state.time_s - begin_s
        self._make_room(state.vehicle_id)
        before = self._lane_before[state.vehicle_id]
        rows = {int(number): row for row, number in enumerate(state.vehicle_id.tolist())}
        for number, record in enumerate(self._records):
            for vehicle in list(record.on):
                self._follow(number, vehicle, rows.get(vehicle), step, step_s)
        moved_on = (before != state.lane) & (before != NEVER)
        looked_at = self._has_loop[state.lane] | moved_on
        for row in np.flatnonzero(looked_at & (before != NEVER)).tolist():
            self._enter(row, int(before[row]), step, step_s)
        self._lane_before[self._here] = NEVER
        self._here = state.vehicle_id
        self._lane_before[self._here] = state.lane
        self._position_before_m[self._here] = state.position_m
        self._now_s = state.time_s
        for loop, record in zip(self._loops, self._records, strict=True):
            if loop.period_s is not None and self._now_s >= record.begin_s + loop.period_s - 1e-6:
                self._write(loop, record)

    def close(self) -> None:
        """Write the intervals that are not over, and end the file."""
        for loop, record in zip(self._loops, self._records, strict=True):
            if self._now_s > record.begin_s + 1e-6:
                self._write(loop, record)
        self._file.close()

    def _enter(self, row: int, before: int, step: Step, step_s: float) -> None:
        """A vehicle's front has passed what lies between its last place and this one."""
        state = step.state
        vehicle, lane = int(state.vehicle_id[row]), int(state.lane[row])
        moved_m = float(state.speed_mps[row]) * step_s
        if lane == before:
            ways = [(lane, float(state.position_m[row]) - moved_m)]
        else:
            start_m = float(self._position_before_m[vehicle])
            ways = [(before, start_m)]
            if self._is_beside(lane, before):
                self._change_onto(row, step)
            else:
                for passed in (*self._lanes_between(before, lane), lane):
                    start_m -= self._length_m[ways[-1][0]]
                    ways.append((passed, start_m))
        for on, front_m in ways:
            for number in self._at.get(on, ()):
                loop, record = self._loops[number], self._records[number]
                ahead_m = loop.position_m - front_m
                if not 0.0 < ahead_m <= moved_m or vehicle in record.on:
                    continue
                record.entered += 1
                record.on[vehicle] = _Cover(step.begin_s + ahead_m / moved_m * step_s, -ahead_m)
                self._follow(number, vehicle, row, step, step_s)

    def _change_onto(self, row: int, step: Step) -> None:
        """A vehicle has come from the lane beside: it may now cover a loop that its front has never passed."""
        state = step.state
        front_m, length_m = float(state.position_m[row]), float(state.length_m[row])
        for number in self._at.get(int(state.lane[row]), ()):
            loop, record = self._loops[number], self._records[number]
            past_m = front_m - loop.position_m
            if 0.0 <= past_m < length_m + loop.length_m:
                record.entered += 1
                record.on[int(state.vehicle_id[row])] = _Cover(step.begin_s, past_m)

    def _follow(self, number: int, vehicle: int, row: int | None, step: Step, step_s: float) -> None:
        """Move a vehicle that is on a loop by one step; note it when its rear has left."""
        loop, record, state = self._loops[number], self._records[number], step.state
        cover = record.on[vehicle]
        if row is None or self._is_beside(int(state.lane[row]), self._lane[number]):
            del record.on[vehicle]
            record.passed.append(_Passed(cover.since_s, state.time_s, 0.0, counts=False))
            return
        moved_m, length_m = float(state.speed_mps[row]) * step_s, float(state.length_m[row])
        left_m = length_m + loop.length_m - cover.past_m
        cover.past_m += moved_m
        if moved_m <= 0.0 or left_m > moved_m:
            return
        del record.on[vehicle]
        until_s = step.begin_s + max(0.0, left_m / moved_m) * step_s
        speed_mps = (length_m + loop.length_m) / max(until_s - cover.since_s, 1e-3)
        record.passed.append(_Passed(cover.since_s, until_s, length_m, counts=True, speed_mps=speed_mps))

    def _is_beside(self, lane: int, other: int) -> bool:
        return lane != other and self._edge[lane] == self._edge[other]

    def _lanes_between(self, first: int, last: int) -> tuple[int, ...]:
        """Lanes that lie between two that a vehicle was on one step apart; empty where they follow each other."""
        if (first, last) not in self._between:
            self._between[first, last] = self._search(first, last)
        return self._between[first, last]

    def _search(self, first: int, last: int) -> tuple[int, ...]:
        number = {name: index for index, name in enumerate(self._lane_ids)}
        ways: list[tuple[int, ...]] = [()]
        for _ in range(MOST_BETWEEN):
            longer = []
            for way in ways:
                here = self._lane_ids[way[-1] if way else first]
                for link in self._network.outgoing.get(here, ()):
                    following = number.get(link.via or link.to_lane, -1)
                    if following == last:
                        return way
                    if following >= 0:
                        longer.append((*way, following))
            ways = longer
        return ()

    def _make_room(self, vehicles: NDArray[np.int64]) -> None:
        most = int(vehicles.max(initial=0))
        while most >= len(self._lane_before):
            self._lane_before = np.concatenate([self._lane_before, np.full_like(self._lane_before, NEVER)])
            self._position_before_m = np.concatenate([self._position_before_m, np.zeros_like(self._position_before_m)])

    def _write(self, loop: Loop, record: _Record) -> None:
        begin_s, end_s = record.begin_s, self._now_s
        self._file.write(element(4, "interval", **_figures(loop, record, begin_s, end_s)))
        record.begin_s, record.entered, record.passed = end_s, 0, []


def _figures(loop: Loop, record: _Record, begin_s: float, end_s: float) -> Mapping[str, str | int | float]:
    """SUMO's attributes of an interval; -1 where nobody passed."""
    counted = [one for one in record.passed if one.counts]
    count, period_s = len(counted), end_s - begin_s
    covered_s = sum(min(one.until_s - max(begin_s, one.since_s), period_s) for one in record.passed)
    covered_s += sum(end_s - max(begin_s, cover.since_s) for cover in record.on.values())
    return {
        "begin": begin_s,
        "end": end_s,
        "id": loop.id,
        "nVehContrib": count,
        "flow": count / period_s * 3600.0,
        "occupancy": covered_s / period_s * 100.0,
        "speed": sum(one.speed_mps for one in counted) / count if count else -1.0,
        "harmonicMeanSpeed": count / sum(1.0 / one.speed_mps for one in counted) if count else -1.0,
        "length": sum(one.length_m for one in counted) / count if count else -1.0,
        "nVehEntered": record.entered,
    }
