"""Places where somebody is always shown: no vehicle stands there through the traffic of its lane."""

import pytest

from detectors.clutter import Clutter
from detectors.tracks import Track
from plans.junction import Mode


def track(distance_m: float, speed_mps: float = 0.0, lane: str = "a") -> Track:
    """Somebody who is followed since this second: whoever drove by took the earlier track along."""
    return Track(lane, lane, distance_m, speed_mps, Mode.CAR)


def shown(clutter: Clutter, *tracks: Track, passed: int = 0) -> list[bool]:
    """One second; who is left out."""
    clutter.look(tracks, {"a": passed}, 1.0)
    clutter.mark(tracks, 1.0)
    return [one.clutter for one in tracks]


def test_a_place_that_is_taken_in_every_second_gives_an_echo_away() -> None:
    """Whoever's track it is: three more have crossed than stood ahead, and it is still taken."""
    clutter = Clutter()
    for second in range(12):
        here = shown(clutter, track(1.0), track(8.0 + 0.1 * (second % 3)), passed=int(second % 3 == 2))
    assert here == [True, True]


@pytest.mark.parametrize(("crossed", "left_out"), [(3, False), (5, True)])
def test_those_ahead_may_cross_before_whoever_stands(crossed: int, left_out: bool) -> None:
    """Two stand ahead of the third place: they, and two who come in from beside, say nothing against it."""
    clutter = Clutter()
    shown(clutter, track(1.0), track(8.0), track(15.0))
    for _ in range(crossed):
        assert not any(shown(clutter, track(15.0)))
        here = shown(clutter, track(15.0), passed=1)
    assert here == [left_out]


def test_the_places_of_a_queue_that_draws_up_are_empty_in_between() -> None:
    """One after the other stops at the same place and drives on: none of them is left out."""
    clutter = Clutter()
    for _ in range(10):
        for place_m, speed_mps in ((8.0, 0.0), (8.0, 0.0), (7.0, 2.0), (4.0, 3.0)):
            assert shown(clutter, track(place_m, speed_mps)) == [False]
        assert shown(clutter, track(12.0, 3.0), passed=1) == [False]
        assert shown(clutter, track(9.0, 2.0)) == [False]


def test_the_traffic_of_another_lane_says_nothing() -> None:
    """A turn that waits is overtaken by those who go straight on beside it."""
    clutter = Clutter()
    for _ in range(20):
        assert shown(clutter, track(1.0, lane="b"), passed=1) == [False]
