"""Where readings come from, and the buffer between a source and the tick: newest wins, drops are counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from detectors.readings import ButtonReading, LoopReading, Reading, TransitReading

MAX_PENDING = 50_000


@dataclass(frozen=True, slots=True)
class SourceStatistics:
    """Totals since the source was made. `invalid` counts by kind of topic, `dropped` by kind and reason."""

    connected: bool = True
    received: Mapping[str, int] = field(default_factory=dict)
    invalid: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    reconnects: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came since the last drain: at most one reading per detector, and every transit message in its order."""

    readings: tuple[Reading, ...] = ()
    dropped: int = 0


class Source(Protocol):
    """Anything that delivers readings: MQTT, a recorded file, the simulator in the same process."""

    def drain(self) -> Batch:
        """Hand over what came since the last call; never waits."""
        ...

    def statistics(self) -> SourceStatistics:
        """Totals so far."""
        ...


def kind_of(reading: Reading) -> str:
    """The kind of topic, as metrics label it: `LoopReading` is `loop`."""
    return type(reading).__name__.removesuffix("Reading").lower()


class NewestWins:
    """Bounded buffer with one slot per detector.

    A newer reading replaces an older one. Counts are not lost by that: loop readings of one detector are added up, and
    a press of a button stays pressed. Readings that are older than the one in the slot, and new detectors beyond the
    bound, are dropped and counted.
    """

    def __init__(self, bound: int = MAX_PENDING) -> None:
        self._bound = bound
        self._slots: dict[tuple[type[Reading], str, str], Reading] = {}
        self._transit: list[TransitReading] = []
        self._dropped_now = 0
        self.received: Counter[str] = Counter()
        self.dropped: Counter[tuple[str, str]] = Counter()

    def add(self, reading: Reading) -> None:
        """Put one reading in; never blocks and never grows beyond the bound."""
        kind = kind_of(reading)
        self.received[kind] += 1
        if isinstance(reading, TransitReading):
            if len(self._transit) >= self._bound:
                self.drop(kind, "full")
            else:
                self._transit.append(reading)
            return
        key = (type(reading), reading.junction, reading.detector)
        held = self._slots.get(key)
        if held is None:
            if len(self._slots) >= self._bound:
                self.drop(kind, "full")
            else:
                self._slots[key] = reading
        elif reading.t_s < held.t_s or (reading.t_s == held.t_s and reading.seq <= held.seq):
            self.drop(kind, "stale")
        else:
            self._slots[key] = self._merge(held, reading, kind)

    def drain(self) -> Batch:
        """Empty the buffer."""
        batch = Batch(readings=(*self._slots.values(), *self._transit), dropped=self._dropped_now)
        self._slots = {}
        self._transit = []
        self._dropped_now = 0
        return batch

    def _merge(self, held: Reading, newer: Reading, kind: str) -> Reading:
        if isinstance(held, LoopReading) and isinstance(newer, LoopReading):
            return merge_loops(held, newer)
        if isinstance(held, ButtonReading) and isinstance(newer, ButtonReading):
            return replace(newer, pressed=held.pressed or newer.pressed)
        self.drop(kind, "superseded")
        return newer

    def drop(self, kind: str, reason: str) -> None:
        """Count a good message that is not used."""
        self.dropped[kind, reason] += 1
        self._dropped_now += 1


def merge_loops(older: LoopReading, newer: LoopReading) -> LoopReading:
    """Two intervals of one loop as one: counts add up, occupancy is averaged over time."""
    span_s = older.span_s + newer.span_s
    occupancy = (older.occupancy_ratio * older.span_s + newer.occupancy_ratio * newer.span_s) / span_s
    return replace(newer, count=older.count + newer.count, occupancy_ratio=occupancy, span_s=span_s)
