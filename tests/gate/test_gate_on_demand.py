"""The gate judges a request for a stage on demand like any other."""

from dataclasses import replace

import pytest

from plans.codes import Code
from plans.junction import Junction, Stage
from plans.sealed import RequestAction, RequestReason, SafePlan, SafeRequest
from plans.timing import OnDemandStage, PlanStage, TimingPlan
from signalctl.gate import Gate, Refusal
from signalctl.strategy import StageDecision
from tests.gate.conftest import StatusMaker

GO, HOLD = RequestAction.GO, RequestAction.HOLD


@pytest.fixture
def junction(junction: Junction) -> Junction:
    """The example with a stage C, the side road without its crossing."""
    return replace(junction, stages={**junction.stages, "C": Stage("C", frozenset({"K3"}))})


@pytest.fixture
def gate(junction: Junction) -> Gate:
    """A gate for it."""
    return Gate({"J1": junction})


@pytest.fixture
def plan(day_plan: TimingPlan) -> TimingPlan:
    """Cycle 70: A within 65..105, B within 26..64; C on demand from 20 to 60."""
    return replace(day_plan, on_demand=(OnDemandStage("C", 20, 60),))


def wish(action: RequestAction, stage: str) -> StageDecision:
    """A decision."""
    return StageDecision("J1", stage, action, RequestReason.TRAFFIC, "test")


def code_of(verdict: object) -> Code | None:
    """The code of a refusal, None where it passed."""
    return verdict.code if isinstance(verdict, Refusal) else None


def test_a_plan_with_it_is_sealed_whole(gate: Gate, plan: TimingPlan, status_of: StatusMaker) -> None:
    """The sealed plan still has it; a broken one is refused with its own rule."""
    status = status_of("A", 5, plan_second=5)
    verdict = gate.check_plan(plan, None, status)
    assert isinstance(verdict, SafePlan)
    assert verdict.plan.on_demand == plan.on_demand
    again = replace(plan, on_demand=plan.on_demand * 2)
    assert code_of(gate.check_plan(again, None, status)) is Code.ON_DEMAND_REPEATED


@pytest.mark.parametrize(("second", "code"), [(11, Code.FRAME_EARLY), (12, None), (47, None), (48, Code.FRAME_LATE)])
def test_going_to_it_needs_its_frame(
    gate: Gate, plan: TimingPlan, status_of: StatusMaker, second: int, code: Code | None
) -> None:
    """With 7 s of transition and 5 s of minimum green, the move may begin in seconds 13 to 48."""
    verdict = gate.check_request(wish(GO, "C"), status_of("A", 12, plan_second=second), plan)
    assert code_of(verdict) is code
    if code is None:
        assert isinstance(verdict, SafeRequest)


def test_minimum_greens_and_other_plans_come_first(
    gate: Gate, plan: TimingPlan, day_plan: TimingPlan, status_of: StatusMaker
) -> None:
    """No sooner than K1's 10 s are over; and a plan that does not list it does not offer it."""
    assert code_of(gate.check_request(wish(GO, "C"), status_of("A", 8, plan_second=20), plan)) is Code.GREEN_SHORT
    status = status_of("A", 20, plan_second=20)
    assert code_of(gate.check_request(wish(GO, "C"), status, day_plan)) is Code.STAGE_NOT_IN_PLAN


def test_it_is_held_up_to_its_frames_end(gate: Gate, plan: TimingPlan, status_of: StatusMaker) -> None:
    """C must end by 60: the request's life shrinks towards it; then only a way on is left."""
    lives = []
    for second in (40, 57, 58):
        verdict = gate.check_request(wish(HOLD, "C"), status_of("C", 12, plan_second=second), plan)
        assert isinstance(verdict, SafeRequest)
        lives.append(verdict.valid_s)
    assert lives == [5, 2, 1]
    status = status_of("C", 12, plan_second=59)
    assert code_of(gate.check_request(wish(HOLD, "C"), status, plan)) is Code.FRAME_LATE
    assert isinstance(gate.check_request(wish(GO, "A"), status, plan), SafeRequest)


def test_a_longest_red_ends_it(gate: Gate, plan: TimingPlan, status_of: StatusMaker) -> None:
    """K1 may be red for so long and no longer, whoever is asked for."""
    plan = replace(plan, on_demand=(OnDemandStage("C", 0, 70),))
    assert isinstance(
        gate.check_request(wish(HOLD, "C"), status_of("C", 40, plan_second=20, red_s=40), plan), SafeRequest
    )
    status = status_of("C", 118, plan_second=20, red_s=118)
    assert code_of(gate.check_request(wish(HOLD, "C"), status, plan)) is Code.RED_LONG


def test_the_detour_over_it_hides_no_skipped_turn(
    junction: Junction, day_plan: TimingPlan, status_of: StatusMaker
) -> None:
    """A, C on demand, D: the crossing of B has lost its turn, and does not lose it twice."""
    stages = {**junction.stages, "D": Stage("D", frozenset({"K3"}))}
    junction = replace(junction, stages=stages)
    names = (("A", 18), ("B", 13), ("D", 10))
    cycle = tuple(PlanStage(name, green_s, 0, 53) for name, green_s in names)
    plan = replace(day_plan, cycle_s=54, offset_s=0, stages=cycle, on_demand=(OnDemandStage("C", 0, 54),))
    gate = Gate({"J1": junction})
    in_a = status_of("A", 20, plan_second=5, red_s=25)
    in_c = status_of("C", 20, plan_second=5, red_s=25)
    for code in (None, Code.PEDESTRIANS_SKIPPED_TWICE):
        assert isinstance(gate.check_request(wish(GO, "C"), in_a, plan), SafeRequest)
        assert isinstance(gate.check_request(wish(GO, "A"), in_c, plan), SafeRequest)
        assert code_of(gate.check_request(wish(GO, "D"), in_c, plan)) is code
        gate.check_request(wish(HOLD, "D"), replace(in_c, stage="D"), plan)
