"""One lane as virtual vehicles: what occupancy shows corrects what counting believes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lanes import LaneView
from detectors.loop_evidence import LoopEvidence, Stream
from detectors.queue_model import MAX_VEHICLES, QueueModel

STREAM = Stream(speed_mps=13.9, saturation_flow_vph=1800.0, mode=0, movement=-1)
QUIET = LoopEvidence(
    elapsed_s=1.0,
    green=False,
    arrivals=0,
    arrival_m=60.0,
    arrival_speed_mps=12.0,
    advance_ratio=0.0,
    departures=0,
    stop_ratio=0.0,
    stop_present=False,
)
ONE_COMES = replace(QUIET, arrivals=1, advance_ratio=0.4)
STANDS = replace(QUIET, stop_ratio=1.0, stop_present=True)


@pytest.fixture
def model() -> QueueModel:
    """A lane at 50 km/h with 1,800 vehicles an hour of green."""
    return QueueModel(STREAM)


def after(model: QueueModel, *story: tuple[LoopEvidence, int], rate_vph: float = 0.0) -> LaneView:
    """The view after each evidence was repeated for its number of seconds."""
    for evidence, seconds in story:
        for _ in range(seconds):
            view = model.update(evidence, rate_vph)
    return view


def test_arrivals_queue_up_at_red(model: QueueModel) -> None:
    """Three that come over the advance loop stand behind each other at the line, a jam spacing apart."""
    view = after(model, (ONE_COMES, 1), (QUIET, 2), (ONE_COMES, 1), (QUIET, 2), (ONE_COMES, 1), (STANDS, 15))
    assert view.distance_m.tolist() == [1.0, 8.5, 16.0]
    assert view.speed_mps.tolist() == [0.0, 0.0, 0.0]
    assert view.confidence_ratio == 0.7


def test_who_is_counted_over_the_line_is_gone(model: QueueModel) -> None:
    """At green the stop-line loop empties the queue, one by one, and no sooner than it counts."""
    after(model, (ONE_COMES, 1), (QUIET, 3), (ONE_COMES, 1), (STANDS, 12))
    green = replace(STANDS, green=True)
    assert after(model, (green, 2)).distance_m.size == 2
    view = after(model, (replace(green, departures=1), 1))
    assert view.passed == 1
    assert view.distance_m.size == 1


def test_a_covered_stop_line_has_somebody_there(model: QueueModel) -> None:
    """A vehicle that the advance loop missed is taken in when it covers the stop line."""
    assert after(model, (STANDS, 2)).distance_m.tolist() == [1.0]


def test_a_phantom_does_not_stand_at_a_free_stop_line(model: QueueModel) -> None:
    """Who was counted in, but turned off or changed lanes, is forgotten when the line stays free."""
    assert after(model, (ONE_COMES, 1), (QUIET, 5)).distance_m.size == 1
    assert after(model, (QUIET, 8)).distance_m.size == 0


def test_a_covered_advance_loop_means_a_queue_up_to_it(model: QueueModel) -> None:
    """Whatever was counted: when somebody stands on the advance loop, all places before it are taken."""
    view = after(model, (replace(STANDS, advance_ratio=1.0), 6))
    assert view.distance_m.size >= 8
    assert view.distance_m.max() == pytest.approx(60.0, abs=8.0)
    longer = after(model, (replace(STANDS, advance_ratio=1.0), 60), rate_vph=360.0)
    assert longer.distance_m.size == view.distance_m.size + 6  # what cannot be counted any more comes by the average
    cut = after(model, (STANDS, 4))
    assert cut.distance_m.max() <= 60.0


def test_what_turns_in_behind_the_advance_loop_is_balanced(model: QueueModel) -> None:
    """When twice as many leave as come over the advance loop, each that comes is soon taken for nearly two."""
    leaving = replace(QUIET, green=True, departures=2)
    for _ in range(150):
        after(model, (replace(ONE_COMES, green=True), 1), (replace(QUIET, green=True), 5), (leaving, 1))
    view = after(model, *[(replace(STANDS, arrivals=1, advance_ratio=0.4), 1), (STANDS, 4)] * 4)
    assert 6 <= view.distance_m.size <= 8


def test_a_seeded_model_goes_on_from_what_was_seen(model: QueueModel) -> None:
    """Places and waits survive the change from one kind of sensing to another."""
    other = QueueModel(STREAM)
    seen = after(other, (ONE_COMES, 1), (QUIET, 3), (ONE_COMES, 1), (STANDS, 12))
    model.seed(seen)
    view = after(model, (STANDS, 1))
    assert view.distance_m.tolist() == seen.distance_m.tolist()
    assert view.waiting_s.tolist() == (seen.waiting_s + 1.0).tolist()


@given(
    story=st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 4),
            st.one_of(st.none(), st.integers(0, 4)),
            st.sampled_from((None, 0.0, 0.4, 1.0)),
            st.sampled_from((None, 0.0, 0.4, 1.0)),
            st.floats(0.0, 5.0),
        ),
        max_size=120,
    ),
    rate_vph=st.floats(0.0, 2000.0),
)
def test_whatever_loops_say_a_queue_is_possible(
    story: list[tuple[bool, int, int | None, float | None, float | None, float]], rate_vph: float
) -> None:
    """Nobody behind the stop line, in order of distance, no more than the lane's model holds, and finite numbers."""
    model = QueueModel(STREAM)
    for green, arrivals, departures, advance, stop, elapsed_s in story:
        evidence = LoopEvidence(
            elapsed_s, green, arrivals, 60.0, None, advance, departures, stop, stop is not None and stop > 0.5
        )
        view = model.update(evidence, rate_vph)
        assert view.distance_m.size <= MAX_VEHICLES
        assert (view.distance_m >= 0.0).all()
        assert (np.diff(view.distance_m) >= 0.0).all()
        assert np.isfinite(view.speed_mps).all()
        assert (view.waiting_s >= 0.0).all()
        assert view.passed >= 0
        assert view.arrived >= 0.0


@given(gaps=st.lists(st.integers(2, 12), min_size=1, max_size=6))
def test_vehicles_are_conserved_between_the_loops(gaps: list[int]) -> None:
    """Everybody who comes at red stands in the queue, nobody twice, and it is empty when all have been counted out."""
    model = QueueModel(STREAM)
    since_first_s = 0
    for gap_s in gaps:
        for second in range(gap_s):
            covered = since_first_s >= 6
            evidence = replace(QUIET, stop_ratio=1.0, stop_present=True) if covered else QUIET
            if second == 0:
                evidence = replace(evidence, arrivals=1, advance_ratio=0.4)
            model.update(evidence, 0.0)
            since_first_s += 1
    view = after(model, (STANDS, 8))
    assert view.distance_m.size == pytest.approx(len(gaps), abs=1)
    for _ in gaps:
        after(model, (replace(STANDS, green=True), 1), (replace(QUIET, green=True, departures=1, stop_ratio=0.5), 1))
    assert after(model, (replace(QUIET, green=True), 5)).distance_m.size == 0


def test_without_a_stop_line_loop_a_queue_is_known_less_well(model: QueueModel) -> None:
    """Uncertainty grows with what is missing and with the queue; the saturation flow leaves at green."""
    both = after(model, (ONE_COMES, 1), (QUIET, 3), (ONE_COMES, 1), (STANDS, 12))
    alone = after(model, (replace(STANDS, departures=None, stop_ratio=None), 1))
    assert 0.0 < both.queue_variance < alone.queue_variance
    assert (both.confidence_ratio, alone.confidence_ratio) == (0.7, 0.5)
    assert both.queue_variance > after(model, (replace(QUIET, green=True, departures=2), 1), (QUIET, 9)).queue_variance
    after(model, (ONE_COMES, 1), (QUIET, 9))
    passed = after(model, (replace(QUIET, green=True, departures=None, stop_ratio=None), 12))
    assert passed.distance_m.size == 0
