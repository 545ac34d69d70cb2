"""Driving on over the ends of lanes: what is entered, what the rear still covers, and when one came into a junction."""

from sim.engine.arrays import INFINITE, NOW, RED_RUNS, STEP, Net, Plans, Traffic, Vehicles
from sim.engine.jit import helper, inlined, rarely
from sim.engine.judging import look_around
from sim.engine.letters import is_red
from sim.engine.planning import ignores_red
from sim.engine.positions import cover_lanes
from sim.engine.records import MAX_FURTHER


@inlined
def enter_lanes(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int) -> None:
    """Drive on over the ends of lanes, and note which lanes the rear still covers."""
    now = tra.clock[NOW]
    passed = veh.further_count[v]
    i, end = veh.item_start[v], veh.item_start[v] + veh.item_count[v]
    lane_before, index_before = veh.lane[v], veh.route_index[v]
    lane, last_edge = lane_before, veh.edges[v] - 1
    at_end = veh.route_index[v] == last_edge and not net.lane.internal[lane]
    if at_end and veh.position[v] > net.lane.length[lane]:
        if veh.next_stop[v] < veh.last_stop[v]:
            veh.position[v] = net.lane.length[lane]
        return
    while rarely(veh.position[v] > net.lane.length[lane]):
        link = tra.item.link[i] if i < end else -1
        red = link >= 0 and is_red(net.link.state[link]) and not ignores_red(net, veh, link, v, now)
        if link < 0 or red:
            if red and not net.lane.internal[lane]:
                tra.counters[RED_RUNS] += 1
            veh.position[v] = net.lane.length[lane]
            veh.speed[v] = 0.0
            veh.acceleration[v] = 0.0
            break
        ahead = veh.position[v] - net.lane.length[lane]
        if not enters_freely(tra, net.link.next[link], ahead, ahead - veh.length[v]):
            veh.position[v] = net.lane.length[lane]
            veh.speed[v] = 0.0
            veh.acceleration[v] = 0.0
            break
        i += 1
        veh.position[v] = ahead
        if passed >= MAX_FURTHER:
            passed = MAX_FURTHER - 1
        for k in range(passed, 0, -1):
            veh.further[v, k] = veh.further[v, k - 1]
        veh.further[v, 0] = lane
        passed += 1
        lane = net.link.next[link]
        veh.lane[v] = lane
        if not net.lane.internal[lane]:
            veh.route_index[v] += 1
        note_entry(net, veh, v, link, now)
        if not net.lane.internal[lane] and veh.route_index[v] == last_edge:
            break
    if lane != lane_before:
        look_around(net, veh, plans, tra, v, lane_before, index_before)
    cover_lanes(net, veh, v, passed)
    if i < end and tra.item.link[i] >= 0:
        veh.requests_exit[v] = 1 if tra.item.request[i] else 0
    else:
        veh.requests_exit[v] = 2


@inlined
def enters_freely(tra: Traffic, lane: int, front: float, rear: float) -> bool:
    """Whether nobody came onto a lane at the same place in this very step, from another way; notes who does."""
    step = tra.counters[STEP]
    if tra.lane.entered_at[lane] != step:
        tra.lane.entered_at[lane] = step
        tra.lane.entered_front[lane] = front
        tra.lane.entered_rear[lane] = rear
        return True
    if front > tra.lane.entered_rear[lane] and rear < tra.lane.entered_front[lane]:
        return False
    tra.lane.entered_front[lane] = max(tra.lane.entered_front[lane], front)
    tra.lane.entered_rear[lane] = min(tra.lane.entered_rear[lane], rear)
    return True


@helper
def note_entry(net: Net, veh: Vehicles, v: int, link: int, now: float) -> None:
    """Remember when the vehicle came into the junction: the earlier one goes first."""
    from_inside, to_inside = net.lane.internal[net.link.src[link]], net.link.via[link] >= 0
    if to_inside and not from_inside:
        veh.entry_s[v] = now
        veh.entry_never_yield_s[v] = now
    if not net.link.cont[link] and to_inside:
        veh.conflict_entry_s[v] = now
        veh.entry_s[v] = veh.entry_never_yield_s[v]
    if from_inside and not to_inside:
        veh.entry_s[v] = INFINITE
        veh.entry_never_yield_s[v] = INFINITE
        veh.conflict_entry_s[v] = INFINITE
