"""What areas over lanes (E2) measured, as SUMO's MSE2Collector writes it.

A vehicle belongs to an area from when its front comes onto one of the area's lanes until its rear has left. Who slows
down to a halt for longer than a threshold is in a jam; jams are stretches of such vehicles with nobody else between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.network import Network
from sim.outputs.following import Follower, Moved
from sim.outputs.lane_area import LaneArea
from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element

WHOLE_MS = 1000


@dataclass(slots=True)
class _Guest:
    """A vehicle on the lanes of an area."""

    front_m: float  # from the area's start
    exit_m: float  # where the way that it takes leaves the area
    lane: int
    entry_m: float = 0.0  # where it came into the area
    inside: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """A vehicle in an area in one step."""

    vehicle: int
    ahead_m: float  # from its front to the area's end
    covered_m: float
    time_s: float
    loss_s: float
    speed_mps: float


@dataclass(slots=True)
class _Record:
    """What an area has seen since its interval began, and who is on it."""

    begin_s: float
    guests: dict[int, _Guest] = field(default_factory=dict)
    halting_s: dict[int, float] = field(default_factory=dict)
    halting_here_s: dict[int, float] = field(default_factory=dict)  # within the interval
    seen: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    halts_s: list[float] = field(default_factory=list)
    halts_here_s: list[float] = field(default_factory=list)

    def add(self, name: str, amount: float) -> None:
        """Add to a sum of the interval."""
        self.figures[name] = self.figures.get(name, 0.0) + amount

    def top(self, name: str, amount: float) -> None:
        """Raise a maximum of the interval."""
        self.figures[name] = max(self.figures.get(name, 0.0), amount)

    def get(self, name: str) -> float:
        """A sum or maximum of the interval."""
        return self.figures.get(name, 0.0)


class LaneAreaWriter:
    """Measures in areas, and writes an `interval` for each whenever its period is over."""

    def __init__(
        self, file: XmlFile, areas: Sequence[LaneArea], network: Network, lane_ids: Sequence[str], begin_s: float
    ) -> None:
        index = {name: number for number, name in enumerate(lane_ids)}
        self._areas, self._file, self._now_s = areas, file, begin_s
        self._offset_m = [
            {index[lane]: at_m for lane, at_m in zip(area.place.lanes, area.place.offsets_m, strict=True)}
            for area in areas
        ]
        self._length_m = [network.lanes[name].length_m for name in lane_ids]
        self._last = [index[area.place.lanes[-1]] for area in areas]
        self._records = [_Record(begin_s) for _ in areas]
        self._has_area = np.zeros(len(lane_ids), np.bool_)
        for offsets in self._offset_m:
            self._has_area[list(offsets)] = True
        self._follower = Follower(lane_ids, network)

    def see(self, step: Step) -> None:
        """Note who is where in which area."""
        kept = {vehicle for record in self._records for vehicle in record.guests}
        moves = self._follower.moves(step, self._has_area, kept)
        self._now_s = step.state.time_s
        for area, offsets, last, record in zip(self._areas, self._offset_m, self._last, self._records, strict=True):
            seen, left = self._look(area, offsets, last, record, moves, step.state.time_s - step.begin_s)
            _count(area, record, seen, step.state.time_s - step.begin_s)
            record.add("left", left)
            if area.period_s is not None and self._now_s >= record.begin_s + area.period_s - 1e-6:
                self._write(area, record)

    def close(self) -> None:
        """Write the intervals that are not over."""
        for area, record in zip(self._areas, self._records, strict=True):
            if self._now_s > record.begin_s + 1e-6:
                self._write(area, record)

    def _look(
        self,
        area: LaneArea,
        offsets: Mapping[int, float],
        last: int,
        record: _Record,
        moves: Mapping[int, Moved],
        step_s: float,
    ) -> tuple[list[_Seen], int]:
        """Everybody who was in the area in this step, and how many left it."""
        size_m, seen, left = area.place.length_m, [], 0
        for vehicle, move in moves.items():
            guest = record.guests.get(vehicle)
            drove_to = move.drove_to
            if guest is None:
                if drove_to in offsets and move.before not in offsets and not move.appeared:
                    guest = _Guest(
                        offsets[drove_to] + move.position_m - move.moved_m,
                        size_m,
                        drove_to,
                        max(0.0, offsets[drove_to]),
                    )
                    record.guests[vehicle] = guest
                else:
                    if move.lane in offsets and (move.appeared or move.across):
                        self._appear(record, vehicle, move, offsets, last, size_m)
                    continue
            elif drove_to not in offsets and guest.lane in offsets:
                guest.exit_m = min(guest.exit_m, offsets[guest.lane] + self._length_m[guest.lane])
            before_m = guest.front_m
            guest.front_m = before_m + move.moved_m
            if drove_to in offsets:
                guest.front_m = offsets[drove_to] + move.position_m
            guest.lane = drove_to
            gone = False
            if guest.front_m > 0.0:
                if not guest.inside:
                    guest.inside = True
                    record.add("entered", 1)
                    record.seen += 1
                rear_m = guest.front_m - move.length_m
                gone = rear_m >= guest.exit_m
                if not gone or rear_m - move.moved_m < guest.exit_m:
                    seen.append(_seen(vehicle, guest, before_m, move, size_m, step_s))
            if gone or move.across:
                left += guest.inside
                del record.guests[vehicle]
                if move.across and move.lane in offsets:
                    self._appear(record, vehicle, move, offsets, last, size_m)
        for vehicle in [one for one in record.guests if one not in moves]:
            left += record.guests.pop(vehicle).inside
        return seen, left

    def _appear(
        self, record: _Record, vehicle: int, move: Moved, offsets: Mapping[int, float], last: int, size_m: float
    ) -> None:
        """A vehicle is on the area's lanes without having driven there, and counts from the next step on."""
        front_m = offsets[move.lane] + move.position_m
        if move.lane != last or front_m - move.length_m < size_m:
            record.guests[vehicle] = _Guest(front_m, size_m, move.lane)

    def _write(self, area: LaneArea, record: _Record) -> None:
        self._file.write(element(4, "interval", **_attributes(area, record, self._now_s)))
        record.seen -= round(record.get("left"))
        record.begin_s, record.figures = self._now_s, {}
        record.halting_here_s = dict.fromkeys(record.halting_here_s, 0.0)
        record.halts_s, record.halts_here_s = [], []


def _seen(vehicle: int, guest: _Guest, before_m: float, move: Moved, size_m: float, step_s: float) -> _Seen:
    """How much of the step and of its length a vehicle was in the area, and what it lost there."""
    covered_m = max(min(move.length_m, guest.front_m), 0.0)
    covered_m = max(0.0, covered_m + min(0.0, guest.exit_m - guest.front_m))
    if move.moved_m <= 0.0:
        return _Seen(vehicle, size_m - guest.front_m, covered_m, step_s, step_s, move.speed_mps)
    entry_s = max(0.0, guest.entry_m - before_m) / move.moved_m * step_s
    exit_s = min(1.0, (min(guest.front_m, guest.exit_m + move.length_m) - before_m) / move.moved_m) * step_s
    time_s = exit_s - entry_s
    return _Seen(vehicle, size_m - guest.front_m, covered_m, time_s, time_s / step_s * move.loss_s, move.speed_mps)


def _count(area: LaneArea, record: _Record, seen: list[_Seen], step_s: float) -> None:
    """Add one step to the sums of the interval."""
    seen.sort(key=lambda one: one.ahead_m)
    for one in seen:
        record.add("samples", one.time_s)
        record.add("loss", one.loss_s)
        record.add("distance", one.speed_mps * one.time_s)
    occupancy = sum(one.covered_m for one in seen) / area.place.length_m * 100.0
    record.add("steps", 1)
    record.add("occupancy", occupancy)
    record.top("most_occupancy", occupancy)
    record.add("vehicles", len(seen))
    record.top("most_vehicles", len(seen))
    jams = _jams(area, record, seen, step_s)
    lengths_m = [max(jam[-1].ahead_m, 0.0) - max(jam[0].ahead_m, 0.0) + jam[-1].covered_m for jam in jams]
    longest, longest_m = max(map(len, jams), default=0), max(lengths_m, default=0.0)
    record.add("jam_vehicles", longest)
    record.add("jam_m", longest_m)
    record.top("most_jam_vehicles", longest)
    record.top("most_jam_m", longest_m)
    record.add("all_jam_vehicles", sum(map(len, jams)))
    record.add("all_jam_m", sum(lengths_m))


def _jams(area: LaneArea, record: _Record, seen: Sequence[_Seen], step_s: float) -> list[list[_Seen]]:
    """Stretches of vehicles that have halted for long enough, from the area's end to its start."""
    halting_s: dict[int, float] = {}
    halting_here_s: dict[int, float] = {}
    jams: list[list[_Seen]] = []
    follows = False
    for one in seen:
        who = one.vehicle
        if one.speed_mps >= area.halt_mps:
            follows = False
            if who in record.halting_s:
                record.halts_s.append(record.halting_s.pop(who))
                record.halts_here_s.append(record.halting_here_s.pop(who))
            continue
        record.add("started", who not in record.halting_s)
        halting_s[who] = record.halting_s.get(who, 0.0) + step_s
        halting_here_s[who] = record.halting_here_s.get(who, 0.0) + step_s
        if halting_s[who] <= area.halt_s + 1e-9:
            follows = False
        elif follows:
            jams[-1].append(one)
        else:
            jams.append([one])
            follows = True
    record.halting_s, record.halting_here_s = halting_s, halting_here_s
    return jams


def _attributes(area: LaneArea, record: _Record, end_s: float) -> Mapping[str, str | int | float]:
    """SUMO's attributes of an interval; -1 where nobody was seen."""
    samples, steps = record.get("samples"), record.get("steps")
    halts = [*record.halts_s, *record.halting_s.values()]
    here = [*record.halts_here_s, *record.halting_here_s.values()]
    return {
        "begin": record.begin_s,
        "end": end_s,
        "id": area.id,
        "sampledSeconds": samples,
        "nVehEntered": round(record.get("entered")),
        "nVehLeft": round(record.get("left")),
        "nVehSeen": record.seen,
        "meanSpeed": record.get("distance") / samples if samples else -1.0,
        "meanTimeLoss": record.get("loss") / record.seen if record.seen else -1.0,
        "meanOccupancy": record.get("occupancy") / steps,
        "maxOccupancy": record.get("most_occupancy"),
        "meanMaxJamLengthInVehicles": record.get("jam_vehicles") / steps,
        "meanMaxJamLengthInMeters": record.get("jam_m") / steps,
        "maxJamLengthInVehicles": round(record.get("most_jam_vehicles")),
        "maxJamLengthInMeters": record.get("most_jam_m"),
        "jamLengthInVehiclesSum": round(record.get("all_jam_vehicles")),
        "jamLengthInMetersSum": record.get("all_jam_m"),
        "meanHaltingDuration": _mean_s(halts),
        "maxHaltingDuration": max(halts, default=0.0),
        "haltingDurationSum": float(sum(halts)),
        "meanIntervalHaltingDuration": _mean_s(here),
        "maxIntervalHaltingDuration": max(here, default=0.0),
        "intervalHaltingDurationSum": float(sum(here)),
        "startedHalts": round(record.get("started")),
        "meanVehicleNumber": record.get("vehicles") / steps,
        "maxVehicleNumber": round(record.get("most_vehicles")),
    }


def _mean_s(values: Sequence[float]) -> float:
    """The mean, in whole milliseconds as SUMO divides times."""
    return round(sum(values) * WHOLE_MS) // len(values) / WHOLE_MS if values else 0.0
