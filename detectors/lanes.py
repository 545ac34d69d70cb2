"""What every way of sensing shares: a lane's vehicles as arrays, and what follows from them (queue, head, demand)."""

import math

import numpy as np
from numpy.typing import NDArray

from detectors.picture import LanePicture
from detectors.rates import ArrivalGroups, ArrivalRate
from plans.junction import Junction
from plans.record import record

QUEUE_SPEED_MPS = 1.4
"""Slower than this is in the queue (5 km/h, as HBS and SUMO's jam threshold have it)."""
STANDING_SPEED_MPS = 0.5
HEAD_ZONE_M = 8.0
"""A vehicle this near to the stop line is the lane's head and not the second one."""
JAM_SPACING_M = 7.5
MAX_STEP_S = 5.0
"""After a longer gap between pictures nobody knows what happened in it; averages leave it out."""


@record
class LaneView:
    """One lane as one kind of sensing sees it; rows as in `LanePicture`.

    `arrived` counts vehicles that came into sensing since the last view, `passed` those that crossed the stop line.
    `queue_variance` is that of the number of vehicles in the queue. `presence` as in `LanePicture`.
    """

    distance_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    movement: NDArray[np.int32]
    mode: NDArray[np.int8]
    waiting_s: NDArray[np.float64]
    passed: int
    arrived: float
    confidence_ratio: float
    kinds_known: bool = False
    queue_variance: float = 0.0
    reach_m: float = float("inf")
    presence: NDArray[np.float64] | None = None


class LaneMemory:
    """What is remembered of one lane from picture to picture, however it is sensed."""

    __slots__ = ("_lane", "groups", "head_still_s", "rate", "red_s")

    def __init__(self, lane: str) -> None:
        self._lane = lane
        self.rate = ArrivalRate()
        self.groups = ArrivalGroups()
        self.head_still_s = 0.0
        self.red_s = 0.0

    def picture(self, view: LaneView, *, green: bool, elapsed_s: float) -> LanePicture:
        """Complete the view to the lane's picture; `green` says whether any movement of the lane has green."""
        rate, distance_m, speed_mps = self.rate, view.distance_m, view.speed_mps
        self.red_s = 0.0 if green else self.red_s + elapsed_s
        if 0.0 < elapsed_s <= MAX_STEP_S and view.confidence_ratio >= 0.5:
            rate.observe(view.arrived, elapsed_s)
            if view.presence is None:
                self.groups.observe(view.arrived, elapsed_s)
        queue_veh, queue_m, still = 0.0, 0.0, False
        if distance_m.size:
            still = green and bool(distance_m[0] <= HEAD_ZONE_M and speed_mps[0] < STANDING_SPEED_MPS)
            slow = (speed_mps < QUEUE_SPEED_MPS).nonzero()[0]
            if slow.size:
                if view.presence is None:
                    queue_veh, last = float(slow.size), slow[-1]
                else:
                    queue_veh = float(view.presence[slow].sum())
                    last = slow[max(round(queue_veh) - 1, 0)]
                queue_m = float(distance_m[last]) + JAM_SPACING_M
        self.head_still_s = self.head_still_s + elapsed_s if still else 0.0
        return LanePicture(
            self._lane,
            distance_m,
            speed_mps,
            view.movement,
            view.mode,
            view.waiting_s,
            queue_veh,
            queue_m,
            rate.flow_vph,
            view.passed,
            self.head_still_s,
            view.confidence_ratio,
            view.kinds_known,
            math.sqrt(view.queue_variance),
            rate.deviation_vph,
            view.reach_m,
            view.presence,
        )


def only_movement(junction: Junction, lane: str) -> int:
    """The index of the lane's movement where it has only one, else -1: the turn is not seen."""
    movements = junction.movements_by_lane.get(lane, ())
    return junction.movements.index(movements[0]) if len(movements) == 1 else -1
