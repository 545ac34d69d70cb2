"""When the traffic of a lane comes: what crossed the stop lines upstream, a travel time later and dispersed.

A lane on which nobody is seen to come knows how many come on average. Where its road begins at other signals of the
site, those know when: each vehicle over one of their stop lines is due here after the way (Robertson 1969: platoons
disperse). Their sum is scaled to the lane's own average, which knows who turns off and who takes another lane; what of
the average does not come from there comes evenly.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from detectors.lanes import JAM_SPACING_M
from detectors.loop_evidence import NOBODY, Expected
from detectors.picture import JunctionPicture
from detectors.rates import kept_ratio
from detectors.signal_view import NO_SIGNALS, SignalView
from plans.demand import TURN_SHARE
from plans.junction import Aspect, Junction, Movement
from plans.platoon import DISPERSION
from plans.roads import roads_between

LONGEST_WAY_S = 90
"""Who is under way for longer is one of the average."""
START_S = 1.5
"""A vehicle that starts from a queue needs so much longer to the next stop line than one that rolls."""
MEMORY_S = 300.0
LEAST_FLOW_VPS = 1e-4


class _Way(NamedTuple):
    """Who crosses by this movement is due at the lane of this column: the first of a platoon after `delay_s`."""

    movement: Movement
    column: int
    delay_s: int


class Neighbours:
    """The ways from every stop line of a site to the next ones, and who is on them; columns are lanes they lead to."""

    def __init__(self, junctions: Mapping[str, Junction]) -> None:
        self._column: dict[tuple[str, str], int] = {}
        self._ways: dict[str, dict[str, list[_Way]]] = {}
        self._speed_mps: list[float] = []
        ways_s: list[list[int]] = []
        for road in roads_between(junctions):
            travel_s = round(road.distance_m / road.speed_mps + START_S)
            if travel_s >= LONGEST_WAY_S:
                continue
            for lane in road.lanes:
                column = self._column.setdefault((road.target, lane), len(self._column))
                if column == len(ways_s):
                    ways_s.append([])
                    self._speed_mps.append(road.speed_mps)
                ways_s[column].append(travel_s)
                way = _Way(road.movement, column, round(travel_s / (1.0 + DISPERSION)))
                self._ways.setdefault(road.origin, {}).setdefault(road.movement.lane, []).append(way)
        self._turns = {
            name: {lane: junctions[name].movements_by_lane[lane] for lane in self._ways[name]} for name in self._ways
        }
        columns = len(self._column)
        self._shortest_s = np.array([min(one) for one in ways_s], np.int64)
        mean_s = np.array([sum(one) / len(one) for one in ways_s])
        self._follow = 1.0 / (1.0 + DISPERSION / (1.0 + DISPERSION) * mean_s)
        self._ring = np.zeros((LONGEST_WAY_S, columns))
        self._at = 0
        self._now_vps = np.zeros(columns)
        self._sum_veh = np.zeros(columns)
        self._sum_s = 0.0

    def observe(self, pictures: Mapping[str, JunctionPicture], signals: Mapping[str, SignalView]) -> None:
        """Fold in who crossed stop lines up to these pictures."""
        if not self._column:
            return
        for name, picture in pictures.items():
            for lane in self._ways.get(name, ()):
                seen = picture.lanes.get(lane)
                if seen is not None and seen.passed:
                    self._set_off(name, lane, seen.passed, signals.get(name, NO_SIGNALS).aspects)

    def advance(self, elapsed_s: float) -> None:
        """Time goes on."""
        if self._column:
            for _ in range(min(round(elapsed_s), LONGEST_WAY_S)):
                self._advance()

    def _set_off(self, name: str, lane: str, vehicles: int, aspects: Mapping[str, Aspect]) -> None:
        """Vehicles have crossed: by the ways that show green, as usual turns share them."""
        every = self._turns[name][lane]
        turns = [turn for turn in every if aspects.get(turn.group) is Aspect.GREEN] or every
        whole = sum(TURN_SHARE[turn.turn] for turn in turns)
        for way in self._ways[name][lane]:
            if way.movement in turns:
                share = TURN_SHARE[way.movement.turn] / whole
                self._ring[(self._at + way.delay_s) % LONGEST_WAY_S, way.column] += vehicles * share

    def _advance(self) -> None:
        """One second: who is due now joins, earlier ones of a platoon more and later ones less."""
        due = self._ring[self._at]
        keep = kept_ratio(1.0, MEMORY_S)
        self._sum_veh = self._sum_veh * keep + due
        self._sum_s = self._sum_s * keep + 1.0
        self._now_vps += self._follow * (due - self._now_vps)
        self._ring[self._at] = 0.0
        self._at = (self._at + 1) % LONGEST_WAY_S

    def expected(self, junction: str, lane: str, average_vph: float) -> Expected:
        """Who comes to a lane with this average demand."""
        column = self._column.get((junction, lane))
        mean_vps = 0.0 if column is None or self._sum_s <= 0.0 else float(self._sum_veh[column]) / self._sum_s
        if column is None or mean_vps < LEAST_FLOW_VPS:
            return Expected(average_vph, NOBODY)
        average_vps = average_vph / 3600.0
        scale = min(1.0, average_vps / mean_vps)
        rate_vps = scale * float(self._now_vps[column]) + max(0.0, average_vps - mean_vps)
        order = (self._at + np.arange(self._shortest_s[column])) % LONGEST_WAY_S
        together = np.cumsum(scale * self._ring[order, column])
        number = int(together[-1] + 0.5) if together.size else 0
        due_s = np.searchsorted(together, np.arange(number) + 0.5) * (1.0 + DISPERSION)
        coming_m = np.maximum(due_s * self._speed_mps[column], JAM_SPACING_M)
        return Expected(3600.0 * rate_vps, coming_m, float(self._shortest_s[column]) * self._speed_mps[column])
