"""Start-up and headways of a lane's queue, learned from what crosses the stop line."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.picture import LanePicture
from plans.junction import Aspect, GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from signalctl.rollout.layout import build_layout
from signalctl.strategies.lane_discharge import RATIO_RANGE, LaneDischarge

USUAL_STARTUP_S = 1.7
RED_S, GREEN_S, QUEUE = 30, 30, 9


def _junction(yields_to: tuple[str, ...] = ()) -> Junction:
    names = ("a", "b")
    return Junction(
        id="J",
        name="",
        groups={name: SignalGroup(name, GroupKind.VEHICLE, min_green_s=5) for name in names},
        intergreens={("a", "b"): 5, ("b", "a"): 5},
        stages={name: Stage(name, frozenset({name})) for name in names},
        lanes={"l": Lane("l", "west", 200.0, 13.9)},
        movements=(Movement("m", "l", "a", Turn.STRAIGHT, "exit", yields_to=yields_to),),
    )


def _lane(queue: int, passed: int, confidence_ratio: float = 1.0) -> LanePicture:
    return LanePicture(
        lane="l",
        distance_m=1.0 + 7.5 * np.arange(queue),
        speed_mps=np.zeros(queue),
        movement=np.full(queue, -1, np.int32),
        mode=np.zeros(queue, np.int8),
        waiting_s=np.zeros(queue),
        queue_veh=float(queue),
        queue_m=7.5 * queue,
        arrival_vph=0.0,
        passed=passed,
        head_still_s=0.0,
        confidence_ratio=confidence_ratio,
    )


def _play(
    discharge: LaneDischarge,
    rounds: int,
    crossing_s: Callable[[int], float],
    *,
    blocked: frozenset[str] = frozenset(),
    confidence_ratio: float = 1.0,
) -> None:
    """Red, then green with a queue whose n-th vehicle (0 the first) crosses `crossing_s(n)` after green begins."""
    utc_s = 1000.0
    for _ in range(rounds):
        for second in range(RED_S + GREEN_S):
            green = second >= RED_S
            into_s = second - RED_S
            passed = sum(1 for n in range(QUEUE) if into_s <= crossing_s(n) < into_s + 1) if green else 0
            left = sum(1 for n in range(QUEUE) if crossing_s(n) >= into_s + 1) if green else QUEUE
            utc_s += 1.0
            aspect = Aspect.GREEN if green else Aspect.RED
            discharge.observe([_lane(left, passed, confidence_ratio)], {"a": aspect}, blocked, utc_s)


def _fresh(yields_to: tuple[str, ...] = ()) -> LaneDischarge:
    junction = _junction(yields_to)
    return LaneDischarge(junction, build_layout(junction), USUAL_STARTUP_S)


@settings(max_examples=25, deadline=None)
@given(headway_s=st.floats(1.5, 2.9), startup_s=st.floats(0.9, 3.5))
def test_headways_and_start_up_are_found(headway_s: float, startup_s: float) -> None:
    """Whatever they are within reason, after a hundred greens both are known."""
    discharge = _fresh()
    usual_s = float(discharge.layout.move_headway_s[0])
    _play(discharge, 100, lambda n: 0.5 if n == 0 else startup_s + n * headway_s)
    assert discharge.headway_ratio[0] * usual_s == pytest.approx(headway_s, rel=0.08)
    assert discharge.lane_startup_s[0] == pytest.approx(startup_s, abs=0.75)  # seconds are counted whole


def test_before_anything_was_seen_the_usual_holds() -> None:
    """And one or two greens move it only a little."""
    discharge = _fresh()
    assert (discharge.headway_ratio[0], discharge.lane_startup_s[0]) == (1.0, USUAL_STARTUP_S)
    _play(discharge, 2, lambda n: 1.7 + 4.0 * n)
    assert 1.0 < discharge.headway_ratio[0] < 1.5


@pytest.mark.parametrize(
    ("yields_to", "blocked", "confidence_ratio"),
    [(("b",), frozenset(), 1.0), ((), frozenset({"exit"}), 1.0), ((), frozenset(), 0.1)],
)
def test_who_waits_for_something_else_teaches_nothing(
    yields_to: tuple[str, ...], blocked: frozenset[str], confidence_ratio: float
) -> None:
    """Giving way, a full exit, and guesses say nothing about headways."""
    discharge = _fresh(yields_to)
    _play(discharge, 50, lambda n: 1.7 + 3.0 * n, blocked=blocked, confidence_ratio=confidence_ratio)
    assert (discharge.headway_ratio[0], discharge.lane_startup_s[0]) == (1.0, USUAL_STARTUP_S)


def test_a_gap_ends_the_queue() -> None:
    """Who comes long after the one before was no part of the queue, whatever the picture said."""
    discharge = _fresh()
    _play(discharge, 50, lambda n: 1.7 + 2.0 * n + (12.0 if n > 4 else 0.0))
    assert discharge.headway_ratio[0] == pytest.approx(1.0, abs=0.05)


def test_what_is_learned_stays_within_reason() -> None:
    """A broken-down vehicle in every green does not make a lane useless for ever."""
    discharge = _fresh()
    _play(discharge, 200, lambda n: 0.5 + 4.9 * n)
    assert discharge.headway_ratio[0] <= RATIO_RANGE[1]


def test_a_gap_in_time_is_not_bridged() -> None:
    """A queue seen before an interruption and a green seen after it are no pair."""
    discharge = _fresh()
    discharge.observe([_lane(QUEUE, 0)], {"a": Aspect.RED}, frozenset(), 1000.0)
    for second in range(20):
        discharge.observe([_lane(0, second % 2)], {"a": Aspect.GREEN}, frozenset(), 2000.0 + second)
    assert discharge.headway_ratio[0] == 1.0
