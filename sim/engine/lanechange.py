"""Whether a driver wants another lane: to follow the route, to be faster, to help, to keep right (SUMO's LC2013)."""

import math

from sim.engine.agreeing import slow_for_blocked, urge
from sim.engine.arrays import INFINITE, LONGEST_M, STEP_S, Net, Plans, Traffic, Vehicles
from sim.engine.following import HALTING, brake_gap, is_ample, safe_stop_speed
from sim.engine.helping import (
    AM_BLOCKING_FOLLOWER,
    COOPERATIVE,
    KEEP_RIGHT,
    KEPT_BITS,
    LEFT,
    MY_LEFT,
    MY_RIGHT,
    OBSTACLES_SEEN,
    RIGHT,
    SPEED_GAIN,
    STAY,
    STRATEGIC,
    URGENT,
)
from sim.engine.jit import helper, inlined, rarely
from sim.engine.models import follow, secure_gap_of
from sim.engine.positions import lane_speed
from sim.engine.routes import cell_of, lanes_off

LOOK_FORWARD_S = 10.0
LOOK_AHEAD_LEFT = 2.0
MEMORY = 0.9
KEEP_RIGHT_S = 5.0
KEEP_RIGHT_ACCEPTANCE_S = 7.0
GAIN_MIN_SPEED = 10.0
TURN_LANE_M = 200.0
STOPPED_AHEAD_M = 100.0
RIGHT_THRESHOLD, LEFT_THRESHOLD = 2.0, 0.2
HIGHWAY_MPS = 80.0 / 3.6


@helper
def fills(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, spare: float, longest: float) -> bool:
    """Whether the vehicles on the lanes that follow a lane along the route take more than `spare` metres.

    `longest` is the length of these lanes or more. As vehicles take no more of a lane than its length and that of one
    that reaches back, one need not look to the end to know that they do not.
    """
    cell = cell_of(net, veh, plans, v, lane)
    depth, overhang, taken, more = plans.cell.depth[cell], tra.clock[LONGEST_M], 0.0, INFINITE
    if net.lane.internal[lane]:
        taken = tra.brutto[net.link.dst[net.lane.exit[lane]]]
    elif veh.next_stop[v] >= veh.last_stop[v]:  # else lanes count up to the stop only
        more = longest + depth * overhang
    for _ in range(1, depth):
        following = plans.chain.lane[cell]
        if following < 0 or taken > spare or taken + more <= spare:
            break
        taken += tra.brutto[following]
        more -= net.lane.length[following] + overhang
        cell = plans.chain.next[cell]
    return taken > spare


@helper
def goes_on(net: Net, veh: Vehicles, plans: Plans, v: int, lane: int) -> bool:
    """Whether any link leaves the last lane of the look-ahead from a lane on."""
    cell = cell_of(net, veh, plans, v, lane)
    if net.lane.internal[lane]:
        lane = net.link.dst[net.lane.exit[lane]]
    for _ in range(1, plans.cell.depth[cell]):
        following = plans.chain.lane[cell]
        if following < 0:
            break
        lane = following
        cell = plans.chain.next[cell]
    return net.lane.link_start[lane + 1] > net.lane.link_start[lane]


@helper
def anticipated(
    net: Net, veh: Vehicles, v: int, leader: int, gap: float, distance: float, top: float, accelerating: bool, dt: float
) -> float:
    """Speed that a lane promises in the near future."""
    decel, tau = veh.decel[v], veh.tau[v]
    if accelerating:
        soon = veh.speed[v] + veh.accel[v] - veh.accel[v] * dt
        if leader < 0:
            return min(top, follow(net, veh, v, soon, distance, 0.0, 0.0, dt))
        return min(top, follow(net, veh, v, soon, gap, veh.speed[leader], veh.decel[leader], dt))
    if leader < 0:
        return safe_stop_speed(distance, decel, tau, dt, top)
    if is_ample(gap, top, decel, tau):
        return top
    gap += brake_gap(veh.speed[leader], max(decel, veh.decel[leader]), 0.0, dt)
    return safe_stop_speed(gap, decel, tau, dt, top)


@inlined
def look_ahead_distance(veh: Vehicles, v: int, right: bool, dt: float) -> float:
    """Distance within which one starts to change towards the lane that the route needs."""
    if veh.speed[v] > veh.look_ahead_speed[v]:
        veh.look_ahead_speed[v] = veh.speed[v]
    else:
        memory = 1.0 - (1.0 - MEMORY) * dt
        veh.look_ahead_speed[v] = max(0.0, memory * veh.look_ahead_speed[v] + (1.0 - memory) * veh.speed[v])
    distance = veh.look_ahead_speed[v] * LOOK_FORWARD_S * veh.strategic[v] * (1.0 if right else LOOK_AHEAD_LEFT)
    return distance + 2.0 * (veh.length[v] + veh.min_gap[v])


@helper
def wants_change(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, direction: int, leader: int, lead_gap: float,
    neigh_lead: int, neigh_lead_gap: float,
) -> int:  # fmt: skip
    """The wish regarding one neighbouring lane, as bits (see `helping`)."""
    dt = tra.clock[STEP_S]
    lane = veh.lane[v]
    target = lane + direction
    right = direction < 0
    cell, neigh_cell = cell_of(net, veh, plans, v, lane), cell_of(net, veh, plans, v, target)
    own_offset = lanes_off(net, plans, lane, cell)
    best_offset = own_offset
    if best_offset == 0 and lanes_off(net, plans, target, neigh_cell) == 0:
        best_offset = direction
    current_distance, neigh_distance = plans.cell.length[cell], plans.cell.length[neigh_cell]
    best_lane = lane + best_offset
    position = veh.position[v]
    to_stop = -INFINITE
    if rarely(veh.stop_distance[v] < INFINITE):
        stop = veh.next_stop[v]
        if stop < veh.last_stop[v] and net.lane.edge[plans.stop.lane[stop]] == net.lane.edge[lane]:
            to_stop = veh.stop_distance[v]
            at = position + to_stop - veh.speed[v] * dt
            current_distance, neigh_distance = max(current_distance, at), max(neigh_distance, at)
    wish = RIGHT if right else LEFT
    counter = LEFT if right else RIGHT
    my_mark = MY_RIGHT if right else MY_LEFT
    to_best = (right and best_offset < 0) or (not right and best_offset > 0)
    ret = veh.own_state[v] & KEPT_BITS
    ret = slow_for_blocked(net, veh, v, tra.lane.last_blocked[lane], ret, dt)
    if tra.lane.last_blocked[lane] != tra.lane.first_blocked[lane]:
        ret = slow_for_blocked(net, veh, v, tra.lane.first_blocked[lane], ret, dt)
    look = look_ahead_distance(veh, v, right, dt)
    own_length = veh.length[v] + veh.min_gap[v]
    leader_stands = leader >= 0 and veh.stop_reached[leader]
    if rarely(best_offset == 0 and leader_stands) and lead_gap < current_distance - position:
        look = 0.5 * (own_length + veh.length[leader] + veh.min_gap[leader] + lead_gap)
    elif rarely(
        best_offset == direction
        and neigh_lead >= 0
        and veh.stop_reached[neigh_lead]
        and neigh_lead_gap < current_distance - position
    ):
        look = own_length + veh.length[neigh_lead] + veh.min_gap[neigh_lead] + neigh_lead_gap
    top, neigh_top = lane_speed(net, veh, v, lane), lane_speed(net, veh, v, target)
    longest = plans.cell.length[cell + own_offset] - net.lane.length[lane]
    strategic = False
    if to_best and best_offset == own_offset and to_stop < look * abs(best_offset):
        spare = current_distance - position - tra.lane.density[best_lane] - look * abs(best_offset)
        strategic = spare < 0.0 or fills(net, veh, plans, tra, v, best_lane, spare, longest)
    if strategic:
        ret |= wish | STRATEGIC | URGENT
    else:
        overtake = -1.0
        if leader >= 0:
            overtake = lead_gap + veh.length[v] + veh.length[leader] + veh.min_gap[leader]
        if rarely(
            leader_stands
            and lead_gap < STOPPED_AHEAD_M
            and min(neigh_distance, current_distance) - position > overtake
            and (neigh_lead < 0 or not veh.stop_reached[neigh_lead] or neigh_lead_gap > overtake)
        ):
            current_distance = position + lead_gap
            ret |= wish | STRATEGIC | URGENT
        elif not to_best and stays(
            net, veh, plans, tra, v, target, neigh_distance, longest, best_offset, look, leader_stands
        ):
            return ret | STAY | STRATEGIC
    if ret & URGENT:
        blocked = urge(
            net, veh, tra, v, direction, neigh_lead, neigh_lead_gap, current_distance - position,
            abs(best_offset), to_best, counter,
            plans.cell.link[cell] >= 0 or net.lane.internal[lane],
        )  # fmt: skip
        return ret | blocked | OBSTACLES_SEEN
    accelerating = (neigh_lead >= 0 and veh.acceleration[neigh_lead] > 0.0) or (
        leader >= 0 and veh.acceleration[leader] > 0.0
    )
    here_safe = min(top, anticipated(net, veh, v, leader, lead_gap, current_distance, top, accelerating, dt))
    chance = veh.speed_gain_chance[v]
    if not right and chance <= 0.0 and here_safe >= neigh_top and not ret & AM_BLOCKING_FOLLOWER:
        return ret  # the left lane promises no more than this one, and nobody asks for it
    neigh_safe = min(
        neigh_top, anticipated(net, veh, v, neigh_lead, neigh_lead_gap, neigh_distance, neigh_top, accelerating, dt)
    )
    enough = threshold(RIGHT_THRESHOLD if right else LEFT_THRESHOLD, veh.speed_gain[v])
    if rarely(right and best_offset == 0 and net.lane.speed[lane] > HIGHWAY_MPS and veh.look_ahead_speed[v] > HALTING):
        return ret | STAY | STRATEGIC
    if rarely(
        ret & AM_BLOCKING_FOLLOWER != 0
        and veh.own_state[v] & my_mark != 0
        and (to_best or neigh_distance / (abs(best_offset) + 1) > look)
        and inconvenience(chance if right else -chance, enough, here_safe, neigh_safe) <= veh.cooperative[v]
    ):
        return ret | wish | COOPERATIVE | URGENT
    if right:
        if here_safe - 5.0 / 3.6 > neigh_safe:
            if chance < 0.0:
                veh.speed_gain_chance[v] *= faded(0.5, dt)
        else:
            if chance < 0.0 or neigh_safe > here_safe:
                veh.speed_gain_chance[v] -= dt * gain(neigh_safe, here_safe)
            if keeps_right(net, veh, v, lane, top, neigh_distance, neigh_lead, neigh_lead_gap, enough, dt):
                return ret | wish | KEEP_RIGHT
        if veh.speed_gain_chance[v] < -enough and neigh_distance / max(0.1, veh.speed[v]) > 20.0:
            return ret | wish | SPEED_GAIN
    else:
        if here_safe > neigh_safe:
            if chance > 0.0:
                veh.speed_gain_chance[v] *= faded(0.5, dt)
        elif here_safe == neigh_safe:
            if chance > 0.0:
                veh.speed_gain_chance[v] *= faded(0.8, dt)
        else:
            veh.speed_gain_chance[v] += dt * gain(neigh_safe, here_safe)
        if (
            veh.speed_gain_chance[v] > enough
            and gain(neigh_safe, here_safe) > 0.001
            and neigh_distance / max(0.1, veh.speed[v]) > 20.0
        ):
            return ret | wish | SPEED_GAIN
    chance = veh.speed_gain_chance[v]
    if to_best and best_offset == own_offset and neigh_safe >= here_safe and (chance < 0.0 if right else chance > 0.0):
        return ret | wish | STRATEGIC
    return ret


@helper
def stays(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, target: int, neigh_distance: float, longest: float,
    best_offset: int, look: float, leader_stands: bool,
) -> bool:  # fmt: skip
    """Whether the way that is left on the other lane, less who is on it, is too short to go there."""
    lane = veh.lane[v]
    spare = max(0.0, neigh_distance - veh.position[v]) - look * (abs(best_offset) + 2)
    spare_here, spare_there = spare - tra.lane.density[lane], spare - tra.lane.density[target]
    if (
        spare < 0.0
        or spare_here < 0.0
        or spare_there < 0.0
        or fills(net, veh, plans, tra, v, lane, spare_here, longest)
        or fills(net, veh, plans, tra, v, target, spare_there, longest)
    ):
        return True
    return (
        best_offset == 0 and not leader_stands and neigh_distance < TURN_LANE_M and goes_on(net, veh, plans, v, target)
    )


@inlined
def gain(neigh_safe: float, here_safe: float) -> float:
    """How much faster the other lane is, as a share."""
    return (neigh_safe - here_safe) / max(neigh_safe, GAIN_MIN_SPEED)


@inlined
def faded(share: float, dt: float) -> float:
    """What is left of a wish after a step, of which this share is left after a second."""
    return share if dt == 1.0 else math.pow(share, dt)


@helper
def inconvenience(chance: float, enough: float, here_safe: float, neigh_safe: float) -> float:
    """What it costs to change for somebody else's sake, 1 at most: speed, or against one's own growing wish."""
    return min(1.0, max(here_safe / max(neigh_safe, 1e-6) - 1.0, chance / enough))


@inlined
def threshold(base: float, speed_gain: float) -> float:
    """How strong the wish to be faster must have become."""
    return base / max(0.001, speed_gain)


@helper
def keeps_right(
    net: Net, veh: Vehicles, v: int, lane: int, top: float, neigh_distance: float, neigh_lead: int, lead_gap: float,
    gain_right: float, dt: float,
) -> bool:  # fmt: skip
    """Whether it is time to go back to the right (Rechtsfahrgebot)."""
    acceptance = KEEP_RIGHT_ACCEPTANCE_S * (top / net.lane.speed[lane]) * max(1.0, veh.speed[v])
    room = max(0.0, neigh_distance - brake_gap(top, veh.decel[v], veh.tau[v], dt))
    seconds = min(acceptance, room / top)
    if neigh_lead >= 0 and veh.speed[neigh_lead] < top:
        secure = secure_gap_of(veh, v, top, veh.speed[neigh_lead], veh.decel[neigh_lead], dt)
        room = max(0.0, min(room, lead_gap - secure))
        seconds = min(seconds, room / (top - veh.speed[neigh_lead]))
    veh.keep_right_chance[v] -= dt * gain_right * (seconds / acceptance) / KEEP_RIGHT_S
    return veh.keep_right_chance[v] * veh.keep_right[v] < -gain_right
