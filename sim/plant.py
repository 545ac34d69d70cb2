"""The seam between control and road: anything that takes signal states and moves traffic by one step.

Two implementations stand behind it, the embedded engine and SUMO through libsumo. Detectors are not part of a plant:
`sim.sensors` derives them from `RoadState`, so both plants are seen through the same eyes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

CRAWL_MPS = 5.0
"""Who stands is expected to be this fast again: keeps expected arrivals finite."""


class RoadMode(IntEnum):
    """Kind of road user, as the modes of results and weights are named."""

    CAR = 0
    TRUCK = 1
    BUS = 2
    TRAM = 3
    BICYCLE = 4
    PEDESTRIAN = 5
    EMERGENCY = 6

    @property
    def label(self) -> str:
        """Lower-case name used in result files and metrics labels."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class RoadState:
    """Where everybody is at one instant; arrays have one row per vehicle on the road (n) or pedestrian (m).

    `lane` and `tls` are indices into `Plant.lane_ids` and `Plant.tls_ids`. `tls_link` is the signal link index at the
    next signal on the vehicle's route, -1 (as `tls`) when no signal lies ahead; `tls_distance_m` is the distance along
    the route from its front to that stop line. A pedestrian's `ped_tls`/`ped_link` name the signalised crossing that
    it waits for or walks on.
    """

    time_s: float
    vehicle_id: NDArray[np.int64]  # (n,) stable while the vehicle is on the road
    lane: NDArray[np.int32]  # (n,) lane of the front, internal lanes included
    position_m: NDArray[np.float64]  # (n,) front, from the lane's start
    speed_mps: NDArray[np.float64]  # (n,)
    length_m: NDArray[np.float64]  # (n,)
    mode: NDArray[np.int8]  # (n,) RoadMode
    tls: NDArray[np.int32]  # (n,)
    tls_link: NDArray[np.int32]  # (n,)
    tls_distance_m: NDArray[np.float64]  # (n,)
    x_m: NDArray[np.float64]  # (n,) network coordinates of the front
    y_m: NDArray[np.float64]  # (n,)
    angle_deg: NDArray[np.float64]  # (n,) heading, clockwise from north as in SUMO
    time_loss_s: NDArray[np.float64]  # (n,) time lost so far against free flow, as SUMO's timeLoss
    halt_s: NDArray[np.float64]  # (n,) buses and trams: what is left of planned halts before their next stop line
    ped_id: NDArray[np.int64]  # (m,)
    ped_tls: NDArray[np.int32]  # (m,)
    ped_link: NDArray[np.int32]  # (m,)
    ped_waiting: NDArray[np.bool_]  # (m,) standing at the kerb
    ped_waiting_s: NDArray[np.float64]  # (m,) how long this wait has lasted
    ped_x_m: NDArray[np.float64]  # (m,)
    ped_y_m: NDArray[np.float64]  # (m,)


class Trip(NamedTuple):
    """What became of one road user. Times in simulated seconds; -1 where it did not happen."""

    id: str
    mode: RoadMode
    depart_s: float  # planned departure
    depart_delay_s: float  # waited for insertion; end minus planned departure when never inserted
    arrival_s: float  # -1 when unfinished
    time_loss_s: float  # up to arrival or up to the end
    waiting_s: float
    stops: int  # number of halts below 0.1 m/s
    route_length_m: float
    inserted: bool
    line: str = ""  # public transport line, when given
    max_wait_s: float = 0.0  # longest single wait (pedestrians: at a kerb)
    co2_g: float = 0.0
    nox_g: float = 0.0

    @property
    def delay_s(self) -> float:
        """Time lost on the road plus time lost waiting to enter it."""
        return self.time_loss_s + self.depart_delay_s


@dataclass(frozen=True, slots=True)
class PlantStatistics:
    """Totals since the begin."""

    loaded: int = 0
    inserted: int = 0
    running: int = 0
    arrived: int = 0
    waiting_to_insert: int = 0
    teleported: int = 0
    vehicle_updates: int = 0
    extra: Mapping[str, float] = field(default_factory=dict)


class Plant(Protocol):
    """A road that moves one step at a time. Time is the scenario's own seconds; nothing in it reads a clock."""

    step_s: float
    begin_s: float
    end_s: float
    lane_ids: Sequence[str]
    tls_ids: Sequence[str]

    @property
    def time_s(self) -> float:
        """Simulated time reached."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the end is reached, or nobody is left on the road or to come."""
        ...

    def step(self, signals: Mapping[str, str]) -> None:
        """Show `signals` (SUMO letters per link, by signal id) and move everybody by `step_s`.

        A signal that is not named keeps running the network's own programme.
        """
        ...

    def state(self) -> RoadState:
        """Where everybody is now."""
        ...

    def displayed(self, tls_id: str) -> str:
        """The letters that the signal shows now, whoever set them."""
        ...

    def vehicle_name(self, vehicle_id: int) -> str:
        """What the demand calls a vehicle of `RoadState.vehicle_id` that is or was on the road."""
        ...

    def trips(self) -> Sequence[Trip]:
        """One record per loaded road user, unfinished and never inserted ones included. Valid at any time."""
        ...

    def statistics(self) -> PlantStatistics:
        """Totals so far."""
        ...

    def close(self) -> None:
        """Release what the plant holds. Harmless when repeated."""
        ...
