"""Speeds that make a lane change possible, one's own or somebody else's (MSLCM_LC2013::patchSpeed)."""

from sim.engine.arrays import Net, Vehicles
from sim.engine.following import HALTING
from sim.engine.jit import helper, inlined, rarely
from sim.engine.models import stopping
from sim.engine.records import MAX_ADVICE

LEFT, RIGHT, STRATEGIC, COOPERATIVE, SPEED_GAIN, KEEP_RIGHT = 0x2, 0x4, 0x8, 0x10, 0x20, 0x40
STAY = 0x1
URGENT = 0x100
BLOCKED_LEADER, BLOCKED_FOLLOWER, OVERLAPPING = 0x200, 0x400, 0x800
OBSTACLES_SEEN = 0x1000  # the bits before this one are known
BLOCKED = BLOCKED_LEADER | BLOCKED_FOLLOWER | OVERLAPPING
WANTS_CHANGE = LEFT | RIGHT
AM_BLOCKING_LEADER, AM_BLOCKING_FOLLOWER = 0x10000, 0x20000
MY_RIGHT, MY_LEFT = 0x40000, 0x80000
AM_BACK_BLOCKER = 0x200000
KEPT_BITS = 0x7FFF0000


@helper
def advise(veh: Vehicles, v: int, speed: float, dt: float) -> None:
    """Note a speed that would help; the vehicle takes it when it can."""
    n = veh.advice_count[v]
    if n < MAX_ADVICE:
        veh.advice[v, n] = (speed - veh.speed[v]) / dt
        veh.advice_count[v] = n + 1


@inlined
def patched_speed(net: Net, veh: Vehicles, v: int, low: float, wanted: float, high: float, dt: float) -> float:
    """The wanted speed, changed to get into or let into a lane."""
    state = veh.own_state[v]
    if not rarely(state != 0 or veh.advice_count[v] != 0 or veh.blocker_length[v] != 0.0):
        return wanted
    chosen, found = wanted, False
    if veh.blocker_length[v] != 0.0:
        space = veh.left_space[v] - veh.blocker_length[v] - 0.1 - veh.min_gap[v]
        if space > 0.0:
            hardest = max(0.0, veh.speed[v] - veh.emergency_decel[v] * dt)
            safe = stopping(net, veh, v, space, veh.speed[v], veh.decel[v], dt)
            high = min(high, max(safe, hardest))
            if safe < wanted:
                if safe < low and safe >= hardest:
                    low = max(hardest, safe)
                chosen = max(low, safe)
                found = True
    for k in range(veh.advice_count[v]):
        speed = veh.speed[v] + veh.advice[v, k] * dt
        if low <= speed <= high:
            chosen = min(speed, chosen)
            found = True
    if found and not veh.dont_brake[v]:
        return chosen
    if state & WANTS_CHANGE and state & BLOCKED:
        if state & STRATEGIC:
            return (high + wanted) / 2.0
        if state & COOPERATIVE:
            if state & BLOCKED_LEADER:
                return (max(0.0, low) + wanted) / 2.0
            if state & BLOCKED_FOLLOWER:
                return (high + wanted) / 2.0
    if state & AM_BLOCKING_LEADER:
        return (high + wanted) / 2.0
    return wanted


@helper
def is_halting(veh: Vehicles, v: int) -> bool:
    """Whether a vehicle stands."""
    return veh.speed[v] < HALTING
