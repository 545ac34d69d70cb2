"""Priority requests: each ends exactly once, in one of four ways."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.open_request import GRACE_S, MAX_LIFE_S
from detectors.picture import RequestState
from detectors.readings import TransitKind, TransitReading
from detectors.transit import COOLDOWN_S, RequestBook
from plans.junction import Aspect, Junction, Mode

NEW = TransitReading("J1", "bus", 100.0, TransitKind.NEW, Mode.BUS, 7, 20.0, movement="e-w")
RED, GREEN = {"K2": Aspect.RED}, {"K2": Aspect.GREEN}


def said(kind: TransitKind, t_s: float, eta_s: float = 0.0) -> TransitReading:
    """The bus says something more."""
    return replace(NEW, kind=kind, t_s=t_s, eta_s=eta_s)


def test_a_request_lives_from_check_in_to_check_out(junction: Junction) -> None:
    """Queued at red, activated at green, completed at the stop line; its arrival counts down and follows updates."""
    book = RequestBook(junction)
    (request,), _ = book.update(101.0, [NEW], RED)
    assert (request.state, request.group, request.lane, request.eta_s) == (RequestState.QUEUED, "K2", "e_0", 19.0)
    (request,), _ = book.update(110.0, [said(TransitKind.UPDATE, 110.0, 15.0)], GREEN)
    assert (request.state, request.eta_s) == (RequestState.ACTIVATED, 15.0)
    waiting, (ended,) = book.update(120.0, [said(TransitKind.CHECK_OUT, 120.0)], GREEN)
    assert waiting == ()
    assert ended.state is RequestState.COMPLETED


def test_a_request_can_be_cancelled(junction: Junction) -> None:
    """The vehicle goes another way: cancelled is told apart from completed."""
    book = RequestBook(junction)
    book.update(100.0, [NEW], RED)
    _, (ended,) = book.update(101.0, [said(TransitKind.CANCEL, 101.0)], RED)
    assert ended.state is RequestState.CANCELLED


def test_a_missing_check_out_times_out(junction: Junction) -> None:
    """Nobody holds green for a vehicle that said nothing since its expected arrival; who goes on calling is kept."""
    book = RequestBook(junction)
    book.update(100.0, [NEW], RED)
    for second in range(101, 101 + int(GRACE_S) + 19):
        waiting, ended = book.update(float(second), [], RED)
        assert len(waiting) == 1
        assert ended == ()
    _, (late,) = book.update(100.0 + 20.0 + GRACE_S + 1.0, [], RED)
    assert late.state is RequestState.TIMED_OUT
    caller = RequestBook(junction)
    caller.update(100.0, [NEW], RED)
    for second in range(105, int(100 + MAX_LIFE_S), 5):
        waiting, _ = caller.update(float(second), [said(TransitKind.UPDATE, float(second), 5.0)], RED)
        assert len(waiting) == 1
    _, (tired,) = caller.update(101.0 + MAX_LIFE_S, [], RED)
    assert tired.state is RequestState.TIMED_OUT


@pytest.mark.parametrize(
    "wrong", [{"movement": "", "group": "no such"}, {"level": 15}, {"level": -1}], ids=["group", "above", "below"]
)
def test_a_request_that_means_nothing_here_is_rejected(junction: Junction, wrong: dict[str, object]) -> None:
    """An unknown way or level is rejected with its own outcome and never seen by a strategy."""
    book = RequestBook(junction)
    waiting, (ended,) = book.update(100.0, [replace(NEW, **wrong)], RED)  # type: ignore[arg-type]
    assert waiting == ()
    assert ended.state is RequestState.REJECTED


def test_who_asks_again_at_once_is_in_cooldown(junction: Junction) -> None:
    """A vehicle that was just served does not get a second green; later it may ask again."""
    book = RequestBook(junction)
    book.update(100.0, [NEW, said(TransitKind.CHECK_OUT, 100.5)], GREEN)
    waiting, (ended,) = book.update(102.0, [said(TransitKind.NEW, 102.0, 10.0)], GREEN)
    assert waiting == ()
    assert ended.state is RequestState.REJECTED
    later_s = 103.0 + COOLDOWN_S
    book.update(later_s, [], RED)
    waiting, _ = book.update(later_s + 1.0, [said(TransitKind.NEW, later_s + 1.0, 10.0)], RED)
    assert len(waiting) == 1


def test_the_sooner_comes_first(junction: Junction) -> None:
    """Open requests are listed by their expected arrival."""
    book = RequestBook(junction)
    far = replace(NEW, id="a", eta_s=40.0)
    near = replace(NEW, id="b", eta_s=10.0)
    waiting, _ = book.update(100.0, [far, near], RED)
    assert [request.id for request in waiting] == ["b", "a"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the junction is never changed
@given(
    messages=st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(TransitKind), st.integers(0, 40), st.floats(-10, 400)),
        max_size=30,
    )
)
def test_every_request_ends_exactly_once(
    junction: Junction, messages: list[tuple[str, TransitKind, int, float]]
) -> None:
    """Whatever vehicles say: each opened request has one end, and nothing that was not opened completes or cancels."""
    book = RequestBook(junction)
    opened: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    open_now: set[str] = set()
    now_s = 0.0
    for id_, kind, wait_s, eta_s in messages:
        now_s += wait_s
        reading = replace(NEW, id=id_, kind=kind, t_s=now_s, eta_s=eta_s)
        waiting, ended = book.update(now_s, [reading], RED)
        ids = {request.id for request in waiting}
        finished = [request.id for request in ended if request.state is not RequestState.REJECTED]
        ends.update(finished)
        opened.update((ids | set(finished)) - open_now)
        open_now = ids
    _, ended = book.update(now_s + 2 * MAX_LIFE_S, [], RED)
    ends.update(request.id for request in ended)
    assert opened == ends
