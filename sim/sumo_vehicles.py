"""Vehicles in SUMO: where each is, and what it has lost, waited and emitted so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from sim.emissions import emission_rates_gps
from sim.plant import CRAWL_MPS, RoadMode, Trip
from sim.vehicle_types import MODES

HALT_MPS = 0.1
WITH_TIMETABLE = (RoadMode.BUS, RoadMode.TRAM)
MAX_STOPS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class VehicleState:
    """Everybody on the road; arrays have one row per vehicle (n), named as in `RoadState`."""

    id: NDArray[np.int64]
    lane: NDArray[np.int32]
    tls: NDArray[np.int32]
    tls_link: NDArray[np.int32]
    position_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    tls_distance_m: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    angle_deg: NDArray[np.float64]
    time_loss_s: NDArray[np.float64]
    halt_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    mode: NDArray[np.int8]


class _Ledger:
    """What has been seen of each vehicle, in arrays that grow; the row is the vehicle's number."""

    FIELDS = ("length", "mode", "depart", "depart_delay", "time_loss", "speed", "waiting", "wait_run", "max_wait",
              "stops", "co2", "nox", "arrival")  # fmt: skip

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.names: list[str] = []
        self.lines: dict[str, str] = {}
        self.column = {name: np.zeros(1024) for name in self.FIELDS}

    def add(self, vehicle: str) -> int:
        row = self.number[vehicle] = len(self.number)
        self.names.append(vehicle)
        if row >= len(self.column["speed"]):
            self.column = {name: np.concatenate([old, np.zeros(len(old))]) for name, old in self.column.items()}
        self.column["arrival"][row] = -1.0
        return row

    def update(self, rows: NDArray[np.int64], speed: NDArray[np.float64], loss: NDArray[np.float64], dt: float) -> None:
        """Add one step of `dt` seconds for the vehicles on the road."""
        c = self.column
        halted = speed < HALT_MPS
        c["stops"][rows] += halted & (c["wait_run"][rows] == 0)
        c["waiting"][rows] += np.where(halted, dt, 0.0)
        c["wait_run"][rows] = np.where(halted, c["wait_run"][rows] + dt, 0.0)
        c["max_wait"][rows] = np.maximum(c["max_wait"][rows], c["wait_run"][rows])
        co2, nox = emission_rates_gps(c["mode"][rows].astype(np.int8), speed, (speed - c["speed"][rows]) / dt)
        c["co2"][rows] += co2 * dt
        c["nox"][rows] += nox * dt
        c["speed"][rows] = speed
        c["time_loss"][rows] = loss


class VehicleReader:
    """Reads vehicles through libsumo after each step.

    `inserted`, `arrived`, `teleported` and `updates` count over the run; `pending_since` holds who waits for a place
    on the road, and since when.
    """

    def __init__(self, sumo: ModuleType, lane_number: Mapping[str, int], tls_number: Mapping[str, int]) -> None:
        self._sumo = sumo
        self._lane_number = lane_number
        self._tls_number = tls_number
        self._ledger = _Ledger()
        self._parked: set[str] = set()
        self.pending_since: dict[str, float] = {}
        self.inserted = self.arrived = self.teleported = self.updates = 0

    def read(self, time_s: float, step_s: float) -> VehicleState:
        """Take down where everybody is, and add the step to the ledger."""
        simulation, vehicle, ledger = self._sumo.simulation, self._sumo.vehicle, self._ledger
        self._parked.update(simulation.getParkingStartingVehiclesIDList())
        self._parked.difference_update(simulation.getParkingEndingVehiclesIDList())
        self.teleported += simulation.getStartingTeleportNumber()
        self._note_arrivals(time_s)
        rows, where, numbers = [], [], []
        for name in vehicle.getIDList():
            row = ledger.number.get(name)
            if row is None:
                row = self._welcome(name)
            lane = self._lane_number.get(vehicle.getLaneID(name), -1)
            if lane < 0 or name in self._parked:
                continue
            ahead = vehicle.getNextTLS(name)
            tls, link, distance = (self._tls_number[ahead[0][0]], ahead[0][1], ahead[0][2]) if ahead else (-1, -1, 0.0)
            x, y = vehicle.getPosition(name)
            rows.append(row)
            where.append((lane, tls, link))
            numbers.append(
                (vehicle.getLanePosition(name), vehicle.getSpeed(name), distance, x, y, vehicle.getAngle(name),
                 vehicle.getTimeLoss(name), self._halt_s(name, row, distance, time_s) if ahead else 0.0)
            )  # fmt: skip
        index = np.array(rows, dtype=np.int64)
        places = np.array(where, dtype=np.int32).reshape(-1, 3)
        values = np.array(numbers, dtype=np.float64).reshape(-1, 8)
        ledger.update(index, values[:, 1], values[:, 6], step_s)
        self.updates += len(index)
        return VehicleState(
            id=index,
            lane=places[:, 0],
            tls=places[:, 1],
            tls_link=places[:, 2],
            position_m=values[:, 0],
            speed_mps=values[:, 1],
            tls_distance_m=values[:, 2],
            x_m=values[:, 3],
            y_m=values[:, 4],
            angle_deg=values[:, 5],
            time_loss_s=values[:, 6],
            halt_s=values[:, 7],
            length_m=ledger.column["length"][index],
            mode=ledger.column["mode"][index].astype(np.int8),
        )

    def _halt_s(self, name: str, row: int, line_m: float, time_s: float) -> float:
        """How long a bus or tram has yet to stand, by its timetable, before a stop line that is `line_m` away."""
        if self._ledger.column["mode"][row] not in WITH_TIMETABLE:
            return 0.0
        vehicle = self._sumo.vehicle
        speed_mps = max(vehicle.getSpeed(name), CRAWL_MPS)
        left_s = 0.0
        for stop in vehicle.getStops(name, MAX_STOPS_AHEAD):
            stop_m = 0.0
            if stop.arrival < 0.0:  # not there yet
                stop_m = vehicle.getDrivingDistance(name, stop.lane.rpartition("_")[0], stop.endPos)
                if stop_m > line_m:
                    break
            arrives_s = time_s + left_s + max(stop_m, 0.0) / speed_mps
            left_s += max(stop.duration, stop.until - arrives_s, 0.0)
        return left_s

    def trips_so_far(self, time_s: float) -> list[Trip]:
        """One record per vehicle seen or waiting for a place, as far as it is known before the end."""
        column, vehicle = self._ledger.column, self._sumo.vehicle
        seen = [
            self.completed(
                Trip(
                    id=name,
                    mode=RoadMode(int(column["mode"][row])),
                    depart_s=float(column["depart"][row]),
                    depart_delay_s=float(column["depart_delay"][row]),
                    arrival_s=float(column["arrival"][row]),
                    time_loss_s=float(column["time_loss"][row]),
                    waiting_s=float(column["waiting"][row]),
                    stops=int(column["stops"][row]),
                    route_length_m=0.0,
                    inserted=True,
                )
            )
            for name, row in self._ledger.number.items()
        ]
        waiting = [
            Trip(
                id=name,
                mode=MODES.get(vehicle.getVehicleClass(name), RoadMode.CAR),
                depart_s=since,
                depart_delay_s=time_s - since,
                arrival_s=-1.0,
                time_loss_s=0.0,
                waiting_s=0.0,
                stops=0,
                route_length_m=0.0,
                inserted=False,
            )
            for name, since in self.pending_since.items()
        ]
        return seen + waiting

    def completed(self, trip: Trip) -> Trip:
        """The record with what SUMO does not write: line, longest wait and our emissions."""
        row, column = self._ledger.number.get(trip.id), self._ledger.column
        if row is None:
            return trip
        return trip._replace(
            line=self._ledger.lines.get(trip.id, ""),
            max_wait_s=float(column["max_wait"][row]),
            co2_g=float(column["co2"][row]),
            nox_g=float(column["nox"][row]),
        )

    def name_of(self, row: int) -> str:
        """SUMO's id of a vehicle that has been on the road."""
        return self._ledger.names[row]

    def mode_of(self, name: str) -> RoadMode | None:
        """The mode of a vehicle that was on the road, None for one that never was."""
        row = self._ledger.number.get(name)
        return None if row is None else RoadMode(int(self._ledger.column["mode"][row]))

    def _welcome(self, name: str) -> int:
        """A vehicle that is on the road for the first time."""
        vehicle, row = self._sumo.vehicle, self._ledger.add(name)
        column = self._ledger.column
        column["length"][row] = vehicle.getLength(name)
        column["mode"][row] = MODES.get(vehicle.getVehicleClass(name), RoadMode.CAR)
        column["speed"][row] = vehicle.getSpeed(name)
        column["depart_delay"][row] = vehicle.getDepartDelay(name)
        column["depart"][row] = vehicle.getDeparture(name) - column["depart_delay"][row]
        if line := vehicle.getLine(name):
            self._ledger.lines[name] = line
        self.inserted += 1
        return row

    def _note_arrivals(self, time_s: float) -> None:
        for name in self._sumo.simulation.getArrivedIDList():
            self.arrived += 1
            if name in self._ledger.number:
                self._ledger.column["arrival"][self._ledger.number[name]] = time_s
        waiting = self._sumo.simulation.getPendingVehicles()
        self.pending_since = {name: self.pending_since.get(name, time_s) for name in waiting}
