"""Which plan set is due, through clock changes and special days."""

import itertools
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.calendar import WEEKDAYS, Calendar, CalendarEntry, CalendarError, plan_due
from plans.timing import PlanStage, TimingPlan

BERLIN = "Europe/Berlin"
WORKDAYS = frozenset(WEEKDAYS[:5])
EVERY_DAY = frozenset(WEEKDAYS)
WEEK = Calendar(
    BERLIN,
    (
        CalendarEntry(WORKDAYS, time(6, 0), "am"),
        CalendarEntry(WORKDAYS, time(9, 0), "midday"),
        CalendarEntry(WORKDAYS, time(15, 0), "pm"),
        CalendarEntry(EVERY_DAY, time(20, 0), "night"),
    ),
    {date(2026, 12, 25): "sun"},
)


def utc_s(year: int, month: int, day: int, hour: int, minute: int, zone: str = BERLIN, fold: int = 0) -> float:
    """UTC seconds of a local time."""
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((2026, 11, 25, 5, 59), "night"),
        ((2026, 11, 25, 6, 0), "am"),
        ((2026, 11, 25, 8, 59), "am"),
        ((2026, 11, 25, 15, 0), "pm"),
        ((2026, 11, 25, 23, 59), "night"),
        ((2026, 11, 28, 12, 0), "night"),  # Saturday: still Friday evening's
        ((2026, 11, 30, 7, 0), "am"),
        ((2026, 12, 25, 7, 0), "night"),  # a Friday that runs as a Sunday
    ],
)
def test_the_latest_entry_that_has_begun_is_due(moment: tuple[int, int, int, int, int], expected: str) -> None:
    """Entries begin at their local time on their days and last until the next one."""
    assert plan_due(WEEK, utc_s(*moment)) == expected


def test_an_entry_in_the_hour_that_spring_skips_begins_with_the_jump() -> None:
    """On 2026-03-29 clocks jump from 02:00 to 03:00: what is due at 02:30 is due from then on."""
    calendar = Calendar(
        BERLIN,
        (
            CalendarEntry(EVERY_DAY, time(1, 0), "one"),
            CalendarEntry(EVERY_DAY, time(2, 30), "half"),
            CalendarEntry(EVERY_DAY, time(3, 15), "quarter"),
        ),
    )
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    assert plan_due(calendar, jump - 1) == "one"
    assert plan_due(calendar, jump) == "half"
    assert plan_due(calendar, jump + 15 * 60) == "quarter"


def test_an_entry_in_the_hour_that_autumn_repeats_begins_once() -> None:
    """On 2026-10-25 02:00 to 03:00 comes twice: the entry begins the first time and stays."""
    calendar = Calendar(
        BERLIN,
        (CalendarEntry(EVERY_DAY, time(1, 0), "one"), CalendarEntry(EVERY_DAY, time(2, 30), "half")),
    )
    first, second = utc_s(2026, 10, 25, 2, 30), utc_s(2026, 10, 25, 2, 30, fold=1)
    assert second - first == 3600
    assert plan_due(calendar, first - 1) == "one"
    for moment in range(int(first), int(second) + 3600, 300):
        assert plan_due(calendar, moment) == "half"


@given(st.integers(1_700_000_000, 1_900_000_000), st.integers(30, 120), st.integers(0, 119))
def test_offsets_run_through_midnight_and_clock_changes(begin_s: int, cycle_s: int, offset_s: int) -> None:
    """Seconds in the cycle follow one another whatever the local clock does."""
    plan = TimingPlan("P", "J", cycle_s, offset_s % cycle_s, (PlanStage("A", 1, 0, 1),))
    seconds = [plan.second_in_cycle(begin_s + step) for step in range(3)]
    assert all((after - before) % cycle_s == 1 for before, after in itertools.pairwise(seconds))


@given(st.integers(1_700_000_000, 1_900_000_000))
def test_something_is_due_at_any_time_in_any_zone(moment: int) -> None:
    """A calendar with one weekly entry is never without a plan, also where clocks change by half an hour."""
    for zone in (BERLIN, "Australia/Lord_Howe", "Pacific/Apia"):
        assert plan_due(Calendar(zone, (CalendarEntry(frozenset({"wed"}), time(2, 15), "x"),)), moment) == "x"


def test_a_calendar_that_names_no_plan_says_so() -> None:
    """A calendar whose only entry never begins is an error, not a silent default."""
    with pytest.raises(CalendarError):
        plan_due(Calendar(BERLIN, ()), 1_800_000_000)
