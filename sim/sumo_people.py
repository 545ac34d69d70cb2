"""People on foot in SUMO: who waits at, or walks on, which signalised crossing."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from sim.plant import RoadMode, Trip


@dataclass(frozen=True, slots=True)
class PeopleState:
    """Everybody on foot; arrays have one row per person (m), named as in `RoadState`.

    SUMO first tells of a wait when a step of it is over; `waiting_s` is 0 then, as who comes to a kerb presses.
    """

    id: NDArray[np.int64]
    tls: NDArray[np.int32]
    link: NDArray[np.int32]
    waiting: NDArray[np.bool_]
    waiting_s: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]


class PeopleReader:
    """Reads persons through libsumo each second."""

    def __init__(self, sumo: ModuleType, tls_number: Mapping[str, int]) -> None:
        self._sumo = sumo
        self._number: dict[str, int] = {}
        self._walked_s: dict[str, tuple[float, float]] = {}
        self._signal_of_crossing = {
            lane.rsplit("_", 1)[0]: (number, index)
            for tls, number in tls_number.items()
            for index, ways in enumerate(sumo.trafficlight.getControlledLinks(tls))
            for _, lane, _ in ways
            if lane.startswith(":")
        }
        self.longest_wait_s: dict[str, float] = {}

    def read(self) -> PeopleState:
        """Everybody who walks now."""
        person, now = self._sumo.person, float(self._sumo.simulation.getTime())
        whole: list[tuple[int, int, int, bool]] = []
        real: list[tuple[float, float, float]] = []
        step_s = float(self._sumo.simulation.getDeltaT())
        for name in person.getIDList():
            if person.getVehicle(name):
                continue
            edge = person.getRoadID(name)
            signal, waited_s = self._signal_of_crossing.get(edge), 0.0
            if signal is None and edge.startswith(":"):
                ahead = self._signal_of_crossing.get(person.getNextEdge(name))
                waited_s = float(person.getWaitingTime(name)) if ahead is not None else 0.0
            at_kerb = waited_s > 0
            if at_kerb:
                signal = ahead
                self.longest_wait_s[name] = max(self.longest_wait_s.get(name, 0.0), waited_s)
            tls, link = signal if signal is not None else (-1, -1)
            x, y = person.getPosition(name)
            whole.append((self._number.setdefault(name, len(self._number)), tls, link, at_kerb))
            real.append((max(0.0, waited_s - step_s), x, y))
            first, _ = self._walked_s.get(name, (now, now))
            self._walked_s[name] = (first, now)
        integers = np.array([row[:3] for row in whole], dtype=np.int64).reshape(-1, 3)
        numbers = np.array(real, dtype=np.float64).reshape(-1, 3)
        return PeopleState(
            id=integers[:, 0],
            tls=integers[:, 1].astype(np.int32),
            link=integers[:, 2].astype(np.int32),
            waiting=np.array([row[3] for row in whole], dtype=np.bool_),
            waiting_s=numbers[:, 0],
            x_m=numbers[:, 1],
            y_m=numbers[:, 2],
        )

    def trips_so_far(self) -> list[Trip]:
        """One record per person seen on foot, with waits at kerbs as the only delay that is known before the end."""
        now = float(self._sumo.simulation.getTime())
        return [
            Trip(
                id=name,
                mode=RoadMode.PEDESTRIAN,
                depart_s=first,
                depart_delay_s=0.0,
                arrival_s=last if last < now else -1.0,
                time_loss_s=self.longest_wait_s.get(name, 0.0),
                waiting_s=self.longest_wait_s.get(name, 0.0),
                stops=0,
                route_length_m=0.0,
                inserted=True,
                max_wait_s=self.longest_wait_s.get(name, 0.0),
            )
            for name, (first, last) in self._walked_s.items()
        ]
