"""Agreements between drivers who change lanes: make room, fall in behind, let pass (SUMO's MSLCM_LC2013)."""

from sim.engine.arrays import STEP_S, Net, Traffic, Vehicles
from sim.engine.following import POSITION_EPS, brake_gap, safe_stop_speed_plain
from sim.engine.helping import (
    AM_BACK_BLOCKER,
    AM_BLOCKING_FOLLOWER,
    AM_BLOCKING_LEADER,
    BLOCKED_FOLLOWER,
    BLOCKED_LEADER,
    MY_LEFT,
    MY_RIGHT,
    advise,
)
from sim.engine.jit import helper, inlined
from sim.engine.models import follow, secure_gap_of
from sim.engine.neighbours import obstacles

HELP_OVERTAKE = 10.0 / 3.6
MIN_FALL_BEHIND = 7.0 / 3.6
URGENCY = 2.0
CUT_IN_LEFT_MPS = 27.0
ON_RAMP_M = 200.0
CONGESTED_MPS = 60.0 / 3.6


@inlined
def slow_for_blocked(net: Net, veh: Vehicles, v: int, blocked: int, state: int, dt: float) -> int:
    """Let somebody in who must change in front of me, when I am slow anyway."""
    if blocked < 0 or blocked == v:
        return state
    gap = veh.position[blocked] - veh.length[blocked] - veh.position[v] - veh.min_gap[v]
    if gap > POSITION_EPS and veh.speed[v] < veh.decel[v]:
        state |= AM_BACK_BLOCKER
        advise(
            veh,
            v,
            follow(net, veh, v, veh.speed[v], gap - POSITION_EPS, veh.speed[blocked], veh.decel[blocked], dt),
            dt,
        )
    return state


@helper
def reserve_room(veh: Vehicles, v: int, blocker: int, counter: int, dt: float, relief: bool) -> bool:
    """Leave room for somebody who must change the other way; whether that works for one of the two."""
    if blocker < 0 or not veh.own_state[blocker] & counter:
        return True
    room = veh.left_space[v] - brake_gap(veh.speed[v], veh.decel[v], 0.0, dt)
    need = veh.length[blocker] + veh.min_gap[blocker]
    if need <= room:
        veh.blocker_length[v] = max(veh.blocker_length[v], need)
        return True
    own = veh.length[v] + veh.min_gap[v]
    their_room = veh.left_space[blocker] - brake_gap(veh.speed[blocker], veh.decel[blocker], 0.0, dt)
    if own <= their_room or veh.left_space[blocker] > veh.left_space[v]:
        veh.blocker_length[blocker] = max(veh.blocker_length[blocker], own)
        return True
    return not relief


@helper
def overtake_distance(
    veh: Vehicles, follower: int, leader: int, gap: float, speed: float, lead_speed: float, dt: float
) -> float:
    """Way that the follower gains until it is safely before the leader."""
    secure = secure_gap_of(veh, leader, lead_speed, speed, veh.decel[follower], dt)
    return max(0.0, gap + veh.length[leader] + veh.min_gap[leader] + veh.length[follower] + secure)


@helper
def inform_leader(
    net: Net, veh: Vehicles, v: int, direction: int, blocked: int, leader: int, gap: float, remaining: float, dt: float,
) -> float:  # fmt: skip
    """Fall in behind the leader of the other lane, or tell it to be overtaken (then -1); the planned speed."""
    speed, decel = veh.speed[v], veh.decel[v]
    planned = min(speed, safe_stop_speed_plain(veh.left_space[v] - veh.blocker_length[v], decel, dt, dt))
    for k in range(veh.advice_count[v]):
        if veh.advice[v, k] >= -decel:
            planned = min(planned, speed + veh.advice[v, k] * dt)
    if leader < 0:
        return planned
    mark = MY_RIGHT if direction < 0 else MY_LEFT
    next_speed = max(0.0, veh.speed[leader] - max(1.0, -veh.acceleration[leader]) * dt)
    next_gap = gap + (next_speed - planned) * dt
    slowest = max(0.0, speed - decel * dt)
    if not blocked & BLOCKED_LEADER:
        target = max(slowest, follow(net, veh, v, speed, next_gap, next_speed, veh.decel[leader], dt))
        advise(veh, v, target, dt)
        return min(target, planned)
    distance = overtake_distance(veh, v, leader, gap, speed, veh.speed[leader], dt)
    dv = planned - veh.speed[leader]
    overtake_s = distance / dv if dv > 0.0 else remaining + 1.0
    room = veh.left_space[v] - veh.blocker_length[v] - brake_gap(speed, decel, veh.tau[v], dt)
    if (
        dv < 0.0 or (direction > 0 and speed >= CONGESTED_MPS) or room < distance or remaining < overtake_s
    ) and not veh.stop_reached[leader]:
        veh.own_state[leader] |= mark | AM_BLOCKING_LEADER
        target = max(slowest, follow(net, veh, v, speed, next_gap, next_speed, veh.decel[leader], dt))
        if target < speed:
            fall = decel if remaining == 0.0 else min(decel, max(MIN_FALL_BEHIND, (speed - target) / remaining))
            chosen = min(planned, max(0.0, speed - fall * dt))
            advise(veh, v, chosen, dt)
            return chosen
        advise(veh, v, target, dt)
        return planned
    veh.own_state[leader] |= mark | AM_BLOCKING_LEADER
    advise(veh, leader, veh.speed[leader], dt)
    return -1.0


@helper
def inform_follower(
    net: Net, veh: Vehicles, v: int, direction: int, blocked: int, other: int, gap: float, remaining: float,
    planned: float, dt: float,
) -> None:  # fmt: skip
    """Ask the follower of the other lane to open a gap, or let it pass."""
    if other < 0:
        return
    mark = MY_RIGHT if direction < 0 else MY_LEFT
    speed, decel, their_speed = veh.speed[v], veh.decel[v], veh.speed[other]
    if not blocked & BLOCKED_FOLLOWER:
        if blocked & BLOCKED_LEADER:
            first = follow(net, veh, other, their_speed, gap + planned * dt, planned, decel, dt)
            second = follow(net, veh, other, their_speed, gap + (planned - first) * dt, planned, decel, dt)
            veh.own_state[other] |= mark
            advise(veh, other, second, dt)
        return
    their_decel = veh.decel[other]
    if max(planned, 0.0) - their_speed >= HELP_OVERTAKE:
        needed = secure_gap_of(veh, other, their_speed, planned, decel, dt)
        if (needed - gap) / remaining < max(planned, 0.0) - their_speed:
            veh.own_state[other] |= mark | AM_BLOCKING_FOLLOWER
            advise(veh, other, max(planned, 0.0) - HELP_OVERTAKE, dt)
            return
    new_speed = max(0.0, their_speed - their_decel * dt)
    new_speed_1s = max(0.0, their_speed - their_decel)
    dv = planned - new_speed_1s
    decel_gap = gap + dv
    secure = secure_gap_of(veh, other, new_speed_1s, max(planned, 0.0), decel, dt)
    if decel_gap > 0.0 and decel_gap >= secure:
        first = max(new_speed, follow(net, veh, other, their_speed, gap + planned * dt, planned, decel, dt))
        second = max(new_speed, follow(net, veh, other, their_speed, gap + (planned - first) * dt, planned, decel, dt))
        veh.own_state[other] |= mark | AM_BLOCKING_FOLLOWER
        advise(veh, other, second, dt)
        return
    if dv > 0.0 and dv * remaining > secure - decel_gap + POSITION_EPS:
        veh.own_state[other] |= mark | AM_BLOCKING_FOLLOWER
        advise(veh, other, new_speed, dt)
        return
    if direction < 0 and their_speed >= CONGESTED_MPS:
        veh.own_state[other] |= mark | AM_BLOCKING_FOLLOWER
        advise(veh, other, max(new_speed, HELP_OVERTAKE), dt)
        return
    help_speed = max(their_speed, speed + HELP_OVERTAKE)
    if their_speed > speed and (direction < 0 or planned > CUT_IN_LEFT_MPS or net.lane.length[veh.lane[v]] > ON_RAMP_M):
        help_speed = max(new_speed, speed + HELP_OVERTAKE)
        if (their_speed - speed) / their_decel < remaining:
            veh.own_state[other] |= mark | AM_BLOCKING_FOLLOWER
            advise(veh, other, help_speed, dt)
            return
    veh.own_state[other] |= mark | AM_BLOCKING_FOLLOWER
    advise(veh, other, help_speed, dt)
    distance = overtake_distance(veh, other, v, gap, help_speed, planned, dt)
    advise(veh, v, max(help_speed - distance / remaining, speed - decel * dt), dt)


@helper
def urge(
    net: Net, veh: Vehicles, tra: Traffic, v: int, direction: int, neigh_lead: int,
    neigh_lead_gap: float, left_space: float, lanes_off: int, to_best: bool, counter: int, goes_on: bool,
) -> int:  # fmt: skip
    """An urgent change: reserve room, and agree with the neighbours; who is in the way, as bits."""
    blocked, neigh_follow, neigh_gap = obstacles(net, veh, tra, v, direction, neigh_lead, neigh_lead_gap)
    dt = tra.clock[STEP_S]
    lane = veh.lane[v]
    veh.left_space[v] = left_space
    if to_best and lanes_off > 1:
        veh.blocker_length[v] = max(20.0 if direction < 0 else 40.0, veh.blocker_length[v])
    can_reserve = reserve_room(veh, v, neigh_lead, counter, dt, goes_on)
    first = tra.lane.first_blocked[lane]
    if first != neigh_lead:
        can_reserve = reserve_room(veh, v, first, counter, dt, goes_on) and can_reserve
    if not can_reserve:
        veh.dont_brake[v] = goes_on
    remaining = max(dt, left_space / max(veh.look_ahead_speed[v], 0.001) / max(1, lanes_off) / URGENCY)
    planned = inform_leader(net, veh, v, direction, blocked, neigh_lead, neigh_lead_gap, remaining, dt)
    if planned >= 0.0:
        inform_follower(net, veh, v, direction, blocked, neigh_follow, neigh_gap, remaining, planned, dt)
    return blocked
