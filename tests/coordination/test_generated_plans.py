"""Every plan that is generated keeps the rules, lies within the step, and serves more where more comes."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from plans.coordination import Search, groups_of
from plans.coordination_parameters import CoordinationParameters
from plans.demand import JunctionDemand, share_out, spread_over_lanes
from plans.frames import framed, spare_s
from plans.junction import Junction
from plans.roads import roads_between
from plans.rules import check_plan, check_step, errors
from plans.splits import flow_ratios
from plans.stage_order import StageOrder
from plans.timing import TimingPlan
from tests.coordination.test_platoon import crossing
from tests.strategies_plans import junctions_with_plans

QUIET = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
FAST = CoordinationParameters(kept_cycles=1, rounds=1, green_steps_s=(2,), offset_step_s=8)


@QUIET
@given(junctions_with_plans(), st.data())
def test_generated_plans_break_no_rule(made: tuple[Junction, TimingPlan], data: st.DataObject) -> None:
    """Whatever the demand: no rule is broken, and what runs is no further away than a step."""
    junction, running = made
    running = replace(running, offset_s=running.offset_s)
    flows = {movement.id: float(data.draw(st.integers(0, 900))) for movement in junction.movements}
    walkers = {group: float(data.draw(st.integers(0, 300))) for group in junction.groups}
    found = Search({"J": junction}, {"J": (running,)}, {"J": JunctionDemand(flows, walkers)}, FAST).best()
    assume(found is not None)
    assert found is not None
    plan = found.plans["J"]
    assert not errors(check_plan(junction, plan))
    assert not check_step(running, plan, FAST.max_cycle_step_s, FAST.max_green_step_s)


@QUIET
@given(junctions_with_plans(), st.integers(0, 60), st.floats(0.0, 1.0))
def test_frames_are_legal_windows(made: tuple[Junction, TimingPlan], percent: int, freedom: float) -> None:
    """Derived frames pass the rules, contain the nominal times, and grow from frame zero."""
    junction, _ = made
    running = made[1]
    order = StageOrder(junction, tuple(stage.stage for stage in running.stages))
    assume(order.legal)
    plan = order.plan("P", tuple(stage.green_s for stage in running.stages), running.offset_s)
    assume(not errors(check_plan(junction, plan)))
    ratios = {run.group: percent / 100.0 for run in order.runs}
    moved = framed(junction, plan, ratios, freedom_ratio=freedom)
    assert not errors(check_plan(junction, moved))
    assert framed(junction, plan, ratios, freedom_ratio=0.0) == plan
    assert all(
        seconds < stage.green_s for seconds, stage in zip(spare_s(junction, plan, ratios), plan.stages, strict=True)
    )


def test_a_stage_of_the_wave_is_never_cut() -> None:
    """Nobody begins before a kept stage ends, and nobody ends after it begins."""
    junction = crossing("A")
    plan = StageOrder(junction, ("a", "b")).plan("p", (30, 20))
    moved = framed(junction, plan, {"M": 0.1, "S": 0.1}, keeps=frozenset({"a"}))
    kept, other = moved.stages
    assert other.earliest_start_s == plan.stages[1].earliest_start_s
    assert other.latest_end_s == plan.stages[1].latest_end_s
    assert kept.latest_end_s - kept.earliest_start_s > 30


def test_more_traffic_gets_more_green() -> None:
    """The main stream's part of the cycle grows with its flow."""
    junction = crossing("A")
    running = StageOrder(junction, ("a", "b")).plan("p", (25, 25))
    shares = []
    for main, side in ((800.0, 200.0), (200.0, 800.0)):
        demand = {"A": JunctionDemand({"A_m": main, "A_s": side})}
        found = Search({"A": junction}, {"A": (running,)}, demand, CoordinationParameters()).best()
        assert found is not None
        stages = {stage.stage: stage.green_s for stage in found.plans["A"].stages}
        shares.append(stages["a"] / sum(stages.values()))
    assert shares[0] > 0.6 > 0.4 > shares[1]


def test_neighbours_get_a_common_cycle_and_a_wave() -> None:
    """Two junctions in a row are one group, and the second one meets the platoon of the first."""
    road = {"A": crossing("A", "B_main"), "B": crossing("B")}
    assert groups_of(road) == [("A", "B")]
    assert [(one.origin, one.target, one.distance_m) for one in roads_between(road)] == [("A", "B", 200.0)]
    running = {name: (StageOrder(one, ("a", "b")).plan("p", (25, 25)),) for name, one in road.items()}
    demand = {name: JunctionDemand({f"{name}_m": 600.0, f"{name}_s": 250.0}) for name in road}
    found = Search(road, running, demand, CoordinationParameters()).best()
    assert found is not None
    assert len({plan.cycle_s for plan in found.plans.values()}) == 1
    at_random = [Search(road, running, demand, CoordinationParameters(quick_rounds=0, rounds=0, kept_cycles=1)).best()]
    assert at_random[0] is not None
    assert found.cost < at_random[0].cost


def test_counts_by_lane_are_shared_out_by_what_the_next_junction_counts() -> None:
    """Where 300 of 500 are counted downstream, the movement that leads there carries about as many."""
    upstream = crossing("A", "B_main")
    left = replace(upstream.movements[0], id="A_left", exit_lane="elsewhere")
    upstream = replace(upstream, movements=(*upstream.movements, left))
    flows = share_out({"A": upstream, "B": crossing("B")}, {"A": {"A_main": 500.0}, "B": {"B_main": 300.0}})
    assert flows["A"]["A_m"] + flows["A"]["A_left"] == pytest.approx(500.0)
    assert flows["A"]["A_m"] == pytest.approx(300.0, abs=15.0)


def test_a_flow_spreads_over_the_lanes_that_can_carry_it() -> None:
    """Through traffic leaves room on the lane that others must use."""
    junction = crossing("A")
    second = replace(junction.movements[0], id="A_m2", lane="A_second")
    lanes = {**junction.lanes, "A_second": replace(junction.lanes["A_main"], id="A_second")}
    junction = replace(junction, lanes=lanes, movements=(*junction.movements, second))
    flows = spread_over_lanes(junction, [(("A_m", "A_m2"), 600.0), (("A_m",), 200.0)])
    assert flows["A_m"] == pytest.approx(400.0, abs=5.0)
    assert flows["A_m2"] == pytest.approx(400.0, abs=5.0)


def test_flow_ratios_are_those_of_the_worst_lane() -> None:
    """A group's ratio is flow over saturation flow; one without traffic keeps a little."""
    order = StageOrder(crossing("A"), ("a", "b"))
    ratios = flow_ratios(order, JunctionDemand({"A_m": 925.0}), 60, {})
    assert ratios["M"] == pytest.approx(0.5, abs=0.01)
    assert 0.0 < ratios["S"] < 0.05
