"""SUMO as a plant, in this process through libsumo.

libsumo holds one simulation per process, so that a second `SumoPlant` is refused while the first one is open; batches
take one process each. What became of everybody is SUMO's own tripinfo output, read when the run is closed; before that,
`trips` answers from what the last steps showed.
"""

import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.plant import PlantStatistics, RoadMode, RoadState, Trip
from sim.sumo_outputs import NO_OUTPUTS, SumoOutputs
from sim.sumo_people import PeopleReader
from sim.sumo_start import SumoError, import_libsumo, start_sumo
from sim.sumo_tripinfo import read_tripinfo
from sim.sumo_vehicles import VehicleReader
from sim.vehicle_types import MODES

_open_plants: list["SumoPlant"] = []


class SumoPlant:
    """A SUMO scenario that runs in lock-step with control; see `sim.plant.Plant`.

    Args:
        scenario: A `.sumocfg`.
        seed: SUMO's random seed.
        begin: Scenario second to begin at; the scenario's own by default.
        end: Scenario second to end at; the scenario's own by default.
        time_to_teleport: Seconds after which SUMO lifts a stuck vehicle away; -1 never does.
        step_s: Length of a step.
        additional: Additional files beside the scenario's own, such as programmes for its signals.
        outputs: Files that SUMO writes during the run.

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
        additional: Sequence[Path] = (),
        outputs: SumoOutputs = NO_OUTPUTS,
    ) -> None:
        self._sumo = import_libsumo()
        if _open_plants:
            raise SumoError("expected one SumoPlant per process at a time (libsumo is global), got a second one")
        self.step_s = step_s
        self._folder = tempfile.TemporaryDirectory(prefix="signalctl-sumo-")
        try:
            self._tripinfo = start_sumo(
                self._sumo,
                Path(scenario),
                Path(self._folder.name),
                seed=seed,
                begin=begin,
                end=end,
                time_to_teleport=time_to_teleport,
                step_s=step_s,
                additional=additional,
                outputs=outputs,
            )
        except SumoError:
            self._folder.cleanup()
            raise
        _open_plants.append(self)
        simulation = self._sumo.simulation
        self.begin_s = float(simulation.getTime())
        stop = float(simulation.getEndTime())
        self.end_s = stop if stop >= 0 else math.inf
        self.lane_ids: Sequence[str] = tuple(self._sumo.lane.getIDList())
        self.tls_ids: Sequence[str] = tuple(self._sumo.trafficlight.getIDList())
        self._tls_number = {tls: number for number, tls in enumerate(self.tls_ids)}
        self._own_program = {tls: self._sumo.trafficlight.getProgram(tls) for tls in self.tls_ids}
        self._shown: dict[str, str] = {}
        lane_number = {lane: number for number, lane in enumerate(self.lane_ids)}
        self._vehicles = VehicleReader(self._sumo, lane_number, self._tls_number)
        self._people = PeopleReader(self._sumo, self._tls_number)
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

    def vehicle_name(self, vehicle_id: int) -> str:
        """SUMO's id of a vehicle of `RoadState.vehicle_id`."""
        return self._vehicles.name_of(vehicle_id)

    def trips(self) -> Sequence[Trip]:
        """One record per loaded road user: SUMO's tripinfo once closed, until then as seen at the last step."""
        if self._final is not None:
            return self._final
        return (*self._vehicles.trips_so_far(self._time_s), *self._people.trips_so_far())

    def statistics(self) -> PlantStatistics:
        """Totals so far."""
        vehicles = self._vehicles
        waiting = len(vehicles.pending_since)
        return PlantStatistics(
            loaded=vehicles.inserted + waiting,
            inserted=vehicles.inserted,
            running=vehicles.inserted - vehicles.arrived,
            arrived=vehicles.arrived,
            waiting_to_insert=waiting,
            teleported=vehicles.teleported,
            vehicle_updates=vehicles.updates,
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
        """Take down where everybody is."""
        vehicles = self._vehicles.read(self._time_s, self.step_s)
        people = self._people.read()
        self._state = RoadState(
            time_s=self._time_s,
            vehicle_id=vehicles.id,
            lane=vehicles.lane,
            position_m=vehicles.position_m,
            speed_mps=vehicles.speed_mps,
            length_m=vehicles.length_m,
            mode=vehicles.mode,
            tls=vehicles.tls,
            tls_link=vehicles.tls_link,
            tls_distance_m=vehicles.tls_distance_m,
            x_m=vehicles.x_m,
            y_m=vehicles.y_m,
            angle_deg=vehicles.angle_deg,
            time_loss_s=vehicles.time_loss_s,
            halt_s=vehicles.halt_s,
            ped_id=people.id,
            ped_tls=people.tls,
            ped_link=people.link,
            ped_waiting=people.waiting,
            ped_waiting_s=people.waiting_s,
            ped_x_m=people.x_m,
            ped_y_m=people.y_m,
        )

    def _trips_of_sumo(self, kinds: Mapping[str, str]) -> list[Trip]:
        """SUMO's own records, with what it does not write."""

        def mode_of(name: str, kind: str) -> RoadMode:
            seen = self._vehicles.mode_of(name)
            return MODES.get(kinds.get(kind, ""), RoadMode.CAR) if seen is None else seen

        return [
            trip._replace(max_wait_s=self._people.longest_wait_s.get(trip.id, 0.0))
            if trip.mode == RoadMode.PEDESTRIAN
            else self._vehicles.completed(trip)
            for trip in read_tripinfo(self._tripinfo, self._time_s, mode_of)
        ]
