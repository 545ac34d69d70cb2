"""The search: which sequence of stages would cost least over the horizon, and what each first step would lead to.

A beam search second by second. An open course is a sequence of changes up to some second; every second it stays or
changes to one of the stages that most is waiting for. Of the courses that show the same stage at the same second only
the cheapest go on, and the cheapest of each first step, so that every first step has a cost to compare.
"""

import numpy as np

from signalctl.rollout.demand import Demand, Seen, predict_demand
from signalctl.rollout.jit import helper, kernel
from signalctl.rollout.kerbs import walk
from signalctl.rollout.lanes import claim, discharge, is_held, left_over
from signalctl.rollout.layout import Floats, Ints, Layout
from signalctl.rollout.nodes import NOBODY, Nodes, give_back, load, make_nodes, store, take
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.rollout.road import Road, fresh_road
from signalctl.rollout.signals import begin_transition, may_switch, minimum_until_s

PLACES = 1024
"""Courses that may be open at once; far more than a beam ever holds, and when they run out the dearest end."""
COST, AFTER, TARGET = 0, 1, 2
"""Rows of the result."""


@helper
def advance(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    from_s: int,
    to_s: int,
    changed: bool,
) -> float:
    """Let everybody move for some seconds; returns what that cost."""
    cost = 0.0
    for second in range(from_s, to_s):
        t = float(second)
        for k in range(layout.lane_order.size):
            lane = layout.lane_order[k]
            if road.idle_until_s[lane] <= t:
                held = is_held(layout, seen, road, numbers, lane, t, changed)
                cost += discharge(layout, seen, demand, road, numbers, lane, t, held)
        cost += walk(layout, seen, road, numbers, t)
    return cost


@helper
def next_look(at_s: int, numbers: RolloutNumbers) -> int:
    """The second from `at_s` on at which courses are looked at: each one at first, farther ahead every few."""
    if at_s <= numbers.near_s:
        return at_s
    late = (at_s - numbers.near_s) % numbers.stride_s
    return min(int(numbers.horizon_s), at_s if late == 0 else at_s + numbers.stride_s - late)


@helper
def most_wanted(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    stage: int,
    at_s: float,
    claims: Floats,
    wanted: Ints,
) -> int:
    """Fill `wanted` with the stages that most is waiting for, the heaviest claim first; returns how many."""
    count = 0
    for target in range(layout.stage_green.shape[0]):
        if target == stage or not layout.stage_serves[target]:
            continue
        until_s = at_s + layout.transition_s[stage, target] + numbers.lookahead_s
        weight = claim(layout, seen, demand, road, numbers, target, at_s, until_s)
        if weight <= 0.0:
            continue
        place = count
        while place > 0 and claims[place - 1] < weight:
            if place < wanted.size:
                claims[place], wanted[place] = claims[place - 1], wanted[place - 1]
            place -= 1
        if place < wanted.size:
            claims[place], wanted[place] = weight, target
            count = min(count + 1, wanted.size)
    return count


@helper
def end_course(result: Floats, nodes: Nodes, node: int, cost: float) -> None:
    """The horizon is reached: the cheapest course of each first step is the result."""
    begins = nodes.begins[node]
    if cost < result[COST, begins]:
        result[COST, begins] = cost
        result[AFTER, begins] = nodes.after_s[node]
        result[TARGET, begins] = nodes.target[node]


@helper
def ranked(nodes: Nodes, first: int, order: Ints) -> int:
    """Fill `order` with the courses of one second, the most promising first; returns how many there are."""
    count, node = 0, first
    while node != NOBODY:
        place = count
        while place > 0 and nodes.score[order[place - 1]] > nodes.score[node]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = node
        count += 1
        node = nodes.later[node]
    return count


@helper
def keep(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    nodes: Nodes,
    node: int,
    until: int,
    at: Ints,
    result: Floats,
) -> None:
    """Put the course away until it is looked at again, or end it at the horizon."""
    score = nodes.cost[node] + left_over(layout, seen, demand, road, numbers, nodes.stage[node], float(until))
    if until >= at.size - 1:
        end_course(result, nodes, node, score)
        give_back(nodes, node)
        return
    nodes.score[node] = score
    store(nodes, node, road)
    nodes.later[node], at[until] = at[until], node


@kernel
def search(
    layout: Layout,
    seen: Seen,
    numbers: RolloutNumbers,
    stage: int,
    green_from: Floats,
    green_until: Floats,
    ready_s: Floats,
) -> Floats:
    """The cheapest course for each first step: (3, S), a column per stage.

    The running stage's own column is to stay for a second at least. Rows: cost, infinite where the step is not
    possible or not worth a look; seconds until the course first changes, -1 for never; the stage that it changes to.

    Args:
        layout: The junction.
        seen: Who is there.
        numbers: Model and weights.
        stage: Runs now.
        green_from: (G,) begin of green, now is 0.
        green_until: (G,) end of green, infinite while it goes on.
        ready_s: (S,) when the change to each stage may begin, infinite where it must not.
    """
    stages, groups = layout.stage_green.shape
    horizon_s = int(numbers.horizon_s)
    demand = predict_demand(layout, seen, numbers.horizon_s, numbers.rate_ratio)
    road = fresh_road(layout, seen, demand, green_from, green_until)
    nodes = make_nodes(PLACES, groups, layout.lane_speed_mps.size, layout.crossing_group.size)
    result = np.full((3, stages), np.inf)
    at = np.full(horizon_s + 1, NOBODY)
    order, kept, begun = np.empty(PLACES, np.int64), np.empty(stages, np.int64), np.empty(stages, np.bool_)
    claims, wanted = np.empty(numbers.branches), np.empty(numbers.branches, np.int64)
    root = take(nodes)
    store(nodes, root, road)
    nodes.stage[root] = nodes.begins[root] = stage
    at[0] = root
    for t in range(horizon_s):
        count = ranked(nodes, at[t], order)
        kept[:], begun[:] = 0, False
        for k in range(count):
            node = order[k]
            running, begins, changed = nodes.stage[node], nodes.begins[node], nodes.changed[node]
            if (kept[running] >= numbers.width and begun[begins]) or nodes.left[0] <= numbers.branches:
                give_back(nodes, node)
                continue
            may_change = k < numbers.changing or (begins == stage and not begun[begins])
            kept[running] += 1
            begun[begins] = True
            load(nodes, node, road)
            options = 0
            if may_change:
                options = most_wanted(layout, seen, demand, road, numbers, running, float(t), claims, wanted)
            for choice in range(options):
                target = wanted[choice]
                if changed:
                    if not may_switch(layout, running, target, float(t), road.green_from, road.green_until):
                        continue
                elif t < ready_s[target]:
                    continue
                complete_s = begin_transition(layout, running, target, float(t), road.green_from, road.green_until)
                ripe_s = int(np.ceil(minimum_until_s(layout, target, complete_s, road.green_from)))
                until = next_look(min(horizon_s, ripe_s), numbers)
                for lane in range(road.idle_until_s.size):
                    road.idle_until_s[lane] = 0.0
                child = take(nodes)
                nodes.cost[child] = nodes.cost[node] + advance(layout, seen, demand, road, numbers, t, until, True)
                nodes.stage[child], nodes.changed[child] = target, True
                nodes.begins[child] = target if t == 0 else begins
                nodes.after_s[child] = nodes.after_s[node] if changed else float(t)
                nodes.target[child] = nodes.target[node] if changed else target
                keep(layout, seen, demand, road, numbers, nodes, child, until, at, result)
                load(nodes, node, road)
            look = next_look(t + 1, numbers)
            nodes.cost[node] += advance(layout, seen, demand, road, numbers, t, look, changed)
            keep(layout, seen, demand, road, numbers, nodes, node, look, at, result)
    return result
