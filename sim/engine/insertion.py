"""Entering the network: who may depart now, where and how fast (SUMO's MSInsertionControl and MSLane)."""

import math

from sim.engine.arrays import (
    DEPARTURES,
    DRIVING,
    GIVEN_UP,
    INFINITE,
    INSERTED,
    MAX_DEPART_DELAY_S,
    NEXT_DEPARTURE,
    NO,
    NOW,
    PENDING,
    PENDING_COUNT,
    SEED,
    STEP,
    STEP_S,
    YES,
    Net,
    Plans,
    Traffic,
    Vehicles,
)
from sim.engine.following import EPS, HALTING, brake_gap, uniform
from sim.engine.jit import helper
from sim.engine.judging import judge_lanes
from sim.engine.letters import has_priority, is_red
from sim.engine.models import entering, entering_before, secure_gap_of, slowing
from sim.engine.neighbours import follower_upstream
from sim.engine.positions import back_on, lane_speed, last_on, link_in, nearest_partial
from sim.engine.routes import route_edge
from sim.engine.stops import stop_target

LANE_FIRST, LANE_FREE, LANE_BEST, LANE_RANDOM, LANE_ALLOWED, LANE_BEST_PROB = -1, -2, -3, -4, -5, -6
POSITION_BASE, POSITION_RANDOM, POSITION_FREE, POSITION_LAST, POSITION_STOP = -1.0, -2.0, -3.0, -4.0, -5.0
SPEED_MAX, SPEED_DESIRED, SPEED_LIMIT, SPEED_RANDOM, SPEED_AVERAGE, SPEED_LAST = -1.0, -2.0, -3.0, -4.0, -5.0, -6.0
START_EPS_M = 0.1


@helper
def depart_lane(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int) -> int:
    """The lane to depart on, -1 when the class may use none."""
    edge = route_edge(plans, veh, v, veh.route_index[v])
    first, end = net.edge.lane_start[edge], net.edge.lane_start[edge + 1]
    wish = veh.depart_lane[v]
    if wish >= 0:
        return first + wish if first + wish < end else -1
    row = veh.row[v]
    best, best_value, best_length = -1, math.inf, 0.0
    for lane in range(first, end):
        best_length = max(best_length, plans.cell.length[row + lane - first])
    for lane in range(first, end):
        if not net.lane.permissions[lane] & veh.class_bit[v]:
            continue
        if wish == LANE_FIRST:
            return lane
        if wish in (LANE_BEST, LANE_BEST_PROB) and plans.cell.length[row + lane - first] < best_length:
            continue
        if wish == LANE_ALLOWED and plans.cell.link[row + lane - first] < 0:
            continue
        last = tra.lane.last[lane]
        value = -(veh.position[last] if last >= 0 else net.edge.length[edge])  # the more room, the better
        if wish == LANE_RANDOM:
            value = uniform(tra.counters[SEED], v, lane)
        if wish == LANE_BEST_PROB:  # where most room is behind the last one
            value = -net.lane.length[lane] if last < 0 else -back_on(net, veh, last, lane)
        if value < best_value:
            best, best_value = lane, value
        if wish == LANE_BEST_PROB and last >= 0 and lane_speed(net, veh, last, lane) > lane_speed(net, veh, v, lane):
            break  # as in SUMO, nobody goes further left because of somebody who wishes to be faster
    return best


@helper
def depart_position(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int) -> float:
    """Where the front will be."""
    length = net.lane.length[lane]
    wish = veh.depart_position[v]
    base = min(veh.length[v] + START_EPS_M, length)
    if veh.next_stop[v] < veh.last_stop[v]:
        stop = veh.next_stop[v]
        if plans.stop.position[stop] == veh.route_index[v] and plans.stop.lane[stop] == lane:
            if wish == POSITION_STOP:
                return plans.stop.end[stop]
            base = min(base, max(0.0, plans.stop.end[stop]))
    if wish >= 0.0:
        return min(wish, length)
    if wish in (POSITION_RANDOM, POSITION_FREE):
        return base + uniform(tra.counters[SEED], v, 7) * max(0.0, length - base)
    if wish == POSITION_LAST:
        last = last_on(net, veh, tra, lane, v)
        if last < 0:
            return length
        return max(base, back_on(net, veh, last, lane) - veh.min_gap[v] - EPS)
    return base


@helper
def depart_speed(net: Net, veh: Vehicles, tra: Traffic, v: int, lane: int) -> tuple[float, bool]:
    """The wished speed, and whether it may be lowered to be safe; that of others on the lane may not."""
    wish = veh.depart_speed[v]
    top = lane_speed(net, veh, v, lane)
    if wish >= 0.0:
        return wish, False
    if wish == SPEED_LIMIT:
        return min(net.lane.speed[lane], veh.max_speed[v]), False
    if wish == SPEED_RANDOM:
        return top * uniform(tra.counters[SEED], v, 11), True
    if wish == SPEED_AVERAGE:
        total, count, other = 0.0, 0, tra.lane.last[lane]
        while other >= 0:
            total, count, other = total + veh.speed[other], count + 1, veh.ahead[other]
        return min(top, total / count if count else net.lane.speed[lane]), last_on(net, veh, tra, lane, v) < 0
    if wish == SPEED_LAST:
        last = last_on(net, veh, tra, lane, v)
        return (min(top, veh.speed[last]) if last >= 0 else top), last < 0
    return top, wish == SPEED_MAX


@helper
def bounded(speed: float, bound: float, patch: bool) -> float:
    """The speed under a bound; -1 when it may not be lowered."""
    if bound >= speed:
        return speed
    return bound if patch else -1.0


@helper
def insertion_speed(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, position: float, speed: float, patch: bool
) -> float:
    """The speed with which the vehicle can safely stand there, -1 when it cannot."""
    dt = tra.clock[STEP_S]
    leader = nearest_partial(net, veh, tra, lane, v)
    other = tra.lane.last[lane]
    while other >= 0:
        if veh.position[other] >= position:
            leader = other
            break
        other = veh.ahead[other]
    if leader >= 0:
        gap = back_on(net, veh, leader, lane) - position - veh.min_gap[v]
        if gap < 0.0:
            return -1.0
        speed = bounded(speed, entering(net, veh, v, leader, gap, speed, dt), patch)
        if speed < 0.0:
            return -1.0
    speed = speed_before_route(net, veh, plans, tra, v, lane, position, speed, patch)
    if speed < 0.0:
        return -1.0
    back = position - veh.length[v]
    follower, gap = -1, 0.0
    other = tra.lane.first[lane]
    while other >= 0:
        if veh.position[other] < position:
            follower, gap = other, back - veh.position[other]
            break
        other = veh.behind[other]
    if follower < 0:
        follower, gap = follower_upstream(net, veh, tra, lane, back)
    if follower >= 0:
        need = secure_gap_of(veh, follower, veh.speed[follower], speed, veh.decel[v], dt)
        if gap - veh.min_gap[follower] < need:
            return -1.0
    return speed


@helper
def speed_before_route(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, position: float, speed: float, patch: bool
) -> float:
    """The speed that suits what lies ahead: stops, junctions that may not be passed, leaders, lower limits."""
    dt = tra.clock[STEP_S]
    decel = veh.decel[v]
    route_index = veh.route_index[v]
    edges = veh.edges[v]
    seen = net.lane.length[lane] - position
    stop = veh.next_stop[v]
    cell = veh.row[v] + net.lane.index[lane]
    while True:
        if stop < veh.last_stop[v] and plans.stop.position[stop] == route_index and plans.stop.lane[stop] == lane:
            to_stop = seen - net.lane.length[lane] + stop_target(veh, plans, tra, v, stop)
            speed = bounded(speed, entering_before(net, veh, v, to_stop, speed, dt), patch)
        if speed < 0.0 or seen >= brake_gap(speed, decel, veh.tau[v], dt) + veh.min_gap[v]:
            return speed
        if not net.lane.internal[lane] and route_index >= edges - 1:
            return speed
        if net.lane.internal[lane]:
            link = net.lane.exit[lane]
        else:
            link, cell = plans.chain.link[cell], plans.chain.next[cell]
        if link < 0 or is_red(net.link.state[link]) or not has_priority(net.link.state[link]):
            return bounded(speed, entering_before(net, veh, v, seen, speed, dt), patch)
        lane = net.link.next[link]
        last = last_on(net, veh, tra, lane, v)
        if last >= 0:
            gap = seen + back_on(net, veh, last, lane) - veh.min_gap[v]
            if gap < 0.0:
                return -1.0
            speed = bounded(speed, entering(net, veh, v, last, gap, speed, dt), patch)
            if speed < 0.0:
                return speed
        speed = min(speed, slowing(net, veh, v, seen, lane_speed(net, veh, v, lane), dt, YES))
        seen += net.lane.length[lane]
        if net.link.via[link] < 0:
            route_index += 1


@helper
def put_on_road(veh: Vehicles, tra: Traffic, v: int, lane: int, position: float, speed: float) -> None:
    """Let the vehicle stand on a lane from now on; its rear may reach back onto the lane before."""
    veh.lane[v] = lane
    veh.position[v] = position
    veh.speed[v] = speed
    veh.acceleration[v] = 0.0
    veh.status[v] = DRIVING
    veh.entry_s[v] = INFINITE
    veh.entry_never_yield_s[v] = INFINITE
    veh.conflict_entry_s[v] = INFINITE
    veh.stop_distance[v] = INFINITE
    veh.further_count[v] = 0
    veh.waiting[v] = 0.0
    veh.own_state[v] = 0
    veh.advice_count[v] = 0
    veh.requests_exit[v] = 2
    veh.must_wait[v] = False
    link_in(veh, tra, v, lane)
    tra.active[tra.counters[1]] = v
    tra.counters[1] += 1


@helper
def insert_departures(net: Net, veh: Vehicles, plans: Plans, tra: Traffic) -> None:
    """Try everybody who is due, in order; on a lane where one failed the others wait for the next step."""
    now = tra.clock[NOW]
    step = tra.counters[STEP]
    while tra.counters[NEXT_DEPARTURE] < tra.counters[DEPARTURES]:
        v = tra.counters[NEXT_DEPARTURE]
        if veh.depart[v] > now + 1e-6:
            break
        veh.status[v] = PENDING
        tra.pending[tra.counters[PENDING_COUNT]] = v
        tra.counters[PENDING_COUNT] += 1
        tra.counters[NEXT_DEPARTURE] += 1
    kept = 0
    for i in range(tra.counters[PENDING_COUNT]):
        v = tra.pending[i]
        edge = route_edge(plans, veh, v, veh.route_index[v])
        done = False
        lanes = net.edge.lane_start[edge + 1] - net.edge.lane_start[edge]
        if net.edge.refused_at[edge] != step or net.edge.refusing[edge] < lanes:
            if veh.row[v] < 0:  # the first attempt: as in SUMO, what is judged now holds until the vehicle has entered
                judge_lanes(net, veh, plans, tra, v)
            lane = depart_lane(net, veh, plans, tra, v)
            if lane >= 0 and tra.lane.refused_at[lane] != step:
                done = try_departure(net, veh, plans, tra, v, lane)
                if not done:
                    note_refusal(net, tra, edge, lane, step)
        limit = tra.clock[MAX_DEPART_DELAY_S]
        if not done and limit >= 0.0 and now - veh.depart[v] > limit:
            veh.status[v] = GIVEN_UP
            done = True
        if not done:
            tra.pending[kept] = v
            kept += 1
    tra.counters[PENDING_COUNT] = kept


@helper
def note_refusal(net: Net, tra: Traffic, edge: int, lane: int, step: int) -> None:
    """Remember that nobody enters on a lane in this step any more."""
    if net.edge.refused_at[edge] != step:
        net.edge.refused_at[edge] = step
        net.edge.refusing[edge] = 0
    net.edge.refusing[edge] += 1
    tra.lane.refused_at[lane] = step


@helper
def try_departure(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int) -> bool:
    """Insert one vehicle on a lane when there is room."""
    bidi = net.lane.bidi[lane]
    if bidi >= 0 and (tra.busy[bidi] > 0):
        return False
    position = depart_position(net, veh, plans, tra, v, lane)
    speed, patch = depart_speed(net, veh, tra, v, lane)
    speed = insertion_speed(net, veh, plans, tra, v, lane, position, speed, patch)
    if speed < 0.0:
        return False
    put_on_road(veh, tra, v, lane, position, speed)
    veh.depart_delay[v] = max(0.0, tra.clock[NOW] - veh.depart[v])
    veh.inserted_at[v] = tra.clock[NOW]
    tra.counters[INSERTED] += 1
    return True


@helper
def reenter(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, position: float) -> bool:
    """Bring a parked or teleported vehicle back when there is room."""
    speed = insertion_speed(net, veh, plans, tra, v, lane, position, 0.0, NO)
    if speed < 0.0:
        return False
    put_on_road(veh, tra, v, lane, position, 0.0)
    return True


@helper
def slow_enough(veh: Vehicles, v: int) -> bool:
    """Whether a vehicle stands."""
    return veh.speed[v] <= HALTING
