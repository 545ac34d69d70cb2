"""The controller's ring of high-resolution events (block E), in the Indiana enumeration where it has a code."""

from dataclasses import dataclass
from enum import IntEnum

from controllers.registers import EVENT_RECORDS


class EventCode(IntEnum):
    """Codes below 256 are those of the Indiana enumeration; 512 and above are refusals, 512 + refusal code."""

    BEGIN_GREEN = 1
    BEGIN_YELLOW = 8
    BEGIN_RED = 10
    BEGIN_WALK = 21
    BEGIN_PED_CLEARANCE = 22
    PATTERN_CHANGE = 131
    FLASH_STATUS = 173
    POWER_RESTORED = 184
    CLOCK_UPDATED = 178
    CONFLICT_TRIP = 256
    LEASE_TAKEN = 257
    LEASE_ENDED = 258
    REFUSED = 512


@dataclass(frozen=True, slots=True)
class Event:
    """One record; `sequence` counts all events since boot."""

    sequence: int
    code: int
    parameter: int
    utc_s: int


class EventRing:
    """The newest events; `total` counts all since boot."""

    def __init__(self) -> None:
        self.total = 0
        self._records: list[Event | None] = [None] * EVENT_RECORDS

    def add(self, code: int, parameter: int, utc_s: int) -> None:
        """Record an event of this second."""
        self._records[self.total % EVENT_RECORDS] = Event(self.total, code, parameter, utc_s)
        self.total += 1

    def newest(self) -> tuple[Event, ...]:
        """The records that are still held, oldest first."""
        first = max(0, self.total - EVENT_RECORDS)
        held = (self._records[number % EVENT_RECORDS] for number in range(first, self.total))
        return tuple(event for event in held if event is not None)

    def words(self) -> list[int]:
        """Block E as registers."""
        words: list[int] = []
        for event in self._records:
            if event is None:
                words.extend([0] * 6)
            else:
                words.extend(
                    [
                        event.sequence & 0xFFFF,
                        event.code,
                        event.parameter & 0xFFFF,
                        event.utc_s >> 16 & 0xFFFF,
                        event.utc_s & 0xFFFF,
                        0,
                    ]
                )
        return words
