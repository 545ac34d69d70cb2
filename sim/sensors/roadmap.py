"""Which plant lane and which signal link belongs to which junction, as arrays for whole-road look-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plans.junction import Junction
from sim.plant import RoadState
from sim.signals import junction_id


@dataclass(frozen=True, slots=True)
class Approaching:
    """Vehicles on their way to a stop line of ours: rows of the road state, with junction, movement and lane numbers.

    `junction` counts `Roadmap.junctions`, `movement` the junction's movements, `lane` its lanes.
    """

    row: NDArray[np.intp]
    junction: NDArray[np.int32]
    movement: NDArray[np.int32]
    lane: NDArray[np.int32]


class Roadmap:
    """Tables from the plant's indices to the junctions'."""

    def __init__(self, junctions: Mapping[str, Junction], lane_ids: Sequence[str], tls_ids: Sequence[str]) -> None:
        self.junctions = tuple(junctions.values())
        self.lane_ids = lane_ids
        self.lane_index = {lane: index for index, lane in enumerate(lane_ids)}
        self.tls_index = {junction_id(tls): index for index, tls in enumerate(tls_ids)}
        missing = sorted(set(junctions) - set(self.tls_index))
        if missing:
            raise ValueError(
                f"junction {missing[0]}: expected a signal of this id on the road, got only {sorted(tls_ids)}"
            )
        links = 1 + max((m.link for j in self.junctions for m in j.movements if m.link is not None), default=-1)
        size = (max(1, len(tls_ids)), max(1, links))
        self._junction = np.full(size[0], -1, np.int32)
        self._movement = np.full(size, -1, np.int32)
        self._lane = np.full(size, -1, np.int32)
        self._owner = np.full(len(lane_ids), -1, np.int32)
        self._number = np.full(len(lane_ids), -1, np.int32)
        for number, junction in enumerate(self.junctions):
            tls = self.tls_index[junction.id]
            self._junction[tls] = number
            lanes = {lane: index for index, lane in enumerate(junction.lanes)}
            for lane, index in lanes.items():
                if lane in self.lane_index:
                    self._owner[self.lane_index[lane]] = number
                    self._number[self.lane_index[lane]] = index
            for index, movement in enumerate(junction.movements):
                if movement.link is not None:
                    self._movement[tls, movement.link] = index
                    self._lane[tls, movement.link] = lanes[movement.lane]

    def approaching(self, state: RoadState, range_m: float) -> Approaching:
        """Who is within `range_m` of a stop line of ours, measured along the route."""
        links = self._movement.shape[1]
        near = (state.tls >= 0) & (state.tls_link >= 0) & (state.tls_link < links) & (state.tls_distance_m <= range_m)
        row = np.flatnonzero(near)
        tls, link = state.tls[row], state.tls_link[row]
        movement = self._movement[tls, link]
        ours = movement >= 0
        row, tls, link = row[ours], tls[ours], link[ours]
        return Approaching(row, self._junction[tls], movement[ours], self._lane[tls, link])

    def standing_lane(self, state: RoadState, found: Approaching) -> NDArray[np.int32]:
        """The lane where each vehicle is when that is an approach lane of its junction, else where its turn leaves."""
        here = state.lane[found.row]
        return np.where(self._owner[here] == found.junction, self._number[here], found.lane).astype(np.int32)
