"""Everybody on a junction's approaches in one table, whom detectors see and whom requests tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from detectors.picture import LanePicture
from signalctl.rollout.layout import Floats

NOBODY = (np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
"""Rows of an empty junction: places, speeds, movements, modes, weights and halts."""


@dataclass(frozen=True)
class VehicleRows:
    """One row per vehicle, lane by lane."""

    start: np.ndarray
    distance_m: np.ndarray
    speed_mps: np.ndarray
    move: np.ndarray
    mode: np.ndarray
    weight: np.ndarray
    not_before_s: np.ndarray

    def eta_s(self, row: int, top_mps: float) -> float:
        """Rough time to the stop line."""
        travel_s = float(self.distance_m[row]) / max(float(self.speed_mps[row]), 0.5 * top_mps)
        return max(travel_s, float(self.not_before_s[row]))

    def reweighted(self, row: int, weight: float) -> "VehicleRows":
        """The same rows with another weight in one."""
        weights = self.weight.copy()
        weights[row] = weight
        return replace(self, weight=weights)

    def weighted(self, ratio: Floats) -> "VehicleRows":
        """The same rows, each counting so many times as much."""
        return replace(self, weight=self.weight * ratio)

    def inserted(
        self, lane: int, distance_m: float, speed_mps: float, move: int, mode: int, weight: float
    ) -> "VehicleRows":
        """One vehicle more, in its place by distance."""
        inside = self.distance_m[self.start[lane] : self.start[lane + 1]]
        at = int(self.start[lane]) + int(np.searchsorted(inside, distance_m))
        start = self.start.copy()
        start[lane + 1 :] += 1
        return VehicleRows(
            start,
            np.insert(self.distance_m, at, distance_m),
            np.insert(self.speed_mps, at, speed_mps),
            np.insert(self.move, at, move),
            np.insert(self.mode, at, mode),
            np.insert(self.weight, at, weight),
            np.insert(self.not_before_s, at, 0.0),
        )


def rows_of(lanes: Sequence[LanePicture | None]) -> VehicleRows:
    """Everybody who is seen on these lanes; each counts as much as it is probable."""
    start = np.array([0, *accumulate(0 if lane is None else lane.distance_m.size for lane in lanes)], np.int64)
    known = [lane for lane in lanes if lane is not None and lane.distance_m.size]
    if not known:
        return VehicleRows(start, *NOBODY)
    return VehicleRows(
        start,
        joined([lane.distance_m for lane in known]),
        joined([lane.speed_mps for lane in known]),
        joined([lane.movement for lane in known], np.int64),
        joined([lane.mode for lane in known], np.int64),
        _presence(known),
        _not_before_s(known),
    )


def _presence(lanes: Sequence[LanePicture]) -> np.ndarray:
    """How probable each vehicle of these lanes is; 1 for all where everybody was seen."""
    if all(lane.presence is None for lane in lanes):
        return np.ones(sum(lane.distance_m.size for lane in lanes))
    return joined([np.ones(lane.distance_m.size) if lane.presence is None else lane.presence for lane in lanes])


def _not_before_s(lanes: Sequence[LanePicture]) -> np.ndarray:
    """How soon each vehicle of these lanes comes at the earliest, where it halts at a stop on its way."""
    return joined(
        [np.zeros(lane.distance_m.size) if lane.not_before_s is None else lane.not_before_s for lane in lanes]
    )


def joined(arrays: Sequence[np.ndarray], kind: type[np.float64] | type[np.int64] = np.float64) -> np.ndarray:
    """The arrays of several lanes as one."""
    return np.concatenate(arrays, dtype=kind) if arrays else np.zeros(0, kind)
