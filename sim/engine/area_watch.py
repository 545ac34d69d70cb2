"""Who is in the areas before signals and how much time each has lost there, as SUMO's MSE2Collector counts it."""

from collections.abc import Sequence

import numpy as np

from sim.engine.arrays import B1, F8, I4, I8
from sim.engine.jit import direct, kernel
from sim.engine.pointers import World
from sim.engine.positions import lane_speed
from sim.engine.streets import Streets
from sim.reactive.area_places import AreaPlace

METRES_PER_VEHICLE = 2.0
SPARE = 8
GONE_M = -1.0  # of a vehicle whose front is beyond the end


@kernel
def watch_areas(
    world: World, begin_s: float, now_s: float, size: F8, lane_start: I4, lanes: I4, offset: F8, start: I4,
    who: I8, loss: F8, ahead: F8, count: I4, fresh: I8, fresh_loss: F8, kind: I4, counts: B1,
) -> None:  # fmt: skip
    """Bring who is in each area from the begin of a step to its end.

    Args:
        world: The engine's data, at the end of the step.
        begin_s: Begin of the step.
        now_s: Its end.
        size: Length of each area, metres.
        lane_start: First of each area's lanes in `lanes`, one more at the end.
        lanes: Lanes of the areas.
        offset: Where each lane begins, seen from the area's start.
        start: First place of each area in `who`, `loss` and `ahead`, one more at the end.
        who: Vehicles in the areas.
        loss: What each has lost there, seconds.
        ahead: Metres from each front to the area's end.
        count: Vehicles in each area.
        fresh: Room for the vehicles of one area.
        fresh_loss: Room for their losses.
        kind: Per area: row of `counts`, -1 where it counts everybody.
        counts: Per kind and vehicle: whether the vehicle counts.
    """
    net, veh, tra = world.net, world.veh, world.tra
    step_s = now_s - begin_s
    for area in range(size.size):
        base, room, found = start[area], start[area + 1] - start[area], 0
        for row in range(lane_start[area], lane_start[area + 1]):
            lane = lanes[row]
            partials = tra.lane.partial_count[lane]
            v = tra.lane.first[lane]
            k = 0
            while (k < partials or v >= 0) and found < room:
                inside = k >= partials
                here = v if inside else tra.lane.partial[lane, k]
                k += 1
                if not inside:
                    for other in range(lane_start[area], lane_start[area + 1]):
                        inside = inside or lanes[other] == veh.lane[here]
                    if inside:
                        continue  # looked at where its front is
                else:
                    v = veh.behind[here]
                if kind[area] >= 0 and not counts[kind[area], here]:
                    continue
                front = offset[row] + veh.position[here] if inside else size[area] - GONE_M
                if front <= 0.0 or (inside and front - veh.length[here] >= size[area]):
                    continue
                known = -1
                for i in range(count[area]):
                    if who[base + i] == here:
                        known = i
                if known < 0 and not inside:
                    continue
                fresh[found] = here
                fresh_loss[found] = loss[base + known] if known >= 0 else 0.0
                was = veh.lane_was[here]
                across = was != lane and net.lane.edge[was] == net.lane.edge[lane]
                if known >= 0 or not (across or veh.inserted_at[here] >= begin_s - 1e-6):
                    speed, wanted = veh.speed[here], lane_speed(net, veh, here, veh.lane[here])
                    share = 1.0 if known >= 0 or speed * step_s <= 0.0 else min(1.0, front / (speed * step_s))
                    fresh_loss[found] += max(0.0, share * step_s * (wanted - speed) / wanted)
                ahead[base + found] = size[area] - front
                found += 1
        count[area] = found
        for i in range(found):
            who[base + i] = fresh[i]
            loss[base + i] = fresh_loss[i]


class AreaWatch:
    """The areas of signal programmes. Implements `sim.reactive.delay_based.SeenInAreas`.

    Args:
        areas: The areas.
        kinds: Per area: row of `counts`, -1 for everybody.
        counts: (kinds, vehicles).
        streets: The network's arrays.
    """

    def __init__(self, areas: Sequence[AreaPlace], kinds: Sequence[int], counts: B1, streets: Streets) -> None:
        known = [
            [(streets.lane_of[name], at_m) for name, at_m in zip(area.lanes, area.offsets_m, strict=True)]
            for area in areas
        ]
        self._size: F8 = np.array([area.length_m for area in areas], np.float64)
        self._lane_start: I4 = np.cumsum([0, *(len(rows) for rows in known)]).astype(np.int64)
        self._lanes: I4 = np.array([lane for rows in known for lane, _ in rows], np.int64)
        self._offset: F8 = np.array([at_m for rows in known for _, at_m in rows], np.float64)
        room = [int(area.length_m / METRES_PER_VEHICLE) + SPARE for area in areas]
        self._start: I4 = np.cumsum([0, *room]).astype(np.int64)
        total, most = sum(room), max(room, default=1)
        self._who: I8 = np.zeros(total, np.int64)
        self._loss: F8 = np.zeros(total)
        self._ahead: F8 = np.zeros(total)
        self._count: I4 = np.zeros(len(areas), np.int64)
        self._fresh: I8 = np.zeros(most, np.int64)
        self._fresh_loss: F8 = np.zeros(most)
        self._kind: I4 = np.array(kinds, np.int64)
        self._counts = counts
        self._watch = direct(watch_areas)

    def see(self, world: World, begin_s: float, now_s: float) -> None:
        """Note what happened in a step."""
        self._watch(
            world, begin_s, now_s, self._size, self._lane_start, self._lanes, self._offset, self._start, self._who,
            self._loss, self._ahead, self._count, self._fresh, self._fresh_loss, self._kind, self._counts,
        )  # fmt: skip

    def is_empty(self, area: int) -> bool:
        """Whether nobody is in the area."""
        return bool(self._count[area] == 0)

    def late_m(self, area: int, least_loss_s: float) -> Sequence[float]:
        """Metres to the line of those who have lost more than `least_loss_s` in the area."""
        here = slice(self._start[area], self._start[area] + self._count[area])
        loss, ahead = self._loss[here], self._ahead[here]
        found: list[float] = ahead[(loss > least_loss_s) & (ahead > 0.0)].tolist()
        return found
