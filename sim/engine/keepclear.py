"""Keeping the junction clear: no wish to enter when there is no room behind it (MSVehicle::checkRewindLinkLanes)."""

from sim.engine.arrays import NO, STEP, STEP_S, Net, Traffic, Vehicles, Walkers
from sim.engine.following import POSITION_EPS, brake_gap
from sim.engine.jit import inlined
from sim.engine.junction import ask, is_cont, opened
from sim.engine.letters import has_priority
from sim.engine.positions import last_on, space_till_standing


@inlined
def must_keep_clear(net: Net, link: int) -> bool:
    """Whether stopping on this way would block others."""
    return net.link.has_foes[link] and net.link.keep_clear[link]


@inlined
def room_ahead(net: Net, veh: Vehicles, tra: Traffic, v: int, in_front: float) -> bool:
    """Write the room behind each link into the items; whether a standing vehicle was found."""
    step, dt = tra.counters[STEP], tra.clock[STEP_S]
    start, count = veh.item_start[v], veh.item_count[v]
    space, standing = -in_front, False
    for i in range(start, start + count):
        link = tra.item.link[i]
        if link < 0 or standing:
            tra.item.space[i] = tra.item.space[i] + space if not standing else space
            continue
        via = net.link.via[link]
        if via >= 0:
            if must_keep_clear(net, link):
                space -= tra.brutto[via]
                if via == veh.lane[v]:
                    space += veh.length[v] + veh.min_gap[v]
            else:
                more, found = space_till_standing(net, veh, tra, via, step, dt)
                space += more
                standing = standing or found
            tra.item.space[i] = space
            continue
        lane = net.link.dst[link]
        last = last_on(net, veh, tra, lane, v)
        if last < 0:
            if net.lane.length[lane] > veh.length[v] or must_keep_clear(net, link):
                space += net.lane.length[lane]
            tra.item.space[i] = space
        else:
            more, found = space_till_standing(net, veh, tra, lane, step, dt)
            space += more
            tra.item.space[i] = space
            if found or veh.must_wait[last] or veh.stop_reached[last]:
                standing = True
                tra.item.stopped[i] = True
    return standing


@inlined
def withdraw_requests(
    net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, v: int, in_front: float, impatience: float
) -> None:
    """Take back the requests for links behind which the vehicle would not fit; it has at least two items."""
    standing = room_ahead(net, veh, tra, v, in_front)
    start, count = veh.item_start[v], veh.item_count[v]
    for k in range(count - 1, 0, -1):
        i, after = start + k - 1, start + k
        link, next_link = tra.item.link[i], tra.item.link[after]
        if link < 0:
            tra.item.space[i] = tra.item.space[after]
            continue
        can_leave = net.link.via[link] < 0 or next_link < 0 or tra.item.request[after]
        is_open = can_leave
        if is_open and k > 1 and not has_priority(net.link.state[link]):
            ask(net, tra, link)
            leave = tra.item.leave[i] if tra.item.leave[i] >= 0.0 else tra.item.go[i]
            is_open = opened(
                net, veh, tra, wal, link, v, tra.item.arrival[i], tra.item.arrival_speed[i], leave, impatience, NO
            )
        goes_on = (is_cont(net, link) or is_open) and not tra.item.stopped[i]
        if not is_open:
            standing = True
            if k > 1 and tra.item.link[i - 1] >= 0 and is_cont(net, tra.item.link[i - 1]):
                goes_on = True
        if goes_on:
            tra.item.space[i] = tra.item.space[after]
    if not standing:
        return
    need = veh.length[v] + veh.min_gap[v]
    first = -1
    for k in range(count):
        link = tra.item.link[start + k]
        if link >= 0 and tra.item.space[start + k] - need < 0.0 and must_keep_clear(net, link):
            first = k
            break
    if first < 0 or (first == 0 and net.lane.internal[veh.lane[v]]):
        return
    brake = brake_gap(veh.speed[v], veh.decel[v], 0.0, tra.clock[STEP_S])
    for k in range(first, count):
        i = start + k
        link = tra.item.link[i]
        if link < 0:
            break
        tra.item.go[i] = tra.item.wait[i]
        if tra.item.distance[i] >= brake + POSITION_EPS:
            leaves = net.lane.internal[net.link.src[link]] and net.link.via[link] < 0
            if not leaves or k == 0 or not tra.item.request[i - 1]:
                tra.item.request[i] = False
