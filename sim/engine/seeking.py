"""Seeking a way for one vehicle and taking it: what `guidance` has done in compiled code."""

from sim.engine.arrays import B1, DRIVING, F8, I8, NOTHING, STEP_S, Net, Traffic, Vehicles
from sim.engine.following import brake_gap
from sim.engine.jit import helper, kernel
from sim.engine.judging import judge_lanes
from sim.engine.pointers import World
from sim.engine.positions import back_on
from sim.engine.routes import route_edge
from sim.engine.ways import Ways, fastest_way


@kernel
def see_room(world: World, who: I8, ready: B1) -> None:
    """Whether each of these finds a lane to depart on that is not full, as MSEdge::insertVehicle looks beforehand.

    Args:
        world: Everything.
        who: Vehicles that are due, (n,).
        ready: The answer, (n,).
    """
    net, veh, plans, tra = world.net, world.veh, world.plans, world.tra
    for i in range(who.size):
        v = who[i]
        edge = route_edge(plans, veh, v, 0)
        need_m = veh.length[v] + veh.min_gap[v]
        for lane in range(net.edge.lane_start[edge], net.edge.lane_start[edge + 1]):
            chosen = veh.depart_lane[v] < 0 or lane == net.edge.lane_start[edge] + veh.depart_lane[v]
            taken_m = occupied_m(net, veh, tra, lane)
            if chosen and (taken_m <= 0.0 or taken_m + need_m <= net.lane.length[lane]):
                ready[i] = True


@helper
def occupied_m(net: Net, veh: Vehicles, tra: Traffic, lane: int) -> float:
    """How much of a lane vehicles and their gaps take, by the parts of them that are on it (getBruttoOccupancy)."""
    taken_m = tra.brutto[lane]
    last = tra.lane.last[lane]
    if last >= 0:
        taken_m -= max(0.0, veh.length[last] - veh.position[last])
    if tra.lane.partial_count[lane] > 0:
        taken_m += net.lane.length[lane] - back_on(net, veh, tra.lane.partial[lane, 0], lane)
    return min(taken_m, net.lane.length[lane])


@kernel
def seek(world: World, ways: Ways, speed: F8, points: I8, found: I8, v: int) -> int:
    """How many edges the cheapest way of a vehicle has, which then stands in `found`; 0 when it is the one it has.

    On the road it is sought from the first edge on that the vehicle can turn off from.
    """
    net, veh, plans, tra = world.net, world.veh, world.plans, world.tra
    count, origin = NOTHING, points[0]
    if veh.status[v] == DRIVING and veh.edges[v] > 1:
        left_m = net.lane.length[veh.lane[v]] - veh.position[v]
        if brake_gap(veh.speed[v], veh.decel[v], 0.0, tra.clock[STEP_S]) > left_m:
            found[0], count, origin = origin, 1, route_edge(plans, veh, v, 1)
    for k in range(1, points.size):
        if points[k] != origin:
            edges = fastest_way(ways, speed, veh.speed_factor[v], veh.max_speed[v], origin, points[k])
            for i in range(edges - 1):
                found[count + i] = ways.way[i]
            count, origin = count + edges - 1, points[k]
    found[count] = origin
    count += 1
    if count != veh.edges[v]:
        return count
    for i in range(count):
        if found[i] != route_edge(plans, veh, v, i):
            return count
    return 0


@kernel
def take(world: World, v: int, plan: int) -> None:
    """Let a vehicle go by another plan; the lanes ahead are judged at once, or when it comes to enter."""
    net, veh, plans, tra = world.net, world.veh, world.plans, world.tra
    veh.plan[v] = plan
    veh.way[v] = plans.plan.start[plan]
    veh.edges[v] = plans.plan.start[plan + 1] - plans.plan.start[plan]
    veh.cells[v] = plans.table_offset[plans.plan.table_start[plan] + veh.next_stop[v] - veh.first_stop[v]]
    if veh.status[v] == DRIVING:
        judge_lanes(net, veh, plans, tra, v)
    else:
        veh.row[v] = -1
