"""The observer of the displayed signals: every seeded violation is seen, and nothing else."""

from collections.abc import Iterator, Sequence

import pytest

from plans.junction import GroupKind, Junction, SignalGroup, Stage
from sim.observer import KINDS, SafetyObserver

NOTHING = dict.fromkeys(KINDS, 0)


@pytest.fixture
def junction() -> Junction:
    """Two roads that cross and a pedestrian crossing over the second: links 0 to 1, 2, 3."""
    groups = {
        "A": SignalGroup("A", GroupKind.VEHICLE, min_green_s=5, max_red_s=60, links=(0, 1)),
        "B": SignalGroup("B", GroupKind.VEHICLE, min_green_s=5, max_red_s=60, links=(2,)),
        "P": SignalGroup("P", GroupKind.PEDESTRIAN, 7, 0, 0, clearance_s=8, max_red_s=60, links=(3,)),
    }
    matrix = {("A", "B"): 5, ("B", "A"): 4, ("P", "B"): 8, ("B", "P"): 6}
    stages = {"1": Stage("1", frozenset({"A", "P"})), "2": Stage("2", frozenset({"B"}))}
    return Junction("j", "", groups, matrix, stages, {}, ())


def seen(junction: Junction, *pieces: tuple[int, str]) -> SafetyObserver:
    """An observer that has watched each piece for its number of seconds."""
    observer = SafetyObserver(junction)
    for second, letters in enumerate(_seconds(pieces)):
        observer.see(float(second), letters)
    return observer


def _seconds(pieces: Sequence[tuple[int, str]]) -> Iterator[str]:
    for duration, letters in pieces:
        yield from [letters] * duration


LEGAL = ((10, "GGrG"), (5, "GGrr"), (3, "yyrr"), (2, "rrrr"), (6, "rrGr"), (3, "rryr"), (3, "rrrr"), (10, "GgrG"))


def test_legal_cycle_has_no_entry(junction: Junction) -> None:
    """A cycle that keeps every time exactly is clean."""
    assert seen(junction, *LEGAL).counts() == NOTHING


def test_conflicting_green_counts_once_while_it_lasts(junction: Junction) -> None:
    """Two conflicting greens count from the first second, once, and again after one has ended."""
    observer = seen(junction, (10, "GGrr"), (4, "GGGr"), (20, "GGrr"), (3, "GGgr"))
    assert observer.counts() == {**NOTHING, "conflicting_greens": 2, "short_greens": 1}
    assert observer.violations[0].groups == ("A", "B")


def test_one_green_head_is_a_green_group(junction: Junction) -> None:
    """A group counts as green as soon as any of its heads shows green, permissive green included."""
    assert seen(junction, (5, "rrGr"), (1, "rgGr")).counts()["conflicting_greens"] == 1


@pytest.mark.parametrize(("red_s", "entries"), [(4, 1), (5, 0)])
def test_short_intergreen(junction: Junction, red_s: int, entries: int) -> None:
    """From end of green to begin of green, amber included: one second less than the matrix is an entry."""
    observer = seen(junction, (10, "GGrr"), (3, "yyrr"), (red_s - 3, "rrrr"), (10, "rrGr"))
    assert observer.counts() == {**NOTHING, "short_intergreens": entries}


def test_intergreen_looks_past_a_stage_in_between(junction: Junction) -> None:
    """A pedestrian green that ended before a short other stage still holds off the traffic that it conflicts with."""
    observer = seen(junction, (10, "GGrG"), (7, "rrrr"), (10, "rrGr"))
    assert observer.counts() == {**NOTHING, "short_intergreens": 1}
    assert observer.violations[0].groups == ("P", "B")


def test_direct_change_without_any_red(junction: Junction) -> None:
    """One green that follows another in the same second is an intergreen of zero."""
    observer = seen(junction, (10, "GGrr"), (10, "rrGr"))
    assert observer.counts() == {**NOTHING, "short_intergreens": 1}
    assert observer.violations[0].seen_s == 0


@pytest.mark.parametrize(("green_s", "entries"), [(4, 1), (5, 0)])
def test_short_green(junction: Junction, green_s: int, entries: int) -> None:
    """A green one second under the minimum is an entry; the first green of the watch has an unknown begin."""
    observer = seen(junction, (2, "GGrr"), (5, "rrrr"), (green_s, "rrGr"), (1, "rryr"))
    assert observer.counts() == {**NOTHING, "short_greens": entries}


def test_long_red_counts_once(junction: Junction) -> None:
    """A red beyond the longest red is one entry, however long it lasts."""
    assert seen(junction, (61, "GGrG")).counts() == NOTHING
    assert seen(junction, (200, "GGrG")).counts() == {**NOTHING, "long_reds": 1}


def test_flashing_forgets_the_past(junction: Junction) -> None:
    """A failsafe state is not judged, nor is what it cut off or what follows it held against the time before."""
    assert seen(junction, (10, "rrrr"), (2, "GGrr"), (5, "oooO"), (10, "rrGr")).counts() == NOTHING
