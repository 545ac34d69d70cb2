"""The baselines and the registry."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.picture import CrossingPicture
from plans.junction import Stage
from plans.sealed import RequestAction
from plans.stage_transition import GroupSwitch, StageTransition
from plans.timing import OnDemandStage
from plans.transition import transition
from signalctl.strategies import NAMES, conduct, make_strategy, open_frame_plan
from signalctl.strategies.conduct import overdue, scope_of

HOLD, GO = RequestAction.HOLD, RequestAction.GO
REACTIVE = [name for name in NAMES if name not in ("fixed", "coordinated")]


def test_fixed_asks_for_nothing_but_the_plan_that_is_due(crossroads, decide_as, vehicles):
    """Whatever is seen, the time-of-day plan runs."""
    decisions = decide_as("fixed").all(crossroads.picture({"e": vehicles([(1.0, 0.0)])}), crossroads.status("NS", 40))
    assert decisions.stages == {}
    assert decisions.plans["J"].plan == crossroads.plan


@pytest.mark.parametrize("name", REACTIVE)
def test_others_ask_for_open_frames(crossroads, decide_as, name):
    """The plan that is due, with windows as long as its cycle."""
    plan = decide_as(name).all(crossroads.picture(), crossroads.status("NS", 40)).plans["J"].plan
    assert {(stage.earliest_start_s, stage.latest_end_s) for stage in plan.stages} == {(0, plan.cycle_s)}
    assert [stage.green_s for stage in plan.stages] == [stage.green_s for stage in crossroads.plan.stages]


@pytest.fixture
def richer(crossroads):
    """The crossroads with a stage that its plan does not show: the northern and southern arms without people."""
    more = Stage("N", frozenset({"ns"}))
    crossroads.junction = replace(crossroads.junction, stages={**crossroads.junction.stages, "N": more})
    return crossroads


def test_stages_outside_of_the_plan_are_asked_for_on_demand(richer, decide_as):
    """All but the strategy that keeps to the plan's order open them, in the pushed plan."""
    pushed = {
        name: decide_as(name).all(richer.picture(), richer.status("NS", 40)).plans["J"].plan.on_demand
        for name in REACTIVE
    }
    open_n = (OnDemandStage("N", 0, richer.plan.cycle_s),)
    assert pushed == {"actuated": (), "max-pressure": open_n, "adaptive": open_n}


def test_the_scope_holds_what_plan_and_controller_offer(richer):
    """Cyclic stages and those on demand; only the cycle for a controller that knows no others, or on request."""
    status = richer.status("EW", 20)
    scope = scope_of(richer.junction, richer.plan, status)
    assert set(scope.ready_s) == {"NS", "N"}
    older = scope_of(richer.junction, richer.plan, replace(status, takes_on_demand=False))
    assert set(older.ready_s) == {"NS"}
    assert set(scope_of(richer.junction, richer.plan, status, on_demand=False).ready_s) == {"NS"}
    assert set(scope_of(richer.junction, richer.plan, richer.status("N", 20)).ready_s) == {"NS", "EW"}


@pytest.mark.parametrize("on_demand", [True, False])
def test_a_near_longest_red_is_served_by_the_cycle(richer, on_demand):
    """The gate seals only what leaves the cycle a way out: nobody's longest red waits for a stage on demand."""
    status = richer.status("EW", 20)
    late = replace(status, time_in_aspect_s={**status.time_in_aspect_s, "ns": 290, "walk_ns": 30})
    scope = scope_of(richer.junction, richer.plan, late, on_demand=on_demand)
    assert scope.urgent == "ns"
    assert set(scope.ready_s) == {"NS"}
    assert overdue(scope).action is GO


def test_a_stage_that_serves_a_longest_red_too_late_is_not_offered(richer):
    """Where one stage serves the group at once and another only after a long intergreen, the latter drops out first."""
    slow = GroupSwitch("ns", 20, green=True)
    change = transition(richer.junction, "EW", "N")
    own = StageTransition("EW", "N", (*(one for one in change.switches if not one.green), slow), 20)
    richer.junction = replace(richer.junction, transitions={("EW", "N"): own})
    status = richer.status("EW", 20)
    for red_s, offered in ((279, {"NS", "N"}), (281, {"NS"})):
        late = replace(status, time_in_aspect_s={**status.time_in_aspect_s, "ns": red_s - 3})
        scope = scope_of(richer.junction, richer.plan, late)
        assert (scope.urgent, set(scope.ready_s)) == ("", offered)


def test_everybody_whom_a_stage_serves_must_be_in_time(crossroads):
    """One of two groups begins at once, the other after a long intergreen: its longest red forces the change."""
    switches = [GroupSwitch(group, 0, green=False) for group in ("ew", "walk_ew")]
    switches += [GroupSwitch("ns", 5, green=True), GroupSwitch("walk_ns", 30, green=True)]
    own = StageTransition("EW", "NS", tuple(switches), 30)
    junction = replace(crossroads.junction, transitions={("EW", "NS"): own})
    status = crossroads.status("EW", 20)
    for red_s, urgent in ((259, ""), (261, "walk_ns")):
        both = {**status.time_in_aspect_s, "ns": red_s - 3, "walk_ns": red_s}
        assert scope_of(junction, crossroads.plan, replace(status, time_in_aspect_s=both)).urgent == urgent


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.integers(0, 320), min_size=4, max_size=4),
    reds=st.lists(st.integers(60, 300), min_size=4, max_size=4),
    stage=st.sampled_from(["NS", "EW", "N"]),
)
def test_junctions_far_from_any_longest_red_are_judged_alike_without_a_look_at_each_stage(richer, ages, reds, stage):
    """The short way round says what the long one says."""
    names = richer.junction.group_order
    groups = {
        name: replace(group, max_red_s=red)
        for (name, group), red in zip(richer.junction.groups.items(), reds, strict=True)
    }
    junction = replace(richer.junction, groups=groups)
    status = richer.status(stage, 20)
    status = replace(status, time_in_aspect_s=dict(zip(names, ages, strict=True)))
    scope = scope_of(junction, richer.plan, status)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conduct, "_far_from_longest_red", lambda *_: False)
        assert scope == scope_of(junction, richer.plan, status)


@pytest.mark.parametrize("name", REACTIVE)
def test_an_empty_junction_rests(crossroads, decide_as, name):
    """No demand, no change."""
    assert decide_as(name)(crossroads.picture(), crossroads.status("NS", 40)).action is HOLD


@pytest.mark.parametrize("name", REACTIVE)
def test_a_waiting_queue_gets_green_when_nobody_else_comes(crossroads, decide_as, vehicles, name):
    """The empty stage ends for it."""
    waiting = {"e": vehicles([(1.0, 0.0), (8.5, 0.0), (16.0, 0.0)])}
    decision = decide_as(name)(crossroads.picture(waiting), crossroads.status("NS", 12))
    assert (decision.action, decision.stage) == (GO, "EW")


@pytest.mark.parametrize("name", REACTIVE)
def test_people_at_the_kerb_get_green_when_nobody_else_comes(crossroads, decide_as, name):
    """A push-button is demand."""
    people = {"walk_ew": CrossingPicture("walk_ew", requested=True, waiting=0.0, longest_wait_s=3.0)}
    decision = decide_as(name)(crossroads.picture(crossings=people), crossroads.status("NS", 12))
    assert (decision.action, decision.stage) == (GO, "EW")


@pytest.mark.parametrize("name", REACTIVE)
def test_minimum_green_comes_first(crossroads, decide_as, vehicles, name):
    """No change is asked for before the greens that end have had their minimum."""
    waiting = {"e": vehicles([(1.0, 0.0), (8.5, 0.0), (16.0, 0.0)])}
    assert decide_as(name)(crossroads.picture(waiting), crossroads.status("NS", 2)).action is HOLD


def test_actuated_keeps_green_while_vehicles_come_up_to_its_maximum(crossroads, decide_as, vehicles):
    """A vehicle within three seconds of the line holds the stage; the maximum ends it all the same."""
    arms = {"n": vehicles([(30.0, 13.9)]), "e": vehicles([(1.0, 0.0)])}
    picture = crossroads.picture(arms)
    assert decide_as("actuated")(picture, crossroads.status("NS", 20)).action is HOLD
    assert decide_as("actuated")(picture, crossroads.status("NS", 45)).action is GO


def test_max_pressure_weighs_what_a_change_loses(crossroads, decide_as, vehicles):
    """Equal queues do not push each other out; a clearly longer one does."""
    three, six = [(1.0 + 7.5 * k, 0.0) for k in range(3)], [(1.0 + 7.5 * k, 0.0) for k in range(6)]
    status = crossroads.status("NS", 20)
    equal = crossroads.picture({"n": vehicles(three), "e": vehicles(three)})
    longer = crossroads.picture({"n": vehicles(three), "e": vehicles(six), "w": vehicles(six)})
    assert decide_as("max-pressure")(equal, status).action is HOLD
    assert decide_as("max-pressure")(longer, status).action is GO


def test_an_unknown_strategy_names_those_that_exist(crossroads):
    """The error tells what can be asked for."""
    with pytest.raises(ValueError, match=r"fixed, actuated, max-pressure, coordinated, adaptive.*'by-hand'"):
        make_strategy("by-hand", {"J": crossroads.junction})


def test_a_junction_without_a_plan_is_refused(crossroads):
    """There must be something to fall back on."""
    with pytest.raises(ValueError, match="junction J: expected a time-of-day plan"):
        make_strategy("adaptive", {"J": crossroads.junction}, plans={})


def test_open_frames_belong_to_the_plans_own_junction(crossroads):
    """A plan of another junction is a mistake, not a frame."""
    other = crossroads.plan.__class__("p", "K", 76, 0, crossroads.plan.stages)
    with pytest.raises(ValueError, match="junction J, got one of K"):
        open_frame_plan(crossroads.junction, other)
