"""Nobody is there: a junction with a stage to rest in goes there, once, and stays until somebody comes."""

from dataclasses import replace

import pytest

from detectors.picture import CrossingPicture, JunctionPicture, PriorityRequest, RequestState
from plans.junction import Mode, Stage
from plans.sealed import RequestAction
from plans.timing import OnDemandStage
from signalctl.strategies import make_strategy
from signalctl.strategies.parameters import RestParameters
from signalctl.strategies.rest import Rest

HOLD, GO = RequestAction.HOLD, RequestAction.GO
QUIET_S = RestParameters().quiet_s
RESTING = ("actuated", "adaptive")


@pytest.fixture
def resting(crossroads):
    """The crossroads, at rest in stage NS."""
    crossroads.junction = replace(crossroads.junction, rest="NS")
    return crossroads


def told(road, name, pictures, stage="EW", since_s=30):
    """What a strategy decides in consecutive seconds; `pictures` are its pictures, the stage runs since so long."""
    strategy = make_strategy(name, {"J": road.junction})
    found = []
    for second, picture in enumerate(pictures):
        status = replace(road.status(stage, since_s + second), utc_s=road.utc_s + second, takes_on_demand=True)
        found.append(strategy.decide(picture, {"J": status}, {"J": road.plan}).stages["J"])
    return found


@pytest.mark.parametrize("name", RESTING)
def test_it_goes_to_rest_when_nobody_has_been_there_for_some_seconds(resting, name):
    """Stage EW runs on for `quiet_s`, then the junction goes to NS, and says why."""
    found = told(resting, name, [resting.picture()] * (QUIET_S + 2))
    assert [(one.action, one.stage) for one in found[:QUIET_S]] == [(HOLD, "EW")] * QUIET_S
    assert [(one.action, one.stage) for one in found[QUIET_S:]] == [(GO, "NS")] * 2
    assert found[QUIET_S].why == "Nobody is there: to stage NS, where the junction rests."


@pytest.mark.parametrize("name", RESTING)
def test_it_stays_where_it_rests(resting, name):
    """Once there it holds the stage, however long."""
    found = told(resting, name, [resting.picture()] * (QUIET_S + 1), "NS", 200)
    assert {(one.action, one.stage) for one in found} == {(HOLD, "NS")}
    assert found[-1].why == "Nobody is there: stage NS rests."


@pytest.mark.parametrize("name", RESTING)
def test_without_a_stage_to_rest_in_the_running_one_goes_on(crossroads, name):
    """As it is when the site says nothing."""
    found = told(crossroads, name, [crossroads.picture()] * (QUIET_S + 5))
    assert {(one.action, one.stage) for one in found} == {(HOLD, "EW")}


@pytest.mark.parametrize("name", RESTING)
def test_it_waits_for_minimum_greens(resting, name):
    """EW runs since a second: its groups' minimum of 5 s comes first."""
    resting.junction = replace(
        resting.junction, groups={name: replace(g, min_green_s=20) for name, g in resting.junction.groups.items()}
    )
    found = told(resting, name, [resting.picture()] * (QUIET_S + 1), since_s=10)
    assert found[-1].action is HOLD
    assert found[-1].why == "Nobody is there: to stage NS, where the junction rests, in 4 s."


@pytest.mark.parametrize("name", RESTING)
def test_who_comes_is_served_and_the_count_begins_anew(resting, vehicles, name):
    """Somebody on the running stage's road keeps it for the strategy to decide; then nobody for `quiet_s` again."""
    empty, one = resting.picture(), resting.picture({"e": vehicles([(30.0, 10.0)])})
    found = told(resting, name, [empty] * (QUIET_S - 1) + [one] + [empty] * (QUIET_S + 1))
    assert all(decision.action is HOLD for decision in found[:-1])
    assert found[-1].action is GO


@pytest.mark.parametrize("name", RESTING)
def test_somebody_elsewhere_calls_it_out_of_rest(resting, vehicles, name):
    """A car before the red light of EW: the junction leaves NS in the same second."""
    one = resting.picture({"e": vehicles([(1.0, 0.0)])})
    found = told(resting, name, [*[resting.picture()] * 8, one], "NS", 60)
    assert [(decision.action, decision.stage) for decision in found[-2:]] == [(HOLD, "NS"), (GO, "EW")]


@pytest.mark.parametrize("name", RESTING)
def test_it_can_rest_in_all_red(crossroads, vehicles, name):
    """A stage without groups, asked for on demand: reached, held, and left for the first who comes."""
    stages = {**crossroads.junction.stages, "red": Stage("red", frozenset())}
    crossroads.junction = replace(crossroads.junction, stages=stages, rest="red")
    empty = [crossroads.picture()] * (QUIET_S + 1)
    assert (told(crossroads, name, empty)[-1].action, told(crossroads, name, empty)[-1].stage) == (GO, "red")
    one = crossroads.picture({"e": vehicles([(40.0, 13.0)])})
    found = told(crossroads, name, [*empty, one], "red", 60)
    assert [(decision.action, decision.stage) for decision in found[-2:]] == [(HOLD, "red"), (GO, "EW")]
    strategy = make_strategy(name, {"J": crossroads.junction})
    plan = strategy.decide(crossroads.picture(), {}, {"J": crossroads.plan}).plans["J"].plan
    assert plan.on_demand == (OnDemandStage("red", 0, 76),)


@pytest.mark.parametrize("name", RESTING)
def test_a_longest_red_comes_first(resting, name):
    """EW waits since 290 s of 300: nobody is there, and yet it is served."""
    strategy = make_strategy(name, {"J": resting.junction})
    status = resting.status("NS", 280)
    late = replace(status, time_in_aspect_s={**status.time_in_aspect_s, "ew": 290, "walk_ew": 290})
    pictures = [replace(late, utc_s=late.utc_s + second) for second in range(QUIET_S + 1)]
    found = [strategy.decide(resting.picture(), {"J": one}, {"J": resting.plan}).stages["J"] for one in pictures]
    assert (found[-1].action, found[-1].stage) == (GO, "EW")


def one_second(road, picture):
    """Whether the junction is quiet in this picture."""
    rest = Rest(road.junction, RestParameters())
    rest.observe(picture.junctions["J"], road.utc_s)
    return rest.quiet_since_s is not None


def test_what_is_quiet(resting, vehicles):
    """Nobody is near a stop line or a kerb, and no bus is announced."""
    assert one_second(resting, resting.picture())
    assert one_second(resting, resting.picture({"e": vehicles([(299.0, 13.9)])}))
    assert not one_second(resting, resting.picture({"e": vehicles([(250.0, 13.9)])}))
    assert not one_second(resting, resting.picture({"e": vehicles([(299.0, 13.9), (120.0, 0.0)])}))
    waiting = CrossingPicture("walk_ew", requested=True, waiting=0.0, longest_wait_s=0.0)
    assert not one_second(resting, resting.picture(crossings={"walk_ew": waiting}))
    bus = PriorityRequest("b", "J", "ew", Mode.BUS, 7, 60.0, state=RequestState.RECEIVED)
    assert not one_second(resting, resting.picture(requests=(bus,)))


def test_a_road_that_nobody_looks_at_is_never_quiet(resting):
    """A lane without a picture, or with next to no confidence in it, may hold anybody."""
    seen = resting.picture().junctions["J"]
    blind = {**seen.lanes, "e": replace(seen.lanes["e"], confidence_ratio=0.2)}
    missing = {name: lane for name, lane in seen.lanes.items() if name != "e"}
    for lanes in (blind, missing):
        rest = Rest(resting.junction, RestParameters())
        rest.observe(JunctionPicture("J", lanes, {}), resting.utc_s)
        assert rest.quiet_since_s is None
