"""SUMO as a plant, in this process through libsumo.

libsumo holds one simulation per process, so that a second `SumoPlant` is refused while the first one is open; batches
take one process each. What became of everybody is SUMO's own tripinfo output, read when the run is closed; before that,
`trips` answers from what the last steps showed.
"""

import contextlib
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from sim.emissions import emission_rates_gps
from sim.plant import PlantStatistics, RoadMode, RoadState, Trip
from sim.sumo_people import PeopleReader, PeopleState
from sim.sumo_tripinfo import read_tripinfo
from sim.vehicle_types import MODES

HALT_MPS = 0.1
WANTED = "SUMO as a plant: expected the package libsumo, got none; install the extra: pip install 'signalctl[sumo]'"

_open_plants: list["SumoPlant"] = []


class SumoMissingError(RuntimeError):
    """The optional extra `sumo` is not installed."""


class SumoError(ValueError):
    """SUMO refused the scenario or gave up during the run; the message is SUMO's own."""


def import_libsumo() -> ModuleType:
    """The module `libsumo`.

    Raises:
        SumoMissingError: The extra is not installed.
    """
    try:
        import libsumo
    except ImportError as error:
        raise SumoMissingError(WANTED) from error
    module: ModuleType = libsumo
    return module


@contextlib.contextmanager
def _standard_error_into(path: Path) -> Iterator[None]:
    """Catch what SUMO says of its own accord: its exceptions hold no reason, and its error log is written too late."""
    kept = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Ledger:
    """What has been seen of each vehicle, in arrays that grow; the row is the vehicle's number."""

    FIELDS = ("length", "mode", "depart", "depart_delay", "time_loss", "speed", "waiting", "wait_run", "max_wait",
              "stops", "co2", "nox", "arrival")  # fmt: skip

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.ids: list[str] = []
        self.lines: dict[str, str] = {}
        self.column = {name: np.zeros(1024) for name in self.FIELDS}

    def add(self, vehicle: str) -> int:
        row = self.number[vehicle] = len(self.ids)
        self.ids.append(vehicle)
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


class SumoPlant:
    """A SUMO scenario that runs in lock-step with control; see `sim.plant.Plant`.

    Args:
        scenario: A `.sumocfg`.
        seed: SUMO's random seed.
        begin: Scenario second to begin at; the scenario's own by default.
        end: Scenario second to end at; the scenario's own by default.
        time_to_teleport: Seconds after which SUMO lifts a stuck vehicle away; -1 never does.
        step_s: Length of a step.

    Raises:
        SumoMissingError: libsumo is not installed.
        SumoError: SUMO refuses the scenario, or another SumoPlant is open in this process.
    """

    def __init__(
        self,
        scenario: Path | str,
        *,
        seed: int = 1,
        begin: float | None = None,
        end: float | None = None,
        time_to_teleport: float = -1.0,
        step_s: float = 1.0,
    ) -> None:
        self._sumo = import_libsumo()
        if _open_plants:
            raise SumoError("expected one SumoPlant per process at a time (libsumo is global), got a second one")
        self.step_s = step_s
        self._folder = tempfile.TemporaryDirectory(prefix="signalctl-sumo-")
        self._start(Path(scenario), seed, begin, end, time_to_teleport)
        _open_plants.append(self)
        simulation = self._sumo.simulation
        self.begin_s = float(simulation.getTime())
        stop = float(simulation.getEndTime())
        self.end_s = stop if stop >= 0 else math.inf
        self.lane_ids: Sequence[str] = tuple(self._sumo.lane.getIDList())
        self.tls_ids: Sequence[str] = tuple(self._sumo.trafficlight.getIDList())
        self._lane_number = {lane: number for number, lane in enumerate(self.lane_ids)}
        self._tls_number = {tls: number for number, tls in enumerate(self.tls_ids)}
        self._own_program = {tls: self._sumo.trafficlight.getProgram(tls) for tls in self.tls_ids}
        self._shown: dict[str, str] = {}
        self._ledger = _Ledger()
        self._people = PeopleReader(self._sumo, self._tls_number)
        self._parked: set[str] = set()
        self._pending_since: dict[str, float] = {}
        self._counts = {"loaded": 0, "inserted": 0, "arrived": 0, "teleported": 0, "updates": 0}
        self._state: RoadState | None = None
        self._final: tuple[Trip, ...] | None = None
        self._time_s = self.begin_s

    @property
    def time_s(self) -> float:
        """Simulated time reached."""
        return self._time_s

    @property
    def finished(self) -> bool:
        """Whether the end is reached, or nobody is left on the road or to come."""
        return (
            self._final is not None or self._time_s >= self.end_s or self._sumo.simulation.getMinExpectedNumber() == 0
        )

    def step(self, signals: Mapping[str, str]) -> None:
        """Show `signals` and move everybody by one step; unnamed signals run the network's own programme.

        Raises:
            SumoError: A signal is unknown, its letters do not fit, or SUMO gives up.
        """
        self._show(signals)
        try:
            self._sumo.simulationStep()
        except (self._sumo.TraCIException, self._sumo.FatalTraCIError) as error:
            raise SumoError(f"SUMO at {self._time_s:.0f} s: {error}") from error
        self._time_s = float(self._sumo.simulation.getTime())
        self._observe()

    def state(self) -> RoadState:
        """Where everybody is now."""
        if self._state is None:
            self._observe()
        assert self._state is not None  # noqa: S101  _observe has just set it
        return self._state

    def displayed(self, tls_id: str) -> str:
        """The letters that the signal shows now."""
        return str(self._sumo.trafficlight.getRedYellowGreenState(tls_id))

    def trips(self) -> Sequence[Trip]:
        """One record per loaded road user: SUMO's tripinfo once closed, until then as seen at the last step."""
        return self._final if self._final is not None else tuple(self._trips_so_far())

    def statistics(self) -> PlantStatistics:
        """Totals so far."""
        inserted, arrived = self._counts["inserted"], self._counts["arrived"]
        return PlantStatistics(
            loaded=inserted + len(self._pending_since),
            inserted=inserted,
            running=inserted - arrived,
            arrived=arrived,
            waiting_to_insert=len(self._pending_since),
            teleported=self._counts["teleported"],
            vehicle_updates=self._counts["updates"],
        )

    def close(self) -> None:
        """End SUMO and read its tripinfo. Harmless when repeated."""
        if self not in _open_plants:
            return
        _open_plants.remove(self)
        kinds = {kind: self._sumo.vehicletype.getVehicleClass(kind) for kind in self._sumo.vehicletype.getIDList()}
        self._sumo.close()
        self._final = tuple(self._trips_of_sumo(kinds))
        self._folder.cleanup()

    def _start(
        self, scenario: Path, seed: int, begin: float | None, end: float | None, time_to_teleport: float
    ) -> None:
        folder = Path(self._folder.name)
        options = {
            "--configuration-file": scenario,
            "--seed": seed,
            "--step-length": self.step_s,
            "--time-to-teleport": time_to_teleport,
            "--tripinfo-output": folder / "tripinfo.xml",
            "--tripinfo-output.write-unfinished": "true",
            "--tripinfo-output.write-undeparted": "true",
            "--no-step-log": "true",
            "--no-warnings": "true",
        }
        if begin is not None:
            options["--begin"] = begin
        if end is not None:
            options["--end"] = end
        call = ["sumo", *(str(word) for pair in options.items() for word in pair)]
        said = folder / "said.txt"
        try:
            with _standard_error_into(said):
                self._sumo.start(call)
        except (self._sumo.TraCIException, self._sumo.FatalTraCIError, RuntimeError) as error:
            lines = [line for line in said.read_text(errors="replace").splitlines() if line.startswith("Error: ")]
            reason = lines[0].removeprefix("Error: ") if lines else str(error)
            self._folder.cleanup()
            raise SumoError(f"{scenario}: SUMO: {reason}") from error

    def _show(self, signals: Mapping[str, str]) -> None:
        light = self._sumo.trafficlight
        for tls, letters in signals.items():
            if self._shown.get(tls) == letters:
                continue
            if tls not in self._tls_number:
                raise SumoError(f"signal {tls!r}: expected one of the network's, got an unknown id")
            expected = len(self.displayed(tls))
            if len(letters) != expected:
                raise SumoError(f"signal {tls!r}: expected {expected} letters, got {letters!r}")
            light.setRedYellowGreenState(tls, letters)
            self._shown[tls] = letters
        for tls in [tls for tls in self._shown if tls not in signals]:
            light.setProgram(tls, self._own_program[tls])
            del self._shown[tls]

    def _observe(self) -> None:
        """Take down where everybody is, and add the step to the ledger."""
        simulation, vehicle, ledger = self._sumo.simulation, self._sumo.vehicle, self._ledger
        self._parked.update(simulation.getParkingStartingVehiclesIDList())
        self._parked.difference_update(simulation.getParkingEndingVehiclesIDList())
        self._counts["teleported"] += simulation.getStartingTeleportNumber()
        self._note_arrivals()
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
                 vehicle.getTimeLoss(name))
            )  # fmt: skip
        index = np.array(rows, dtype=np.int64)
        places = np.array(where, dtype=np.int32).reshape(-1, 3)
        values = np.array(numbers, dtype=np.float64).reshape(-1, 7)
        ledger.update(index, values[:, 1], values[:, 6], self.step_s)
        self._counts["updates"] += len(index)
        people = self._people.read()
        self._state = self._road_state(index, places, values, people)

    def _road_state(
        self, index: NDArray[np.int64], places: NDArray[np.int32], values: NDArray[np.float64], people: PeopleState
    ) -> RoadState:
        return RoadState(
            time_s=self._time_s,
            vehicle_id=index,
            lane=places[:, 0],
            position_m=values[:, 0],
            speed_mps=values[:, 1],
            length_m=self._ledger.column["length"][index],
            mode=self._ledger.column["mode"][index].astype(np.int8),
            tls=places[:, 1],
            tls_link=places[:, 2],
            tls_distance_m=values[:, 2],
            x_m=values[:, 3],
            y_m=values[:, 4],
            angle_deg=values[:, 5],
            time_loss_s=values[:, 6],
            ped_id=people.id,
            ped_tls=people.tls,
            ped_link=people.link,
            ped_waiting=people.waiting,
            ped_waiting_s=people.waiting_s,
            ped_x_m=people.x_m,
            ped_y_m=people.y_m,
        )

    def _welcome(self, name: str) -> int:
        """A vehicle that is on the road for the first time."""
        vehicle, column = self._sumo.vehicle, self._ledger.column
        row = self._ledger.add(name)
        column = self._ledger.column
        column["length"][row] = vehicle.getLength(name)
        column["mode"][row] = MODES.get(vehicle.getVehicleClass(name), RoadMode.CAR)
        column["speed"][row] = vehicle.getSpeed(name)
        column["depart_delay"][row] = vehicle.getDepartDelay(name)
        column["depart"][row] = vehicle.getDeparture(name) - column["depart_delay"][row]
        if line := vehicle.getLine(name):
            self._ledger.lines[name] = line
        self._counts["inserted"] += 1
        return row

    def _note_arrivals(self) -> None:
        for name in self._sumo.simulation.getArrivedIDList():
            self._counts["arrived"] += 1
            if name in self._ledger.number:
                self._ledger.column["arrival"][self._ledger.number[name]] = self._time_s
        waiting = self._sumo.simulation.getPendingVehicles()
        self._pending_since = {name: self._pending_since.get(name, self._time_s) for name in waiting}

    def _trips_so_far(self) -> list[Trip]:
        column = self._ledger.column
        seen = [
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
                line=self._ledger.lines.get(name, ""),
                max_wait_s=float(column["max_wait"][row]),
                co2_g=float(column["co2"][row]),
                nox_g=float(column["nox"][row]),
            )
            for name, row in self._ledger.number.items()
        ]
        vehicle = self._sumo.vehicle
        waiting = [
            Trip(
                id=name,
                mode=MODES.get(vehicle.getVehicleClass(name), RoadMode.CAR),
                depart_s=since,
                depart_delay_s=self._time_s - since,
                arrival_s=-1.0,
                time_loss_s=0.0,
                waiting_s=0.0,
                stops=0,
                route_length_m=0.0,
                inserted=False,
            )
            for name, since in self._pending_since.items()
        ]
        return seen + waiting + self._people.trips_so_far()

    def _trips_of_sumo(self, kinds: Mapping[str, str]) -> list[Trip]:
        """SUMO's own records, with what it does not write: line, longest wait and our emissions."""
        ledger = self._ledger

        def mode_of(name: str, kind: str) -> RoadMode:
            row = ledger.number.get(name)
            if row is not None:
                return RoadMode(int(ledger.column["mode"][row]))
            return MODES.get(kinds.get(kind, ""), RoadMode.CAR)

        result = []
        for trip in read_tripinfo(Path(self._folder.name) / "tripinfo.xml", self._time_s, mode_of):
            row = ledger.number.get(trip.id)
            if trip.mode == RoadMode.PEDESTRIAN:
                result.append(replace(trip, max_wait_s=self._people.longest_wait_s.get(trip.id, 0.0)))
            elif row is None:
                result.append(trip)
            else:
                result.append(
                    replace(
                        trip,
                        line=ledger.lines.get(trip.id, ""),
                        max_wait_s=float(ledger.column["max_wait"][row]),
                        co2_g=float(ledger.column["co2"][row]),
                        nox_g=float(ledger.column["nox"][row]),
                    )
                )
        return result
