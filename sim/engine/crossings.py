"""People and vehicles at crossings: who is in a driver's way or about to be, and which vehicle lets nobody onto one."""

import math

from sim.engine.arrays import IGNORE_BLOCKER_S, STEP_S, Net, Traffic, Vehicles, Walkers
from sim.engine.following import brake_gap
from sim.engine.jit import helper
from sim.engine.letters import has_priority, is_red
from sim.engine.positions import back_on, first_bearing, next_bearing

MINIMUM_GAP_TO_PEOPLE_M = 1.0
# SUMO's defaults: people walk in stripes, leave some of them to those who come towards them (a share, at most so
# many), and keep away from vehicles.
STRIPE_M = 0.64
ONCOMING_SHARE, ONCOMING_STRIPES = 0.34, 2
MINIMUM_GAP_TO_VEHICLES_M = 0.25


@helper
def people_in_window(net: Net, wal: Walkers, link: int, arrival: float, leaving: float, gap_s: float) -> bool:
    """Whether somebody said that it will be on a crossing that lies on the way while the vehicle passes.

    As in SUMO this is said once, on coming to the walking area before it, and counts unless their light is red. Who
    goes first leaves them the gap that it leaves before vehicles (`jmTimegapMinor`; so do turns in SUMO 1.28).
    """
    way = net.link.via[link]
    while way >= 0:
        leave = net.lane.exit[way]
        for c in range(net.link.conflict_start[leave], net.link.conflict_start[leave + 1]):
            crossing = net.conflict.crossing[c]
            if crossing < 0 or is_red(wal.crossing.state[crossing]):
                continue
            person = wal.crossing.approaching[crossing]
            while person >= 0:
                if arrival <= wal.person.leaving[person] and leaving + gap_s >= wal.person.arrival[person]:
                    return True
                person = wal.person.next[person]
        way = net.link.via[leave]
    return False


@helper
def people_ahead(net: Net, veh: Vehicles, wal: Walkers, conflict: int, v: int) -> bool:
    """Whether somebody on a crossing is in the vehicle's way, or about to be."""
    crossing = net.conflict.crossing[conflict]
    person = wal.crossing.head[crossing]
    if person < 0:
        return False
    width = veh.width[v] + MINIMUM_GAP_TO_PEOPLE_M
    side = wal.crossing.length[crossing] - net.conflict.foe_behind[conflict] + 0.5 * 3.2 - 0.5 * width
    while person >= 0:
        if wal.person.direction[person] > 0:
            front = side - wal.person.position[person]
        else:
            front = wal.person.position[person] - side - width
        back = front + 0.215
        if back >= -width and (front < 0.0 or (front <= veh.crossing_gap[v] and wal.person.waiting[person] < 2.0)):
            return True
        person = wal.person.next[person]
    return False


@helper
def people_come_first(
    net: Net, veh: Vehicles, wal: Walkers, link: int, conflict: int, v: int, to_crossing: float, now: float
) -> bool:
    """Whether somebody with priority will be at the kerb before a vehicle inside the junction is at the crossing.

    Who is inside asks no longer whether the link is open, yet people may step onto the crossing at any moment (SUMO's
    `MSLink::getLeaderInfo`).
    """
    lane = veh.lane[v]
    crossing = net.conflict.crossing[conflict]
    if (
        to_crossing <= 0.0
        or not net.lane.internal[lane]
        or net.lane.junction[lane] != net.link.junction[link]
        or not has_priority(wal.crossing.state[crossing])
    ):
        return False
    there = now + to_crossing / max(veh.speed[v], 1.0)
    person = wal.crossing.approaching[crossing]
    while person >= 0:
        if there > wal.person.arrival[person]:
            return True
        person = wal.person.next[person]
    return False


@helper
def vehicle_bars(net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, crossing: int, forward: bool) -> bool:
    """Whether vehicles leave nobody room to step onto a crossing: those on it, and those that could not stop before it.

    As in SUMO (`addCrossingVehs`): each covers its own length and the way that it needs to brake, and a free stripe
    beyond those kept for people who come the other way is enough to set out.
    """
    stripes = max(1, int(wal.crossing.width[crossing] / STRIPE_M))
    kept = min(int(stripes * ONCOMING_SHARE), ONCOMING_STRIPES)
    first, last = (kept, stripes) if forward else (0, stripes - kept)
    wanted = ((1 << (last - first)) - 1) << first
    covered = 0
    for k in range(wal.crossing.link_start[crossing], wal.crossing.link_start[crossing + 1]):
        way = net.link.via[wal.link[k]]
        while way >= 0:
            leave = net.lane.exit[way]
            if tra.busy[way] > 0:
                for c in range(net.link.conflict_start[leave], net.link.conflict_start[leave + 1]):
                    if net.conflict.crossing[c] == crossing:
                        covered |= covered_stripes(net, veh, tra, way, c, wal.crossing.width[crossing], stripes)
            way = net.link.via[leave]
    return covered & wanted == wanted


@helper
def covered_stripes(net: Net, veh: Vehicles, tra: Traffic, way: int, c: int, width: float, stripes: int) -> int:
    """The stripes of a crossing, as bits, that vehicles on one way over it cover."""
    covered = 0
    before = net.lane.length[way] - net.conflict.behind[c]
    vehicle, part = first_bearing(tra, way)
    while vehicle >= 0:
        v = vehicle
        vehicle, part = next_bearing(veh, tra, way, v, part)
        to_crossing = before - back_on(net, veh, v, way)  # of its rear
        if to_crossing + net.conflict.extent[c] < 0.0 or veh.waiting[v] >= tra.clock[IGNORE_BLOCKER_S]:
            continue
        if to_crossing >= veh.length[v] and veh.lane[v] == way and veh.requests_exit[v] != 1:
            continue  # not on it, and does not mean to pass
        reach = veh.length[v] + brake_gap(veh.speed[v], veh.decel[v], 0.0, tra.clock[STEP_S])
        if before > 0.5 * net.lane.length[way]:  # comes from the left of who walks along the crossing
            low, high = -to_crossing, reach - to_crossing
        else:
            low, high = width + to_crossing - reach, width + to_crossing
        lowest = max(0, math.floor((low - MINIMUM_GAP_TO_VEHICLES_M) / STRIPE_M + 0.5))
        for stripe in range(lowest, min(stripes, math.floor((high + MINIMUM_GAP_TO_VEHICLES_M) / STRIPE_M + 0.5))):
            covered |= 1 << stripe
    return covered
