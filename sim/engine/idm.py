"""The Intelligent Driver Model (M. Treiber, A. Hennecke, D. Helbing 2000), stepped as SUMO's MSCFModel_IDM does.

A step is cut into parts of about `stepping` seconds, during which the leader's speed is taken as constant.
"""

import math

from sim.engine.arrays import NO, YES, Net, Vehicles
from sim.engine.following import EPS, safe_stop_speed_plain
from sim.engine.jit import helper
from sim.engine.positions import lane_speed

NEAR_M = 0.01  # closer than this to its end, a way is over
FAR_M = 1e6
MOST_TRIES = 64


@helper
def desired_gap(veh: Vehicles, v: int, speed: float, lead_speed: float) -> float:
    """The gap, without the standing one, that the driver wants to keep."""
    closing = speed * (speed - lead_speed) / (2.0 * math.sqrt(veh.accel[v] * veh.decel[v]))
    return max(0.0, speed * veh.tau[v] + closing)


@helper
def idm_speed(
    net: Net, veh: Vehicles, v: int, gap: float, speed: float, lead_speed: float, standing_gap: bool, dt: float
) -> float:
    """The next speed behind somebody at a gap (less the standing gap, unless that does not count)."""
    wished = max(EPS, lane_speed(net, veh, v, veh.lane[v]))
    parts = max(1, int(dt / veh.idm_stepping[v] + 0.5))
    stand = veh.min_gap[v] if standing_gap else 0.0
    gap += stand
    for _ in range(parts):
        wanted = desired_gap(veh, v, speed, lead_speed) + stand
        gap = max(EPS, gap)
        accel = veh.accel[v] * (1.0 - math.pow(speed / wished, veh.idm_delta[v]) - wanted * wanted / (gap * gap))
        speed = max(0.0, speed + accel * dt / parts)
        gap -= max(0.0, (speed - lead_speed) * dt / parts)
    return speed


@helper
def idm_stop(net: Net, veh: Vehicles, v: int, gap: float, speed: float, decel: float, dt: float) -> float:
    """The next speed before a place where the front must come to rest."""
    if gap < NEAR_M:
        return 0.0
    result = idm_speed(net, veh, v, gap, speed, 0.0, NO, dt)
    if speed < EPS and result < EPS:  # else nobody would ever reach the place
        result = safe_stop_speed_plain(gap, decel, dt, dt)
    return result


@helper
def idm_slowing(net: Net, veh: Vehicles, v: int, distance: float, target: float, dt: float) -> float:
    """The next speed when another limit begins after a distance."""
    secure = desired_gap(veh, v, target, 0.0)
    speed = veh.speed[v]
    if speed <= target:
        result = idm_speed(net, veh, v, FAR_M, speed, target, NO, dt)
    else:
        result = idm_speed(net, veh, v, max(distance, secure), speed, 0.0, NO, dt)
    return min(result, target) if distance < secure else result


@helper
def idm_entering(net: Net, veh: Vehicles, v: int, gap: float, speed: float, lead_speed: float, dt: float) -> float:
    """The speed up to the wished one with which one may enter behind somebody."""
    for _ in range(MOST_TRIES):
        if gap >= desired_gap(veh, v, speed, lead_speed):
            break
        slower = idm_speed(net, veh, v, gap, speed, lead_speed, YES, dt)
        still_slower = idm_speed(net, veh, v, gap, slower, lead_speed, YES, dt)
        speed = slower
        if slower - still_slower < 1.0:
            break
    return speed
