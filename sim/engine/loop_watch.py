"""When vehicles cover and leave the induction loops of signal programmes, as SUMO's MSInductLoop notes it.

Vehicles move by their speed times the step, so front and rear pass a loop at a known part of it. Only vehicles near a
loop are looked at: those on its lane, on the lanes behind it as far as somebody's rear may have left it in this step,
and on the lanes beside it, where somebody may have gone who covered it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.arrays import B1, F8, I4, I8
from sim.engine.jit import direct, kernel
from sim.engine.pointers import World
from sim.engine.streets import Streets
from sim.network import Network
from sim.reactive.loop_places import LoopPlace

ON_LANE, BEHIND, BESIDE = range(3)
MOST_ON_LOOP = 4
NEVER_S = -3600.0  # SUMO's time of the last vehicle before there was one
FASTEST_MPS = 40.0
NOBODY = -1


@kernel
def watch_loops(
    world: World, begin_s: float, now_s: float, size: F8, rows: I4, shift: F8, since: I4, ways: I4,
    on: I8, on_since: F8, left_s: F8, fresh: I8, fresh_since: F8, kind: I4, counts: B1,
) -> None:  # fmt: skip
    """Bring `on`, `on_since` (loops, vehicles on it) and `left_s` (loops) from the begin of a step to its end.

    Args:
        world: The engine's data, at the end of the step.
        begin_s: Begin of the step.
        now_s: Its end.
        size: Length of each loop, metres.
        rows: Per place where vehicles are looked for: loop, lane, and how the lane lies to it.
        shift: Per place: what to add to a position on the lane, for the metres beyond the loop's begin.
        since: First of each place's ways in `ways`, one more at the end.
        ways: Lanes from which one comes to a place over the loop.
        on: Vehicles on each loop, -1 where there are fewer.
        on_since: Since when.
        left_s: When a loop was left last.
        fresh: Room for the vehicles of one loop.
        fresh_since: Room for their times.
        kind: Per loop: row of `counts`, -1 where it counts everybody.
        counts: Per kind and vehicle: whether the vehicle counts.
    """
    net, veh, tra = world.net, world.veh, world.tra
    step_s = now_s - begin_s
    row = 0
    for loop in range(size.size):
        found = 0
        while row < len(shift) and rows[row, 0] == loop:
            lane, lies = rows[row, 1], rows[row, 2]
            v = tra.lane.last[lane] if lies == BEHIND else tra.lane.first[lane]
            while v >= 0:
                here = v
                front = shift[row] + veh.position[here]
                rear = front - veh.length[here] - size[loop]
                moved = veh.speed[here] * step_s
                if lies == BEHIND:
                    v = -1 if rear > FASTEST_MPS * step_s else veh.ahead[here]
                else:
                    v = -1 if front < 0.0 else veh.behind[here]
                if front < 0.0 or rear > moved or (kind[loop] >= 0 and not counts[kind[loop], here]):
                    continue
                known = -1
                for k in range(MOST_ON_LOOP):
                    if on[loop, k] == here:
                        known = k
                was = veh.lane_was[here]
                came_across = False
                for k in range(since[row], since[row + 1]):
                    if ways[k] == was:
                        came_across = True
                appeared = veh.inserted_at[here] >= begin_s - 1e-6
                if lies == ON_LANE:
                    if appeared or (was != lane and net.lane.edge[was] == net.lane.edge[lane]):
                        if front - veh.length[here] < 0.0 and found < MOST_ON_LOOP:
                            fresh[found], fresh_since[found] = here, begin_s
                            found += 1
                        continue
                elif lies == BESIDE:
                    if known < 0 and (was != ways[since[row]] or appeared or front >= moved):
                        continue
                    left_s[loop] = max(left_s[loop], now_s - rear / veh.speed[here] if rear > 0.0 else now_s)
                    if known >= 0:
                        on[loop, known] = NOBODY
                    continue
                elif known < 0 and (not came_across or appeared):
                    continue
                if known < 0 and front >= moved:
                    continue
                if rear > 0.0:
                    left_s[loop] = max(left_s[loop], now_s - rear / veh.speed[here])
                    if known >= 0:
                        on[loop, known] = NOBODY
                elif found < MOST_ON_LOOP:
                    fresh[found] = here
                    fresh_since[found] = on_since[loop, known] if known >= 0 else now_s - front / veh.speed[here]
                    found += 1
            row += 1
        for k in range(MOST_ON_LOOP):
            gone = on[loop, k] >= 0
            for i in range(found):
                if fresh[i] == on[loop, k]:
                    gone = False
            if gone:
                left_s[loop] = now_s
        for k in range(MOST_ON_LOOP):
            on[loop, k] = fresh[k] if k < found else NOBODY
            on_since[loop, k] = fresh_since[k] if k < found else 0.0


@dataclass(frozen=True, slots=True)
class _Row:
    """A lane on which vehicles are looked for."""

    lane: int
    lies: int
    shift_m: float
    ways: tuple[int, ...]


class LoopWatch:
    """The loops of signal programmes, and what is known of each.

    Args:
        loops: The loops.
        kinds: Per loop: row of `counts`, -1 for everybody.
        counts: (kinds, vehicles).
        network: The network.
        streets: Its arrays.
        longest_m: Length of the longest vehicle.
        step_s: The engine's step.
    """

    def __init__(
        self,
        loops: Sequence[LoopPlace],
        kinds: Sequence[int],
        counts: B1,
        network: Network,
        streets: Streets,
        longest_m: float,
        step_s: float,
    ) -> None:
        self._network, self._streets = network, streets
        per_loop = [self._rows(loop, longest_m + FASTEST_MPS * step_s) for loop in loops]
        flat = [(number, row) for number, rows in enumerate(per_loop) for row in rows]
        self._size: F8 = np.array([loop.length_m for loop in loops], np.float64)
        self._rows_of: I4 = np.array([(n, row.lane, row.lies) for n, row in flat], np.int64).reshape(-1, 3)
        self._shift: F8 = np.array([row.shift_m for _, row in flat], np.float64)
        self._since: I4 = np.cumsum([0, *(len(row.ways) for _, row in flat)]).astype(np.int64)
        self._ways: I4 = np.array([way for _, row in flat for way in row.ways], np.int64)
        self._on: I8 = np.full((len(loops), MOST_ON_LOOP), NOBODY, np.int64)
        self._on_since: F8 = np.zeros((len(loops), MOST_ON_LOOP))
        self._left_s: F8 = np.full(len(loops), NEVER_S)
        self._fresh: I8 = np.zeros(MOST_ON_LOOP, np.int64)
        self._fresh_since: F8 = np.zeros(MOST_ON_LOOP)
        self._kind: I4 = np.array(kinds, np.int64)
        self._counts = counts
        self._watch = direct(watch_loops)

    def see(self, world: World, begin_s: float, now_s: float) -> None:
        """Note what happened in a step."""
        self._watch(
            world, begin_s, now_s, self._size, self._rows_of, self._shift, self._since, self._ways, self._on,
            self._on_since, self._left_s, self._fresh, self._fresh_since, self._kind, self._counts,
        )  # fmt: skip

    def gap_s(self, loop: int, now_s: float) -> float:
        """Time since the loop was left; 0 while it is covered."""
        return 0.0 if self._on[loop, 0] >= 0 else now_s - float(self._left_s[loop])

    def covered_s(self, loop: int, now_s: float) -> float:
        """For how long the vehicle that came first has been on the loop; 0 when it is free."""
        on = self._on[loop] >= 0
        return now_s - float(self._on_since[loop][on].min()) if on.any() else 0.0

    def _rows(self, loop: LoopPlace, reach_m: float) -> list[_Row]:
        """Where to look for vehicles that a loop notes."""
        lanes, lane_of = self._network.lanes, self._streets.lane_of
        here = lanes[loop.lane]
        rows = [_Row(lane_of[here.id], ON_LANE, -loop.position_m, ())]
        rows += [
            _Row(lane_of[other.id], BESIDE, -loop.position_m, (lane_of[here.id],))
            for other in self._network.edges[here.edge_id].lanes
            if abs(other.index - here.index) == 1 and other.id in lane_of
        ]
        onto = self._network.onto
        before = [way.from_lane for way in onto.get(here.id, ())]
        before += [way.from_lane for lane in before for way in onto.get(lane, ())]
        chain = tuple(lane_of[name] for name in (here.id, *before) if name in lane_of)
        waiting = [(here.id, here.length_m - loop.position_m, chain)]
        seen = {here.id}
        while waiting:
            name, shift_m, ways = waiting.pop()
            if shift_m > reach_m + loop.length_m:
                continue
            for link in self._network.outgoing.get(name, ()):
                following = link.via or link.to_lane
                if following in seen or following not in lane_of:
                    continue
                seen.add(following)
                rows.append(_Row(lane_of[following], BEHIND, shift_m, ways))
                waiting.append((following, shift_m + lanes[following].length_m, (*ways, lane_of[following])))
        return rows
