"""The plan in which everything legal at a junction may be asked for."""

from dataclasses import replace

from plans.junction import Junction, Lane, Movement, Stage, Turn
from plans.open_plan import open_plan
from plans.rules import check_plan, errors
from plans.stage_transition import StageTransition
from plans.table import expand, fixed_frames, open_frames
from plans.timing import MAX_ENTRIES, OnDemandStage, PlanStage, TimingPlan
from plans.transition import transition


def with_stages(junction: Junction, **stages: set[str]) -> Junction:
    """The junction with further stages."""
    more = {name: Stage(name, frozenset(groups)) for name, groups in stages.items()}
    return replace(junction, stages={**junction.stages, **more})


def test_it_is_the_nominal_plan_with_all_other_stages_on_demand(crossroads: Junction, day_plan: TimingPlan) -> None:
    """Greens, cycle and offset stay; every frame is open; the group table does not change."""
    junction = with_stages(crossroads, C={"K3"}, D={"F1", "F2"})
    plan = open_plan(junction, day_plan)
    assert not errors(check_plan(junction, plan))
    assert {entry.stage for entry in plan.on_demand} == {"C", "D"}
    assert {(entry.earliest_start_s, entry.latest_end_s) for entry in plan.entries} == {(0, plan.cycle_s)}
    assert replace(plan, on_demand=()) == open_frames(day_plan)
    assert expand(junction, plan) == expand(junction, day_plan)
    assert fixed_frames(junction, plan).on_demand == open_frames(plan).on_demand == plan.on_demand
    assert open_plan(junction, day_plan) is plan


def test_what_the_nominal_plan_lists_is_opened(crossroads: Junction, day_plan: TimingPlan) -> None:
    """A stage that the site shows on demand in a narrow frame is open here, and listed once."""
    junction = with_stages(crossroads, C={"K3"})
    plan = open_plan(junction, replace(day_plan, on_demand=(OnDemandStage("C", 40, 60),)))
    assert plan.on_demand == (OnDemandStage("C", 0, day_plan.cycle_s),)


def test_the_most_useful_come_first_as_far_as_there_is_room(crossroads: Junction, day_plan: TimingPlan) -> None:
    """Who lets most traffic go without giving way is kept; the plan never lists more than the protocol holds."""
    lanes = {**crossroads.lanes, "extra": Lane("extra", "a", 100.0, 13.9)}
    more = tuple(Movement(f"M{number}", "extra", "K3", Turn.STRAIGHT, "out") for number in range(9))
    useless = {f"U{number}": {"F2"} for number in range(MAX_ENTRIES)}
    junction = with_stages(replace(crossroads, lanes=lanes, movements=(*crossroads.movements, *more)), **useless)
    junction = with_stages(junction, C={"K3"})
    plan = open_plan(junction, day_plan)
    assert len(plan.entries) == MAX_ENTRIES
    assert plan.on_demand[0].stage == "C"
    repeated = tuple(PlanStage(name, 5, 0, 1) for name in ("A", "B") * (MAX_ENTRIES // 2))
    assert open_plan(junction, replace(day_plan, stages=repeated)).on_demand == ()


def test_a_stage_without_a_legal_way_stays_out(crossroads: Junction, day_plan: TimingPlan) -> None:
    """The gate would refuse the whole plan because of it."""
    junction = with_stages(crossroads, C={"K3"}, D={"F1", "F2"})
    change = transition(junction, "C", "A")
    own = {("C", "A"): StageTransition("C", "A", change.switches[1:], change.duration_s)}
    plan = open_plan(replace(junction, transitions=own), day_plan)
    assert [entry.stage for entry in plan.on_demand] == ["D"]
