"""Lanes as point queues: who may cross the stop line this second, and what waiting costs."""

import numpy as np

from signalctl.rollout.demand import PLATOON_S, SIZE, WEIGHT, WEIGHT_DUE, WEIGHT_SIZE, Demand, Seen
from signalctl.rollout.jit import helper
from signalctl.rollout.kerbs import kerb_cost, people_cross
from signalctl.rollout.layout import Layout
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.rollout.road import Road, is_green


@helper
def is_blocked(seen: Seen, numbers: RolloutNumbers, move: int, at_s: float) -> bool:
    """Whether the exit is still full: what stands there now goes on before long."""
    return bool(seen.move_blocked[move] and at_s < numbers.blocked_s)


@helper
def gap_chance(layout: Layout, demand: Demand, road: Road, numbers: RolloutNumbers, move: int, at_s: float) -> float:
    """Chance that nobody with priority over `move` crosses now or within the gap that `move` needs.

    Who is seen is there or not; behind them the average rate counts, as gaps between random arrivals do.
    """
    chance = 1.0
    for k in range(layout.move_foe_start[move], layout.move_foe_start[move + 1]):
        foe = layout.move_foes[k]
        group = layout.move_group[foe]
        if not is_green(road, group, at_s, numbers.amber_use_s):
            continue
        lane = layout.move_lane[foe]
        if road.crossed_s[lane] > at_s - 1.0:
            return 0.0
        first = road.head[lane]
        if first >= demand.start[lane + 1]:
            continue
        if demand.move[first] != foe and demand.move[first] != -1:
            continue
        comes_s = max(demand.earliest_s[first], road.ready_s[lane])
        if comes_s >= at_s + numbers.gap_s or comes_s >= road.green_until[group]:
            continue
        if demand.size[first] >= 0.5:
            return 0.0
        chance *= np.exp(-demand.size[first] * numbers.gap_s / (numbers.rate_ratio * PLATOON_S))
    return chance


@helper
def may_cross(
    layout: Layout, seen: Seen, demand: Demand, road: Road, numbers: RolloutNumbers, move: int, at_s: float
) -> float:
    """Chance that `move` can cross: green, an exit with room, and nobody with priority in its way."""
    group = layout.move_group[move]
    if is_blocked(seen, numbers, move, at_s) or not is_green(road, group, at_s, numbers.amber_use_s):
        return 0.0
    if at_s >= road.green_until[group]:  # in amber the ones that waited inside the junction clear it
        return 1.0
    if people_cross(layout, road, move, at_s, numbers.walk_s):
        return 0.0
    return gap_chance(layout, demand, road, numbers, move, at_s)


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
        return may_cross(layout, seen, demand, road, numbers, move, at_s)
    ratio = 0.0
    for k in range(layout.lane_move_start[lane], layout.lane_move_start[lane + 1]):
        open_ratio = may_cross(layout, seen, demand, road, numbers, layout.lane_moves[k], at_s)
        ratio += open_ratio * layout.move_share[layout.lane_moves[k]]
    return ratio


@helper
def opens_from_s(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    lane: int,
    vehicle: int,
    at_s: float,
) -> float:
    """When a signal of the lane's head may next be green as things stand; `at_s` where one is, infinite for never."""
    move = demand.move[vehicle]
    opens_s = np.inf
    for k in range(layout.lane_move_start[lane], layout.lane_move_start[lane + 1]):
        option = layout.lane_moves[k]
        if move >= 0 and option != move:
            continue
        group = layout.move_group[option]
        if is_blocked(seen, numbers, option, at_s):
            opens_s = min(opens_s, numbers.blocked_s)
        elif is_green(road, group, at_s, numbers.amber_use_s):
            return at_s
        elif road.green_from[group] > at_s:
            opens_s = min(opens_s, road.green_from[group])
    return opens_s


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
    cost, opens_s = 0.0, -np.inf
    last = demand.start[lane + 1]
    end_s = at_s + 1.0
    while not held and road.head[lane] < last and demand.earliest_s[road.head[lane]] < end_s:
        vehicle = road.head[lane]
        if road.ready_s[lane] >= end_s:
            break
        ratio = service_ratio(layout, seen, demand, road, numbers, lane, vehicle, at_s)
        if ratio < numbers.least_service_ratio:
            opens_s = opens_from_s(layout, seen, demand, road, numbers, lane, vehicle, at_s)
            break
        move = demand.move[vehicle]
        if move < 0:
            move = layout.lane_moves[layout.lane_move_start[lane]]
        began_s = road.green_from[layout.move_group[move]]
        leaves_s = max(road.ready_s[lane], demand.earliest_s[vehicle])
        crosses_s = leaves_s
        if demand.due_s[vehicle] < began_s:  # who came just before green has hardly slowed down
            stood = min(1.0, (began_s - demand.due_s[vehicle]) / numbers.standstill_s)
            startup_s = seen.startup_s[lane]
            leaves_s = max(leaves_s, began_s + startup_s * stood)
            crosses_s = leaves_s
            if road.crossed_s[lane] < began_s and leaves_s < began_s + startup_s + 0.5:
                front_s = max(0.0, startup_s - numbers.front_s)
                crosses_s = max(demand.earliest_s[vehicle], leaves_s - front_s * stood)
        if crosses_s >= end_s:
            break
        crosses_s = max(crosses_s, at_s)
        headway_s = layout.move_headway_s[move] * seen.headway_ratio[lane] * demand.size[vehicle] / ratio
        road.ready_s[lane] = max(crosses_s, leaves_s) + headway_s
        if demand.size[vehicle] >= 0.5:
            road.crossed_s[lane] = crosses_s
        cost += demand.weight[vehicle] * (crosses_s - demand.due_s[vehicle])
        road.head[lane] += 1
    vehicle = road.arrived[lane]
    while vehicle < last and demand.due_s[vehicle] < end_s:
        if vehicle >= road.head[lane]:
            cost += demand.weight[vehicle] * demand.stop_s[vehicle]
        vehicle += 1
    road.arrived[lane] = vehicle
    head = road.head[lane]
    next_s = max(opens_s, demand.earliest_s[head]) if head < last else np.inf
    road.idle_until_s[lane] = np.floor(min(next_s, demand.due_s[vehicle]) if vehicle < last else next_s)
    return cost


@helper
def is_held(
    layout: Layout, seen: Seen, road: Road, numbers: RolloutNumbers, lane: int, at_s: float, changed: bool
) -> bool:
    """Whether a head that stands on green stands there still.

    It does as long as the stage runs. After a change a short halt is expected to last as long as it has lasted already,
    and a jam for good, unless a green begins that it has not had yet, or traffic that it gives way to loses its green.
    """
    if seen.stuck_s[lane] <= 0.0:
        return False
    if not changed:
        return True
    if at_s >= seen.stuck_s[lane] and seen.stuck_s[lane] < numbers.jam_s:
        return False
    for k in range(layout.lane_move_start[lane], layout.lane_move_start[lane + 1]):
        move = layout.lane_moves[k]
        if road.green_from[layout.move_group[move]] >= 0.0:
            return False
        for j in range(layout.move_foe_start[move], layout.move_foe_start[move + 1]):
            ends_s = road.green_until[layout.move_group[layout.move_foes[j]]]
            if 0.0 <= ends_s < np.inf:
                return False
    return True


@helper
def servable(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    numbers: RolloutNumbers,
    lane: int,
    head: int,
    stage: int,
    at_s: float,
) -> float:
    """Chance that the lane's vehicle `head` can cross in `stage`, as far as signals and exits go."""
    move = demand.move[head]
    chance = 0.0
    for k in range(layout.lane_move_start[lane], layout.lane_move_start[lane + 1]):
        option = layout.lane_moves[k]
        if (move >= 0 and option != move) or is_blocked(seen, numbers, option, at_s):
            continue
        if layout.stage_green[stage, layout.move_group[option]]:
            chance += 1.0 if move >= 0 else layout.move_share[option]
    return chance


@helper
def claim(
    layout: Layout,
    seen: Seen,
    demand: Demand,
    road: Road,
    numbers: RolloutNumbers,
    stage: int,
    at_s: float,
    until_s: float,
) -> float:
    """Weight of those who wait at `at_s` or come until `until_s`, and whom `stage` would let cross."""
    weight = 0.0
    for lane in range(layout.lane_speed_mps.size):
        head, last = road.head[lane], demand.start[lane + 1]
        if head >= last or demand.due_s[head] > until_s:
            continue
        chance = servable(layout, seen, demand, numbers, lane, head, stage, at_s)
        if chance <= 0.0:
            continue
        end = max(head, road.arrived[lane])
        while end < last and demand.due_s[end] <= until_s:
            end += 1
        weight += chance * (demand.sums[WEIGHT, end] - demand.sums[WEIGHT, head])
    for crossing in range(layout.crossing_group.size):
        if layout.stage_green[stage, layout.crossing_group[crossing]]:
            weight += kerb_cost(seen, road, numbers, crossing, at_s)
    return weight


@helper
def left_over(
    layout: Layout, seen: Seen, demand: Demand, road: Road, numbers: RolloutNumbers, stage: int, at_s: float
) -> float:
    """What everybody who is due by `at_s` and has not crossed costs: the wait until then, and about what is to come.

    Who has green in the stage that runs by then goes soon; the others wait for a good part of a round.
    """
    cost = 0.0
    for lane in range(layout.lane_speed_mps.size):
        head, end = road.head[lane], road.arrived[lane]
        if head >= end:
            continue
        goes = servable(layout, seen, demand, numbers, lane, head, stage, at_s) > 0.0
        wait_s = numbers.terminal_green_s if goes else numbers.terminal_s
        weight = demand.sums[WEIGHT, end] - demand.sums[WEIGHT, head]
        ahead = demand.sums[WEIGHT_SIZE, end] - demand.sums[WEIGHT_SIZE, head] - demand.sums[SIZE, head] * weight
        due = demand.sums[WEIGHT_DUE, end] - demand.sums[WEIGHT_DUE, head]
        cost += (at_s + wait_s) * weight - due + numbers.terminal_headway_s * ahead
    for crossing in range(layout.crossing_group.size):
        if not layout.stage_green[stage, layout.crossing_group[crossing]]:
            cost += numbers.terminal_s * kerb_cost(seen, road, numbers, crossing, at_s)
    return cost
