"""Krauss' car-following model with SUMO's semi-implicit Euler update (S. Krauß 1998; SUMO's MSCFModel).

`dt` is the step, `tau` the headway, `decel` the wished and `hard` the emergency deceleration. All speeds in m/s.
"""

import math

from sim.engine.jit import helper, inlined, rarely

EPS = 0.001
POSITION_EPS = 0.1
HALTING = 0.1
EMERGENCY_AMPLIFIER = 1.2


@inlined
def per_second(change: float, dt: float) -> float:
    """The rate of what changes within a step; steps of a second need no division."""
    return change if dt == 1.0 else change / dt


@inlined
def whole(value: float, one: float, two: float, three: float) -> float:
    """How many of the bounds a value reaches, without a jump."""
    return (1.0 if value >= one else 0.0) + (1.0 if value >= two else 0.0) + (1.0 if value >= three else 0.0)


@inlined
def brake_gap(speed: float, decel: float, headway: float, dt: float) -> float:
    """Distance needed to stop, plus `headway` seconds of driving on."""
    reduction = decel * dt
    steps = whole(speed, reduction, 2.0 * reduction, 3.0 * reduction)
    if rarely(speed >= 4.0 * reduction):
        steps = math.floor(speed / reduction)
    return dt * steps * (speed - 0.5 * reduction * (steps + 1.0)) + speed * headway


@inlined
def safe_stop_speed_plain(gap: float, decel: float, headway: float, dt: float) -> float:
    """Highest speed from which one stops within `gap` in steps of `dt`."""
    g = gap - EPS
    if g < 0.0:
        return 0.0
    b = decel * dt
    one, two, three = b * headway, b * (dt + 2.0 * headway), 3.0 * b * (dt + headway)
    n = whole(g, one, two, three)
    if rarely(g >= 2.0 * b * (3.0 * dt + 2.0 * headway)):
        root = math.sqrt(dt * dt + 4.0 * (dt * (2.0 * g / b - headway) + headway * headway))
        n = math.floor(0.5 - (headway - 0.5 * root) / dt)
    h = n * b * (0.5 * (n - 1.0) * dt + headway)
    return n * b + (g - h) / (n * dt + headway)


@helper
def emergency_decel(gap: float, speed: float, leader_speed: float, leader_decel: float, hard: float) -> float:
    """Deceleration that avoids a crash when the wished one does not."""
    if gap <= 0.0:
        return hard
    b1 = 0.5 * speed * speed / (gap + 0.5 * leader_speed * leader_speed / leader_decel)
    if b1 <= leader_decel:
        return b1
    return 0.5 * (speed * speed - leader_speed * leader_speed) / gap


@inlined
def is_ample(gap: float, speed: float, decel: float, headway: float) -> bool:
    """Whether one can stop from this speed within `gap`, with a metre to spare: the exact speed need not be known.

    In steps one never needs more than `speed * headway + speed ** 2 / (2 * decel)`.
    """
    room = gap - 1.0 - speed * headway
    return room > 0.0 and 2.0 * decel * room > speed * speed


@inlined
def safe_stop_speed(gap: float, decel: float, headway: float, dt: float, cap: float) -> float:
    """Highest speed up to `cap` from which one stops within `gap`."""
    return cap if is_ample(gap, cap, decel, headway) else min(cap, safe_stop_speed_plain(gap, decel, headway, dt))


@inlined
def stop_speed(gap: float, speed: float, decel: float, hard: float, accel: float, top: float, dt: float) -> float:
    """Next speed on the way to a standstill after `gap` (reaction within one step)."""
    cap = min(speed + accel * dt, top)
    if is_ample(gap, max(cap, speed), decel, dt):
        return cap
    return min(stop_speed_bound(gap, speed, decel, hard, dt), cap)


@inlined
def stop_speed_bound(gap: float, speed: float, decel: float, hard: float, dt: float) -> float:
    """Highest speed from which one stops within `gap`, or that of braking harder than wished."""
    v = safe_stop_speed_plain(gap, decel, dt, dt)
    if rarely(decel != hard and speed - v > (decel + EPS) * dt):
        wanted = (speed - v) / dt
        needed = EMERGENCY_AMPLIFIER * emergency_decel(gap, speed, 0.0, 1.0, hard)
        v = max(0.0, speed - min(max(needed, decel), wanted) * dt)
    return v


@inlined
def follow_speed(
    gap: float, speed: float, lead_speed: float, lead_decel: float, decel: float, hard: float, tau: float, dt: float,
    relaxed: bool, cap: float,
) -> float:  # fmt: skip
    """Highest speed up to `cap` from which one stops behind a leader who may brake hard.

    `relaxed` is for judging gaps (insertion, lane changes): no emergency braking, negative gaps allowed.
    """
    if is_ample(gap, max(cap, speed), decel, tau):
        return cap
    return min(follow_speed_bound(gap, speed, lead_speed, lead_decel, decel, hard, tau, dt, relaxed), cap)


@inlined
def follow_speed_bound(
    gap: float, speed: float, lead_speed: float, lead_decel: float, decel: float, hard: float, tau: float, dt: float,
    relaxed: bool,
) -> float:  # fmt: skip
    """What `follow_speed` is without a cap."""
    worst = max(decel, lead_decel)
    if gap >= 0.0 or relaxed:
        v = safe_stop_speed_plain(gap + brake_gap(lead_speed, worst, 0.0, dt), decel, tau, dt)
    else:
        v = max(0.0, speed - hard * dt)
    if rarely(decel != hard and not relaxed and speed - v > (decel + EPS) * dt):
        wanted = (speed - v) / dt
        needed = EMERGENCY_AMPLIFIER * emergency_decel(gap, speed, lead_speed, lead_decel, hard)
        v = max(0.0, speed - min(max(needed, decel), wanted) * dt)
    return v


@helper
def free_speed(decel: float, distance: float, target: float, dt: float, on_insertion: bool) -> float:
    """Highest speed now that still allows to have `target` after `distance`."""
    v = target * dt
    if distance < v:
        return target
    b = decel * dt * dt
    y = max(0.0, ((math.sqrt((b + 2.0 * v) * (b + 2.0 * v) + 8.0 * b * distance) - b) * 0.5 - v) / b)
    full = math.floor(y)
    exact = (full * full + full) * 0.5 * b + full * v + (v if y > full else 0.0)
    gain = (full + (1.0 if on_insertion else 0.0)) * decel * dt
    return max(0.0, distance - exact) / ((full + 1.0) * dt) + gain + target


@inlined
def speed_after(distance: float, speed: float, accel: float, top: float) -> float:
    """Speed after accelerating over a distance."""
    square = max(0.0, 2.0 * distance * accel + speed * speed)
    return top if square > top * top * 1.000001 else min(top, math.sqrt(square))


@inlined
def arrival_delay(distance: float, speed: float, arrival_speed: float, accel: float, decel: float) -> float:
    """Seconds until one is `distance` further on, arriving with `arrival_speed`."""
    rate = accel if arrival_speed >= speed else -decel
    changing = (arrival_speed - speed) / rate
    way = changing * (arrival_speed + speed) * 0.5
    return changing + max(0.0, distance - way) / max(speed, max(arrival_speed, HALTING))


@inlined
def braking_arrival_speed(distance: float, speed: float, decel: float, tau: float) -> float:
    """Speed at which one arrives after `distance` when one brakes from now on (infinite: no time to brake)."""
    if distance < speed:
        return math.inf
    rest = distance - speed * tau
    square = speed * speed - 2.0 * rest * decel
    return math.sqrt(square) if square >= 0.0 else decel


@inlined
def secure_gap(speed: float, lead_speed: float, lead_decel: float, decel: float, tau: float, dt: float) -> float:
    """Gap at which a leader may brake hard without harm."""
    worst = max(decel, lead_decel)
    return max(0.0, brake_gap(speed, decel, tau, dt) - brake_gap(lead_speed, worst, 0.0, dt))


@inlined
def dawdle(speed: float, sigma: float, accel: float, draw: float, dt: float) -> float:
    """Random slowness; who starts is slowed less."""
    base = speed if speed < accel else accel
    return max(0.0, speed - dt * sigma * base * draw)


@inlined
def mixed(z: int) -> int:
    """A 32-bit number whose every bit depends on all bits of z (products stay below 2**63)."""
    z = ((z ^ (z >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    z = ((z ^ (z >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return z ^ (z >> 16)


@inlined
def uniform(seed: int, vehicle: int, number: int) -> float:
    """The `number`-th random number in [0, 1) of a vehicle: independent of the order in which vehicles are updated."""
    z = mixed((seed + 1) & 0xFFFFFFFF)
    z = mixed(z ^ (((int(vehicle) + 1) * 0x2C1B3C6D) & 0xFFFFFFFF))
    z = mixed(z ^ (((number + 1) * 0x297A2D39) & 0xFFFFFFFF))
    return z / 4294967296.0
