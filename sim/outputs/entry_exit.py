"""What lies between entries and exits (E3): described by an additional file, measured as SUMO's MSE3Collector does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.network import Network
from sim.outputs.described import HALT_MPS, HALT_S, read_halt, read_period_s, read_position, refuse_some_users_only
from sim.outputs.following import Follower, Moved
from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element
from sim.sumo_files.xml import Element

TAGS = frozenset({"entryExitDetector", "e3Detector"})
NOT_HALTING_S = -1.0


@dataclass(frozen=True, slots=True)
class EntryExit:
    """Places where one enters and leaves, each a lane and a position on it."""

    id: str
    entries: tuple[tuple[str, float], ...]
    exits: tuple[tuple[str, float], ...]
    halt_s: float = HALT_S
    halt_mps: float = HALT_MPS
    period_s: float | None = None


def read_entry_exit(element: Element, network: Network) -> EntryExit:
    """The detector that an element of an additional file describes.

    Raises:
        sim.sumo_files.SumoFileError: Its places do not exist, or it measures what is not measured here.
    """
    refuse_some_users_only(element, "detectors")
    if element.flag("expectArrival", False):
        element.fail("expectArrival: who ends within is not counted as having left here")
    places: dict[str, list[tuple[str, float]]] = {"detEntry": [], "detExit": []}
    for child in element:
        if child.tag not in places:
            child.fail(f"expected {' or '.join(places)}")
        lane, at_m = read_position(child, network)
        places[child.tag].append((lane.id, at_m))
    return EntryExit(
        element.text("id"),
        tuple(places["detEntry"]),
        tuple(places["detExit"]),
        *read_halt(element),
        read_period_s(element),
    )


@dataclass(slots=True)
class _Stay:
    """A vehicle between entry and exit."""

    since_s: float
    loss_before_s: float
    here_before_s: float  # its time loss when the interval began
    distance_m: float  # speed times time within
    here_m: float  # the same in this interval
    halting_since_s: float
    front_s: float = 0.0  # when the front passed the exit
    exit_past_m: float | None = None  # how far the front is behind the exit
    halts: int = 0
    halts_here: int = 0


@dataclass(frozen=True, slots=True)
class _Visit:
    """A vehicle that has left."""

    travel_s: float
    overlap_s: float
    speed_mps: float
    halts: int
    loss_s: float


@dataclass(slots=True)
class _Record:
    """Who is within, and who has left since the interval began."""

    begin_s: float
    within: dict[int, _Stay] = field(default_factory=dict)
    left: list[_Visit] = field(default_factory=list)


class EntryExitWriter:
    """Measures between entries and exits, and writes an `interval` for each detector whenever its period is over."""

    def __init__(
        self, file: XmlFile, detectors: Sequence[EntryExit], network: Network, lane_ids: Sequence[str], begin_s: float
    ) -> None:
        index = {name: number for number, name in enumerate(lane_ids)}
        self._detectors, self._file, self._now_s, self._first_s = detectors, file, begin_s, begin_s
        self._entries = [_by_lane(one.entries, index) for one in detectors]
        self._exits = [_by_lane(one.exits, index) for one in detectors]
        self._looked_at = np.zeros(len(lane_ids), np.bool_)
        for places in (*self._entries, *self._exits):
            self._looked_at[list(places)] = True
        self._records = [_Record(begin_s) for _ in detectors]
        self._follower = Follower(lane_ids, network)
        self._loss_s: dict[int, float] = {}

    def see(self, step: Step) -> None:
        """Note who entered and who left."""
        kept = {vehicle for record in self._records for vehicle in record.within}
        moves = self._follower.moves(step, self._looked_at, kept)
        state = step.state
        self._loss_s = dict(zip(state.vehicle_id.tolist(), state.time_loss_s.tolist(), strict=True))
        for number, record in enumerate(self._records):
            for vehicle in [one for one in record.within if one not in moves]:
                del record.within[vehicle]
            for vehicle, move in moves.items():
                if not move.appeared:
                    self._pass(number, vehicle, move, step)
            for vehicle, stay in record.within.items():
                _stay_on(self._detectors[number], stay, moves[vehicle].speed_mps, step)
        self._now_s = state.time_s
        for one, record in zip(self._detectors, self._records, strict=True):
            if one.period_s is not None and self._now_s >= record.begin_s + one.period_s - 1e-6:
                self._write(one, record)

    def close(self) -> None:
        """Write the intervals that are not over."""
        for one, record in zip(self._detectors, self._records, strict=True):
            if self._now_s > record.begin_s + 1e-6:
                self._write(one, record)

    def _pass(self, number: int, vehicle: int, move: Moved, step: Step) -> None:
        """Let a vehicle pass the entries and exits that it has reached."""
        one, record = self._detectors[number], self._records[number]
        step_s = step.state.time_s - step.begin_s
        for lane, front_m in self._follower.ways(move):
            for at_m in self._entries[number].get(lane, ()):
                share = (at_m - front_m) / move.moved_m if move.moved_m > 0.0 else -1.0
                if vehicle not in record.within and 0.0 <= share < 1.0:
                    inside_s = (1.0 - share) * step_s
                    loss_s = self._loss_s[vehicle]
                    halts = move.speed_mps < one.halt_mps
                    record.within[vehicle] = _Stay(
                        # SUMO takes the begin of the step for its end
                        step.begin_s - inside_s, loss_s, loss_s, move.speed_mps * inside_s, move.speed_mps * inside_s,
                        step.begin_s - inside_s if halts else NOT_HALTING_S,
                    )  # fmt: skip
            stay = record.within.get(vehicle)
            if stay is None or stay.exit_past_m is not None:
                continue
            for at_m in self._exits[number].get(lane, ()):
                share = (at_m - front_m) / move.moved_m if move.moved_m > 0.0 else -1.0
                if 0.0 < share <= 1.0:
                    stay.front_s = step.begin_s - step_s + share * step_s
                    stay.exit_past_m = -share * move.moved_m
        stay = record.within.get(vehicle)
        if stay is None or stay.exit_past_m is None:
            return
        before_m = stay.exit_past_m - move.length_m
        stay.exit_past_m += move.moved_m
        if stay.exit_past_m >= move.length_m and move.moved_m > 0.0:
            share = min(1.0, max(0.0, -before_m / move.moved_m))
            self._leave(record, vehicle, stay, move, step.begin_s - (1.0 - share) * step_s, (1.0 - share) * step_s)

    def _leave(self, record: _Record, vehicle: int, stay: _Stay, move: Moved, back_s: float, outside_s: float) -> None:
        overlap_s = back_s - stay.since_s
        distance_m = stay.distance_m - move.speed_mps * outside_s
        loss_s = self._loss_s[vehicle] - stay.loss_before_s
        record.left.append(_Visit(stay.front_s - stay.since_s, overlap_s, distance_m / overlap_s, stay.halts, loss_s))
        del record.within[vehicle]

    def _write(self, one: EntryExit, record: _Record) -> None:
        figures = {**_left(record.left), **self._within(record)}
        self._file.write(element(4, "interval", begin=record.begin_s, end=self._now_s, id=one.id, **figures))
        for vehicle, stay in record.within.items():
            stay.halts_here, stay.here_m = 0, 0.0
            stay.here_before_s = self._loss_s.get(vehicle, stay.here_before_s)
        record.begin_s, record.left = self._now_s, []

    def _within(self, record: _Record) -> Mapping[str, int | float]:
        """SUMO's attributes of those who are still within."""
        stays = list(record.within.items())
        time_s = [self._now_s - stay.since_s for _, stay in stays]
        here_s = [min(whole_s, self._now_s - record.begin_s) for whole_s in time_s]
        return {
            "meanSpeedWithin": _mean([s.distance_m / t for (_, s), t in zip(stays, time_s, strict=True)]),
            "meanHaltsPerVehicleWithin": _mean([stay.halts for _, stay in stays]),
            "meanDurationWithin": _mean(time_s),
            "vehicleSumWithin": len(stays),
            "meanIntervalSpeedWithin": _mean([s.here_m / t for (_, s), t in zip(stays, here_s, strict=True)]),
            "meanIntervalHaltsPerVehicleWithin": _mean([stay.halts_here for _, stay in stays]),
            "meanIntervalDurationWithin": _mean(here_s),
            "meanTimeLossWithin": _mean([self._loss_s[vehicle] - stay.here_before_s for vehicle, stay in stays]),
        }


def _left(visits: Sequence[_Visit]) -> Mapping[str, int | float]:
    """SUMO's attributes of those who have left."""
    return {
        "meanTravelTime": _mean([visit.travel_s for visit in visits]),
        "meanOverlapTravelTime": _mean([visit.overlap_s for visit in visits]),
        "meanSpeed": _mean([visit.speed_mps for visit in visits]),
        "meanHaltsPerVehicle": _mean([visit.halts for visit in visits]),
        "meanTimeLoss": _mean([visit.loss_s for visit in visits]),
        "vehicleSum": len(visits),
    }


def _stay_on(one: EntryExit, stay: _Stay, speed_mps: float, step: Step) -> None:
    """One step of a vehicle within."""
    step_s = step.state.time_s - step.begin_s
    stay.distance_m += speed_mps * step_s
    stay.here_m += speed_mps * step_s
    if speed_mps >= one.halt_mps:
        stay.halting_since_s = NOT_HALTING_S
        return
    if stay.halting_since_s == NOT_HALTING_S:
        stay.halting_since_s = step.begin_s
    halted_s = step.begin_s - stay.halting_since_s
    if one.halt_s - 1e-9 <= halted_s < one.halt_s + step_s - 1e-9:
        stay.halts += 1
        stay.halts_here += 1


def _by_lane(places: Sequence[tuple[str, float]], index: Mapping[str, int]) -> dict[int, list[float]]:
    result: dict[int, list[float]] = {}
    for lane, at_m in places:
        result.setdefault(index[lane], []).append(at_m)
    return result


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else -1.0
