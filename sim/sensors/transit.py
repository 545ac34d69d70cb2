"""Buses, trams and emergency vehicles ask for green: check-in, updates on the way, check-out at the stop line."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.readings import TransitKind, TransitReading
from plans.junction import Mode
from sim.plant import CRAWL_MPS, RoadMode, RoadState
from sim.sensors.roadmap import Roadmap

REQUEST_M = 130.0
REQUEST_S = 30.0
FAR_M = 400.0
UPDATE_EVERY_S = 5.0
START_MPS2, CRUISE_MPS = 1.2, 8.3
"""How a bus leaves its stop, and how fast it goes on at most before the stop line."""
MODES = {int(RoadMode.BUS): Mode.BUS, int(RoadMode.TRAM): Mode.TRAM, int(RoadMode.EMERGENCY): Mode.EMERGENCY}
LEVELS = {Mode.BUS: 7, Mode.TRAM: 9, Mode.EMERGENCY: 14}


@dataclass(slots=True)
class _Vehicle:
    reading: TransitReading
    said_s: float

    def has_news(self, utc_s: float, movement: str, *, halts: bool) -> bool:
        """Whether it goes another way, has closed its doors, or has been silent for long."""
        last = self.reading
        return last.movement != movement or last.halts != halts or utc_s - self.said_s >= UPDATE_EVERY_S


class TransitSensors:
    """On-board units of all vehicles with priority; one open request per vehicle."""

    def __init__(self, roadmap: Roadmap) -> None:
        self._roadmap = roadmap
        self._asking: dict[int, _Vehicle] = {}

    def read(self, state: RoadState, utc_s: float) -> Iterator[TransitReading]:
        """What is sent now: nothing from most vehicles in most seconds."""
        found = self._roadmap.approaching(state, FAR_M)
        wanted = np.isin(state.mode[found.row], list(MODES))
        seen: set[int] = set()
        for row, number, index in zip(found.row[wanted], found.junction[wanted], found.movement[wanted], strict=True):
            vehicle = int(state.vehicle_id[row])
            seen.add(vehicle)
            yield from self._ask(vehicle, state, int(row), int(number), int(index), utc_s)
        for vehicle in [key for key in self._asking if key not in seen]:
            yield self._leave(vehicle, utc_s)

    def _ask(
        self, vehicle: int, state: RoadState, row: int, number: int, index: int, utc_s: float
    ) -> Iterator[TransitReading]:
        junction = self._roadmap.junctions[number]
        movement = junction.movements[index]
        distance_m = max(0.0, float(state.tls_distance_m[row]))
        halt_s = float(state.halt_s[row])
        speed_mps = max(CRAWL_MPS, float(state.speed_mps[row]))
        eta_s = halt_s + _start_s(distance_m) if halt_s > 0.0 else distance_m / speed_mps
        asking = self._asking.get(vehicle)
        if asking is not None and asking.reading.junction != junction.id:
            yield self._leave(vehicle, utc_s)
            asking = None
        if asking is None and distance_m > REQUEST_M and eta_s > REQUEST_S:
            return
        halts = halt_s > 0.0
        if asking is not None and not asking.has_news(utc_s, movement.id, halts=halts):
            return
        mode = MODES[int(state.mode[row])]
        reading = TransitReading(
            junction=junction.id,
            id=f"v{vehicle}",
            t_s=utc_s,
            kind=TransitKind.NEW if asking is None else TransitKind.UPDATE,
            mode=mode,
            level=LEVELS[mode],
            eta_s=eta_s,
            group=movement.group,
            movement=movement.id,
            halts=halts,
        )
        self._asking[vehicle] = _Vehicle(reading, utc_s)
        yield reading

    def _leave(self, vehicle: int, utc_s: float) -> TransitReading:
        last = self._asking.pop(vehicle).reading
        return TransitReading(
            junction=last.junction,
            id=last.id,
            t_s=utc_s,
            kind=TransitKind.CHECK_OUT,
            mode=last.mode,
            level=last.level,
            group=last.group,
            movement=last.movement,
        )


def _start_s(distance_m: float) -> float:
    """How long the way takes from a standstill, wherever the stop lies on it."""
    ramp_m = 0.5 * CRUISE_MPS**2 / START_MPS2
    if distance_m <= ramp_m:
        return float(np.sqrt(2.0 * distance_m / START_MPS2))
    return CRUISE_MPS / START_MPS2 + (distance_m - ramp_m) / CRUISE_MPS
