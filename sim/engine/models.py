"""Following by the model of the vehicle itself: Krauss, or the Intelligent Driver Model.

All speeds are those after the step; `gap` is measured from front to rear, less the standing gap.
"""

from sim.engine.arrays import NO, YES, Net, Vehicles
from sim.engine.following import follow_speed, free_speed, is_ample, safe_stop_speed_plain, secure_gap, stop_speed
from sim.engine.idm import desired_gap, idm_entering, idm_slowing, idm_speed, idm_stop
from sim.engine.jit import helper, inlined, rarely


@inlined
def stopping(net: Net, veh: Vehicles, v: int, gap: float, speed: float, decel: float, dt: float) -> float:
    """Speed to stop within a gap."""
    if rarely(veh.is_idm[v]):
        return idm_stop(net, veh, v, gap, speed, decel, dt)
    return stop_speed(gap, speed, decel, veh.emergency_decel[v], veh.accel[v], veh.max_speed[v], dt)


@inlined
def following(net: Net, veh: Vehicles, v: int, leader: int, gap: float, speed: float, dt: float) -> float:
    """Speed behind a leader."""
    if rarely(veh.is_idm[v]):
        return idm_speed(net, veh, v, gap, speed, veh.speed[leader], YES, dt)
    cap = min(speed + veh.accel[v] * dt, veh.max_speed[v])
    return follow_speed(
        gap, speed, veh.speed[leader], veh.decel[leader], veh.decel[v], veh.emergency_decel[v], veh.tau[v], dt, NO, cap
    )


@inlined
def following_from(net: Net, veh: Vehicles, v: int, leader: int, gap: float, speed: float, dt: float) -> float:
    """Speed behind a leader, no higher than the speed that one has then."""
    if rarely(veh.is_idm[v]):
        return min(speed, idm_speed(net, veh, v, gap, speed, veh.speed[leader], YES, dt))
    return follow_speed(
        gap,
        speed,
        veh.speed[leader],
        veh.decel[leader],
        veh.decel[v],
        veh.emergency_decel[v],
        veh.tau[v],
        dt,
        NO,
        speed,
    )


@inlined
def follow(
    net: Net, veh: Vehicles, v: int, speed: float, gap: float, lead_speed: float, lead_decel: float, dt: float
) -> float:
    """Speed behind a leader, without emergency braking: for judging lanes."""
    if rarely(veh.is_idm[v]):
        return idm_speed(net, veh, v, gap, speed, lead_speed, YES, dt)
    cap = min(speed + veh.accel[v] * dt, veh.max_speed[v])
    return follow_speed(
        gap, speed, lead_speed, lead_decel, veh.decel[v], veh.emergency_decel[v], veh.tau[v], dt, YES, cap
    )


@inlined
def slowing(net: Net, veh: Vehicles, v: int, distance: float, target: float, dt: float, on_insertion: bool) -> float:
    """Highest speed that still allows to have `target` after `distance`."""
    if rarely(veh.is_idm[v]):
        return idm_slowing(net, veh, v, distance, target, dt)
    return free_speed(veh.decel[v], distance, target, dt, on_insertion)


@helper
def entering(net: Net, veh: Vehicles, v: int, leader: int, gap: float, speed: float, dt: float) -> float:
    """Speed up to the wished one with which one may enter behind a leader."""
    if rarely(veh.is_idm[v]):
        return idm_entering(net, veh, v, gap, speed, veh.speed[leader], dt)
    return follow_speed(
        gap, speed, veh.speed[leader], veh.decel[leader], veh.decel[v], veh.emergency_decel[v], veh.tau[v], dt, YES,
        speed,
    )  # fmt: skip


@helper
def entering_before(net: Net, veh: Vehicles, v: int, gap: float, speed: float, dt: float) -> float:
    """Speed with which one may enter and still stop within a gap."""
    if rarely(veh.is_idm[v]):
        return idm_stop(net, veh, v, gap, speed, veh.decel[v], dt)
    return safe_stop_speed_plain(gap, veh.decel[v], dt, dt)


@inlined
def secure_gap_of(veh: Vehicles, v: int, speed: float, lead_speed: float, lead_decel: float, dt: float) -> float:
    """Gap that a vehicle needs behind a leader who may brake hard."""
    if rarely(veh.is_idm[v]):
        return desired_gap(veh, v, speed, lead_speed)
    return secure_gap(speed, lead_speed, lead_decel, veh.decel[v], veh.tau[v], dt)


@inlined
def is_too_close(
    veh: Vehicles, v: int, gap: float, speed: float, lead_speed: float, lead_decel: float, dt: float
) -> bool:
    """Whether a gap is smaller than `secure_gap_of`."""
    if not veh.is_idm[v] and is_ample(gap, speed, veh.decel[v], veh.tau[v]):
        return False
    return gap < secure_gap_of(veh, v, speed, lead_speed, lead_decel, dt)
