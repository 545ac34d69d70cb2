"""What earlier days taught about traffic: counts by kind of day and quarter of an hour, which fade from day to day.

A value of plain data: a strategy keeps and feeds it, so that a replay has it too; who stores it between two runs is
not its business (`signalctl.usual_counts`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from plans.calendar import WEEKDAYS, Calendar
from plans.junction import GroupKind, Junction

SLOT_S = 900
SLOTS_BACK = 4
"""Of so many slots it is known what was usual before today: as far as counts of today are of weight."""
DAY_KEEP = 0.8
"""A day counts so much of the one after it."""
DAY_VARIATION = 0.15
"""Coefficient of variation of one quarter of an hour's flow between days of one kind, on top of chance."""
LANE, PERSONS, TURN, FOOT = "lane", "persons", "turn", "foot"
"""Vehicles over seconds counted; weighted persons over vehicles sighted; vehicles; people over seconds of red."""


class Slot(NamedTuple):
    """A quarter of an hour of a kind of day (workday, sat, sun)."""

    day: str
    number: int


class Sum(NamedTuple):
    """One thing that was counted, and over what."""

    what: str
    id: str
    amount: float
    over: float


@dataclass(frozen=True, slots=True)
class LocalDays:
    """Whose quarter of an hour it is; `special_days` (ordinals of dates) run as another weekday, as a holiday does."""

    timezone: str = "UTC"
    special_days: Mapping[int, str] = field(default_factory=dict)

    def slot(self, utc_s: float) -> Slot:
        """The quarter of an hour at this moment."""
        there = datetime.fromtimestamp(utc_s, UTC).astimezone(ZoneInfo(self.timezone))
        weekday = self.special_days.get(there.toordinal(), WEEKDAYS[there.weekday()])
        return Slot(weekday if weekday in WEEKDAYS[5:] else "workday", (there.hour * 60 + there.minute) * 60 // SLOT_S)


def local_days(calendar: Calendar, timezone: str | None = None) -> LocalDays:
    """The days of a site's calendar; in another zone where its clock runs by that."""
    special = {day.toordinal(): weekday for day, weekday in calendar.special_days.items()}
    return LocalDays(timezone or calendar.timezone, special)


def things_counted(junction: Junction) -> tuple[tuple[str, str], ...]:
    """What is counted at a junction, in the order of the rows of its sums."""
    on_foot = (group.id for group in junction.groups.values() if group.kind is GroupKind.PEDESTRIAN)
    return (
        *((LANE, id) for id in junction.lanes),
        *((PERSONS, id) for id in junction.lanes),
        *((TURN, movement.id) for movement in junction.movements),
        *((FOOT, group) for group in on_foot),
    )


class UsualTraffic:
    """Counts of earlier days: by slot and junction an array `[things_counted, 2]` of amounts and what they are over."""

    def __init__(self, sums: Mapping[Slot, Mapping[str, np.ndarray]] | None = None) -> None:
        self._sums = {slot: dict(by_junction) for slot, by_junction in (sums or {}).items()}
        self.learned: Slot | None = None  # the slot that ended last
        self._until_today: dict[Slot, Mapping[str, np.ndarray]] = {}  # of slots that ended a while ago

    def learn(self, slot: Slot, counted: Mapping[str, np.ndarray]) -> None:
        """A slot has ended; what was counted joins what earlier days counted."""
        kept = self._sums.setdefault(slot, {})
        self._until_today.pop(slot, None)
        self._until_today[slot] = dict(kept)
        for old in tuple(self._until_today)[:-SLOTS_BACK]:
            del self._until_today[old]
        for name, sums in counted.items():
            kept[name] = DAY_KEEP * kept[name] + sums if name in kept else sums.copy()
        self.learned = slot

    def copy(self) -> "UsualTraffic":
        """Another that learns for itself; arrays are never changed in place."""
        return UsualTraffic(self._sums)

    def knows(self, slot: Slot, junction: str) -> bool:
        """Whether anything was counted there at that time on an earlier day."""
        return bool(self._sums.get(slot, {}).get(junction, np.zeros(1)).any())

    def expected(self, days: LocalDays, utc_s: float, junction: str) -> np.ndarray | None:
        """Sums of the quarter of an hour that begins then, from the slots that it lies in; None where none is known.

        What was learned today is not among them: it shall be compared with what is usual.
        """
        later = (utc_s % SLOT_S) / SLOT_S
        known = []
        for weight, slot in ((1.0 - later, days.slot(utc_s)), (later, days.slot(utc_s + SLOT_S))):
            sums = self._until_today.get(slot, self._sums.get(slot, {})).get(junction)
            if weight > 0.0 and sums is not None and sums.any():
                known.append((weight, sums))
        if not known:
            return None
        total = sum(weight for weight, _ in known)
        return np.asarray(np.sum([weight / total * sums for weight, sums in known], axis=0))

    def slots(self) -> tuple[Slot, ...]:
        """Every slot that something is known of."""
        return tuple(self._sums)

    def rows(self, junctions: Mapping[str, Junction], slot: Slot) -> Iterator[tuple[str, Sum]]:
        """Everything known of a slot, with the junction."""
        for name, sums in self._sums.get(slot, {}).items():
            for (what, id), (amount, over) in zip(things_counted(junctions[name]), sums.tolist(), strict=True):
                if amount or over:
                    yield name, Sum(what, id, amount, over)


def usual_from_rows(junctions: Mapping[str, Junction], rows: Iterator[tuple[Slot, str, Sum]]) -> UsualTraffic:
    """What was stored; lanes and crossings that the site does not have any more are left out."""
    places = {name: {thing: row for row, thing in enumerate(things_counted(j))} for name, j in junctions.items()}
    sums: dict[Slot, dict[str, np.ndarray]] = {}
    for slot, name, one in rows:
        row = places.get(name, {}).get((one.what, one.id))
        if row is not None:
            by_junction = sums.setdefault(slot, {})
            if name not in by_junction:
                by_junction[name] = np.zeros((len(places[name]), 2))
            by_junction[name][row] = one.amount, one.over
    return UsualTraffic(sums)


def as_prior(sums: np.ndarray) -> np.ndarray:
    """What earlier counts are worth beside today's: of a gamma distribution with their chance and the days' variation.

    n vehicles in T seconds leave a relative variance of 1 / n by chance and cv^2 between days; a gamma distribution of
    that variance is worth n / (1 + cv^2 n) vehicles in T / (1 + cv^2 n) seconds (conjugate to Poisson counts).
    """
    return np.asarray(sums / (1.0 + DAY_VARIATION**2 * sums[:, :1]))
