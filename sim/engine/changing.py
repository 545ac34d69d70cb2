"""Lane changes on an edge, from its front to its rear (SUMO's MSLaneChanger)."""

import math

from sim.engine.arrays import LEFTWARD, RIGHTWARD, STEP_S, Net, Plans, Traffic, Vehicles
from sim.engine.following import brake_gap, is_too_close, secure_gap
from sim.engine.helping import BLOCKED, BLOCKED_FOLLOWER, BLOCKED_LEADER, LEFT, OVERLAPPING, RIGHT, URGENT, WANTS_CHANGE
from sim.engine.jit import helper, inlined
from sim.engine.lanechange import wants_change
from sim.engine.neighbours import follower_upstream, leader_beyond
from sim.engine.pointers import fetch
from sim.engine.positions import link_in, unlink


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
def real_leader(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int) -> tuple[int, float]:
    """The leader on a lane of this edge, or further along the route."""
    if lane == veh.lane[v]:
        leader = veh.ahead[v]
    else:
        behind = tra.lane.cursor[lane]
        leader = veh.ahead[behind] if behind >= 0 else tra.lane.last[lane]
    if leader >= 0:
        return leader, veh.position[leader] - veh.length[leader] - veh.position[v] - veh.min_gap[v]
    return leader_beyond(net, veh, plans, tra, v, lane)


@inlined
def real_follower(net: Net, veh: Vehicles, tra: Traffic, v: int, lane: int) -> tuple[int, float]:
    """The follower on the other lane, or one who comes onto it from before."""
    other = tra.lane.cursor[lane]
    back = veh.position[v] - veh.length[v]
    if other >= 0:
        return other, back - veh.position[other] - veh.min_gap[other]
    other, distance = follower_upstream(net, veh, tra, lane, back)
    return other, distance - (veh.min_gap[other] if other >= 0 else 0.0)


@helper
def check_change(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, direction: int, leader: int, lead_gap: float
) -> int:
    """Wish and obstacles for one side."""
    dt = tra.clock[STEP_S]
    lane = veh.lane[v]
    target = lane + direction
    neigh_lead, neigh_lead_gap = real_leader(net, veh, plans, tra, v, target)
    neigh_follow, neigh_gap = real_follower(net, veh, tra, v, target)
    if neigh_lead >= 0 and neigh_lead == neigh_follow:
        neigh_follow = -1
    blocked = 0
    if neigh_follow >= 0:
        if neigh_gap < 0.0:
            blocked |= BLOCKED_FOLLOWER | OVERLAPPING
        else:
            rest = max(veh.tau[neigh_follow] - dt, 0.0)
            theirs = veh.speed[neigh_follow] + max(0.0, rest * veh.acceleration[neigh_follow])
            mine = veh.speed[v] + min(0.0, rest * veh.acceleration[v])
            if is_too_close(neigh_gap, theirs, mine, veh.decel[v], veh.decel[neigh_follow], veh.tau[neigh_follow], dt):
                blocked |= BLOCKED_FOLLOWER
    if neigh_lead >= 0:
        if neigh_lead_gap < 0.0:
            blocked |= BLOCKED_LEADER | OVERLAPPING
        else:
            rest = max(veh.tau[v] - dt, 0.0)
            mine = veh.speed[v] + max(0.0, rest * veh.acceleration[v])
            theirs = veh.speed[neigh_lead] + min(0.0, rest * veh.acceleration[neigh_lead])
            if is_too_close(neigh_lead_gap, mine, theirs, veh.decel[neigh_lead], veh.decel[v], veh.tau[v], dt):
                blocked |= BLOCKED_LEADER
    state = blocked | wants_change(
        net, veh, plans, tra, v, direction, blocked, leader, lead_gap, neigh_lead, neigh_lead_gap,
        neigh_follow, neigh_gap,
    )  # fmt: skip
    if blocked == 0 and state & WANTS_CHANGE and neigh_lead >= 0:
        seen = net.lane.length[lane] - veh.position[v]
        if seen < brake_gap(veh.speed[v], veh.decel[v], veh.tau[v], dt) + veh.min_gap[v]:
            further, gap = leader_beyond(net, veh, plans, tra, v, target)
            if further >= 0 and further != neigh_lead:
                need = secure_gap(veh.speed[v], veh.speed[further], veh.decel[further], veh.decel[v], veh.tau[v], dt)
                if gap < need:
                    state |= BLOCKED_LEADER
    return state


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
    veh.changed[v] = True


@helper
def change_on_edge(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, edge: int) -> int:
    """Let everybody on an edge change who wants and can; how many did."""
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
        if veh.behind[v] >= 0:
            fetch(veh, veh.behind[v])
        if not consider(net, veh, plans, tra, v, lane, first, end):
            tra.lane.density[lane] += veh.length[v] + veh.min_gap[v]
        else:
            hops += 1
    return hops


@inlined
def consider(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, first: int, end: int) -> bool:
    """Whether this vehicle changed its lane."""
    if veh.stop_reached[v]:
        return False
    fetch(plans.cell, veh.row[v])
    fetch(plans.chain, veh.row[v])
    bit = veh.class_bit[v]
    may_right = lane > first and net.lane.permissions[lane - 1] & bit and net.lane.change_right[lane] & bit
    may_left = lane < end - 1 and net.lane.permissions[lane + 1] & bit and net.lane.change_left[lane] & bit
    if not may_right and not may_left:
        return False
    leader, lead_gap = real_leader(net, veh, plans, tra, v, lane)
    state_right, state_left = 0, 0
    if may_right:
        state_right = check_change(net, veh, plans, tra, v, RIGHTWARD, leader, lead_gap)
        if state_right & RIGHT and not state_right & BLOCKED:
            hop(net, veh, tra, v, lane - 1)
            return True
        if state_right & RIGHT and state_right & URGENT:
            tra.lane.last_blocked[lane - 1] = v
            if tra.lane.first_blocked[lane - 1] < 0:
                tra.lane.first_blocked[lane - 1] = v
    if may_left:
        state_left = check_change(net, veh, plans, tra, v, LEFTWARD, leader, lead_gap)
        if state_left & LEFT and not state_left & BLOCKED:
            hop(net, veh, tra, v, lane + 1)
            return True
        if state_left & LEFT and state_left & URGENT:
            tra.lane.last_blocked[lane + 1] = v
            if tra.lane.first_blocked[lane + 1] < 0:
                tra.lane.first_blocked[lane + 1] = v
    if state_right & URGENT and state_left & URGENT:
        state_left = 0
    veh.own_state[v] = state_right | state_left
    return False
