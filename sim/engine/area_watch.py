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
NOBODY = -1
LENGTH, LATE_FROM, COUNT, LATE_M = range(4)  # of an area
KIND, FIRST = range(2)  # of an area's places
LOST, AHEAD = range(2)  # of a vehicle in an area


@kernel
def watch_areas(
    world: World, begin_s: float, now_s: float, areas: F8, rows: I4, offset: F8, places: I4, who: I8, known_of: F8,
    counts: B1,
) -> None:  # fmt: skip
    """Bring who is in each area from the begin of a step to its end.

    Args:
        world: The engine's data, at the end of the step.
        begin_s: Begin of the step.
        now_s: Its end.
        areas: Per area: its length, what counts as late (seconds lost), how many are in it, and metres to the end of
            the last of those who are late, 0 where nobody is.
        rows: Per lane of the areas: area, lane; one more at the end.
        offset: Where each of these lanes begins, seen from the area's start.
        places: Per area: row of `counts`, -1 where it counts everybody, and its first place in `who`; one more at the
            end, whose places are room.
        who: Vehicles in the areas.
        known_of: Of each of them: seconds lost there, metres to the area's end.
        counts: Per kind and vehicle: whether the vehicle counts.
    """
    net, veh, tra = world.net, world.veh, world.tra
    step_s = now_s - begin_s
    row, room = 0, places[len(areas), FIRST]
    for area in range(len(areas)):
        size, kind, base = areas[area, LENGTH], places[area, KIND], places[area, FIRST]
        most, found, late_m, begin = places[area + 1, FIRST] - base, 0, 0.0, row
        count = int(areas[area, COUNT])
        end = row
        while rows[end, 0] == area:
            end += 1
        while row < end:
            lane = rows[row, 1]
            partials, v, k = 0, NOBODY, 0
            if tra.busy[lane] > 0:
                partials, v = tra.lane.partial_count[lane], tra.lane.first[lane]
            while (k < partials or v >= 0) and found < most:
                inside = k >= partials
                here = v if inside else tra.lane.partial[lane, k]
                k += 1
                if inside:
                    v = veh.behind[here]
                else:
                    elsewhere = True
                    for other in range(begin, end):
                        elsewhere = elsewhere and rows[other, 1] != veh.lane[here]
                    if not elsewhere:
                        continue  # looked at where its front is
                if kind >= 0 and not counts[kind, here]:
                    continue
                front = offset[row] + veh.position[here] if inside else size - GONE_M
                if front <= 0.0 or (inside and front - veh.length[here] >= size):
                    continue
                known = -1
                for i in range(count):
                    if who[base + i] == here:
                        known = base + i
                if known < 0 and not inside:
                    continue
                lost = known_of[known, LOST] if known >= 0 else 0.0
                was = veh.lane_was[here]
                across = was != lane and net.lane.edge[was] == net.lane.edge[lane]
                if known >= 0 or not (across or veh.inserted_at[here] >= begin_s - 1e-6):
                    speed, wanted = veh.speed[here], lane_speed(net, veh, here, veh.lane[here])
                    share = 1.0 if known >= 0 or speed * step_s <= 0.0 else min(1.0, front / (speed * step_s))
                    lost += max(0.0, share * step_s * (wanted - speed) / wanted)
                who[room + found] = here
                known_of[room + found, LOST] = lost
                known_of[room + found, AHEAD] = size - front
                if lost > areas[area, LATE_FROM]:
                    late_m = max(late_m, size - front)
                found += 1
            row += 1
        areas[area, COUNT], areas[area, LATE_M] = found, late_m
        for i in range(found):
            who[base + i] = who[room + i]
            known_of[base + i, LOST] = known_of[room + i, LOST]
            known_of[base + i, AHEAD] = known_of[room + i, AHEAD]


class AreaWatch:
    """The areas of signal programmes.

    Args:
        areas: The areas.
        late_from_s: Per area: who has lost more time in it is late.
        kinds: Per area: row of `counts`, -1 for everybody.
        counts: (kinds, vehicles).
        streets: The network's arrays.

    Attributes:
        count: Per area: vehicles in it.
        late_m: Per area: metres to the end of the last who is late; 0 where nobody is.
    """

    def __init__(
        self,
        areas: Sequence[AreaPlace],
        late_from_s: Sequence[float],
        kinds: Sequence[int],
        counts: B1,
        streets: Streets,
    ) -> None:
        known = [
            (number, streets.lane_of[name], at_m)
            for number, area in enumerate(areas)
            for name, at_m in zip(area.lanes, area.offsets_m, strict=True)
        ]
        figures = [(area.length_m, late_s, 0.0, 0.0) for area, late_s in zip(areas, late_from_s, strict=True)]
        self._areas: F8 = np.array(figures, np.float64).reshape(-1, 4)
        self._rows: I4 = np.array([*((n, lane) for n, lane, _ in known), (len(areas), 0)], np.int64)
        self._offset: F8 = np.array([at_m for *_, at_m in known], np.float64)
        room = [int(area.length_m / METRES_PER_VEHICLE) + SPARE for area in areas]
        first = np.cumsum([0, *room]).tolist()
        self._places: I4 = np.array(list(zip((*kinds, NOBODY), first, strict=True)), np.int64)
        self._who: I8 = np.zeros(first[-1] + max(room, default=0), np.int64)
        self._known: F8 = np.zeros((len(self._who), 2))
        self._counts = counts
        self._watch = direct(watch_areas)
        self.count: list[float] = [0.0] * len(areas)
        self.late_m: list[float] = [0.0] * len(areas)

    def see(self, world: World, begin_s: float, now_s: float) -> None:
        """Note what happened in a step."""
        if self.count:
            self._watch(
                world, begin_s, now_s, self._areas, self._rows, self._offset, self._places, self._who, self._known,
                self._counts,
            )  # fmt: skip
            self.count = self._areas[:, COUNT].tolist()
            self.late_m = self._areas[:, LATE_M].tolist()

    def all_late_m(self, area: int) -> list[float]:
        """Metres to the area's end of everybody who is late."""
        first = self._places[area, FIRST]
        known = self._known[first : first + int(self._areas[area, COUNT])]
        late = (known[:, LOST] > self._areas[area, LATE_FROM]) & (known[:, AHEAD] > 0.0)
        found: list[float] = known[late, AHEAD].tolist()
        return found
