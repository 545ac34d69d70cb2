"""Perfect detection: each vehicle's distance, speed and next movement within 200 m, and exits that are taken."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detectors.lanes import QUEUE_SPEED_MPS
from detectors.readings import ExactReading
from sim.plant import RoadState
from sim.sensors.roadmap import Roadmap

RANGE_M = 200.0
STANDING_MPS = 0.5
SETTLED_M = 30.0
EXIT_ROOM_M = 8.0
"""An exit has no room when somebody stands with less than a car's length behind."""


class ExactSensors:
    """All junctions at once."""

    def __init__(self, roadmap: Roadmap) -> None:
        self._roadmap = roadmap
        self._exits: list[tuple[str, ...]] = []
        owner: list[list[int]] = []
        for number, junction in enumerate(roadmap.junctions):
            exits = tuple(dict.fromkeys(m.exit_lane for m in junction.movements if m.exit_lane in roadmap.lane_index))
            self._exits.append(exits)
            owner.extend([number, roadmap.lane_index[lane]] for lane in exits)
        table = np.array(owner, np.int64).reshape(-1, 2)
        self._exit_junction, self._exit_lane = table[:, 0], table[:, 1]

    def read(self, state: RoadState, utc_s: float) -> Iterator[ExactReading]:
        """One reading per junction."""
        found = self._roadmap.approaching(state, RANGE_M)
        distance_m = np.maximum(state.tls_distance_m[found.row], 0.0)
        # who still drives will have changed lanes by the stop line; who stands or is near takes room where it is
        settled = (state.speed_mps[found.row] < QUEUE_SPEED_MPS) | (distance_m < SETTLED_M)
        stop_lane = np.where(settled, self._roadmap.standing_lane(state, found), found.lane)
        order = np.lexsort((distance_m, stop_lane, found.junction))
        row = found.row[order]
        lane, distance_m, movement = stop_lane[order], distance_m[order], found.movement[order]
        speed_mps, mode, vehicle_id = state.speed_mps[row], state.mode[row], state.vehicle_id[row]
        bounds = np.searchsorted(found.junction[order], np.arange(len(self._roadmap.junctions) + 1))
        blocked = self._blocked(state)
        for number, junction in enumerate(self._roadmap.junctions):
            part = slice(bounds[number], bounds[number + 1])
            yield ExactReading(
                junction=junction.id,
                t_s=utc_s,
                lane=lane[part],
                distance_m=distance_m[part],
                speed_mps=speed_mps[part],
                movement=movement[part],
                mode=mode[part],
                vehicle_id=vehicle_id[part],
                blocked_exits=blocked[number],
            )

    def _blocked(self, state: RoadState) -> list[frozenset[str]]:
        stands = (state.speed_mps < STANDING_MPS) & (state.position_m - state.length_m < EXIT_ROOM_M)
        taken: NDArray[np.bool_] = np.zeros(len(self._roadmap.lane_ids), np.bool_)
        taken[state.lane[stands]] = True
        hit = taken[self._exit_lane] if self._exit_lane.size else np.zeros(0, np.bool_)
        blocked: list[list[str]] = [[] for _ in self._roadmap.junctions]
        for junction, lane in zip(self._exit_junction[hit], self._exit_lane[hit], strict=True):
            blocked[junction].append(self._roadmap.lane_ids[lane])
        return [frozenset(lanes) for lanes in blocked]
