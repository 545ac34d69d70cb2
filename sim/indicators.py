"""From trips to figures: delay over all loaded road users, by mode and per person, and their mean over several seeds.

Delay counts as the scenarios' own page says: time lost on the road plus time waited for insertion, over all loaded
vehicles, unfinished and never inserted ones included, so that a controller which starves an entry cannot look good.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from plans.defaults import OCCUPANCY
from plans.junction import Mode
from sim.plant import RoadMode, Trip

Figures = dict[str, Any]
"""Nested figures as they stand in the result file; numbers, or None where nobody was there to be counted."""

VEHICLE_MODES = (RoadMode.CAR, RoadMode.TRUCK, RoadMode.BUS, RoadMode.TRAM, RoadMode.BICYCLE, RoadMode.EMERGENCY)
ALWAYS_LISTED = frozenset({RoadMode.CAR, RoadMode.TRUCK, RoadMode.BUS, RoadMode.TRAM, RoadMode.BICYCLE})


def road_figures(trips: Sequence[Trip], occupancy: Mapping[Mode, float] = OCCUPANCY) -> Figures:
    """`all`, `by_mode` and `person_delay_s` of one run.

    Args:
        trips: One per loaded road user.
        occupancy: Persons per vehicle by mode.
    """
    by_mode: dict[RoadMode, list[Trip]] = {mode: [] for mode in RoadMode}
    for trip in trips:
        by_mode[trip.mode].append(trip)
    vehicles = [trip for mode in VEHICLE_MODES for trip in by_mode[mode]]
    listed = [mode for mode in VEHICLE_MODES if by_mode[mode] or mode in ALWAYS_LISTED]
    modes: Figures = {mode.label: _vehicle_figures(by_mode[mode]) for mode in listed}
    modes[RoadMode.PEDESTRIAN.label] = _pedestrian_figures(by_mode[RoadMode.PEDESTRIAN])
    return {
        "all": _vehicle_figures(vehicles),
        "by_mode": modes,
        "person_delay_s": _person_delay_s(trips, occupancy),
    }


def _vehicle_figures(trips: Sequence[Trip]) -> Figures:
    delays = [trip.delay_s for trip in trips]
    travel = [trip.arrival_s - trip.depart_s - trip.depart_delay_s for trip in trips if trip.arrival_s >= 0]
    return {
        "loaded": len(trips),
        "inserted": sum(trip.inserted for trip in trips),
        "arrived": len(travel),
        "delay_s": _mean(delays),
        "delay_p95_s": _quantile(delays, 0.95),
        "waiting_s": _mean([trip.waiting_s for trip in trips]),
        "stops": _mean([float(trip.stops) for trip in trips]),
        "travel_time_s": _mean(travel),
    }


def _pedestrian_figures(trips: Sequence[Trip]) -> Figures:
    delays = [trip.delay_s for trip in trips]
    return {
        "count": len(trips),
        "delay_s": _mean(delays),
        "delay_p95_s": _quantile(delays, 0.95),
        "max_wait_s": _rounded(max((trip.max_wait_s for trip in trips), default=None), 1),
    }


def _person_delay_s(trips: Iterable[Trip], occupancy: Mapping[Mode, float]) -> float | None:
    persons = lost_s = 0.0
    for trip in trips:
        weight = occupancy[Mode(trip.mode.label)]
        persons += weight
        lost_s += weight * trip.delay_s
    return _rounded(lost_s / persons, 3) if persons else None


def _mean(values: Sequence[float]) -> float | None:
    return _rounded(float(np.mean(values)), 3) if values else None


def _quantile(values: Sequence[float], ratio: float) -> float | None:
    return _rounded(float(np.quantile(values, ratio)), 3) if values else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
