"""What gating makes of decisions: the least change, its reason, and whom it never keeps waiting."""

from collections.abc import Sequence

import pytest

from controllers.driver import FieldStatus
from detectors.picture import CrossingPicture
from plans.junction import Aspect
from plans.sealed import RequestAction, RequestReason
from signalctl.gating.change import Situation, changed
from signalctl.gating.metering import GateMeter, Order
from signalctl.strategy import Alternative, StageDecision
from tests.gating.samples import CYCLE_S, GATE, JUNCTIONS, OPEN, UTC_S, moved, picture, status

QUARTER = Order(0.25, CYCLE_S)
"""Greens of 20 s, then a red three times as long as the green was."""


def decision(stage: str, action: RequestAction, *others: Alternative) -> StageDecision:
    """What a strategy wants."""
    return StageDecision("G", stage, action, RequestReason.TRAFFIC, "Because.", 7.0, others)


def meter(shown: Sequence[tuple[int, bool]]) -> GateMeter:
    """A meter that has seen (seconds, green) one after the other up to now."""
    found = GateMeter(JUNCTIONS["G"], GATE)
    second = -sum(length for length, _ in shown)
    for length, green in shown:
        for _ in range(length):
            second += 1
            found.see(UTC_S + second, {"in": Aspect.GREEN if green else Aspect.RED})
    return found


def outcome(
    now: FieldStatus,
    wanted: StageDecision | None,
    seen: GateMeter,
    order: Order = QUARTER,
    *,
    crossing: CrossingPicture | None = None,
    held: bool = False,
) -> StageDecision | None:
    """What is left of the decision."""
    view = picture(0, 5, crossing=crossing).junctions["G"]
    return changed(Situation(JUNCTIONS["G"], OPEN, now, view, 60.0, held), wanted, [(seen, order)])


USED = [(60, False), (25, True)]
OWED = [(20, True), (30, False)]
PAID = [(20, True), (62, False)]


def test_a_used_up_green_ends_with_its_reason() -> None:
    """The strategy would stay; its wish becomes the first alternative."""
    wanted = decision("A", RequestAction.HOLD)
    found = outcome(status("A", 25), wanted, meter(USED))
    assert found is not None
    assert (found.stage, found.action, found.reason) == ("B", RequestAction.GO, RequestReason.GATING)
    assert found.why == "To stage B: gate west: its green of 20 s is used up. Without gating: Because."
    assert found.alternatives == (Alternative("A", RequestAction.HOLD, 0, 7.0),)


def test_a_green_that_lasts_leaves_the_decision_alone() -> None:
    """The same object comes back."""
    wanted = decision("A", RequestAction.HOLD)
    assert outcome(status("A", 10), wanted, meter([(60, False), (10, True)])) is wanted


def test_the_strategys_own_way_out_is_taken() -> None:
    """Where it leaves the metered stage anyway, nothing is changed."""
    wanted = decision("B", RequestAction.GO)
    assert outcome(status("A", 25), wanted, meter(USED)) is wanted


def test_a_start_before_its_time_is_refused() -> None:
    """The stage that shows stays until the red that is owed is over."""
    wanted = decision("A", RequestAction.GO)
    found = outcome(status("B", 25), wanted, meter(OWED))
    assert found is not None
    assert (found.stage, found.action, found.reason) == ("B", RequestAction.HOLD, RequestReason.GATING)
    assert "its next green is due in" in found.why
    assert outcome(status("B", 57), wanted, meter(PAID)) is wanted


def test_a_full_room_asks_for_green_and_keeps_it() -> None:
    """Against a strategy that would not serve it."""
    order = Order(0.25, CYCLE_S, is_full=True)
    go = outcome(status("B", 25), decision("B", RequestAction.HOLD), meter(OWED), order)
    assert go is not None
    assert (go.stage, go.action, go.reason) == ("A", RequestAction.GO, RequestReason.GATING)
    stay = outcome(status("A", 9), decision("B", RequestAction.GO), meter([(30, False), (10, True)]), order)
    assert stay is not None
    assert (stay.stage, stay.action) == ("A", RequestAction.HOLD)
    done = decision("B", RequestAction.GO)
    assert outcome(status("A", 25), done, meter(USED), order) is done


def test_who_waits_long_at_a_crossing_is_let_in() -> None:
    """Only the metered stage serves the crossing, so that it may begin; nobody else's wait does that."""
    wanted = decision("A", RequestAction.GO)
    long = CrossingPicture("walk", True, 1.0, 52.0)
    short = CrossingPicture("walk", True, 1.0, 20.0)
    assert outcome(status("B", 25), wanted, meter(OWED), crossing=long) is wanted
    assert outcome(status("B", 25), wanted, meter(OWED), crossing=short) is not wanted


def test_a_longest_red_goes_before_the_gate() -> None:
    """Where a longest red is near, gating has no say."""
    wanted = decision("A", RequestAction.GO)
    now = status("B", 288, red_s=288)
    assert outcome(now, wanted, meter(OWED), Order(0.01, CYCLE_S)) is wanted


def test_during_a_transition_nothing_is_changed() -> None:
    """A transition is not turned around."""
    wanted = decision("A", RequestAction.GO)
    assert outcome(moved(status("B", 25), stage="", next_stage="A"), wanted, meter(OWED)) is wanted


@pytest.mark.parametrize(
    ("plan_second", "holds"),
    [(33, False), (50, False), (70, False), (72, True), (74, True), (10, True)],
)
def test_a_plan_by_itself_is_held_only_where_it_would_turn_to_the_gate(plan_second: int, holds: bool) -> None:
    """Stage B shows; the plan wants A from its second 73 on."""
    found = outcome(status("B", 25, plan_second=plan_second), None, meter(OWED))
    assert (found is not None) is holds
    if found is not None:
        assert (found.stage, found.action, found.reason) == ("B", RequestAction.HOLD, RequestReason.GATING)


def test_a_held_plan_is_let_go_when_the_share_is_due() -> None:
    """What was held back is asked for; a plan that was not held goes by itself."""
    now = status("B", 57, plan_second=5)
    found = outcome(now, None, meter(PAID), held=True)
    assert found is not None
    assert (found.stage, found.action) == ("A", RequestAction.GO)
    assert outcome(now, None, meter(PAID)) is None
    assert outcome(status("B", 57, plan_second=31), None, meter(PAID), held=True) is None, "too late for this cycle"


def test_a_used_up_green_of_a_plan_is_cut() -> None:
    """Without a strategy's wish there is no alternative to name."""
    found = outcome(status("A", 25, plan_second=25), None, meter(USED))
    assert found is not None
    assert (found.stage, found.action, found.alternatives) == ("B", RequestAction.GO, ())
