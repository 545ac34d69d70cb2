"""What driving costs the air: CO2 and NOx per vehicle and second from speed and acceleration.

The rate is the polynomial that SUMO documents for its HBEFA3 emission classes (Krajzewicz et al. 2015, "Second
generation of pollutant emission models for SUMO"): c0 + c1 a v + c2 a^2 v + c3 v + c4 v^2 + c5 v^3 in g/h, never below
zero. The numbers are the fits to the Handbook Emission Factors for Road Transport 3.1 of the classes that SUMO gives
these vehicles by default: petrol Euro 4 car, average city bus, average heavy lorry. Both plants use it alike, so that
figures compare; it is a comparison of control, not an inventory of a real fleet.
"""

import numpy as np
from numpy.typing import NDArray

from sim.plant import RoadMode, RoadState

GRAMS_PER_HOUR_TO_SECOND = 1.0 / 3600.0

CAR_CO2 = (9449.0, 938.4, 0.0, -467.1, 28.26, 0.0)
CAR_NOX = (4.336, 0.4428, 0.0, -0.3204, 0.01371, 0.0)
BUS_CO2 = (19030.0, 6475.0, 0.0, 2073.0, 0.0, 0.0)
BUS_NOX = (218.7, 46.17, 0.0, 11.27, 0.0, 0.0)
TRUCK_CO2 = (26570.0, 7076.0, 0.0, 1753.0, 0.0, 0.0)
TRUCK_NOX = (305.6, 55.28, 0.0, 9.505, 0.0, 0.0)
NOTHING = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

BY_MODE = {
    RoadMode.CAR: (CAR_CO2, CAR_NOX),
    RoadMode.TRUCK: (TRUCK_CO2, TRUCK_NOX),
    RoadMode.BUS: (BUS_CO2, BUS_NOX),
    RoadMode.TRAM: (NOTHING, NOTHING),
    RoadMode.BICYCLE: (NOTHING, NOTHING),
    RoadMode.PEDESTRIAN: (NOTHING, NOTHING),
    RoadMode.EMERGENCY: (TRUCK_CO2, TRUCK_NOX),
}

CO2_COEFFICIENTS: NDArray[np.float64] = np.array([BY_MODE[mode][0] for mode in RoadMode])
"""(7, 6): one row per `RoadMode`, in g/h with speeds in m/s."""

NOX_COEFFICIENTS: NDArray[np.float64] = np.array([BY_MODE[mode][1] for mode in RoadMode])
"""(7, 6): one row per `RoadMode`, in g/h with speeds in m/s."""


def emission_rates_gps(
    mode: NDArray[np.int8], speed_mps: NDArray[np.float64], acceleration_mps2: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CO2 and NOx in g/s of each vehicle; the three arrays have one row per vehicle (n)."""
    v, a = speed_mps, acceleration_mps2
    terms = np.stack([np.ones_like(v), a * v, a * a * v, v, v * v, v * v * v], axis=1)
    index = mode.astype(np.intp)
    co2 = np.einsum("ij,ij->i", CO2_COEFFICIENTS[index], terms)
    nox = np.einsum("ij,ij->i", NOX_COEFFICIENTS[index], terms)
    return np.maximum(co2, 0.0) * GRAMS_PER_HOUR_TO_SECOND, np.maximum(nox, 0.0) * GRAMS_PER_HOUR_TO_SECOND


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
