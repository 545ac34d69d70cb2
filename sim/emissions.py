"""What driving costs the air: CO2 and NOx per vehicle and second from speed and acceleration.

The rate is the polynomial that SUMO documents for its HBEFA4 emission classes (Models/Emissions/HBEFA4-based; fits of
the kind of Krajzewicz et al. 2015, "Second generation of pollutant emission models for SUMO"): c0 + c1 v + c2 a +
c3 v^2 + c4 v^3 + c5 a v + c6 a v^2 in mg/s, never below zero, and nothing while a vehicle slows down more than it would
by itself, as fuel is cut. The numbers are the fits to the Handbook Emission Factors for Road Transport 4 of the classes
that SUMO 1.28 gives these vehicles by default: petrol Euro 4 car, Euro VI lorry up to 7.5 t, Euro VI city bus of 15 to
18 t, Euro 6 diesel van. They were read off SUMO's own `emissionsMap` and give the same. Both plants use them alike, so
that figures compare; it is a comparison of control, not an inventory of a real fleet.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.plant import RoadMode, RoadState

MILLIGRAMS_TO_GRAMS = 1e-3
COASTING_MPS = 10.0 / 3.6
"""Below this speed the deceleration by itself falls to nothing."""
CREEP_MPS = 0.5
"""Fuel is not cut at or below this speed: the engine idles."""


class Emitter(NamedTuple):
    """Coefficients in mg/s with speeds in m/s; a vehicle by itself slows down by `roll` + `drag` v, in m/s^2."""

    co2: tuple[float, ...]
    nox: tuple[float, ...]
    roll: float
    drag: float


NOTHING = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
CAR = Emitter(
    (1521.0, 15.59, 695.1, 0.0, 0.1199, 132.5, 3.434),
    (0.6117, 0.0, 0.0, 0.0, 5.485e-5, 0.04339, 0.002726),
    0.1079,
    0.01299,
)
TRUCK = Emitter(
    (1936.0, 0.0, 0.0, 16.21, 0.0064, 551.1, 12.03), (0.1158, 0.2321, 0.0, 0.0, 0.0, 0.0, 0.01005), 0.1502, 0.00924
)
BUS = Emitter(
    (2775.0, 651.0, 2643.0, 0.0, 0.0, 1627.0, 0.0), (4.335, 0.0, 0.0, 0.0, 6.582e-4, 0.0, 0.01626), 0.1506, 0.00525
)
VAN = Emitter(
    (1949.0, 34.07, 659.6, 0.0, 0.2332, 230.6, 8.244), (3.352, 0.0, 0.0, 0.0, 6.798e-4, 0.264, 0.03613), 0.1511, 0.00894
)
CLEAN = Emitter(NOTHING, NOTHING, 0.0, 0.0)

BY_MODE = {
    RoadMode.CAR: CAR,
    RoadMode.TRUCK: TRUCK,
    RoadMode.BUS: BUS,
    RoadMode.TRAM: CLEAN,
    RoadMode.BICYCLE: CLEAN,
    RoadMode.PEDESTRIAN: CLEAN,
    RoadMode.EMERGENCY: VAN,
}

CO2_COEFFICIENTS: NDArray[np.float64] = np.array([BY_MODE[mode].co2 for mode in RoadMode])
"""(7, 7): one row per `RoadMode`."""

NOX_COEFFICIENTS: NDArray[np.float64] = np.array([BY_MODE[mode].nox for mode in RoadMode])
"""(7, 7): one row per `RoadMode`."""

COASTING: NDArray[np.float64] = np.array([(BY_MODE[mode].roll, BY_MODE[mode].drag) for mode in RoadMode])
"""(7, 2): one row per `RoadMode`."""


def emission_rates_gps(
    mode: NDArray[np.int8], speed_mps: NDArray[np.float64], acceleration_mps2: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CO2 and NOx in g/s of each vehicle; the three arrays have one row per vehicle (n)."""
    v, a = speed_mps, acceleration_mps2
    terms = np.stack([np.ones_like(v), v, a, v * v, v * v * v, a * v, a * v * v], axis=1)
    index = mode.astype(np.intp)
    burning = np.where((v > CREEP_MPS) & (a < -coasting_mps2(index, v)), 0.0, MILLIGRAMS_TO_GRAMS)
    co2 = np.einsum("ij,ij->i", CO2_COEFFICIENTS[index], terms)
    nox = np.einsum("ij,ij->i", NOX_COEFFICIENTS[index], terms)
    return np.maximum(co2, 0.0) * burning, np.maximum(nox, 0.0) * burning


def coasting_mps2(mode: NDArray[np.intp], speed_mps: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each vehicle slows down in gear with no fuel."""
    fast = np.maximum(speed_mps, COASTING_MPS)
    coasting: NDArray[np.float64] = COASTING[mode, 0] + COASTING[mode, 1] * fast
    return coasting * np.minimum(1.0, speed_mps / COASTING_MPS)


class EmissionMeter:
    """Adds up what everybody on a road emits, from one state of the road to the next; the same for every plant."""

    def __init__(self) -> None:
        self.co2_g = 0.0
        self.nox_g = 0.0
        self._time_s = 0.0
        self._speed_mps: NDArray[np.float64] = np.full(1024, np.nan)

    def update(self, state: RoadState) -> None:
        """Add the time since the last state; a vehicle that was not there then counts as driving steadily."""
        elapsed_s = state.time_s - self._time_s
        self._time_s = state.time_s
        highest = int(state.vehicle_id.max(initial=0))
        if highest >= len(self._speed_mps):
            grown = np.full(2 * (highest + 1), np.nan)
            grown[: len(self._speed_mps)] = self._speed_mps
            self._speed_mps = grown
        before = self._speed_mps[state.vehicle_id]
        self._speed_mps[:] = np.nan
        self._speed_mps[state.vehicle_id] = state.speed_mps
        known = ~np.isnan(before)
        if not known.any() or elapsed_s <= 0:
            return
        acceleration = np.where(known, (state.speed_mps - before) / elapsed_s, 0.0)
        co2, nox = emission_rates_gps(state.mode, state.speed_mps, acceleration)
        self.co2_g += float(co2.sum()) * elapsed_s
        self.nox_g += float(nox.sum()) * elapsed_s
