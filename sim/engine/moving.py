"""Carrying a step out: decide at each link, choose the speed, drive, and enter new lanes (MSVehicle::executeMove)."""

import math

from sim.engine.arrays import (
    ARRIVED,
    ARRIVED_COUNT,
    IMPATIENCE_S,
    INFINITE,
    NOW,
    PARKED,
    SEED,
    STEP_S,
    Net,
    Plans,
    Traffic,
    Vehicles,
    Walkers,
)
from sim.engine.following import EPS, HALTING, POSITION_EPS, brake_gap, dawdle, per_second, uniform
from sim.engine.helping import patched_speed
from sim.engine.jit import inlined, rarely
from sim.engine.judging import give_back
from sim.engine.junction import came_in_on_major, is_cont, opened
from sim.engine.lane_ends import enter_lanes
from sim.engine.letters import has_priority, is_yellow
from sim.engine.models import stopping
from sim.engine.planning import EPS_SPEED, ignores_red
from sim.engine.positions import lane_speed
from sim.engine.standing import STARTUP_WAIT_S, stand_on
from sim.engine.stops import process_stop

WAITING_ACCEL = 0.5  # share of the acceleration below which a slow vehicle counts as waiting
TOO_FAST = 1e9


@inlined
def impatience_of(veh: Vehicles, tra: Traffic, v: int) -> float:
    """0 to 1: grows while waiting."""
    growth = veh.waiting[v] / tra.clock[IMPATIENCE_S] if tra.clock[IMPATIENCE_S] > 0.0 else 0.0
    return max(0.0, min(1.0, veh.impatience[v] + growth))


@inlined
def in_queue(veh: Vehicles, v: int, wait: float) -> bool:
    """Whether it stands behind somebody, so that links were not looked at; it is not just slowing down."""
    return veh.ahead[v] >= 0 and wait <= EPS_SPEED


@inlined
def safe_speed(net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, v: int) -> tuple[float, float]:
    """Upper and lower bound of the next speed from the links ahead."""
    dt, now = tra.clock[STEP_S], tra.clock[NOW]
    speed, decel = veh.speed[v], veh.decel[v]
    safe, least, least_distance, can_brake_least = TOO_FAST, -TOO_FAST, 0.0, False
    veh.must_wait[v] = False
    lane = veh.lane[v]
    brake = brake_gap(speed, decel, 0.0, dt)
    top = min(speed + veh.accel[v] * dt, veh.max_speed[v])
    for i in range(veh.item_start[v], veh.item_start[v] + veh.item_count[v]):
        link = tra.item.link[i]
        wait, passing = tra.item.wait[i], tra.item.go[i]
        if link < 0 or not tra.item.request[i]:
            if (
                link >= 0
                and net.lane.internal[net.link.src[link]]
                and net.lane.internal[lane]
                and net.link.junction[link] == net.lane.junction[lane]
            ):
                veh.entry_s[v] = INFINITE
                veh.conflict_entry_s[v] = INFINITE
            safe = wait
            if link < 0 and tra.item.request[i]:  # it cruises, towards a link where it will wait
                veh.must_wait[v] = True
            elif link >= 0 or in_queue(veh, v, wait) or veh.stop_distance[v] < net.lane.length[lane] - veh.position[v]:
                veh.must_wait[v] = safe < speed or safe < HALTING
            break
        distance = tra.item.distance[i]
        state = net.link.state[link]
        yellow = is_yellow(state)
        can_brake = distance > brake or speed < decel * dt
        ignores = ignores_red(net, veh, link, v, now)
        if yellow and can_brake and not ignores:
            safe = wait
            veh.must_wait[v] = True
            break
        minor = not has_priority(state) and not ignores and not is_cont(net, link) and not came_in_on_major(net, link)
        if minor and can_brake and distance > net.link.visibility[link]:
            safe = wait  # whoever has to give way finds out at the line whether somebody comes
            veh.must_wait[v] = True
            break
        leave = tra.item.leave[i] if tra.item.leave[i] >= 0.0 else passing
        patience = impatience_of(veh, tra, v) if can_brake else 1.0
        is_open = yellow or opened(
            net, veh, tra, wal, link, v, tra.item.arrival[i], tra.item.arrival_speed[i], leave, patience, ignores
        )
        if is_open and minor:
            if distance > net.link.visibility[link] and not yellow:
                safe = wait
                veh.must_wait[v] = True
                break
            least_distance = distance
            least = min((distance + POSITION_EPS) / dt, min(passing, top))
            can_brake_least = can_brake
        if is_open:
            safe = passing
            if safe < decel and safe <= wait and safe < top:
                veh.must_wait[v] = True
        elif not can_brake and net.link.tls[link] < 0 and distance < brake_gap(speed, veh.emergency_decel[v], 0.0, dt):
            safe = passing
        else:
            safe = wait
            veh.must_wait[v] = True
            break
    if rarely(safe + EPS < least):
        if can_brake_least and safe < speed:
            halt = stopping(net, veh, v, least_distance, speed, decel, dt)
            safe = min(safe, max(max(0.0, speed - decel * dt), halt))
            least = 0.0
            veh.must_wait[v] = True
        else:
            least = safe
    if rarely(net.lane.roundabout[lane]):
        veh.must_wait[v] = False
    return safe, least


@inlined
def choose_speed(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, safe: float, least: float) -> float:
    """The next speed: within the bounds, less dawdling, patched for lane changes."""
    dt = tra.clock[STEP_S]
    speed = veh.speed[v]
    stop_bound = min(safe, process_stop(net, veh, plans, tra, v, safe))
    wanted_top = max(lane_speed(net, veh, v, veh.lane[v]), safe)
    high = min(wanted_top, min(min(speed + veh.accel[v] * dt, veh.max_speed[v]), stop_bound))
    hardest = max(0.0, speed - veh.emergency_decel[v] * dt)
    low = min(max(0.0, speed - veh.decel[v] * dt), max(high, hardest))
    high = max(high, low)
    veh.draws[v] += 1
    chosen = high
    if veh.sigma[v] > 0.0 and high > 0.0:
        draw = uniform(tra.counters[SEED], v, veh.draws[v])
        chosen = max(low, dawdle(high, veh.sigma[v], veh.accel[v], draw, dt))
    chosen = patched_speed(net, veh, v, low, chosen, high, dt)
    if rarely(veh.startup_delay[v] > 0.0) and veh.startup_s[v] < veh.startup_delay[v]:
        chosen = min(chosen, low)
    if chosen > 0.0:
        chosen = max(chosen, least)
    return 0.0 if chosen < EPS and veh.stop_distance[v] > POSITION_EPS else max(chosen, 0.0)


@inlined
def drive(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, wal: Walkers, v: int) -> None:
    """Choose the speed and go on with it."""
    dt = tra.clock[STEP_S]
    safe, least = safe_speed(net, veh, tra, wal, v)
    speed = veh.speed[v]
    rising = per_second(max(safe, 0.0) - speed, dt)
    if safe <= HALTING and veh.waiting[v] > STARTUP_WAIT_S and rising <= WAITING_ACCEL * veh.accel[v]:
        veh.startup_s[v] = 0.0
    else:
        veh.startup_s[v] += dt
    chosen = choose_speed(net, veh, plans, tra, v, safe, least)
    veh.acceleration[v] = per_second(chosen - speed, dt)
    veh.speed[v] = chosen
    veh.position[v] += chosen * dt
    veh.driven[v] += chosen * dt
    if chosen <= HALTING and not veh.stop_reached[v] and veh.acceleration[v] <= WAITING_ACCEL * veh.accel[v]:
        if veh.waiting[v] == 0.0:
            veh.halts[v] += 1
        veh.waiting[v] += dt
        veh.total_waiting[v] += dt
    else:
        veh.waiting[v] = 0.0
    enter_lanes(net, veh, plans, tra, v)


@inlined
def execute_move(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, wal: Walkers, v: int) -> None:
    """Move one vehicle; its lane may change, the lists are put right afterwards."""
    dt = tra.clock[STEP_S]
    if veh.item_count[v] > 0:
        drive(net, veh, plans, tra, wal, v)
    else:
        stand_on(net, veh, tra, v)
    lane = veh.lane[v]
    if not veh.stop_reached[v]:
        top = lane_speed(net, veh, v, lane)
        veh.time_loss[v] += dt * (top - veh.speed[v]) / top
    if rarely(veh.status[v] != PARKED and has_arrived(net, veh, v)):
        veh.status[v] = ARRIVED
        veh.driven[v] -= max(0.0, veh.position[v] - veh.arrival_position[v])
        veh.arrived_at[v] = tra.clock[NOW]
        tra.counters[ARRIVED_COUNT] += 1
        give_back(veh, plans, v)
    veh.own_state[v] = veh.own_state[v] & 0x6 if veh.own_state[v] & 0x8 else 0
    veh.blocker_length[v] = 0.0
    veh.left_space[v] = 0.0
    veh.advice_count[v] = 0
    veh.dont_brake[v] = False
    veh.speed_gain_chance[v] = math.ceil(veh.speed_gain_chance[v] * 100000.0) * 0.00001
    veh.keep_right_chance[v] = math.ceil(veh.keep_right_chance[v] * 100000.0) * 0.00001


@inlined
def has_arrived(net: Net, veh: Vehicles, v: int) -> bool:
    """Whether the destination is reached."""
    lane = veh.lane[v]
    return (
        not net.lane.internal[lane]
        and veh.route_index[v] == veh.edges[v] - 1
        and veh.next_stop[v] >= veh.last_stop[v]
        and veh.position[v] > min(veh.arrival_position[v], net.lane.length[lane]) - POSITION_EPS
    )
