"""Lanes from full knowledge (simulation): each vehicle with its turn, followed by its id from second to second."""

import numpy as np
from numpy.typing import NDArray

from detectors.lanes import STANDING_SPEED_MPS, LaneView
from detectors.readings import ExactReading

# who was this close at the last picture and is gone now has crossed; a farther one was taken off the road
CROSSED_MARGIN_M = 15.0


class ExactLanes:
    """The lanes of one junction."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._vehicle_id: NDArray[np.int64] = np.empty(0, np.int64)
        self._waiting_s: NDArray[np.float64] = np.empty(0)
        self._lane: NDArray[np.int32] = np.empty(0, np.int32)
        self._reach_m: NDArray[np.float64] = np.empty(0)

    def update(self, reading: ExactReading, elapsed_s: float) -> list[LaneView]:
        """The views of all lanes, in the junction's order of lanes."""
        order = np.argsort(reading.vehicle_id)
        ids = reading.vehicle_id[order]
        place = np.searchsorted(self._vehicle_id, ids)
        place[place == self._vehicle_id.size] = 0
        known = self._vehicle_id[place] == ids if self._vehicle_id.size else np.zeros(ids.size, np.bool_)
        waited_s = np.zeros(ids.size)
        waited_s[known] = self._waiting_s[place[known]]
        waited_s[reading.speed_mps[order] < STANDING_SPEED_MPS] += elapsed_s
        arrived = np.bincount(reading.lane[order][~known], minlength=self._lanes)
        passed = self._passed(place[known], elapsed_s)

        waiting_s = np.empty(ids.size)
        waiting_s[order] = waited_s
        self._vehicle_id, self._waiting_s = ids, waited_s
        self._lane = reading.lane[order]
        self._reach_m = reading.distance_m[order] - reading.speed_mps[order] * elapsed_s
        bounds = np.searchsorted(reading.lane, np.arange(self._lanes + 1))
        views = []
        for lane in range(self._lanes):
            rows = slice(bounds[lane], bounds[lane + 1])
            views.append(
                LaneView(
                    distance_m=reading.distance_m[rows],
                    speed_mps=reading.speed_mps[rows],
                    movement=reading.movement[rows],
                    mode=reading.mode[rows],
                    waiting_s=waiting_s[rows],
                    passed=int(passed[lane]),
                    arrived=float(arrived[lane]),
                    confidence_ratio=1.0,
                    kinds_known=True,
                )
            )
        return views

    def _passed(self, still_here: NDArray[np.intp], elapsed_s: float) -> NDArray[np.intp]:
        gone = np.ones(self._vehicle_id.size, np.bool_)
        gone[still_here] = False
        gone &= self._reach_m <= CROSSED_MARGIN_M * max(1.0, elapsed_s)
        return np.bincount(self._lane[gone], minlength=self._lanes)
