"""Where a vehicle's rear is, who is last on a lane, and the lists of vehicles per lane."""

import math

from sim.engine.arrays import LANES_IN_A_WORD, NONE, NOTHING, Net, Traffic, Vehicles
from sim.engine.following import HALTING, brake_gap
from sim.engine.jit import inlined, lowest_bit, rarely
from sim.engine.records import MAX_PARTIAL


@inlined
def lane_speed(net: Net, veh: Vehicles, v: int, lane: int) -> float:
    """How fast this vehicle wants to drive on a lane."""
    return min(veh.max_speed[v], net.lane.speed[lane] * veh.speed_factor[v])


@inlined
def back_on(net: Net, veh: Vehicles, v: int, lane: int) -> float:
    """Position of the rear on a lane that the vehicle covers; below 0 when it reaches further back."""
    back = veh.position[v] - veh.length[v]
    if not rarely(veh.lane[v] != lane):
        return back
    for k in range(veh.further_count[v]):
        back += net.lane.length[veh.further[v, k]]
        if veh.further[v, k] == lane:
            return back
    return math.inf


@inlined
def nearest_partial(net: Net, veh: Vehicles, tra: Traffic, lane: int, ego: int) -> int:
    """Of the vehicles that drove on but still cover the end of this lane, the one whose rear is furthest back."""
    best, best_back = -1, math.inf
    for k in range(tra.lane.partial_count[lane]):
        other = tra.lane.partial[lane, k]
        if other != ego:
            back = back_on(net, veh, other, lane)
            if back < best_back:
                best, best_back = other, back
    return best


@inlined
def last_on(net: Net, veh: Vehicles, tra: Traffic, lane: int, ego: int) -> int:
    """The rearmost vehicle on a lane."""
    last = tra.lane.last[lane]
    if last == ego and last >= 0:
        last = veh.ahead[last]
    return last if last >= 0 else nearest_partial(net, veh, tra, lane, ego)


@inlined
def leader_on_lane(net: Net, veh: Vehicles, tra: Traffic, v: int) -> int:
    """Who drives ahead on the same lane."""
    ahead = veh.ahead[v]
    return ahead if ahead >= 0 else nearest_partial(net, veh, tra, veh.lane[v], v)


@inlined
def first_bearing(tra: Traffic, lane: int) -> tuple[int, int]:
    """The rearmost of all whose front or rear is on a lane, -1 for none, and where `next_bearing` goes on from it."""
    return or_rear(tra, lane, tra.lane.last[lane], NOTHING)


@inlined
def next_bearing(veh: Vehicles, tra: Traffic, lane: int, vehicle: int, part: int) -> tuple[int, int]:
    """The one ahead of it, and after the foremost those whose rear alone is on the lane; -1 after all."""
    return or_rear(tra, lane, veh.ahead[vehicle] if part == 0 else NONE, part)


@inlined
def or_rear(tra: Traffic, lane: int, vehicle: int, part: int) -> tuple[int, int]:
    """A vehicle, or where there is none the next of those whose rear alone is on the lane."""
    if vehicle < 0 and part < tra.lane.partial_count[lane]:
        return tra.lane.partial[lane, part], part + 1
    return vehicle, part


@inlined
def unlink(veh: Vehicles, tra: Traffic, v: int, lane: int) -> None:
    """Take a vehicle off the list of a lane."""
    ahead, behind = veh.ahead[v], veh.behind[v]
    if ahead >= 0:
        veh.behind[ahead] = behind
    else:
        tra.lane.first[lane] = behind
    if behind >= 0:
        veh.ahead[behind] = ahead
    else:
        tra.lane.last[lane] = ahead
    if ahead < 0 and behind < 0:
        tra.used[lane // LANES_IN_A_WORD] &= ~(1 << lane % LANES_IN_A_WORD)
    tra.lane.count[lane] -= 1
    tra.busy[lane] -= 1
    tra.brutto[lane] -= veh.length[v] + veh.min_gap[v]
    veh.ahead[v] = -1
    veh.behind[v] = -1


@inlined
def link_in(veh: Vehicles, tra: Traffic, v: int, lane: int) -> None:
    """Put a vehicle on the list of a lane, sorted by position."""
    behind, ahead = -1, tra.lane.last[lane]
    while ahead >= 0 and veh.position[ahead] < veh.position[v]:
        behind, ahead = ahead, veh.ahead[ahead]
    veh.ahead[v] = ahead
    veh.behind[v] = behind
    if ahead >= 0:
        veh.behind[ahead] = v
    else:
        tra.lane.first[lane] = v
    if behind >= 0:
        veh.ahead[behind] = v
    else:
        tra.lane.last[lane] = v
    if ahead < 0 and behind < 0:
        tra.used[lane // LANES_IN_A_WORD] |= 1 << lane % LANES_IN_A_WORD
    tra.lane.count[lane] += 1
    tra.busy[lane] += 1
    tra.brutto[lane] += veh.length[v] + veh.min_gap[v]


@inlined
def cover_lanes(net: Net, veh: Vehicles, v: int, passed: int) -> None:
    """Note how many of the lanes that were passed the rear still covers."""
    back = veh.position[v] - veh.length[v]
    keep = 0
    while keep < passed and back < 0.0:
        back += net.lane.length[veh.further[v, keep]]
        keep += 1
    veh.further_count[v] = keep


@inlined
def forget_partials(veh: Vehicles, tra: Traffic, v: int) -> None:
    """Clear the lists of the lanes that this vehicle's rear covers."""
    for k in range(veh.further_count[v]):
        lane = veh.further[v, k]
        tra.busy[lane] -= tra.lane.partial_count[lane]
        tra.lane.partial_count[lane] = 0


@inlined
def note_partials(veh: Vehicles, tra: Traffic, v: int) -> None:
    """Enter the vehicle into the lists of the lanes that its rear covers."""
    for k in range(veh.further_count[v]):
        lane = veh.further[v, k]
        count = tra.lane.partial_count[lane]
        if count < MAX_PARTIAL:
            tra.lane.partial[lane, count] = v
            tra.lane.partial_count[lane] = count + 1
            tra.busy[lane] += 1


@inlined
def space_till_standing(net: Net, veh: Vehicles, tra: Traffic, lane: int, step: int, dt: float) -> tuple[float, bool]:
    """Room on a lane up to the first standing vehicle, less the vehicles that still move before it."""
    if tra.lane.space_known[lane] == step:
        return tra.lane.space[lane], tra.lane.space_standing[lane]
    lengths, standing = 0.0, False
    space = net.lane.length[lane]
    roundabout = net.lane.roundabout[lane]
    v = tra.lane.last[lane]
    while v >= 0:
        if veh.speed[v] < HALTING and not roundabout:
            standing = True
            space = veh.position[v] - veh.length[v] + brake_gap(veh.speed[v], veh.decel[v], veh.tau[v], dt)
            break
        lengths += veh.length[v] + veh.min_gap[v]
        v = veh.ahead[v]
    tra.lane.space_known[lane] = step
    tra.lane.space[lane] = space - lengths
    tra.lane.space_standing[lane] = standing
    return space - lengths, standing


@inlined
def list_lanes(tra: Traffic) -> int:
    """List the lanes with vehicles in `Traffic.order`, those of an edge or a junction together; how many there are."""
    lanes = 0
    for word in range(tra.used.size):
        bits = tra.used[word]
        while bits != 0:
            tra.order[lanes] = word * LANES_IN_A_WORD + lowest_bit(bits)
            lanes += 1
            bits &= bits - 1
    return lanes
