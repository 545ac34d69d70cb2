"""Planned halts: where to stand, when a stop is reached, and when it is over."""

from sim.engine.arrays import AT_STOPS, INFINITE, NOW, PARKED, STEP_S, Net, Plans, Traffic, Vehicles
from sim.engine.following import EPS, HALTING
from sim.engine.jit import helper, inlined, rarely
from sim.engine.judging import judge_lanes

PLACE_TOLERANCE_M = 1.0  # how far short of its place a vehicle counts as arrived at a named stop


@helper
def stop_target(veh: Vehicles, plans: Plans, tra: Traffic, v: int, stop: int) -> float:
    """Where the front should come to rest: the end of the stop, or behind those who already stand there."""
    lane = plans.stop.lane[stop]
    end = plans.stop.end[stop]
    if plans.stop.place[stop] >= 0:
        other = tra.lane.last[lane]
        while other >= 0:
            if other != v and veh.stop_reached[other] and veh.next_stop[other] < veh.last_stop[other]:
                back = veh.position[other] - veh.length[other] - veh.min_gap[v]
                if veh.position[other] > plans.stop.start[stop] and back < end and back > plans.stop.start[stop]:
                    end = back
            other = veh.ahead[other]
    return end + EPS


@inlined
def process_stop(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, wanted: float) -> float:
    """Upper bound of the speed from a stop: 0 while standing; begins and ends the halt."""
    stop = veh.next_stop[v]
    if not rarely(stop < veh.last_stop[v]):
        return wanted
    dt, now = tra.clock[STEP_S], tra.clock[NOW]
    if veh.stop_reached[v]:
        veh.stop_left_s[v] -= dt
        if veh.stop_left_s[v] > 0.0:
            return 0.0
        leave_stop(net, veh, plans, tra, v)
        return wanted
    if plans.stop.position[stop] != veh.route_index[v] or veh.lane[v] != plans.stop.lane[stop]:
        return wanted
    target = veh.position[v] + veh.stop_distance[v] if veh.stop_distance[v] < INFINITE else plans.stop.end[stop]
    threshold = target - PLACE_TOLERANCE_M if plans.stop.place[stop] >= 0 else plans.stop.start[stop]
    if veh.position[v] >= threshold - EPS and wanted <= HALTING:
        veh.stop_reached[v] = True
        tra.counters[AT_STOPS] += 1
        veh.stop_left_s[v] = max(plans.stop.duration[stop], plans.stop.until[stop] - now)
        if plans.stop.parking[stop]:
            veh.status[v] = PARKED
    return wanted


@helper
def leave_stop(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int) -> None:
    """The halt is over: on to the next one."""
    veh.stop_reached[v] = False
    tra.counters[AT_STOPS] -= 1
    veh.stop_distance[v] = INFINITE
    veh.next_stop[v] += 1
    table = plans.plan.table_start[veh.plan[v]] + (veh.next_stop[v] - veh.first_stop[v])
    veh.cells[v] = plans.table_offset[table]
    judge_lanes(net, veh, plans, tra, v)
