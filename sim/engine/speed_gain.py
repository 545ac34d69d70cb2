"""Whether a driver wants another lane to be faster, to let somebody in, or to keep right (SUMO's LC2013)."""

import math

from sim.engine.arrays import INFINITE, STEP_S, Net, Traffic, Vehicles
from sim.engine.following import HALTING, brake_gap, safe_stop_speed
from sim.engine.helping import (
    AM_BLOCKING_FOLLOWER,
    COOPERATIVE,
    KEEP_RIGHT,
    LEFT,
    MY_LEFT,
    MY_RIGHT,
    RIGHT,
    SPEED_GAIN,
    STAY,
    STRATEGIC,
    URGENT,
)
from sim.engine.jit import helper, inlined, rarely
from sim.engine.models import follow, secure_gap_of
from sim.engine.positions import lane_speed

KEEP_RIGHT_S = 5.0
KEEP_RIGHT_ACCEPTANCE_S = 7.0
GAIN_MIN_SPEED = 10.0
RIGHT_THRESHOLD, LEFT_THRESHOLD = 2.0, 0.2
HIGHWAY_MPS = 80.0 / 3.6
SLOWER_MPS = 5.0 / 3.6  # a right lane that is so much slower is no alternative
GAIN_AHEAD_S = 20.0  # for so long one must get further on the faster lane
SURELY = 1.0 + 1e-9  # so that rounding does not matter


@inlined
def way_to_stop(veh: Vehicles, v: int, leader: int, gap: float, distance: float, dt: float) -> float:
    """How far one gets on a lane if its leader stops at once, or with no leader until it ends."""
    if leader < 0:
        return distance
    return gap + brake_gap(veh.speed[leader], max(veh.decel[v], veh.decel[leader]), 0.0, dt)


@helper
def idm_promise(
    net: Net, veh: Vehicles, v: int, leader: int, gap: float, distance: float, soon: float, dt: float
) -> float:
    """Speed that a lane promises who follows by the Intelligent Driver Model, while somebody on either lane gains."""
    if leader < 0:
        return follow(net, veh, v, soon, distance, 0.0, 0.0, dt)
    return follow(net, veh, v, soon, gap, veh.speed[leader], veh.decel[leader], dt)


@inlined
def gains(
    net: Net, veh: Vehicles, tra: Traffic, v: int, direction: int, ret: int, leader: int, lead_gap: float,
    distance: float, neigh_lead: int, neigh_lead_gap: float, neigh_distance: float, best_offset: int, to_best: bool,
    is_nearest: bool, look: float,
) -> int:  # fmt: skip
    """The wish of somebody whose route needs no change, added to the bits `ret`; notes how the wish grows or fades."""
    dt = tra.clock[STEP_S]
    lane = veh.lane[v]
    right = direction < 0
    top, neigh_top = lane_speed(net, veh, v, lane), lane_speed(net, veh, v, lane + direction)
    decel, tau, chance = veh.decel[v], veh.tau[v], veh.speed_gain_chance[v]
    way = way_to_stop(veh, v, leader, lead_gap, distance, dt)
    neigh_way = way_to_stop(veh, v, neigh_lead, neigh_lead_gap, neigh_distance, dt)
    is_asked = ret & AM_BLOCKING_FOLLOWER != 0
    accelerating = (neigh_lead >= 0 and veh.acceleration[neigh_lead] > 0.0) or (
        leader >= 0 and veh.acceleration[leader] > 0.0
    )
    soon = veh.speed[v] + veh.accel[v] - veh.accel[v] * dt
    here_safe, neigh_safe = top, neigh_top
    if rarely(veh.is_idm[v]) and accelerating:
        here_safe = min(top, idm_promise(net, veh, v, leader, lead_gap, distance, soon, dt))
        neigh_safe = min(neigh_top, idm_promise(net, veh, v, neigh_lead, neigh_lead_gap, neigh_distance, soon, dt))
    else:
        if not right and chance <= 0.0 and not is_asked and neigh_top <= top and neigh_way <= way:
            return ret  # the left lane promises no more than this one
        cap = min(soon + veh.accel[v] * dt, veh.max_speed[v]) if accelerating else INFINITE
        here_safe = safe_stop_speed(way, decel, tau, dt, min(top, cap))
        if not right and chance <= 0.0 and not is_asked and here_safe >= neigh_top:
            return ret
        neigh_safe = safe_stop_speed(neigh_way, decel, tau, dt, min(neigh_top, cap))
    enough = threshold(RIGHT_THRESHOLD if right else LEFT_THRESHOLD, veh.speed_gain[v])
    if rarely(right and best_offset == 0 and net.lane.speed[lane] > HIGHWAY_MPS and veh.look_ahead_speed[v] > HALTING):
        return ret | STAY | STRATEGIC
    wish = RIGHT if right else LEFT
    if rarely(
        is_asked
        and veh.own_state[v] & (MY_RIGHT if right else MY_LEFT) != 0
        and (to_best or neigh_distance / (abs(best_offset) + 1) > look)
        and inconvenience(chance if right else -chance, enough, here_safe, neigh_safe) <= veh.cooperative[v]
    ):
        return ret | wish | COOPERATIVE | URGENT
    if right:
        if here_safe - SLOWER_MPS > neigh_safe:
            if chance < 0.0:
                veh.speed_gain_chance[v] *= faded(0.5, dt)
        else:
            if chance < 0.0 or neigh_safe > here_safe:
                veh.speed_gain_chance[v] -= dt * gain(neigh_safe, here_safe)
            if keeps_right(net, veh, v, lane, top, neigh_distance, neigh_lead, neigh_lead_gap, enough, dt):
                return ret | wish | KEEP_RIGHT
        if veh.speed_gain_chance[v] < -enough and neigh_distance / max(0.1, veh.speed[v]) > GAIN_AHEAD_S:
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
            and neigh_distance / max(0.1, veh.speed[v]) > GAIN_AHEAD_S
        ):
            return ret | wish | SPEED_GAIN
    chance = veh.speed_gain_chance[v]
    if to_best and is_nearest and neigh_safe >= here_safe and (chance < 0.0 if right else chance > 0.0):
        return ret | wish | STRATEGIC
    return ret


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
    return base if speed_gain == 1.0 else base / max(0.001, speed_gain)


@inlined
def keeps_right(
    net: Net, veh: Vehicles, v: int, lane: int, top: float, neigh_distance: float, neigh_lead: int, lead_gap: float,
    gain_right: float, dt: float,
) -> bool:  # fmt: skip
    """Whether it is time to go back to the right (Rechtsfahrgebot)."""
    acceptance = KEEP_RIGHT_ACCEPTANCE_S * (top / net.lane.speed[lane]) * max(1.0, veh.speed[v])
    room = max(0.0, neigh_distance - brake_gap(top, veh.decel[v], veh.tau[v], dt))
    seconds = acceptance if room > acceptance * top * SURELY else min(acceptance, room / top)
    if neigh_lead >= 0 and veh.speed[neigh_lead] < top:
        secure = secure_gap_of(veh, v, top, veh.speed[neigh_lead], veh.decel[neigh_lead], dt)
        room = max(0.0, min(room, lead_gap - secure))
        seconds = min(seconds, room / (top - veh.speed[neigh_lead]))
    share = 1.0 if seconds == acceptance else seconds / acceptance
    veh.keep_right_chance[v] -= dt * gain_right * share / KEEP_RIGHT_S
    return veh.keep_right_chance[v] * veh.keep_right[v] < -gain_right
