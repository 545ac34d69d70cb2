"""Vehicles off the lanes: parked beside the road, or teleported out of a jam (SUMO's MSVehicleTransfer)."""

from sim.engine.arrays import (
    ARRIVED,
    ARRIVED_COUNT,
    NOW,
    PARKED,
    STEP_S,
    TELEPORT_BIDI_S,
    TELEPORT_S,
    TELEPORTS,
    TRANSFER,
    TRANSFER_COUNT,
    Net,
    Plans,
    Traffic,
    Vehicles,
)
from sim.engine.insertion import reenter
from sim.engine.jit import helper
from sim.engine.judging import give_back, judge_lanes
from sim.engine.routes import route_edge
from sim.engine.stops import leave_stop

TELEPORT_MIN_MPS = 1.0


@helper
def is_stuck(net: Net, veh: Vehicles, tra: Traffic, v: int) -> bool:
    """Whether the foremost vehicle of a lane waited too long."""
    if veh.stop_reached[v] or veh.behind[v] == v:
        return False
    limit = veh.teleport_s[v] if veh.teleport_s[v] >= 0.0 else tra.clock[TELEPORT_S]
    if limit > 0.0 and veh.waiting[v] > limit:
        return True
    bidi = veh.teleport_bidi_s[v] if veh.teleport_bidi_s[v] >= 0.0 else tra.clock[TELEPORT_BIDI_S]
    return bidi > 0.0 and veh.waiting[v] > bidi and net.lane.bidi[veh.lane[v]] >= 0


@helper
def start_teleport(veh: Vehicles, tra: Traffic, v: int) -> None:
    """Note that the vehicle leaves the road; it re-enters further along its route."""
    veh.status[v] = TRANSFER
    tra.counters[TELEPORTS] += 1
    veh.ready_s[v] = tra.clock[NOW]
    keep_aside(tra, v)


@helper
def keep_aside(tra: Traffic, v: int) -> None:
    """Put on the list of vehicles that want to come back."""
    tra.transfer[tra.counters[TRANSFER_COUNT]] = v
    tra.counters[TRANSFER_COUNT] += 1


@helper
def return_to_road(net: Net, veh: Vehicles, plans: Plans, tra: Traffic) -> None:
    """End parking that is over, and move teleported vehicles along their routes until they fit in."""
    now, dt = tra.clock[NOW], tra.clock[STEP_S]
    kept = 0
    for i in range(tra.counters[TRANSFER_COUNT]):
        v = tra.transfer[i]
        done = False
        if veh.status[v] == PARKED:
            veh.stop_left_s[v] -= dt
            if veh.stop_left_s[v] <= 0.0:
                done = reenter(net, veh, plans, tra, v, veh.lane[v], veh.position[v])
                if done:
                    leave_stop(net, veh, plans, tra, v)
        elif now >= veh.ready_s[v]:
            done = move_on(net, veh, plans, tra, v)
        if not done:
            tra.transfer[kept] = v
            kept += 1
    tra.counters[TRANSFER_COUNT] = kept


@helper
def move_on(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int) -> bool:
    """Try the next edge of the route; when it is full, drive along it in thought and try the one after."""
    if veh.route_index[v] >= veh.edges[v] - 1:
        veh.status[v] = ARRIVED
        veh.arrived_at[v] = tra.clock[NOW]
        tra.counters[ARRIVED_COUNT] += 1
        give_back(veh, plans, v)
        return True
    edge = route_edge(plans, veh, v, veh.route_index[v] + 1)
    for lane in range(net.edge.lane_start[edge], net.edge.lane_start[edge + 1]):
        if not net.lane.permissions[lane] & veh.class_bit[v]:
            continue
        veh.route_index[v] += 1
        judge_lanes(net, veh, plans, tra, v)
        if reenter(net, veh, plans, tra, v, lane, min(veh.length[v], net.lane.length[lane])):
            return True
        veh.route_index[v] -= 1
    veh.route_index[v] += 1
    judge_lanes(net, veh, plans, tra, v)
    first = net.edge.lane_start[edge]
    veh.ready_s[v] = tra.clock[NOW] + net.edge.length[edge] / max(TELEPORT_MIN_MPS, net.lane.speed[first])
    while veh.next_stop[v] < veh.last_stop[v] and plans.stop.position[veh.next_stop[v]] < veh.route_index[v]:
        leave_stop(net, veh, plans, tra, v)
    return False
