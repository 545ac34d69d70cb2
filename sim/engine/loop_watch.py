"""When vehicles cover and leave the induction loops of signal programmes, as SUMO's MSInductLoop notes it.

Vehicles move by their speed times the step, so front and rear pass a loop at a known part of it. Only vehicles near a
loop are looked at: those on its lane, on the lanes behind it as far as somebody's rear may have left it in this step,
and on the lanes beside it, where somebody may have gone who covered it.
"""

from dataclasses import dataclass

from sim.engine.arrays import Net, Traffic, Vehicles
from sim.engine.jit import helper
from sim.engine.signal_arrays import MOST_ON_LOOP, Signals
from sim.engine.streets import Streets
from sim.network import Network
from sim.reactive.loop_places import LoopPlace

ON_LANE, BEHIND, BESIDE = range(3)
NEVER_S = -3600.0  # SUMO's time of the last vehicle before there was one
FASTEST_MPS = 40.0
NOBODY = -1


@helper
def watch_loops(net: Net, veh: Vehicles, tra: Traffic, sig: Signals, begin_s: float, now_s: float) -> None:
    """Bring all loops from the begin of a step to its end.

    Args:
        net: The network.
        veh: Vehicles at the end of the step.
        tra: Who is where then.
        sig: Loops and what is known of them; the last one is room.
        begin_s: Begin of the step.
        now_s: Its end.
    """
    step_s, room = now_s - begin_s, sig.loop.size - 1
    for loop in range(room):
        length, counted = sig.loop.length[loop], sig.loop.counted_start[loop]
        left_s, found = sig.loop.left[loop], 0
        for lookout in range(sig.loop.lookout_start[loop], sig.loop.lookout_start[loop + 1]):
            lane, v = sig.lookout.lane[lookout], NOBODY
            if tra.busy[lane] == 0:
                continue
            lies, shift = sig.lookout.lies[lookout], sig.lookout.shift[lookout]
            first_way, end_way = sig.lookout.way_start[lookout], sig.lookout.way_start[lookout + 1]
            v = tra.lane.last[lane] if lies == BEHIND else tra.lane.first[lane]
            while v >= 0:
                here = v
                front = shift + veh.position[here]
                rear = front - veh.length[here] - length
                moved = veh.speed[here] * step_s
                if lies == BEHIND:
                    v = NOBODY if rear > FASTEST_MPS * step_s else veh.ahead[here]
                else:
                    v = NOBODY if front < 0.0 else veh.behind[here]
                if front < 0.0 or rear > moved or (counted >= 0 and not sig.counted[counted + here]):
                    continue
                known = -1
                for k in range(MOST_ON_LOOP):
                    if sig.loop.who[loop, k] == here:
                        known = k
                was = veh.lane_was[here]
                appeared = veh.inserted_at[here] >= begin_s - 1e-6
                if lies == ON_LANE:
                    if appeared or (was != lane and net.lane.edge[was] == net.lane.edge[lane]):
                        if front - veh.length[here] < 0.0 and found < MOST_ON_LOOP:
                            sig.loop.who[room, found], sig.loop.since[room, found] = here, begin_s
                            found += 1
                        continue
                elif lies == BESIDE:
                    if known < 0 and (was != sig.way[first_way] or appeared or front >= moved):
                        continue
                    left_s = max(left_s, now_s - rear / veh.speed[here] if rear > 0.0 else now_s)
                    if known >= 0:
                        sig.loop.who[loop, known] = NOBODY
                    continue
                elif known < 0 and (appeared or not is_among(sig, was, first_way, end_way)):
                    continue
                if known < 0 and front >= moved:
                    continue
                if rear > 0.0:
                    left_s = max(left_s, now_s - rear / veh.speed[here])
                    if known >= 0:
                        sig.loop.who[loop, known] = NOBODY
                elif found < MOST_ON_LOOP:
                    since_s = sig.loop.since[loop, known] if known >= 0 else now_s - front / veh.speed[here]
                    sig.loop.who[room, found], sig.loop.since[room, found] = here, since_s
                    found += 1
        if lost_somebody(sig, loop, found):
            left_s = now_s
        for k in range(MOST_ON_LOOP):
            sig.loop.who[loop, k] = sig.loop.who[room, k] if k < found else NOBODY
            sig.loop.since[loop, k] = sig.loop.since[room, k] if k < found else 0.0
        sig.loop.left[loop] = left_s
        sig.loop.covered[loop] = now_s if found > 0 else left_s


@helper
def is_among(sig: Signals, lane: int, first: int, end: int) -> bool:
    """Whether one comes from a lane over the loop."""
    found = False
    for k in range(first, end):
        found = found or sig.way[k] == lane
    return found


@helper
def lost_somebody(sig: Signals, loop: int, found: int) -> bool:
    """Whether somebody was on the loop, has not driven off it, and is not on it any more."""
    room = sig.loop.size - 1
    for k in range(MOST_ON_LOOP):
        gone = sig.loop.who[loop, k] >= 0
        for i in range(found):
            if sig.loop.who[room, i] == sig.loop.who[loop, k]:
                gone = False
        if gone:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Lookout:
    """A lane on which vehicles near a loop are looked for, how it lies, and the metres from the loop to its begin."""

    lane: int
    lies: int
    shift_m: float
    ways: tuple[int, ...]


def lookouts_of(loop: LoopPlace, network: Network, streets: Streets, reach_m: float) -> list[Lookout]:
    """Where to look for vehicles that a loop notes.

    Args:
        loop: The loop.
        network: The network.
        streets: Its arrays.
        reach_m: How far behind the loop a front may be whose rear passed it in a step.
    """
    lanes, lane_of = network.lanes, streets.lane_of
    here = lanes[loop.lane]
    rows = [Lookout(lane_of[here.id], ON_LANE, -loop.position_m, ())]
    rows += [
        Lookout(lane_of[other.id], BESIDE, -loop.position_m, (lane_of[here.id],))
        for other in network.edges[here.edge_id].lanes
        if abs(other.index - here.index) == 1 and other.id in lane_of
    ]
    onto = network.onto
    before = [way.from_lane for way in onto.get(here.id, ())]
    before += [way.from_lane for lane in before for way in onto.get(lane, ())]
    chain = tuple(lane_of[name] for name in (here.id, *before) if name in lane_of)
    waiting = [(here.id, here.length_m - loop.position_m, chain)]
    seen = {here.id}
    while waiting:
        name, shift_m, ways = waiting.pop()
        if shift_m > reach_m + loop.length_m:
            continue
        for link in network.outgoing.get(name, ()):
            following = link.via or link.to_lane
            if following in seen or following not in lane_of:
                continue
            seen.add(following)
            rows.append(Lookout(lane_of[following], BEHIND, shift_m, ways))
            waiting.append((following, shift_m + lanes[following].length_m, (*ways, lane_of[following])))
    return rows
