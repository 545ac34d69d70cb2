"""The rollout: what each "keep for tau seconds, then this stage" would cost over the horizon."""

import numpy as np

from signalctl.rollout.demand import Demand, Seen, predict_demand
from signalctl.rollout.jit import helper, kernel
from signalctl.rollout.lanes import (
    Road,
    discharge,
    fresh_road,
    kerb_cost,
    left_over,
    queued,
    service_ratio,
    walk,
)
from signalctl.rollout.layout import Floats, Layout
from signalctl.rollout.parameters import BasePolicy, RolloutNumbers
from signalctl.rollout.signals import begin_transition, earliest_switch_s

NOBODY = -1


@helper
def still_serves(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    policy: BasePolicy,
    at_s: float,
    changed: bool,
) -> bool:
    """Whether somebody crosses now or arrives within the extension time on a lane that has green."""
    for lane in range(layout.lane_speed_mps.size):
        first = road.head[lane]
        if first >= demand.start[lane + 1] or (seen.stuck[lane] and not changed):
            continue
        size, k = 0.0, first
        while k < demand.start[lane + 1] and demand.earliest_s[k] < at_s + policy.extension_s:
            size += demand.size[k]
            k += 1
        if size >= 0.5 and service_ratio(layout, seen, demand, road, numbers, lane, first, at_s) > 0.5:
            return True
    return False


@helper
def soon_served(
    layout: Layout, seen: Seen, demand: Demand, road: Road, policy: BasePolicy, stage: int, at_s: float
) -> float:
    """Weight that the running stage would let cross within the look-ahead time: what a change away has to outweigh."""
    weight = 0.0
    for lane in range(layout.lane_speed_mps.size):
        first = road.head[lane]
        if first >= demand.start[lane + 1] or demand.due_s[first] >= at_s + policy.lookahead_s:
            continue
        coming = 0.0
        for vehicle in range(first, demand.start[lane + 1]):
            if demand.due_s[vehicle] >= at_s + policy.lookahead_s:
                break
            coming += demand.weight[vehicle]
        weight += coming * servable(layout, seen, demand, road, lane, stage)
    return weight


@helper
def heaviest_stage(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    policy: BasePolicy,
    stage: int,
    at_s: float,
) -> int:
    """The stage, other than the running one, that would serve the heaviest waiting demand."""
    best = NOBODY
    best_weight = max(policy.least_claim, soon_served(layout, seen, demand, road, policy, stage, at_s))
    for target in range(layout.stage_green.shape[0]):
        if target == stage or not layout.stage_serves[target]:
            continue
        weight = 0.0
        for lane in range(layout.lane_speed_mps.size):
            waiting = queued(demand, road, lane, at_s)
            if waiting <= 0.0:
                continue
            weight += waiting * servable(layout, seen, demand, road, lane, target)
        for crossing in range(layout.crossing_group.size):
            if layout.stage_green[target, layout.crossing_group[crossing]]:
                weight += kerb_cost(seen, road, numbers, crossing, at_s)
        if weight > best_weight:
            best, best_weight = target, weight
    return best


@helper
def servable(layout: Layout, seen: Seen, demand: Demand, road: Road, lane: int, stage: int) -> float:
    """Chance that the lane's head can cross in `stage`; giving way to others who wait halves it."""
    head = demand.move[road.head[lane]]
    chance = 0.0
    for k in range(layout.lane_move_start[lane], layout.lane_move_start[lane + 1]):
        move = layout.lane_moves[k]
        if (head >= 0 and move != head) or seen.move_blocked[move]:
            continue
        if not layout.stage_green[stage, layout.move_group[move]]:
            continue
        ratio = 1.0 if head >= 0 else layout.move_share[move]
        for f in range(layout.move_foe_start[move], layout.move_foe_start[move + 1]):
            foe = layout.move_foes[f]
            waits = road.head[layout.move_lane[foe]] < demand.start[layout.move_lane[foe] + 1]
            if waits and layout.stage_green[stage, layout.move_group[foe]]:
                ratio *= 0.5
                break
        chance += ratio
    return chance


@helper
def simulate(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    policy: BasePolicy,
    stage: int,
    keep_s: float,
    target: int,
    ready_s: Floats,
    bound: float,
) -> float:
    """Cost of keeping `stage` for `keep_s`, then `target` (-1: the base policy from there on), then the base policy.

    Stops early and returns infinity once the cost is over `bound`.
    """
    cost, complete_s, t = 0.0, -1.0, 0.0
    begun_s = -1.0
    running, planned, changed = stage, target, False
    while t < numbers.horizon_s:
        if t >= complete_s:
            chosen = NOBODY
            if planned >= 0:
                if t >= keep_s:
                    chosen = planned
            elif t >= keep_s and (
                t - begun_s > numbers.longest_green_s
                or not still_serves(layout, seen, demand, road, numbers, policy, t, changed)
            ):
                chosen = heaviest_stage(layout, seen, demand, road, numbers, policy, running, t)
            if chosen >= 0 and t >= (
                earliest_switch_s(layout, running, chosen, road.green_from) if changed else ready_s[chosen]
            ):
                complete_s = begin_transition(layout, running, chosen, t, road.green_from, road.green_until)
                begun_s = complete_s
                running, planned, changed = chosen, NOBODY, True
        for k in range(layout.lane_order.size):
            lane = layout.lane_order[k]
            if road.idle_until_s[lane] <= t:
                held = seen.stuck[lane] and not changed
                cost += discharge(layout, seen, demand, road, numbers, lane, t, held)
        cost += walk(layout, seen, road, numbers, t)
        if cost > bound:
            return np.inf
        t += 1.0
    return cost + left_over(layout, seen, demand, road, numbers)


@kernel
def evaluate(
    layout: Layout,
    seen: Seen,
    numbers: RolloutNumbers,
    policies: Floats,
    stage: int,
    green_from: Floats,
    green_until: Floats,
    keeps_s: Floats,
    ready_s: Floats,
) -> Floats:
    """Costs (K + 1, S) of every course of action, infinite where it is not possible.

    Row k keeps for `keeps_s[k]` and changes to the column's stage. In the last row the running stage's column holds the
    cost of the base policy from the next second on. Each course is continued by each base policy (rows of `policies`,
    columns as in `BasePolicy`) and counts as its best continuation; courses far from the best are continued by the
    first one only.

    `ready_s` (S,) says when the change to each stage may begin, infinite where it must not.
    """
    stages = layout.stage_green.shape[0]
    costs = np.full((keeps_s.size + 1, stages), np.inf)
    demand = predict_demand(layout, seen, numbers.horizon_s)
    worth = np.inf
    for p in range(policies.shape[0]):
        policy = BasePolicy(policies[p, 0], policies[p, 1], policies[p, 2])
        for target in range(stages):
            if target != stage and not layout.stage_serves[target]:
                continue
            for k in range(keeps_s.size + 1):
                stay = k == keeps_s.size
                if stay != (target == stage) or (not stay and keeps_s[k] < ready_s[target]):
                    continue
                if p > 0 and costs[k, target] > worth:
                    continue
                road = fresh_road(layout, seen, demand, green_from, green_until)
                keep_s, goal = (1.0, NOBODY) if stay else (keeps_s[k], target)
                bound = costs[k, target]
                cost = simulate(layout, seen, demand, road, numbers, policy, stage, keep_s, goal, ready_s, bound)
                costs[k, target] = min(bound, cost)
        worth = costs.min() * numbers.worth_ratio
    return costs
