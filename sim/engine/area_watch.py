"""Who is in the areas before signals and how much time each has lost there, as SUMO's MSE2Collector counts it."""

from sim.engine.arrays import Net, Traffic, Vehicles
from sim.engine.jit import helper, inlined
from sim.engine.positions import lane_speed
from sim.engine.signal_arrays import Signals

METRES_PER_VEHICLE = 2.0
SPARE = 8
GONE_M = -1.0  # of a vehicle whose front is beyond the end
NOBODY = -1


@helper
def watch_areas(net: Net, veh: Vehicles, tra: Traffic, sig: Signals, begin_s: float, now_s: float) -> None:
    """Bring who is in each area from the begin of a step to its end.

    Args:
        net: The network.
        veh: Vehicles at the end of the step.
        tra: Who is where then.
        sig: Areas and who was in them.
        begin_s: Begin of the step.
        now_s: Its end.
    """
    step_s, areas = now_s - begin_s, sig.area.size - 1
    room = sig.area.inmate_start[areas]
    for area in range(areas):
        size, counted, late_from = sig.area.length[area], sig.area.counted_start[area], sig.area.late_from[area]
        first, count = sig.area.inmate_start[area], sig.area.count[area]
        most, found, late_m, next_one = sig.area.inmate_start[area + 1] - first, 0, 0.0, 0
        begin, end = sig.area.stretch_start[area], sig.area.stretch_start[area + 1]
        for stretch in range(begin, end):
            lane = sig.stretch.lane[stretch]
            if tra.busy[lane] == 0:
                continue
            partials, v, k = tra.lane.partial_count[lane], tra.lane.first[lane], 0
            while (k < partials or v >= 0) and found < most:
                inside = k >= partials
                here = v if inside else tra.lane.partial[lane, k]
                k += 1
                if inside:
                    v = veh.behind[here]
                elif is_in_reach(sig, veh.lane[here], begin, end):
                    continue  # looked at where its front is
                if counted >= 0 and not sig.counted[counted + here]:
                    continue
                front = sig.stretch.offset[stretch] + veh.position[here] if inside else size - GONE_M
                if inside and front <= 0.0:
                    break  # and so is everybody behind
                if inside and front - veh.length[here] >= size:
                    continue
                known = place_of(sig, here, first, count, next_one)
                if known < 0 and not inside:
                    continue
                lost = 0.0
                if known >= 0:
                    lost, next_one = sig.inmate.lost[known], known - first + 1
                if known >= 0 or drove_in(net, veh, here, lane, begin_s):
                    speed, wish = veh.speed[here], lane_speed(net, veh, here, veh.lane[here])
                    share = 1.0 if known >= 0 or speed * step_s <= 0.0 else min(1.0, front / (speed * step_s))
                    lost += max(0.0, share * step_s * (wish - speed) / wish)
                sig.inmate.vehicle[room + found] = here
                sig.inmate.lost[room + found] = lost
                sig.inmate.ahead[room + found] = size - front
                if lost > late_from:
                    late_m = max(late_m, size - front)
                found += 1
        sig.area.count[area], sig.area.late[area] = found, late_m
        for i in range(found):
            sig.inmate.vehicle[first + i] = sig.inmate.vehicle[room + i]
            sig.inmate.lost[first + i] = sig.inmate.lost[room + i]
            sig.inmate.ahead[first + i] = sig.inmate.ahead[room + i]


@inlined
def place_of(sig: Signals, v: int, first: int, count: int, expected: int) -> int:
    """Where a vehicle stands among those who were in the area, mostly behind the one found last; -1 for nowhere."""
    for i in range(expected, count):
        if sig.inmate.vehicle[first + i] == v:
            return first + i
    for i in range(min(expected, count)):
        if sig.inmate.vehicle[first + i] == v:
            return first + i
    return NOBODY


@inlined
def drove_in(net: Net, veh: Vehicles, v: int, lane: int, begin_s: float) -> bool:
    """Whether a vehicle came along the road, and neither from the lane beside nor just departed."""
    was = veh.lane_was[v]
    across = was != lane and net.lane.edge[was] == net.lane.edge[lane]
    return not (across or veh.inserted_at[v] >= begin_s - 1e-6)


@helper
def is_in_reach(sig: Signals, lane: int, begin: int, end: int) -> bool:
    """Whether a lane is one of an area's."""
    found = False
    for stretch in range(begin, end):
        found = found or sig.stretch.lane[stretch] == lane
    return found
