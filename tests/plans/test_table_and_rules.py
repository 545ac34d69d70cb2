"""The group table and the plan rules against a second-by-second account of the same plan."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from plans.codes import Code
from plans.junction import Junction
from plans.rules import check_junction, check_plan, check_transition, errors
from plans.table import expand, fixed_frames, open_frames, stage_starts
from plans.timing import GreenInterval, TimingPlan
from plans.transition import derive_transition, transition_matrix
from tests.plans.display_oracle import faults, shown_by
from tests.strategies_plans import junctions, junctions_with_plans, raw_plans

FAULT_OF = {
    Code.CONFLICTING_GREENS: "conflict",
    Code.INTERGREEN_SHORT: "short intergreen",
    Code.GREEN_SHORT: "short green",
    Code.RED_SHORT: "short red",
    Code.RED_LONG: "long red",
    Code.GROUP_NEVER_GREEN: "never green",
}


@given(st.data())
def test_table_is_what_the_stages_show(data: st.DataObject) -> None:
    """In every second the table holds exactly the groups that stages and transitions show."""
    junction = data.draw(junctions())
    plan = data.draw(raw_plans(junction))
    table = expand(junction, plan)
    shown = shown_by(junction, plan)
    assert len(shown) == plan.cycle_s
    for second, green in enumerate(shown):
        assert {group for group in junction.groups if table.is_green(group, second)} == green


@given(st.data())
@settings(max_examples=300)
def test_rules_find_what_counting_finds(data: st.DataObject) -> None:
    """Interval arithmetic and counting seconds agree on every fault and on the group that has it."""
    junction = data.draw(junctions())
    plan = data.draw(raw_plans(junction))
    found = {
        (FAULT_OF[Code(finding.code)], finding.element.split("/")[-1])
        for finding in errors(check_plan(junction, plan))
        if finding.code in FAULT_OF
    }
    counted = {fault for fault in faults(junction, shown_by(junction, plan)) if fault[0] != "not cleared"}
    assert found == counted


@given(junctions())
def test_derived_transitions_are_legal_and_shortest(junction: Junction) -> None:
    """Every derived transition keeps all rules, and no group in it could begin a second earlier."""
    assert not errors(check_junction(junction))
    for (origin, target), change in transition_matrix(junction).items():
        assert not check_transition(junction, change)
        derived = derive_transition(junction, origin, target)
        assert derived.duration_s <= change.duration_s
        for index, switch in enumerate(derived.switches):
            if switch.green:
                earlier = replace(switch, at_s=switch.at_s - 1)
                switches = (*derived.switches[:index], earlier, *derived.switches[index + 1 :])
                assert check_transition(junction, replace(derived, switches=switches))


@given(junctions_with_plans())
def test_legal_plans_pass_and_their_starts_fill_the_cycle(pair: tuple[Junction, TimingPlan]) -> None:
    """A legal plan has no errors; its first stage is complete at second 0; frames may be opened or fixed."""
    junction, plan = pair
    assert not errors(check_plan(junction, plan))
    assert stage_starts(junction, plan)[0] == 0
    assert not errors(check_plan(junction, open_frames(plan)))
    assert not errors(check_plan(junction, fixed_frames(junction, plan)))
    assert not faults(junction, shown_by(junction, plan))


def test_green_over_the_end_of_the_cycle_is_one_interval(crossroads: Junction, day_plan: TimingPlan) -> None:
    """A group that is green in two stages around the cycle's end has one interval that passes the end."""
    third = replace(crossroads.stages["A"], id="A2")
    junction = replace(crossroads, stages={**crossroads.stages, "A2": third})
    first, second = day_plan.stages
    stages = (replace(first, green_s=20), second, replace(first, stage="A2", green_s=10))
    plan = fixed_frames(junction, replace(day_plan, stages=stages))
    intervals = {interval.group: interval for interval in expand(junction, plan).intervals}
    assert intervals["K1"] == GreenInterval("K1", 60, 90)
    assert not errors(check_plan(junction, plan))
