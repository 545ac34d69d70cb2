"""Lane changes on an edge, from its front to its rear (SUMO's MSLaneChanger)."""

import math

from sim.engine.arrays import LEFTWARD, RIGHTWARD, STEP_S, YES, Net, Plans, Traffic, Vehicles
from sim.engine.following import brake_gap
from sim.engine.helping import BLOCKED, BLOCKED_LEADER, COOPERATIVE, LEFT, OBSTACLES_SEEN, RIGHT, URGENT, WANTS_CHANGE
from sim.engine.jit import helper, inlined, rarely
from sim.engine.lanechange import wants_change
from sim.engine.models import secure_gap_of
from sim.engine.neighbours import leader_beyond, obstacles, real_leader
from sim.engine.pointers import fetch
from sim.engine.positions import link_in, unlink
from sim.engine.routes import fetch_way


@inlined
def next_candidate(veh: Vehicles, tra: Traffic, first: int, end: int) -> int:
    """The lane whose next vehicle is furthest ahead, -1 when all are done."""
    best, best_position = -1, -math.inf
    for lane in range(first, end):
        v = tra.lane.cursor[lane]
        if v >= 0 and veh.position[v] > best_position:
            best, best_position = lane, veh.position[v]
    return best


@inlined
def check_change(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, direction: int) -> int:
    """The wish for one side, and what is in its way; who wants nothing need not know who is there."""
    state = wants_change(net, veh, plans, tra, v, direction)
    if not state & WANTS_CHANGE:
        return state & ~OBSTACLES_SEEN
    dt = tra.clock[STEP_S]
    lane = veh.lane[v]
    lead, gap = real_leader(net, veh, plans, tra, v, lane + direction)
    if rarely(state & OBSTACLES_SEEN == 0):
        blocked, _, _ = obstacles(net, veh, tra, v, direction, lead, gap)
        state |= blocked
    state &= ~OBSTACLES_SEEN
    if not state & BLOCKED and lead >= 0:
        seen = net.lane.length[lane] - veh.position[v]
        if seen < brake_gap(veh.speed[v], veh.decel[v], veh.tau[v], dt) + veh.min_gap[v]:
            further, beyond = leader_beyond(net, veh, plans, tra, v, lane + direction, YES)
            if further >= 0 and further != lead:
                need = secure_gap_of(veh, v, veh.speed[v], veh.speed[further], veh.decel[further], dt)
                if beyond < need:
                    state |= BLOCKED_LEADER
    return state


@helper
def blocked_there(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, direction: int) -> int:
    """Who is in the way on a side that is not wanted."""
    lead, gap = real_leader(net, veh, plans, tra, v, veh.lane[v] + direction)
    blocked, _, _ = obstacles(net, veh, tra, v, direction, lead, gap)
    return blocked


@helper
def hop(net: Net, veh: Vehicles, tra: Traffic, v: int, target: int) -> None:
    """Put the vehicle onto the other lane, with its rear on the lanes that lead there."""
    unlink(veh, tra, v, veh.lane[v])
    veh.lane[v] = target
    veh.position[v] = min(veh.position[v], net.lane.length[target])
    link_in(veh, tra, v, target)
    lane = target
    for k in range(veh.further_count[v]):
        edge = net.lane.edge[veh.further[v, k]]
        before = -1
        for i in range(net.lane.in_start[lane], net.lane.in_start[lane + 1]):
            if net.lane.edge[net.link.src[net.lane_in_link[i]]] == edge:
                before = net.link.src[net.lane_in_link[i]]
                break
        if before < 0:
            break
        veh.further[v, k] = before
        lane = before
    veh.own_state[v] = 0
    veh.speed_gain_chance[v] = 0.0
    veh.keep_right_chance[v] = 0.0
    veh.look_ahead_speed[v] = 0.0
    veh.advice_count[v] = 0
    veh.dont_brake[v] = False


@helper
def change_on_edge(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, edge: int) -> int:
    """Let everybody on an edge change who wants and can; how many did whose rear was still on lanes before."""
    first, end = net.edge.lane_start[edge], net.edge.lane_start[edge + 1]
    total = 0
    for lane in range(first, end):
        total += tra.lane.count[lane]
        tra.lane.cursor[lane] = tra.lane.first[lane]
        tra.lane.first_blocked[lane] = -1
        tra.lane.last_blocked[lane] = -1
        tra.lane.density[lane] = 0.0
    hops = 0
    while total > 0:
        total -= 1
        lane = next_candidate(veh, tra, first, end)
        if lane < 0:
            break
        v = tra.lane.cursor[lane]
        tra.lane.cursor[lane] = veh.behind[v]
        next_one = veh.behind[v]
        if next_one >= 0:
            fetch_way(plans, veh.row[next_one])
            if veh.behind[next_one] >= 0:
                fetch(veh, veh.behind[next_one])
        if not consider(net, veh, plans, tra, v, lane, first, end):
            tra.lane.density[lane] += veh.length[v] + veh.min_gap[v]
        elif veh.further_count[v] > 0:
            hops += 1
    return hops


@inlined
def consider(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, first: int, end: int) -> bool:
    """Whether this vehicle changed its lane."""
    if rarely(veh.stop_reached[v]):
        return False
    bit = veh.class_bit[v]
    may_right = lane > first and net.lane.permissions[lane - 1] & bit and net.lane.change_right[lane] & bit
    may_left = lane < end - 1 and net.lane.permissions[lane + 1] & bit and net.lane.change_left[lane] & bit
    if not may_right and not may_left:
        return False
    state_right, state_left = 0, 0
    for direction in range(-1, 2, 2):  # one piece of machine code for both sides: twice of it fills the nearest cache
        if not (may_right if direction < 0 else may_left):
            continue
        state = check_change(net, veh, plans, tra, v, direction)
        if state & (RIGHT if direction < 0 else LEFT):
            if rarely(state & BLOCKED == 0):
                hop(net, veh, tra, v, lane + direction)
                return True
            if state & URGENT:
                tra.lane.last_blocked[lane + direction] = v
                if tra.lane.first_blocked[lane + direction] < 0:
                    tra.lane.first_blocked[lane + direction] = v
        if direction < 0:
            state_right = state
        else:
            state_left = state
    if state_right & URGENT and state_left & URGENT:
        state_left = 0
    elif (state_right | state_left) & COOPERATIVE:  # what it does then depends on who blocks either side
        if may_right and not state_right & WANTS_CHANGE:
            state_right |= blocked_there(net, veh, plans, tra, v, RIGHTWARD)
        if may_left and not state_left & WANTS_CHANGE:
            state_left |= blocked_there(net, veh, plans, tra, v, LEFTWARD)
    veh.own_state[v] = state_right | state_left
    return False
