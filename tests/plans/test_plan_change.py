"""From any moment of any plan into a new one: legal in every second, in step at the end, and soon."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from plans.history import GroupPast, History
from plans.junction import Junction, Stage
from plans.plan_change import PlanChange, change_plan
from plans.sealed import TransitionMode
from plans.table import stage_starts
from plans.timing import Finding, TimingPlan
from plans.transition import transition
from tests.plans.display_oracle import Shown, faults, shown_by
from tests.strategies_plans import junctions, plans_for

BEGIN_S = 1_800_000_000


@dataclass(frozen=True)
class Moment:
    """A plan that has run for a while, and stands in a stage now."""

    stage: str
    complete_s: int
    now_s: int
    shown: Shown
    history: History


def moment_of(junction: Junction, plan: TimingPlan, into: int) -> Moment:
    """The moment `into` seconds into the stages of the plan's second round."""
    starts, shown = stage_starts(junction, plan), shown_by(junction, plan)
    index, rest = 0, into % sum(stage.green_s for stage in plan.stages)
    while rest >= plan.stages[index].green_s:
        rest -= plan.stages[index].green_s
        index += 1
    past = (shown + shown)[: plan.cycle_s + starts[index] + rest + 1]
    now_s = BEGIN_S + len(past) - 1
    history = {}
    for group in junction.groups:
        green = [group in second for second in past]
        since = len(green)
        while since > 0 and green[since - 1] == green[-1]:
            since -= 1
        history[group] = GroupPast(green[-1], BEGIN_S + since if since else BEGIN_S - 1000)
    return Moment(plan.stages[index].stage, now_s - rest, now_s, past, history)


def played(junction: Junction, moment: Moment, change: PlanChange, plan: TimingPlan) -> Shown:
    """Second by second from the past through the change, and two cycles of the new plan from then on."""
    shown, now_s, green = list(moment.shown[:-1]), moment.now_s, set(junction.stages[moment.stage].groups)
    for switch in change.switches:
        shown += [frozenset(green)] * (switch.at_s - now_s)
        for second in range(switch.duration_s + 1):
            for event_ in transition(junction, switch.origin, switch.target).switches:
                if event_.at_s == second:
                    (green.add if event_.green else green.discard)(event_.group)
            if second < switch.duration_s:
                shown.append(frozenset(green))
        now_s = switch.at_s + switch.duration_s
    cycle = shown_by(junction, plan)
    return shown + [cycle[plan.second_in_cycle(now_s + second)] for second in range(2 * plan.cycle_s)]


@given(st.data())
def test_every_change_is_legal_in_step_and_soon(data: st.DataObject) -> None:
    """In each mode: no rule is broken in any second, the plan's own seconds follow, most within two cycles."""
    junction = data.draw(junctions())
    running, plan = data.draw(plans_for(junction)), data.draw(plans_for(junction))
    moment = moment_of(junction, running, data.draw(st.integers(0, 200)))
    mode = data.draw(st.sampled_from(TransitionMode))
    change = change_plan(junction, plan, mode, moment.stage, moment.complete_s, moment.now_s, moment.history)
    assert isinstance(change, PlanChange)
    shown = played(junction, moment, change, plan)
    assert not {fault for fault in faults(junction, shown, cyclic=False) if fault[0] != "long red"}
    took_s = change.in_step_at_s - moment.now_s
    event("within two cycles" if took_s <= 2 * plan.cycle_s else "longer than two cycles")
    assert 0 <= took_s <= 3 * plan.cycle_s + running.cycle_s
    last = change.switches[-1]
    index = [stage.stage for stage in plan.stages].index(last.origin)
    end_s = stage_starts(junction, plan)[index] + plan.stages[index].green_s
    assert plan.second_in_cycle(last.at_s) == end_s % plan.cycle_s


def test_the_short_way_is_never_longer_than_adding(crossroads: Junction, day_plan: TimingPlan) -> None:
    """From every second, with every offset: the short way is in step no later than lengthening alone."""
    for into in range(0, 52, 5):
        moment = moment_of(crossroads, day_plan, into)
        for offset_s in range(0, 70, 7):
            plan = replace(day_plan, offset_s=offset_s)
            ends = {}
            for mode in TransitionMode:
                change = change_plan(
                    crossroads, plan, mode, moment.stage, moment.complete_s, moment.now_s, moment.history
                )
                assert isinstance(change, PlanChange)
                ends[mode] = change.in_step_at_s
            assert ends[TransitionMode.SHORT_WAY] <= ends[TransitionMode.ADD_ONLY]


def test_a_plan_that_is_in_step_already_goes_on(crossroads: Junction, day_plan: TimingPlan) -> None:
    """Ten seconds into stage A on time: A ends when the plan says, nothing is stretched."""
    plan = replace(day_plan, offset_s=(BEGIN_S + 0) % day_plan.cycle_s)
    moment = moment_of(crossroads, plan, 10)
    for mode in TransitionMode:
        change = change_plan(crossroads, plan, mode, "A", moment.complete_s, moment.now_s, moment.history)
        assert isinstance(change, PlanChange)
        assert [(switch.origin, switch.at_s - moment.now_s) for switch in change.switches] == [("A", 20)]


def test_a_stage_outside_of_the_plan_is_left_by_a_transition(crossroads: Junction, day_plan: TimingPlan) -> None:
    """A stage that only the old plan had leads into the new one, minimum greens kept."""
    junction = replace(crossroads, stages={**crossroads.stages, "C": Stage("C", frozenset({"K3"}))})
    history = {group: GroupPast(group == "K3", BEGIN_S - (2 if group == "K3" else 60)) for group in junction.groups}
    change = change_plan(junction, day_plan, TransitionMode.SHORT_WAY, "C", BEGIN_S - 2, BEGIN_S, history)
    assert isinstance(change, PlanChange)
    assert (change.switches[0].origin, change.switches[0].target) in {("C", "A"), ("C", "B")}
    assert change.switches[0].at_s >= BEGIN_S + (3 if change.switches[0].target == "A" else 0)


@pytest.mark.parametrize("mode", list(TransitionMode))
def test_longest_reds_are_kept_or_nothing_is_promised(
    crossroads: Junction, day_plan: TimingPlan, mode: TransitionMode
) -> None:
    """F1 may wait 55 s, its plan needs 48: dwelling is out, stages are stretched in small steps instead."""
    groups = {**crossroads.groups, "F1": replace(crossroads.groups["F1"], max_red_s=55)}
    junction = replace(crossroads, groups=groups)
    for into in range(0, 52, 3):
        moment = moment_of(junction, day_plan, into)
        plan = replace(day_plan, offset_s=(day_plan.offset_s + 33) % 70)
        change = change_plan(junction, plan, mode, moment.stage, moment.complete_s, moment.now_s, moment.history)
        if isinstance(change, Finding):
            assert change.code == "no_legal_change"
            continue
        assert not faults(junction, played(junction, moment, change, plan), cyclic=False)
