"""Which set of plans is due: a weekly calendar in local time, with special days.

Only the choice of the plan follows local time. Plans themselves run on seconds since 1970-01-01 UTC, so neither a clock
change nor midnight moves an offset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class CalendarError(ValueError):
    """The calendar never names a plan set."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """From `at` local time on the given weekdays (`mon` .. `sun`), the plan set `plan_set` is due."""

    days: frozenset[str]
    at: time
    plan_set: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The week in local time; `special_days` run the programme of another weekday, as a holiday does of a Sunday."""

    timezone: str
    entries: tuple[CalendarEntry, ...]
    special_days: Mapping[date, str] = field(default_factory=dict)

    @property
    def plan_sets(self) -> tuple[str, ...]:
        """Every plan set that is named, in order of first mention."""
        return tuple(dict.fromkeys(entry.plan_set for entry in self.entries))


def plan_due(calendar: Calendar, utc_s: float) -> str:
    """The plan set that is due at a UTC time: that of the latest entry that has begun.

    An entry in the hour that spring skips begins when the clock jumps; one in the hour that autumn repeats begins at
    its first passage and is not undone by the second.
    """
    now = datetime.fromtimestamp(utc_s, UTC)
    today = now.astimezone(ZoneInfo(calendar.timezone)).date()
    for days_back in range(9):
        day = today - timedelta(days=days_back)
        begun = [
            (at_utc_s, index)
            for index, entry in enumerate(calendar.entries)
            if weekday_of(calendar, day) in entry.days
            and (at_utc_s := begin_utc_s(calendar.timezone, day, entry.at)) <= utc_s
        ]
        if begun:
            # entries that a clock change pushes to one instant keep their order of local time
            return calendar.entries[max(begun, key=lambda b: (b[0], calendar.entries[b[1]].at, b[1]))[1]].plan_set
    raise CalendarError("no entry of the calendar begins within the last eight days")


def weekday_of(calendar: Calendar, day: date) -> str:
    """The weekday whose programme runs on the day."""
    return calendar.special_days.get(day, WEEKDAYS[day.weekday()])


@lru_cache(maxsize=1024)
def begin_utc_s(timezone: str, day: date, at: time) -> int:
    """The first instant at which clocks in the zone show the time, or have jumped past it."""
    zone = ZoneInfo(timezone)
    local = datetime.combine(day, at, zone)
    first = int(local.timestamp())
    if datetime.fromtimestamp(first, zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return first
    # the time does not exist on this day: the offset changes between these two readings of it
    low, high = int(local.replace(fold=1).timestamp()), first
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == datetime.fromtimestamp(low, zone).utcoffset():
            low = middle
        else:
            high = middle
    return high
