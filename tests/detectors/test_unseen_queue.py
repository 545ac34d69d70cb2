"""A queue that nobody sees come: its probable length follows signal, average and stop line, and is no longer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lanes import LaneView
from detectors.loop_evidence import Expected, LoopEvidence, Stream
from detectors.unseen_queue import LONGEST_VEH, UnseenQueue

STREAM = Stream(speed_mps=13.9, saturation_flow_vph=1800.0, mode=0, movement=-1)
FREE = LoopEvidence(
    elapsed_s=1.0,
    green=False,
    arrivals=None,
    arrival_m=80.0,
    arrival_speed_mps=None,
    advance_ratio=None,
    departures=0,
    stop_ratio=0.0,
    stop_present=False,
)
STANDS = replace(FREE, stop_ratio=1.0, stop_present=True)
COUNTED = replace(FREE, green=True, departures=1, stop_ratio=0.6)
GREEN = replace(FREE, green=True)
BLIND = replace(FREE, departures=None, stop_ratio=None)


@pytest.fixture
def queue() -> UnseenQueue:
    """A lane at 50 km/h with 1,800 vehicles an hour of green."""
    return UnseenQueue(STREAM)


def after(
    queue: UnseenQueue, *story: tuple[LoopEvidence, int], rate_vph: float = 0.0, group_veh: float = 1.0
) -> LaneView:
    """The view after each evidence was repeated for its number of seconds."""
    for evidence, seconds in story:
        for _ in range(seconds):
            view = queue.update(evidence, Expected(rate_vph), group_veh)
    return view


def expected(view: LaneView) -> float:
    """Vehicles that the view expects."""
    assert view.presence is not None
    return float(view.presence.sum())


def test_nobody_stands_at_a_free_stop_line(queue: UnseenQueue) -> None:
    """As long as the stop line is free at red, hardly anybody is expected there, however long it takes."""
    assert expected(after(queue, (FREE, 300), rate_vph=400.0)) < 0.5


def test_behind_a_covered_stop_line_the_average_queues_up(queue: UnseenQueue) -> None:
    """Red for a minute with somebody there: as many behind as come on average, standing, the head for certain."""
    view = after(queue, (STANDS, 61), rate_vph=300.0)
    assert expected(view) == pytest.approx(1.0 + 5.0, abs=1.0)
    assert view.presence is not None
    assert view.presence[0] > 0.95
    assert (np.diff(view.presence) <= 0.0).all()
    assert (view.speed_mps == 0.0).all()
    assert view.waiting_s[0] == pytest.approx(61.0, abs=1.0)


def test_a_gap_at_green_ends_the_queue(queue: UnseenQueue) -> None:
    """Ten may have been expected: four seconds of a free stop line at green and nearly nobody is."""
    after(queue, (STANDS, 100), rate_vph=360.0)
    before = after(queue, (COUNTED, 1), (replace(STANDS, green=True), 1), (COUNTED, 1))
    assert expected(before) > 5.0
    assert expected(after(queue, (GREEN, 5))) < 0.6


def test_short_headways_tell_that_the_queue_goes_on(queue: UnseenQueue) -> None:
    """Who goes on being counted every two seconds is followed by others, although fewer were expected."""
    after(queue, (STANDS, 10), rate_vph=200.0, group_veh=2.0)
    for _ in range(6):
        view = after(queue, (replace(STANDS, green=True), 1), (COUNTED, 1), rate_vph=200.0, group_veh=2.0)
    assert expected(view) > 0.4
    assert expected(after(queue, (GREEN, 4), rate_vph=200.0)) < 0.3


def test_who_must_stop_is_not_at_the_line_yet(queue: UnseenQueue) -> None:
    """The rest of a queue that red cuts off is not forgotten while it rolls up to the stop line."""
    after(queue, (STANDS, 120), rate_vph=360.0)
    rest = expected(after(queue, (COUNTED, 1), (replace(STANDS, green=True), 1), (COUNTED, 1)))
    assert expected(after(queue, (FREE, 4))) > 0.6 * rest


def test_without_any_loop_red_fills_and_green_empties(queue: UnseenQueue) -> None:
    """A minute of red at 600 an hour makes ten; at green the saturation flow leaves; confidence says how weak it is."""
    red = after(queue, (BLIND, 60), rate_vph=600.0)
    assert expected(red) == pytest.approx(10.0, rel=0.15)
    assert red.confidence_ratio == 0.2
    passed = sum(queue.update(replace(BLIND, green=True), Expected(0.0)).passed for _ in range(12))
    assert passed == pytest.approx(5, abs=1)
    assert expected(after(queue, (replace(BLIND, green=True), 60))) < 0.3


def test_what_was_seen_last_is_where_it_begins_and_can_be_wrong(queue: UnseenQueue) -> None:
    """Five seen by a radar stand there still; if none of them covers the stop line at green, they were not real."""
    seen = LaneView(
        distance_m=7.5 * np.arange(5.0),
        speed_mps=np.zeros(5),
        movement=np.full(5, -1, np.int32),
        mode=np.zeros(5, np.int8),
        waiting_s=np.full(5, 20.0),
        passed=0,
        arrived=0.0,
        confidence_ratio=0.9,
    )
    queue.seed(seen)
    view = after(queue, (STANDS, 1))
    assert expected(view) == pytest.approx(4.5, abs=0.3)
    assert view.waiting_s[0] == 21.0
    assert expected(after(queue, (GREEN, 20))) < 0.3


def test_less_is_known_without_the_stop_line(queue: UnseenQueue) -> None:
    """The variance of the queue is larger where nobody is counted out."""
    other = UnseenQueue(STREAM)
    free, blind = after(queue, (FREE, 60), rate_vph=300.0), after(other, (BLIND, 60), rate_vph=300.0)
    assert 0.0 < free.queue_variance < blind.queue_variance
    assert free.reach_m == blind.reach_m == 0.0


@given(
    story=st.lists(
        st.tuples(
            st.booleans(),
            st.one_of(st.none(), st.integers(0, 4)),
            st.sampled_from((0.0, 0.4, 1.0)),
            st.floats(0.0, 5.0),
        ),
        max_size=120,
    ),
    rate_vph=st.floats(0.0, 4000.0),
)
def test_whatever_is_said_the_chances_are_chances(
    story: list[tuple[bool, int | None, float, float]], rate_vph: float
) -> None:
    """Each vehicle is at most as probable as the one ahead, and arrivals are what left and what is left."""
    queue = UnseenQueue(STREAM)
    for green, departures, stop, elapsed_s in story:
        ratio = None if departures is None else stop
        evidence = replace(BLIND, elapsed_s=elapsed_s, green=green, departures=departures, stop_ratio=ratio)
        view = queue.update(replace(evidence, stop_present=ratio == 1.0), Expected(rate_vph))
        assert view.presence is not None
        assert view.presence.size == view.distance_m.size <= LONGEST_VEH
        assert ((view.presence > 0.0) & (view.presence <= 1.0 + 1e-9)).all()
        assert (np.diff(view.presence) <= 1e-9).all()
        assert np.isfinite(view.arrived)
        assert view.passed >= 0
        assert view.queue_variance >= -1e-9
        assert ((view.speed_mps >= 0.0) & (view.speed_mps <= 13.9)).all()


def an_hour(seed: int, rate_vph: float, group_veh: int) -> tuple[float, float]:
    """How many there are and how many are expected, on average over an hour of a signal."""
    random = np.random.default_rng(seed)
    queue = UnseenQueue(STREAM)
    there, headway_s, true, said = 0, 9, [], []
    for second in range(3600):
        there += int(random.geometric(1.0 / group_veh)) if random.random() < rate_vph / 3600.0 / group_veh else 0
        green = second % 60 < 25
        headway_s += 1
        leaves = green and there > 0 and headway_s >= 2
        if leaves:
            there, headway_s = there - 1, 0
        covered = there > 0 and not leaves
        evidence = replace(
            FREE, green=green, departures=int(leaves), stop_ratio=0.5 * leaves + 1.0 * covered, stop_present=covered
        )
        true.append(there)
        said.append(expected(queue.update(evidence, Expected(rate_vph), group_veh)))
    return float(np.mean(true)), float(np.mean(said))


@pytest.mark.parametrize("group_veh", [1, 2])
@pytest.mark.parametrize("rate_vph", [120.0, 300.0, 450.0])
def test_the_estimate_is_unbiased(rate_vph: float, group_veh: int) -> None:
    """At random or in groups: over some hours as many are expected as there are; one alone has its own traffic."""
    hours = [an_hour(seed, rate_vph, group_veh) for seed in range(8)]
    true, said = np.mean(hours, axis=0)
    assert said == pytest.approx(true, abs=0.1 + 0.15 * true)


def test_who_is_on_the_way_is_behind_the_queue(queue: UnseenQueue) -> None:
    """Neighbours tell who comes: listed for certain, driving, behind those who stand, and not in the queue yet."""
    coming = Expected(0.0, np.array([5.0, 60.0, 90.0]), reach_m=150.0)
    after(queue, (STANDS, 30), rate_vph=300.0)
    alone = queue.update(STANDS, Expected(0.0))
    view = queue.update(STANDS, coming)
    driving = view.speed_mps > 1.4
    assert view.reach_m == 150.0
    assert view.presence is not None
    assert driving.sum() == 3
    assert view.presence[driving].tolist() == [1.0, 1.0, 1.0]
    assert bool((np.diff(view.distance_m) >= 0.0).all())
    likely = view.presence[~driving] >= 0.5
    assert view.distance_m[driving].min() > view.distance_m[~driving][likely].max()
    assert expected(view) - 3.0 == pytest.approx(expected(alone), abs=0.1)
