"""Detectors that fail and sources that lie, so that what they cost can be measured.

Which ones is drawn from the seed. Everything is well until `AFTER_S`: detectors fail in use, and a liar comes when
there is something to gain.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from detectors.readings import (
    ButtonReading,
    LoopReading,
    RadarObject,
    RadarReading,
    Reading,
    TransitKind,
    TransitReading,
)
from plans.defaults import EMERGENCY_LEVEL
from plans.junction import Detector, DetectorKind, Junction, Mode

AFTER_S = 300.0
COUNTED_TWICE = 2
SEEN_RATIO = 0.5
PHANTOM_M = (0.8, 7.6, 15.1)
"""A queue of three, as a radar would see it."""
GHOST_EVERY_S = 75.0
GHOST_ETA_S = 15.0
GHOST_TALKS_S = 50.0
GHOST_UPDATES_S = 5.0
GHOST_LEVEL = 7
GHOST_PERSONS = 80.0
GHOST_LATENESS_S = 600.0


class Failure(StrEnum):
    """How a detector fails."""

    SILENT = "silent"
    STUCK_ON = "stuck_on"
    STUCK_OFF = "stuck_off"
    MISCOUNTS = "miscounts"


class Lie(StrEnum):
    """What one lying source says."""

    STUCK_RADAR = "stuck-radar"
    PHANTOM_QUEUE = "phantom-queue"
    STUCK_LOOP = "stuck-loop"
    SPOOFED_BUS = "spoofed-bus"
    SPOOFED_BUSES = "spoofed-buses"
    SPOOFED_EMERGENCY = "spoofed-emergency"


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """Part of the detectors that fail, and who lies."""

    failed_ratio: float = 0.0
    lies: tuple[Lie, ...] = ()


class Faults:
    """Turns what detectors would have said into what they say."""

    def __init__(self, junctions: Mapping[str, Junction], spec: FaultSpec, seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311 - which detector fails is no secret
        places = [(junction, detector) for junction in junctions.values() for detector in junction.detectors.values()]
        self._broken: dict[tuple[str, str], _Broken] = {}
        failed = draw.sample(places, round(spec.failed_ratio * len(places)))
        for junction, detector in failed:
            self._break(junction, detector, draw.choice(list(Failure)))
        self._ghosts: list[_Ghost] = []
        for lie in spec.lies:
            self._tell(lie, junctions, places, draw)
        self._begin_s: float | None = None

    @property
    def failures(self) -> Mapping[tuple[str, str], str]:
        """How each detector that does not work fails, by junction and detector."""
        return {place: broken.how for place, broken in self._broken.items()}

    def distort(self, readings: Iterable[Reading], utc_s: float) -> list[Reading]:
        """What is said instead of `readings`, with whoever invents requests."""
        if self._begin_s is None:
            self._begin_s = utc_s
        if utc_s - self._begin_s < AFTER_S:
            return list(readings)
        said: list[Reading] = []
        for reading in readings:
            broken = self._broken.get((reading.junction, reading.detector))
            told = reading if broken is None else broken.distort(reading)
            if told is not None:
                said.append(told)
        for ghost in self._ghosts:
            said.extend(ghost.say(utc_s))
        return said

    def _break(self, junction: Junction, detector: Detector, failure: Failure) -> None:
        self._broken[junction.id, detector.id] = _Broken(failure.value)

    def _tell(
        self,
        lie: Lie,
        junctions: Mapping[str, Junction],
        places: Sequence[tuple[Junction, Detector]],
        draw: random.Random,
    ) -> None:
        kind = {
            Lie.STUCK_RADAR: DetectorKind.RADAR,
            Lie.PHANTOM_QUEUE: DetectorKind.RADAR,
            Lie.STUCK_LOOP: DetectorKind.LOOP,
        }.get(lie)
        if kind is None:
            junction = draw.choice(list(junctions.values()))
            self._ghosts.append(_Ghost(lie, junction.id, draw.choice(junction.movements).id))
            return
        motor = [(j, d) for j, d in places if d.kind is kind and d.mode is not Mode.BICYCLE]
        if not motor:
            raise ValueError(f"--lie {lie}: expected a detector of kind {kind} on the road, got none at this detection")
        junction, detector = draw.choice(motor)
        self._broken[junction.id, detector.id] = _Broken(
            Failure.STUCK_ON if lie is not Lie.PHANTOM_QUEUE else lie, detector.lane or ""
        )


class _Broken:
    """One detector that does not work."""

    def __init__(self, how: str, lane: str = "") -> None:
        self.how = str(how)
        self._lane = lane
        self._frozen: RadarReading | None = None

    def distort(self, reading: Reading) -> Reading | None:
        """What it says instead of the truth; None is silence."""
        if self.how == Failure.SILENT:
            return None
        match reading:
            case LoopReading():
                return self._loop(reading)
            case RadarReading():
                return self._radar(reading)
            case ButtonReading():
                return replace(reading, pressed=self.how == Failure.STUCK_ON, waiting=None)
            case _:
                return reading

    def _loop(self, reading: LoopReading) -> LoopReading:
        if self.how == Failure.STUCK_ON:
            return replace(reading, count=0, occupancy_ratio=1.0, present=True)
        if self.how == Failure.STUCK_OFF:
            return replace(reading, count=0, occupancy_ratio=0.0, present=False)
        return replace(reading, count=COUNTED_TWICE * reading.count)

    def _radar(self, reading: RadarReading) -> RadarReading:
        if self.how == Lie.PHANTOM_QUEUE:
            invented = tuple(
                RadarObject(self._lane, place_m + 0.1 * ((reading.seq * 7 + n) % 3), 0.1 * (reading.seq % 4), Mode.CAR)
                for n, place_m in enumerate(PHANTOM_M)
            )
            return replace(reading, objects=(*reading.objects, *invented))
        if self.how == Failure.STUCK_ON:
            if self._frozen is None and reading.objects:
                self._frozen = reading
            return reading if self._frozen is None else replace(reading, objects=self._frozen.objects)
        if self.how == Failure.STUCK_OFF:
            return replace(reading, objects=())
        return replace(reading, objects=reading.objects[::2])


class _Ghost:
    """A vehicle that is never there and asks for priority."""

    def __init__(self, lie: Lie, junction: str, movement: str) -> None:
        self._lie = lie
        self._junction = junction
        self._movement = movement
        self._visit = -1
        self._next_s = float("-inf")
        self._said_s = float("-inf")
        self._began_s = 0.0
        self._here = False

    def say(self, utc_s: float) -> list[TransitReading]:
        """Announces itself, keeps coming, says that it has crossed, and comes again."""
        if utc_s >= self._next_s:
            self._visit += 1
            self._began_s = self._said_s = utc_s
            self._next_s = utc_s + GHOST_EVERY_S
            self._here = True
            return [self._reading(utc_s, TransitKind.NEW)]
        if self._here and utc_s - self._began_s >= GHOST_TALKS_S:
            self._here = False
            return [self._reading(utc_s, TransitKind.CHECK_OUT)]
        if self._here and utc_s - self._said_s >= GHOST_UPDATES_S:
            self._said_s = utc_s
            return [self._reading(utc_s, TransitKind.UPDATE)]
        return []

    def _reading(self, utc_s: float, kind: TransitKind) -> TransitReading:
        emergency = self._lie is Lie.SPOOFED_EMERGENCY
        name = "ghost" if self._lie is Lie.SPOOFED_BUS else f"ghost{self._visit}"
        return TransitReading(
            junction=self._junction,
            id=name,
            t_s=utc_s,
            kind=kind,
            mode=Mode.EMERGENCY if emergency else Mode.BUS,
            level=EMERGENCY_LEVEL if emergency else GHOST_LEVEL,
            eta_s=max(0.0, GHOST_ETA_S - (utc_s - self._began_s)),
            lateness_s=GHOST_LATENESS_S,
            persons=0.0 if emergency else GHOST_PERSONS,
            movement=self._movement,
        )
