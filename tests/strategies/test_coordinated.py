"""The strategic layer alone: plans from counts, none without reason, no stage requests."""

from collections.abc import Mapping
from dataclasses import replace

from plans.coordination_parameters import CoordinationParameters
from plans.rules import check_plan, check_step, errors
from plans.timing import TimingPlan
from signalctl.strategies import make_strategy
from signalctl.strategies.parameters import CoordinatedParameters
from signalctl.strategy import Decisions

SEARCH = CoordinationParameters(kept_cycles=1, rounds=2, max_cycle_step_s=20, max_green_step_s=20)
PARAMETERS = CoordinatedParameters(search=SEARCH, first_s=300.0, period_s=300.0, steps_per_tick=4, solver_ticks=2)


def _drive(crossroads, passes: Mapping[str, float], seconds: int, set_back_at: int | None = None) -> list[Decisions]:
    """Decisions second by second while each arm discharges `passes` vehicles an hour; an hour comes twice, if asked."""
    strategy = make_strategy("coordinated", {"J": crossroads.junction}, parameters=PARAMETERS)
    begin_s, found = crossroads.utc_s, []
    for second in range(seconds):
        crossroads.utc_s = begin_s + second - (3600 if set_back_at is not None and second >= set_back_at else 0)
        picture = crossroads.picture({})
        one = picture.junctions["J"]
        lanes = {
            arm: replace(lane, passed=int((second + 1) * passes[arm] / 3600.0) - int(second * passes[arm] / 3600.0))
            for arm, lane in one.lanes.items()
        }
        picture = replace(picture, junctions={"J": replace(one, lanes=lanes)})
        found.append(strategy.decide(picture, {"J": crossroads.status("NS", 20)}, {"J": crossroads.plan}))
    crossroads.utc_s = begin_s
    return found


def _plan(decisions: Decisions) -> TimingPlan:
    return decisions.plans["J"].plan


def test_uneven_demand_gets_uneven_greens(crossroads):
    """After the first count the plan gives the heavy road more, within the rules and the step, and says why."""
    found = _drive(crossroads, {"n": 700.0, "s": 650.0, "e": 150.0, "w": 120.0}, 420)
    assert all(_plan(one) == crossroads.plan for one in found[:300])
    plan = _plan(found[-1])
    greens = {stage.stage: stage.green_s for stage in plan.stages}
    assert greens["NS"] > 1.5 * greens["EW"]
    assert not errors(check_plan(crossroads.junction, plan))
    assert not check_step(crossroads.plan, plan, SEARCH.max_cycle_step_s, SEARCH.max_green_step_s)
    assert "% less" in found[-1].plans["J"].why
    assert not any(one.stages for one in found)


def test_nothing_counted_changes_nothing(crossroads):
    """An empty junction keeps the time-of-day plan."""
    found = _drive(crossroads, dict.fromkeys("nsew", 0.0), 380)
    assert all(_plan(one) == crossroads.plan for one in found)


def test_the_same_traffic_gives_the_same_plans(crossroads):
    """Nothing depends on the machine's speed."""
    passes = {"n": 500.0, "s": 400.0, "e": 200.0, "w": 300.0}
    assert [_plan(one) for one in _drive(crossroads, passes, 400)] == [
        _plan(one) for one in _drive(crossroads, passes, 400)
    ]


def test_a_plan_that_was_found_is_kept_while_it_serves(crossroads):
    """Steady traffic: once the steps have led there, a further search finds nothing that is worth a change."""
    found = _drive(crossroads, {"n": 700.0, "s": 650.0, "e": 150.0, "w": 120.0}, 1320)
    assert _plan(found[-1]) != crossroads.plan
    assert _plan(found[-1]) == _plan(found[1020])


def test_a_clock_that_is_set_back_puts_off_no_plan_for_an_hour(crossroads):
    """The next search comes when one would have come at the latest."""
    found = _drive(crossroads, {"n": 700.0, "s": 650.0, "e": 150.0, "w": 120.0}, 540, set_back_at=100)
    assert _plan(found[-1]) != crossroads.plan
