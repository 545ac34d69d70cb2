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
LENGTH, LEFT, COVERED = range(3)  # of a loop
WAYS = 3  # of a row
KIND = 0  # of those on a loop
MOST_ON_LOOP = 4
NEVER_S = -3600.0  # SUMO's time of the last vehicle before there was one
FASTEST_MPS = 40.0
NOBODY = -1


@kernel
def watch_loops(
    world: World, begin_s: float, now_s: float, loops: F8, rows: I4, shift: F8, ways: I4, on: I8, on_since: F8,
    counts: B1,
) -> None:  # fmt: skip
    """Bring `loops`, `on` and `on_since` from the begin of a step to its end.

    Args:
        world: The engine's data, at the end of the step.
        begin_s: Begin of the step.
        now_s: Its end.
        loops: Per loop: its length, when it was left last, and when it was covered last.
        rows: Per place where vehicles are looked for: loop, lane, how the lane lies to it, and first of its ways in
            `ways`; one more at the end.
        shift: Per place: what to add to a position on the lane, for the metres beyond the loop's begin.
        ways: Lanes from which one comes to a place over the loop.
        on: Per loop: row of `counts`, -1 where it counts everybody; then the vehicles on it, -1 where there are fewer.
            One more at the end is room.
        on_since: Since when they are on it.
        counts: Per kind and vehicle: whether the vehicle counts.
    """
    net, veh, tra = world.net, world.veh, world.tra
    step_s = now_s - begin_s
    row, room = 0, len(loops)
    for loop in range(room):
        found, length, kind = 0, loops[loop, LENGTH], on[loop, KIND]
        while row < len(shift) and rows[row, 0] == loop:
            lane, lies, v = rows[row, 1], rows[row, 2], NOBODY
            if tra.busy[lane] > 0:
                v = tra.lane.last[lane] if lies == BEHIND else tra.lane.first[lane]
            while v >= 0:
                here = v
                front = shift[row] + veh.position[here]
                rear = front - veh.length[here] - length
                moved = veh.speed[here] * step_s
                if lies == BEHIND:
                    v = -1 if rear > FASTEST_MPS * step_s else veh.ahead[here]
                else:
                    v = -1 if front < 0.0 else veh.behind[here]
                if front < 0.0 or rear > moved or (kind >= 0 and not counts[kind, here]):
                    continue
                known = -1
                for k in range(1, MOST_ON_LOOP + 1):
                    if on[loop, k] == here:
                        known = k
                was = veh.lane_was[here]
                came_across = False
                for k in range(rows[row, WAYS], rows[row + 1, WAYS]):
                    if ways[k] == was:
                        came_across = True
                appeared = veh.inserted_at[here] >= begin_s - 1e-6
                if lies == ON_LANE:
                    if appeared or (was != lane and net.lane.edge[was] == net.lane.edge[lane]):
                        if front - veh.length[here] < 0.0 and found < MOST_ON_LOOP:
                            found += 1
                            on[room, found], on_since[room, found] = here, begin_s
                        continue
                elif lies == BESIDE:
                    if known < 0 and (was != ways[rows[row, WAYS]] or appeared or front >= moved):
                        continue
                    loops[loop, LEFT] = max(loops[loop, LEFT], now_s - rear / veh.speed[here] if rear > 0.0 else now_s)
                    if known >= 0:
                        on[loop, known] = NOBODY
                    continue
                elif known < 0 and (not came_across or appeared):
                    continue
                if known < 0 and front >= moved:
                    continue
                if rear > 0.0:
                    loops[loop, LEFT] = max(loops[loop, LEFT], now_s - rear / veh.speed[here])
                    if known >= 0:
                        on[loop, known] = NOBODY
                elif found < MOST_ON_LOOP:
                    found += 1
                    on[room, found] = here
                    on_since[room, found] = on_since[loop, known] if known >= 0 else now_s - front / veh.speed[here]
            row += 1
        for k in range(1, MOST_ON_LOOP + 1):
            gone = on[loop, k] >= 0
            for i in range(1, found + 1):
                if on[room, i] == on[loop, k]:
                    gone = False
            if gone:
                loops[loop, LEFT] = now_s
        for k in range(1, MOST_ON_LOOP + 1):
            on[loop, k] = on[room, k] if k <= found else NOBODY
            on_since[loop, k] = on_since[room, k] if k <= found else 0.0
        loops[loop, COVERED] = now_s if found > 0 else loops[loop, LEFT]


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

    Attributes:
        covered_last_s: Per loop: when somebody was on it last; now, when somebody is.
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
        size = [(loop.length_m, NEVER_S, NEVER_S) for loop in loops]
        self._loops: F8 = np.array(size, np.float64).reshape(-1, 3)
        first = np.cumsum([0, *(len(row.ways) for _, row in flat)]).tolist()
        table = [(n, row.lane, row.lies, way) for (n, row), way in zip(flat, first, strict=False)]
        self._table: I4 = np.array([*table, (len(loops), 0, 0, first[-1])], np.int64)
        self._shift: F8 = np.array([row.shift_m for _, row in flat], np.float64)
        self._ways: I4 = np.array([way for _, row in flat for way in row.ways], np.int64)
        self._on: I8 = np.full((len(loops) + 1, MOST_ON_LOOP + 1), NOBODY, np.int64)
        self._on[: len(loops), KIND] = kinds
        self._on_since: F8 = np.zeros(self._on.shape)
        self._counts = counts
        self._watch = direct(watch_loops)
        self.covered_last_s: list[float] = self._loops[:, COVERED].tolist()

    def see(self, world: World, begin_s: float, now_s: float) -> None:
        """Note what happened in a step."""
        if self.covered_last_s:
            self._watch(
                world, begin_s, now_s, self._loops, self._table, self._shift, self._ways, self._on, self._on_since,
                self._counts,
            )  # fmt: skip
            self.covered_last_s = self._loops[:, COVERED].tolist()

    def covered_s(self, loop: int, now_s: float) -> float:
        """For how long the vehicle that came first has been on the loop; 0 when it is free."""
        on = self._on[loop, 1:] >= 0
        return now_s - float(self._on_since[loop, 1:][on].min()) if on.any() else 0.0

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
