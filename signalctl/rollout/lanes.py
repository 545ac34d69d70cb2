"""Lanes as point queues: who may cross the stop line this second, and what waiting costs."""

from typing import NamedTuple

import numpy as np

from signalctl.rollout.demand import Demand, Seen
from signalctl.rollout.jit import allocating, helper
from signalctl.rollout.layout import Floats, Ints, Layout
from signalctl.rollout.parameters import RolloutNumbers


class Road(NamedTuple):
    """What moves during a rollout; L lanes, G groups, C crossings."""

    green_from: Floats  # (G,)
    green_until: Floats  # (G,) past means red
    head: Ints  # (L,) first vehicle that has not crossed
    arrived: Ints  # (L,) first vehicle that is not yet due at the stop line
    ready_s: Floats  # (L,) the stop line is free for the next
    idle_until_s: Floats  # (L,) nobody comes to the stop line before
    crossed_s: Floats  # (L,) the last one crossed
    people: Floats  # (C,) weighted number still waiting
    walk_from: Floats  # (C,) when the last ones stepped off


@helper
def is_green(road: Road, group: int, at_s: float, amber_use_s: float) -> bool:
    """Whether the group is green, or so short into amber that drivers go on."""
    return bool(road.green_from[group] <= at_s < road.green_until[group] + amber_use_s)


@helper
def foe_near(layout: Layout, demand: Demand, road: Road, move: int, at_s: float, gap_s: float) -> bool:
    """Whether somebody with priority over `move` crosses now or would within the gap that `move` needs."""
    for k in range(layout.move_foe_start[move], layout.move_foe_start[move + 1]):
        foe = layout.move_foes[k]
        group = layout.move_group[foe]
        if not is_green(road, group, at_s, 0.0):
            continue
        lane = layout.move_lane[foe]
        if road.crossed_s[lane] > at_s - 1.0:
            return True
        first = road.head[lane]
        if first < demand.start[lane + 1] and demand.size[first] >= 0.5 and demand.move[first] in (foe, -1):
            comes_s = max(demand.earliest_s[first], road.ready_s[lane])
            if comes_s < at_s + gap_s and comes_s < road.green_until[group]:
                return True
    return False


@helper
def people_cross(layout: Layout, road: Road, move: int, at_s: float, walk_s: float) -> bool:
    """Whether people who just stepped off a crossing with priority over `move` are in its way."""
    for k in range(layout.move_walk_start[move], layout.move_walk_start[move + 1]):
        crossing = layout.move_walks[k]
        if at_s < road.walk_from[crossing] + walk_s and is_green(road, layout.crossing_group[crossing], at_s, 0.0):
            return True
    return False


@helper
def may_cross(
    layout: Layout, seen: Seen, demand: Demand, road: Road, numbers: RolloutNumbers, move: int, at_s: float
) -> bool:
    """Whether `move` has green, an exit with room, and nobody with priority in its way."""
    group = layout.move_group[move]
    if seen.move_blocked[move] or not is_green(road, group, at_s, numbers.amber_use_s):
        return False
    if at_s >= road.green_until[group]:  # in amber the ones that waited inside the junction clear it
        return True
    return not (
        foe_near(layout, demand, road, move, at_s, numbers.gap_s)
        or people_cross(layout, road, move, at_s, numbers.walk_s)
    )


@helper
def service_ratio(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    lane: int,
    vehicle: int,
    at_s: float,
) -> float:
    """Part of the saturation flow at which the lane's head can cross now; an unknown turn counts by its share."""
    move = demand.move[vehicle]
    if move >= 0:
        return 1.0 if may_cross(layout, seen, demand, road, numbers, move, at_s) else 0.0
    ratio = 0.0
    for k in range(layout.lane_move_start[lane], layout.lane_move_start[lane + 1]):
        if may_cross(layout, seen, demand, road, numbers, layout.lane_moves[k], at_s):
            ratio += layout.move_share[layout.lane_moves[k]]
    return ratio


@helper
def discharge(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    lane: int,
    at_s: float,
    held: bool,
) -> float:
    """Let the lane's vehicles cross within the second from `at_s`; returns the cost of crossing late and of stops."""
    cost = 0.0
    last = demand.start[lane + 1]
    end_s = at_s + 1.0
    while not held and road.head[lane] < last and demand.earliest_s[road.head[lane]] < end_s:
        vehicle = road.head[lane]
        if road.ready_s[lane] >= end_s:
            break
        ratio = service_ratio(layout, seen, demand, road, numbers, lane, vehicle, at_s)
        if ratio < numbers.least_service_ratio:
            break
        move = demand.move[vehicle]
        if move < 0:
            move = layout.lane_moves[layout.lane_move_start[lane]]
        began_s = road.green_from[layout.move_group[move]]
        crosses_s = max(road.ready_s[lane], demand.earliest_s[vehicle])
        if demand.due_s[vehicle] < began_s:  # who came just before green has hardly slowed down
            stood = min(1.0, (began_s - demand.due_s[vehicle]) / numbers.standstill_s)
            crosses_s = max(crosses_s, began_s + numbers.startup_s * stood)
        if crosses_s >= end_s:
            break
        crosses_s = max(crosses_s, at_s)
        headway_s = layout.move_headway_s[move] * demand.size[vehicle] / ratio
        road.ready_s[lane] = crosses_s + headway_s
        if demand.size[vehicle] >= 0.5:
            road.crossed_s[lane] = crosses_s
        cost += demand.weight[vehicle] * (crosses_s - demand.due_s[vehicle])
        road.head[lane] += 1
    vehicle = road.arrived[lane]
    while vehicle < last and demand.due_s[vehicle] < end_s:
        if vehicle >= road.head[lane]:
            cost += demand.weight[vehicle] * demand.stop_ratio[vehicle] * numbers.stop_s
        vehicle += 1
    road.arrived[lane] = vehicle
    head = road.head[lane]
    next_s = demand.earliest_s[head] if head < last else np.inf
    road.idle_until_s[lane] = np.floor(min(next_s, demand.due_s[vehicle]) if vehicle < last else next_s)
    return cost


@helper
def kerb_cost(seen: Seen, road: Road, numbers: RolloutNumbers, crossing: int, at_s: float) -> float:
    """What a second of waiting at a crossing costs: rising with the square of the wait, and steeply at its limit."""
    people = road.people[crossing]
    if people <= 0.0:
        return 0.0
    part = (seen.crossing_wait_s[crossing] + at_s) / seen.crossing_limit_s[crossing]
    over = min(1.0, max(0.0, (part - 1.0) * seen.crossing_limit_s[crossing] / numbers.overdue_ramp_s))
    return float(people * (1.0 + numbers.limit_rise * part * part) + numbers.overdue * over)


@helper
def walk(layout: Layout, seen: Seen, road: Road, numbers: RolloutNumbers, at_s: float) -> float:
    """People on foot step off on green; returns the cost of those who wait."""
    cost = 0.0
    for crossing in range(layout.crossing_group.size):
        if road.people[crossing] <= 0.0:
            continue
        if is_green(road, layout.crossing_group[crossing], at_s, 0.0):
            road.people[crossing] = 0.0
            road.walk_from[crossing] = at_s
        else:
            cost += kerb_cost(seen, road, numbers, crossing, at_s)
    return cost


@helper
def queued(demand: Demand, road: Road, lane: int, at_s: float) -> float:
    """Weight of those who wait at the stop line by now."""
    weight = 0.0
    for vehicle in range(road.head[lane], demand.start[lane + 1]):
        if demand.due_s[vehicle] > at_s:
            break
        weight += demand.weight[vehicle]
    return weight


@helper
def left_over(layout: Layout, seen: Seen, demand: Demand, road: Road, numbers: RolloutNumbers) -> float:
    """Cost of everybody still waiting when the horizon ends: waited so far, and what clearing them will take."""
    cost = 0.0
    for lane in range(layout.lane_speed_mps.size):
        behind = 0.0
        for vehicle in range(road.head[lane], demand.start[lane + 1]):
            behind += demand.size[vehicle]
            clear_s = numbers.terminal_s + numbers.terminal_headway_s * behind
            cost += demand.weight[vehicle] * (numbers.horizon_s - demand.due_s[vehicle] + clear_s)
    for crossing in range(layout.crossing_group.size):
        cost += numbers.terminal_s * kerb_cost(seen, road, numbers, crossing, numbers.horizon_s)
    return cost


@allocating
def fresh_road(layout: Layout, seen: Seen, demand: Demand, green_from: Floats, green_until: Floats) -> Road:
    """The road as it is now."""
    lanes, crossings = layout.lane_speed_mps.size, layout.crossing_group.size
    return Road(
        green_from.copy(),
        green_until.copy(),
        demand.start[:lanes].copy(),
        demand.start[:lanes].copy(),
        np.zeros(lanes),
        np.zeros(lanes),
        np.full(lanes, -100.0),
        seen.crossing_people.copy(),
        np.full(crossings, -100.0),
    )
