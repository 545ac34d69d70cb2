"""What a detector said, decoded: frozen values that the rest of the house works with.

Every reading names its junction and detector, the detector's own time `t_s` (seconds since 1970-01-01 UTC) and its
running number `seq`. Nothing in a reading identifies a person or a plate.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.r09 import Telegram
from plans.junction import Mode
from plans.record import record
from plans.transit import JSON_SOURCE

ON_ARRIVAL_S: Final = float("-inf")
"""Time of a message that carries none: the second in which it is read counts."""


@record
class LoopReading:
    """Vehicles that left the loop and the share of time that it was covered, over the last `span_s` seconds."""

    junction: str
    detector: str
    t_s: float
    seq: int
    count: int
    occupancy_ratio: float
    present: bool
    span_s: float = 1.0


class RadarObject(NamedTuple):
    """One object; `distance_m` is along the road from its front to the stop line, also on a lane further upstream."""

    lane: str
    distance_m: float
    speed_mps: float
    mode: Mode


@record
class RadarReading:
    """Everything that a radar sees at one instant; `classified` says whether it tells long vehicles from short ones."""

    junction: str
    detector: str
    t_s: float
    seq: int
    objects: tuple[RadarObject, ...]
    count: int | None = None
    queue_m: float | None = None
    speed_mps: float | None = None
    classified: bool = True


@record
class ButtonReading:
    """A push-button, or a presence detector at the kerb, which also says how many people wait (else None)."""

    junction: str
    detector: str
    t_s: float
    seq: int
    pressed: bool
    waiting: int | None = None


class TransitKind(StrEnum):
    """What a priority message wants; check-out is sent at the stop line (VDV R09.16 reporting points)."""

    NEW = "new"
    UPDATE = "update"
    CANCEL = "cancel"
    CHECK_OUT = "check_out"


@dataclass(frozen=True, slots=True)
class TransitReading:
    """A priority request or its update; `group` or `movement` says which way the vehicle goes.

    `lateness_s` is positive behind schedule, None where the message does not say. `source` is the way by which it
    came, as `emergency_sources` of a site names it (who says so himself could say anything), `trip` the journey as
    timetables and GTFS-Realtime call it. `halts`: it has yet to stand at a stop before the stop line, or stands there
    with open doors; `eta_s` includes that.
    """

    junction: str
    id: str
    t_s: float
    kind: TransitKind
    mode: Mode = Mode.BUS
    level: int = 7
    eta_s: float = 0.0
    lateness_s: float | None = None
    persons: float = 0.0
    line: str = ""
    group: str = ""
    movement: str = ""
    trip: str = ""
    source: str = JSON_SOURCE
    halts: bool = False

    @property
    def seq(self) -> int:
        """Requests are not numbered; their order is that of their times."""
        return 0

    @property
    def detector(self) -> str:
        """Requests are told apart by their own id, as detectors are by theirs."""
        return self.id


@dataclass(frozen=True, slots=True)
class TelegramReading:
    """A radio telegram as it was received; the site's table of reporting points says what it asks for."""

    t_s: float
    telegram: Telegram


@dataclass(frozen=True, slots=True)
class AirReading:
    """Air quality at a station; None where the station does not measure it."""

    station: str
    t_s: float
    seq: int
    no2_ugm3: float | None = None
    pm10_ugm3: float | None = None

    @property
    def junction(self) -> str:
        """A station belongs to no junction."""
        return ""

    @property
    def detector(self) -> str:
        """The station's id."""
        return self.station


@dataclass(frozen=True, slots=True)
class LorawanReading:
    """An uplink as a ChirpStack v4 server decoded it; the site's table says what its numbers mean."""

    application: str
    device: str
    t_s: float
    seq: int
    values: dict[str, float] = field(default_factory=dict)

    @property
    def junction(self) -> str:
        """A device belongs to no junction before the site's table was asked."""
        return ""

    @property
    def detector(self) -> str:
        """The device's EUI."""
        return self.device


@dataclass(frozen=True, slots=True, eq=False)
class ExactReading:
    """Full knowledge of one junction's approaches, in simulation only.

    One row per vehicle, ordered by lane and distance.
    `lane` is the index into `tuple(Junction.lanes)` of the lane from which the vehicle will cross the stop line (who
    stands or is near and wants to change lanes counts where it is: it blocks that lane),
    `movement` the index into `Junction.movements`, `mode` the index into `MODES`. `blocked_exits` names the exit lanes
    whose first metres are taken by somebody who stands.
    """

    junction: str
    t_s: float
    lane: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    movement: NDArray[np.int32]
    mode: NDArray[np.int8]
    vehicle_id: NDArray[np.int64]
    blocked_exits: frozenset[str] = frozenset()
    detector: str = "exact"
    seq: int = 0


Reading = LoopReading | RadarReading | ButtonReading | TransitReading | AirReading | LorawanReading | ExactReading
