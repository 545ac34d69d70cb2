"""People at crossings: who comes, who steps off on green, and what waiting costs."""

from signalctl.rollout.demand import Seen
from signalctl.rollout.jit import helper
from signalctl.rollout.layout import Layout
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.rollout.road import Road, is_green

SOMEBODY = 0.5
"""Turning traffic waits for people who are there, not for a small part of one who may come."""


@helper
def people_cross(layout: Layout, road: Road, move: int, at_s: float, walk_s: float) -> bool:
    """Whether people who just stepped off a crossing with priority over `move` are in its way."""
    for k in range(layout.move_walk_start[move], layout.move_walk_start[move + 1]):
        crossing = layout.move_walks[k]
        if at_s < road.walk_from[crossing] + walk_s and is_green(road, layout.crossing_group[crossing], at_s, 0.0):
            return True
    return False


@helper
def kerb_cost(seen: Seen, road: Road, numbers: RolloutNumbers, crossing: int, at_s: float) -> float:
    """What a second of waiting at a crossing costs: rising with the square of the wait."""
    people = road.people[crossing]
    if people <= 0.0:
        return 0.0
    part = (at_s - road.kerb_from[crossing]) / seen.crossing_limit_s[crossing]
    return float(people * (numbers.kerb_ratio + numbers.limit_rise * part * part))


@helper
def walk(layout: Layout, seen: Seen, road: Road, numbers: RolloutNumbers, at_s: float) -> float:
    """People on foot come to the kerb and step off on green; returns the cost of those who wait."""
    cost = 0.0
    for crossing in range(layout.crossing_group.size):
        if is_green(road, layout.crossing_group[crossing], at_s, 0.0):
            if road.people[crossing] >= SOMEBODY:
                road.walk_from[crossing] = at_s
            road.people[crossing] = 0.0
            road.kerb_from[crossing] = at_s + 1.0
            continue
        road.people[crossing] += seen.crossing_rate_ps[crossing]
        cost += kerb_cost(seen, road, numbers, crossing, at_s)
    return cost
