"""What the gate lets pass, and with which code it refuses everything else."""

from dataclasses import replace

import pytest

from controllers.driver import ControllerMode
from plans.codes import Code
from plans.junction import Aspect, Junction, Stage
from plans.safety_hash import safety_hash
from plans.sealed import RequestAction, RequestReason, SafePlan, SafeRequest, TransitionMode
from plans.site import ControlParameters
from plans.table import fixed_frames, open_frames
from plans.timing import PlanStage, TimingPlan
from signalctl.gate import Gate, Refusal
from signalctl.strategy import StageDecision
from tests.gate.conftest import UTC_S, StatusMaker

GO, HOLD, NONE = RequestAction.GO, RequestAction.HOLD, RequestAction.NONE


def wish(action: RequestAction, stage: str, junction: str = "J1") -> StageDecision:
    """A decision."""
    return StageDecision(junction, stage, action, RequestReason.TRAFFIC, "test")


@pytest.fixture
def gate(junction: Junction) -> Gate:
    """A gate for the example junction."""
    return Gate({"J1": junction})


def code_of(verdict: object) -> Code:
    """The code of a refusal."""
    assert isinstance(verdict, Refusal), verdict
    assert verdict.element
    assert verdict.expected
    assert verdict.got
    return verdict.code


def test_a_legal_plan_is_sealed(gate: Gate, junction: Junction, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """It carries the junction's safety hash and the way in which it is to be reached."""
    verdict = gate.check_plan(day_plan, None, status_of("A", 5, plan_second=5))
    assert isinstance(verdict, SafePlan)
    assert (verdict.plan, verdict.safety_hash) == (day_plan, safety_hash(junction))
    assert verdict.transition is TransitionMode.SHORT_WAY


@pytest.mark.parametrize(
    "mode",
    [ControllerMode.DARK, ControllerMode.FLASH, ControllerMode.MANUAL, ControllerMode.FAULT],
)
def test_no_plan_and_no_request_in_these_modes(
    gate: Gate, day_plan: TimingPlan, status_of: StatusMaker, mode: ControllerMode
) -> None:
    """Who stands at the cabinet, and a cabinet in trouble, come first."""
    status = status_of("A", 12, plan_second=12, mode=mode)
    assert code_of(gate.check_plan(day_plan, None, status)) is Code.MODE_FORBIDS
    assert code_of(gate.check_request(wish(HOLD, "A"), status, day_plan)) is Code.MODE_FORBIDS


def test_a_broken_plan_is_refused_with_its_rule(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """The gate names the plan's own fault."""
    status = status_of("A", 5, plan_second=5)
    assert code_of(gate.check_plan(replace(day_plan, cycle_s=71), None, status)) is Code.CYCLE_SUM
    assert code_of(gate.check_plan(replace(day_plan, junction="J9"), None, status)) is Code.UNKNOWN_JUNCTION


def test_a_broken_junction_gets_nothing(junction: Junction, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """Where the description of a junction is wrong, no verdict on it can be trusted."""
    broken = replace(junction, groups={**junction.groups, "K3": replace(junction.groups["K3"], min_green_s=3)})
    gate = Gate({"J1": broken})
    status = status_of("A", 12, plan_second=12)
    assert code_of(gate.check_plan(day_plan, None, status)) is Code.MIN_GREEN_SHORT
    assert code_of(gate.check_request(wish(HOLD, "A"), status, day_plan)) is Code.MIN_GREEN_SHORT
    assert set(gate.broken) == {"J1"}


def test_steps_are_bounded(junction: Junction, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """A plan may not lie further from the running one than the site allows."""
    status = status_of("A", 5, plan_second=5)
    first, second = day_plan.stages
    moved = fixed_frames(junction, replace(day_plan, stages=(replace(first, green_s=36), replace(second, green_s=16))))
    strict = Gate({"J1": junction}, ControlParameters(max_green_step_s=5))
    assert code_of(strict.check_plan(moved, day_plan, status)) is Code.STEP_TOO_LARGE
    assert isinstance(Gate({"J1": junction}).check_plan(moved, day_plan, status), SafePlan)
    assert isinstance(strict.check_plan(moved, None, status), SafePlan)


def test_a_plan_needs_a_clock(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """An offset means nothing to a controller that does not know the time."""
    status = status_of("A", 5, plan_second=5, clock_synchronised=False)
    assert code_of(gate.check_plan(day_plan, None, status)) is Code.CLOCK_NOT_SYNCHRONISED


def test_a_plan_needs_a_legal_way_to_it(junction: Junction, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """A stage that no legal transition leads out of cannot be left by plan."""
    groups = {**junction.groups, "B1": replace(junction.groups["K3"], id="B1", mandatory=False)}
    conflicts = {(a, b): 5 for other in ("K1", "K2", "K3") for a, b in ((other, "B1"), ("B1", other))}
    stuck = replace(
        junction,
        groups=groups,
        intergreens={**junction.intergreens, **conflicts, ("F1", "B1"): 11, ("B1", "F1"): 5},
        stages={**junction.stages, "C": Stage("C", frozenset({"B1"}))},
    )
    status = status_of("A", 5, plan_second=5)
    aspects = {**dict.fromkeys(groups, Aspect.RED), "B1": Aspect.GREEN}
    showing = replace(status, stage="C", aspects=aspects, time_in_aspect_s=dict.fromkeys(groups, 20))
    assert isinstance(Gate({"J1": stuck}).check_plan(day_plan, None, showing), SafePlan)
    unknown = replace(showing, stage="D")
    assert code_of(Gate({"J1": stuck}).check_plan(day_plan, None, unknown)) is Code.STATUS_UNCLEAR


def test_holding_is_allowed_up_to_the_frames_end(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """Stage A must end by plan second 35: the request's life shrinks towards it, then holding is refused."""
    lives = []
    for second in (20, 32, 33):
        verdict = gate.check_request(wish(HOLD, "A"), status_of("A", second, plan_second=second), day_plan)
        assert isinstance(verdict, SafeRequest)
        assert (verdict.stage, verdict.action) == ("A", HOLD)
        lives.append(verdict.valid_s)
    assert lives == [5, 2, 1]
    status = status_of("A", 34, plan_second=34)
    assert code_of(gate.check_request(wish(HOLD, "A"), status, day_plan)) is Code.FRAME_LATE


def test_going_waits_for_the_frame(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """Stage B may begin at 26: with 7 s of transition, the move may begin in second 19 and not before."""
    early = status_of("A", 17, plan_second=17)
    assert code_of(gate.check_request(wish(GO, "B"), early, day_plan)) is Code.FRAME_EARLY
    assert isinstance(gate.check_request(wish(GO, "B"), status_of("A", 18, plan_second=18), day_plan), SafeRequest)


def test_going_leaves_the_target_its_minimum(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """Stage B must end by 64 and needs 8 s for its crossing: it may not begin after 56."""
    assert isinstance(gate.check_request(wish(GO, "B"), status_of("A", 48, plan_second=48), day_plan), SafeRequest)
    late = status_of("A", 49, plan_second=49)
    assert code_of(gate.check_request(wish(GO, "B"), late, day_plan)) is Code.FRAME_LATE


def test_minimum_greens_are_kept(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """K1 has 10 s: after 8 shown seconds the next one is too early, after 9 it is not."""
    plan = open_frames(day_plan)
    early = status_of("A", 8, plan_second=8)
    refusal = gate.check_request(wish(GO, "B"), early, plan)
    assert code_of(refusal) is Code.GREEN_SHORT
    assert isinstance(refusal, Refusal)
    assert (refusal.element, refusal.expected, refusal.got) == ("J1/groups/K1", "10 s, complete in 1 s", "9 s")
    assert isinstance(gate.check_request(wish(GO, "B"), status_of("A", 9, plan_second=9), plan), SafeRequest)


def test_intergreens_reach_over_a_short_stage(junction: Junction, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """K3 ended before stage A; where its intergreen to C outlasts A, C has to wait for it."""
    groups = {**junction.groups, "B1": replace(junction.groups["F2"], id="B1", mandatory=False)}
    conflicts = {("K3", "B1"): 40, ("B1", "K3"): 10}
    longer = replace(
        junction,
        groups=groups,
        intergreens={**junction.intergreens, **conflicts},
        stages={**junction.stages, "C": Stage("C", frozenset({"K1", "K2", "B1"}))},
    )
    plan = replace(day_plan, stages=(PlanStage("B", 10, 0, 1), PlanStage("A", 31, 0, 1), PlanStage("C", 10, 0, 1)))
    plan = open_frames(replace(plan, cycle_s=72, offset_s=0))
    gate = Gate({"J1": longer})
    for red_s, expected in ((35, Code.INTERGREEN_SHORT), (36, None)):
        status = status_of("A", 20, plan_second=20, red_s=red_s)
        aspects = {**status.aspects, "B1": Aspect.RED}
        times = {**status.time_in_aspect_s, "B1": 60}
        verdict = gate.check_request(wish(GO, "C"), replace(status, aspects=aspects, time_in_aspect_s=times), plan)
        assert (verdict.code if isinstance(verdict, Refusal) else None) is expected


@pytest.mark.parametrize(("red_s", "allowed"), [(90, True), (119, False)])
def test_holding_ends_before_a_longest_red(
    gate: Gate, day_plan: TimingPlan, status_of: StatusMaker, red_s: int, allowed: bool
) -> None:
    """F1 may be red for 120 s and needs 6 s of transition: it cannot be kept waiting for ever."""
    status = status_of("A", 60, plan_second=20, red_s=red_s)
    verdict = gate.check_request(wish(HOLD, "A"), status, open_frames(day_plan))
    if allowed:
        assert isinstance(verdict, SafeRequest)
        return
    # beyond help: the controller goes there by itself, and no wish may stand in the way
    assert code_of(verdict) is Code.RED_LONG
    near = status_of("A", 60, plan_second=20, red_s=113)
    refusal = gate.check_request(wish(HOLD, "A"), near, open_frames(day_plan))
    assert code_of(refusal) is Code.RED_LONG
    assert isinstance(refusal, Refusal)
    assert refusal.element == "J1/groups/F1"


def test_a_stage_outside_of_the_plan_is_refused(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """Only the plan's own stages can be asked for, and only the current one can be held."""
    status = status_of("A", 20, plan_second=20)
    assert code_of(gate.check_request(wish(GO, "Z"), status, day_plan)) is Code.STAGE_NOT_IN_PLAN
    assert code_of(gate.check_request(wish(HOLD, "B"), status, day_plan)) is Code.NOT_THE_CURRENT_STAGE


def test_a_transition_is_not_turned_around(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """While a transition runs, only its own target can be asked for."""
    status = replace(status_of("A", 0, plan_second=33), stage="", next_stage="B")
    assert code_of(gate.check_request(wish(GO, "A"), status, day_plan)) is Code.IN_TRANSITION
    assert isinstance(gate.check_request(wish(HOLD, "B"), status, day_plan), SafeRequest)


def test_the_fields_own_word_counts(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """No lease, no plan, local mode, unclear aspects: each has its code."""
    status = status_of("A", 20, plan_second=20)
    assert code_of(gate.check_request(wish(HOLD, "A"), replace(status, lease_left_s=0.0), day_plan)) is Code.LEASE_LOST
    assert code_of(gate.check_request(wish(HOLD, "A"), status, None)) is Code.NO_ACTIVE_PLAN
    local = replace(status, mode=ControllerMode.LOCAL_FIXED)
    assert code_of(gate.check_request(wish(HOLD, "A"), local, day_plan)) is Code.MODE_FORBIDS
    odd = replace(status, aspects={**status.aspects, "K1": Aspect.RED})
    assert code_of(gate.check_request(wish(HOLD, "A"), odd, day_plan)) is Code.STATUS_UNCLEAR
    dark = replace(status, aspects={**status.aspects, "K3": Aspect.DARK})
    assert code_of(gate.check_request(wish(HOLD, "A"), dark, day_plan)) is Code.STATUS_UNCLEAR
    other = replace(status, junction="J2")
    assert code_of(gate.check_request(wish(HOLD, "A"), other, day_plan)) is Code.UNKNOWN_JUNCTION


def test_an_old_status_is_refused(junction: Junction, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """With a clock, the gate believes a status for three seconds only."""
    now = float(UTC_S)
    gate = Gate({"J1": junction}, clock=lambda: now)
    status = status_of("A", 20, plan_second=20)
    assert isinstance(gate.check_request(wish(HOLD, "A"), status, day_plan), SafeRequest)
    now += 3.5
    assert code_of(gate.check_request(wish(HOLD, "A"), status, day_plan)) is Code.STATUS_STALE


def test_asking_for_nothing_always_passes_under_a_lease(
    gate: Gate, day_plan: TimingPlan, status_of: StatusMaker
) -> None:
    """NONE gives the stage back to the plan."""
    verdict = gate.check_request(wish(NONE, "A"), status_of("A", 20, plan_second=20), day_plan)
    assert isinstance(verdict, SafeRequest)
    assert verdict.action is NONE


def test_references_tell_requests_apart(gate: Gate, day_plan: TimingPlan, status_of: StatusMaker) -> None:
    """Every sealed request has its own number for the journal."""
    status = status_of("A", 20, plan_second=20)
    found = [gate.check_request(wish(HOLD, "A"), status, day_plan) for _ in range(3)]
    assert len({request.reference for request in found if isinstance(request, SafeRequest)}) == 3


class TestSkippedTurns:
    """A pedestrian group whose turn was skipped once is served before it can be skipped again."""

    @pytest.fixture
    def three(self, junction: Junction) -> Junction:
        """The example with a stage C that serves the side road without its crossing F1."""
        return replace(junction, stages={**junction.stages, "C": Stage("C", frozenset({"K3"}))})

    def plan(self, three: Junction, day_plan: TimingPlan, *, is_open: bool) -> TimingPlan:
        """A, B with the crossing, C without; wide frames or open ones."""
        stages = (PlanStage("A", 18, 0, 1), PlanStage("B", 13, 0, 1), PlanStage("C", 10, 0, 1))
        plan = fixed_frames(three, replace(day_plan, cycle_s=54, offset_s=0, stages=stages))
        if is_open:
            return open_frames(plan)
        return replace(plan, stages=tuple(replace(s, earliest_start_s=0, latest_end_s=53) for s in plan.stages))

    @pytest.mark.parametrize("is_open", [False, True])
    def test_second_skip_is_refused(
        self, three: Junction, day_plan: TimingPlan, status_of: StatusMaker, is_open: bool
    ) -> None:
        """A to C skips B: once it may, twice only where open frames leave the order to the strategy."""
        gate = Gate({"J1": three})
        plan = self.plan(three, day_plan, is_open=is_open)
        in_a = status_of("A", 20, plan_second=5, red_s=25)
        assert isinstance(gate.check_request(wish(GO, "C"), in_a, plan), SafeRequest)
        on_the_way = replace(in_a, stage="", next_stage="C")
        assert isinstance(gate.check_request(wish(HOLD, "C"), on_the_way, plan), SafeRequest)
        verdict = gate.check_request(wish(GO, "C"), in_a, plan)
        if is_open:
            assert isinstance(verdict, SafeRequest)
            return
        assert code_of(verdict) is Code.PEDESTRIANS_SKIPPED_TWICE
        walking = replace(in_a, aspects={**in_a.aspects, "F1": Aspect.GREEN})
        assert code_of(gate.check_request(wish(HOLD, "A"), walking, plan)) is Code.STATUS_UNCLEAR
        assert isinstance(gate.check_request(wish(GO, "C"), in_a, plan), SafeRequest)
