"""Greens against brute force, and the difference constraints against the rules themselves."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from plans.capacity import AMBER_USE_S, STARTUP_LOST_S
from plans.codes import Code
from plans.cycle import webster_cycle_s, webster_delay_s
from plans.junction import Junction
from plans.rules import check_plan, errors
from plans.splits import fill
from plans.stage_order import StageOrder, running_sums
from tests.strategies_plans import junctions

QUIET = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    """Every way to write `total` as a sum of `parts` numbers of at least 1."""
    cuts = combinations(range(1, total), parts - 1)
    return [tuple(b - a for a, b in zip((0, *cut), (*cut, total), strict=True)) for cut in cuts]


def _worst(order: StageOrder, greens: tuple[int, ...], ratios: dict[str, float], cycle_s: int) -> float:
    """The largest degree of saturation; a group counts with the longest of its greens."""
    sums = running_sums(greens)
    longest: dict[str, tuple[int, float]] = {}
    for run in order.runs:
        effective = sums[run.last] - sums[run.first] + run.extra_s - STARTUP_LOST_S + AMBER_USE_S
        longest[run.group] = max(longest.get(run.group, (0, 0.0)), (run.last - run.first, effective))
    return max(ratios[group] * cycle_s / effective for group, (_, effective) in longest.items())


@QUIET
@given(junctions(), st.data())
def test_constraints_say_what_the_rules_say(junction: Junction, data: st.DataObject) -> None:
    """Greens keep an order's constraints exactly when the plan made of them breaks no rule."""
    order = StageOrder(junction, tuple(data.draw(st.permutations(junction.stage_order))))
    assume(order.legal)
    greens = tuple(data.draw(st.integers(1, 20)) for _ in order.stages)
    plan = order.plan("P", greens)
    broken = {finding.code for finding in errors(check_plan(junction, plan))} - {Code.CYCLE_OUT_OF_RANGE}
    assert order.keeps(greens) == (not broken)


@QUIET
@given(junctions(), st.data())
def test_smallest_largest_saturation_is_that_of_brute_force(junction: Junction, data: st.DataObject) -> None:
    """No greens in whole seconds have a smaller largest degree of saturation than those of `fill`."""
    order = StageOrder(junction, junction.stage_order)
    assume(order.legal)
    shortest_s = order.shortest_cycle_s(120)
    assume(shortest_s is not None)
    assert shortest_s is not None
    cycle_s = shortest_s + data.draw(st.integers(0, 12))
    assume(cycle_s - order.lost_s <= 45)
    assume(order.runs)  # somebody's green ends; else nobody's is to be shared out
    ratios = {run.group: data.draw(st.integers(5, 50)) / 100.0 for run in order.runs}
    assume(len({run.group for run in order.runs}) == len(order.runs))
    legal = [greens for greens in _compositions(cycle_s - order.lost_s, len(order.stages)) if order.keeps(greens)]
    found = fill(order, cycle_s, ratios)
    assert (found is None) == (not legal)
    if found is not None:
        assert order.keeps(found)
        best = min(_worst(order, greens, ratios, cycle_s) for greens in legal)
        assert _worst(order, found, ratios, cycle_s) == pytest.approx(best, abs=2e-3)


def test_webster_cycle_is_his_formula_and_near_the_least_delay() -> None:
    """(1.5 L + 5) / (1 - Y), and within his own margin of the cycle at which his delay is least."""
    assert webster_cycle_s(10.0, 0.6) == pytest.approx(50.0)
    assert webster_cycle_s(10.0, 1.0) == float("inf")
    saturation_vph, flow_vph = 1800.0, 540.0

    def delay_s(cycle_s: float) -> float:
        return webster_delay_s(cycle_s, (cycle_s - 10.0) / 2.0, flow_vph, saturation_vph)

    best_s = min(range(27, 160), key=delay_s)
    assert 0.75 * best_s <= webster_cycle_s(10.0, 0.6) <= 1.5 * best_s
