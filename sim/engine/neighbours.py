"""Leaders and followers as seen by somebody who wants to change lanes or to enter."""

import math

from sim.engine.arrays import STEP_S, Net, Plans, Traffic, Vehicles
from sim.engine.following import brake_gap
from sim.engine.jit import helper
from sim.engine.junction import has_priority, is_red
from sim.engine.positions import back_on, last_on, nearest_partial

LOOK_BACK_M = 60.0


@helper
def leader_beyond(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int) -> tuple[int, float]:
    """The next vehicle along the route from a lane of this edge without leader: (vehicle or -1, gap)."""
    route_index = veh.route_index[v]
    cell = veh.row[v] + net.lane.index[lane]
    other = nearest_partial(net, veh, tra, lane, v)
    if other >= 0:
        return other, back_on(net, veh, other, lane) - veh.position[v] - veh.min_gap[v]
    dt = tra.clock[STEP_S]
    distance = brake_gap(veh.speed[v], veh.decel[v], veh.tau[v], dt) + veh.min_gap[v]
    seen = net.lane.length[lane] - veh.position[v]
    edges = veh.edges[v]
    while seen <= distance or net.lane.internal[lane]:
        if not net.lane.internal[lane] and route_index >= edges - 1:
            break
        if net.lane.internal[lane]:
            link = net.lane_link[net.lane.link_start[lane]]
        else:
            link = plans.chain.link[cell]
            cell = plans.chain.next[cell]
        if link < 0 or is_red(net.link.state[link]):
            break
        if not net.lane.internal[lane] and not has_priority(net.link.state[link]):
            break
        lane = net.link.next[link]
        if net.link.via[link] < 0:
            route_index += 1
        other = last_on(net, veh, tra, lane, v)
        if other >= 0:
            return other, seen + back_on(net, veh, other, lane) - veh.min_gap[v]
        seen += net.lane.length[lane]
    return -1, -1.0


@helper
def follower_upstream(net: Net, veh: Vehicles, tra: Traffic, lane: int, position: float) -> tuple[int, float]:
    """The nearest vehicle that comes onto a lane: (vehicle or -1, distance of its front to `position`)."""
    best, best_distance = -1, math.inf
    for k in range(net.lane.in_start[lane], net.lane.in_start[lane + 1]):
        link = net.lane_in_link[k]
        if is_red(net.link.state[net.link.entry[link]]):
            continue
        before = net.link.src[link]
        base = position
        for _ in range(3):
            first = tra.lane.first[before]
            base += net.lane.length[before]
            if first >= 0:
                distance = base - veh.position[first]
                if distance < best_distance:
                    best, best_distance = first, distance
                break
            if base > LOOK_BACK_M or not net.lane.internal[before]:
                break
            entry = net.lane.entry_link[before]
            if not has_priority(net.link.state[net.link.entry[entry]]):
                break
            before = net.link.src[entry]
    return best, best_distance
