"""People on crossings as drivers see them: who is in the way, and who is about to be."""

from sim.engine.arrays import Net, Vehicles, Walkers
from sim.engine.jit import helper
from sim.engine.letters import is_red

MINIMUM_GAP_TO_PEOPLE_M = 1.0


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
