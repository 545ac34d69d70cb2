"""Intergreens by RiLSA 2015, for the engineer who sets up a site. They are never computed at run time.

t_z = t_cross + t_clear - t_enter, rounded up, where the last one who clears runs over the stop line for t_cross and
needs t_clear to leave the conflict area, and the first one who enters reaches it t_enter after the begin of green.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from plans import defaults


class Clearing(StrEnum):
    """Who leaves the conflict area."""

    CAR_STRAIGHT = "car_straight"
    CAR_TURNING = "car_turning"
    TRAM = "tram"
    BICYCLE = "bicycle"
    PEDESTRIAN = "pedestrian"


class Entering(StrEnum):
    """Who enters the conflict area."""

    VEHICLE = "vehicle"
    BICYCLE = "bicycle"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True, slots=True)
class ClearingCase:
    """How somebody clears: overrun of the stop line, speed, and the length that must be out of the way as well."""

    crossing_s: int
    speed_mps: float
    length_m: float


CLEARING = {
    Clearing.CAR_STRAIGHT: ClearingCase(
        defaults.CAR_STRAIGHT_CROSSING_S, defaults.CAR_STRAIGHT_CLEARING_MPS, defaults.VEHICLE_LENGTH_M
    ),
    Clearing.CAR_TURNING: ClearingCase(
        defaults.CAR_TURNING_CROSSING_S, defaults.CAR_TURNING_CLEARING_MPS, defaults.VEHICLE_LENGTH_M
    ),
    Clearing.TRAM: ClearingCase(defaults.TRAM_CROSSING_S, defaults.TRAM_CLEARING_MPS, defaults.TRAM_LENGTH_M),
    Clearing.BICYCLE: ClearingCase(
        defaults.BICYCLE_CROSSING_S, defaults.BICYCLE_CLEARING_MPS, defaults.BICYCLE_LENGTH_M
    ),
    Clearing.PEDESTRIAN: ClearingCase(defaults.PEDESTRIAN_CROSSING_S, defaults.PEDESTRIAN_CLEARING_MPS, 0.0),
}
ENTERING_MPS = {
    Entering.VEHICLE: defaults.VEHICLE_ENTERING_MPS,
    Entering.BICYCLE: defaults.BICYCLE_ENTERING_MPS,
    Entering.PEDESTRIAN: defaults.PEDESTRIAN_ENTERING_MPS,
}


def clearing_s(who: Clearing, way_m: float, speed_mps: float | None = None) -> float:
    """Overrun and clearing time of somebody whose way from the stop line out of the conflict area is `way_m`."""
    case = CLEARING[who]
    return case.crossing_s + (way_m + case.length_m) / (speed_mps or case.speed_mps)


def entering_s(who: Entering, way_m: float, speed_mps: float | None = None) -> float:
    """Time from the begin of green until somebody has entered the conflict area after `way_m`."""
    return way_m / (speed_mps or ENTERING_MPS[who])


def intergreen_s(clear_s: float, enter_s: float, least_s: int = 0) -> int:
    """The intergreen in whole seconds, rounded up, and no less than `least_s` (amber, red-amber, clearance on foot)."""
    return max(least_s, ceil(clear_s - enter_s - 1e-9))
