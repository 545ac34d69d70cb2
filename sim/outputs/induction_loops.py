"""What induction loops (E1) measured, as SUMO's MSInductLoop writes it.

Vehicles move by their speed times the step, so a front passes a loop at a known part of a step, and so does a rear. A
vehicle that changes lanes or ends on a loop has covered it, but does not count as having passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.network import Network
from sim.outputs.following import Follower, Moved
from sim.outputs.loop import Loop
from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element


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
        self, file: XmlFile, loops: Sequence[Loop], network: Network, lane_ids: Sequence[str], begin_s: float
    ) -> None:
        index = {name: number for number, name in enumerate(lane_ids)}
        self._loops, self._file, self._now_s = loops, file, begin_s
        self._lane = [index[loop.lane] for loop in loops]
        self._at: dict[int, list[int]] = {}
        for number, lane in enumerate(self._lane):
            self._at.setdefault(lane, []).append(number)
        self._has_loop = np.zeros(len(lane_ids), np.bool_)
        self._has_loop[self._lane] = True
        self._records = [_Record(begin_s) for _ in loops]
        self._follower = Follower(lane_ids, network)

    def see(self, step: Step) -> None:
        """Note who came onto which loop in this step, and who left one."""
        kept = {vehicle for record in self._records for vehicle in record.on}
        moves = self._follower.moves(step, self._has_loop, kept)
        for number, record in enumerate(self._records):
            for vehicle in list(record.on):
                self._follow(number, vehicle, moves.get(vehicle), step)
        for vehicle, move in moves.items():
            if not move.appeared:
                self._enter(vehicle, move, step)
        self._now_s = step.state.time_s
        for loop, record in zip(self._loops, self._records, strict=True):
            if loop.period_s is not None and self._now_s >= record.begin_s + loop.period_s - 1e-6:
                self._write(loop, record)

    def close(self) -> None:
        """Write the intervals that are not over."""
        for loop, record in zip(self._loops, self._records, strict=True):
            if self._now_s > record.begin_s + 1e-6:
                self._write(loop, record)

    def _enter(self, vehicle: int, move: Moved, step: Step) -> None:
        """A vehicle's front has passed what lies between its last place and this one."""
        if move.across:
            self._change_onto(vehicle, move, step)
        for on, front_m in self._follower.ways(move):
            for number in self._at.get(on, ()):
                loop, record = self._loops[number], self._records[number]
                ahead_m = loop.position_m - front_m
                if not 0.0 < ahead_m <= move.moved_m or vehicle in record.on:
                    continue
                record.entered += 1
                share = ahead_m / move.moved_m
                record.on[vehicle] = _Cover(step.begin_s + share * (step.state.time_s - step.begin_s), -ahead_m)
                self._follow(number, vehicle, move, step)

    def _change_onto(self, vehicle: int, move: Moved, step: Step) -> None:
        """A vehicle has come from the lane beside: it may now cover a loop that its front has never passed."""
        for number in self._at.get(move.lane, ()):
            loop, record = self._loops[number], self._records[number]
            past_m = move.position_m - loop.position_m
            if 0.0 <= past_m < move.length_m + loop.length_m:
                record.entered += 1
                record.on[vehicle] = _Cover(step.begin_s, past_m)

    def _follow(self, number: int, vehicle: int, move: Moved | None, step: Step) -> None:
        """Move a vehicle that is on a loop by one step; note it when its rear has left."""
        loop, record, now_s = self._loops[number], self._records[number], step.state.time_s
        cover = record.on[vehicle]
        if move is None or self._follower.beside(move.lane, self._lane[number]):
            del record.on[vehicle]
            record.passed.append(_Passed(cover.since_s, now_s, 0.0, counts=False))
            return
        left_m = move.length_m + loop.length_m - cover.past_m
        cover.past_m += move.moved_m
        if move.moved_m <= 0.0 or left_m > move.moved_m:
            return
        del record.on[vehicle]
        until_s = step.begin_s + max(0.0, left_m / move.moved_m) * (now_s - step.begin_s)
        speed_mps = (move.length_m + loop.length_m) / max(until_s - cover.since_s, 1e-3)
        record.passed.append(_Passed(cover.since_s, until_s, move.length_m, counts=True, speed_mps=speed_mps))

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
