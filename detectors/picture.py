"""The picture: one immutable snapshot per second of what is known about every approach.

It looks the same at all three detection levels. Vehicles are listed by lane and distance from the stop line; where
loops alone see the road, the estimator lists the vehicles that it believes in, with a lower confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detectors.readings import AirReading
from plans.junction import Mode
from plans.record import record

MODES: tuple[Mode, ...] = (Mode.CAR, Mode.TRUCK, Mode.BUS, Mode.TRAM, Mode.BICYCLE, Mode.PEDESTRIAN, Mode.EMERGENCY)
"""Index of a mode in arrays; the same numbers as `sim.plant.RoadMode`."""


class Health(StrEnum):
    """Whether a detector's values can be used."""

    OK = "ok"
    SILENT = "silent"
    STUCK_ON = "stuck_on"
    STUCK_OFF = "stuck_off"
    IMPOSSIBLE = "impossible"
    CHATTER = "chatter"
    MISCOUNTS = "miscounts"
    UNKNOWN = "unknown"


class RequestState(StrEnum):
    """Life of a priority request; the last four are ends, and each request reaches exactly one of them."""

    RECEIVED = "received"
    QUEUED = "queued"
    ACTIVATED = "activated"
    COMPLETED = "completed"
    TIMED_OUT = "timed_out"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class EndReason(StrEnum):
    """Why a request was rejected or timed out; none where the vehicle ended it itself."""

    NONE = ""
    UNKNOWN_WAY = "unknown_way"
    LEVEL = "level"
    COOLDOWN = "cooldown"
    LATE = "late"
    FULL = "full"
    RATE = "rate"
    DISTRUSTED = "distrusted"
    SILENT = "silent"
    TOO_LONG = "too_long"
    GREEN_USED = "green_used"


@record
class PriorityRequest:
    """A transit (or emergency) vehicle that asks for green; `eta_s` is from the picture's time to the stop line.

    One that `halts` has a stop before it, or stands at one with open doors; `eta_s` includes that.

    Only queued and activated requests count, by `trust_ratio`: 1 for who always came when it said so. `downgraded` says
    that it sounded a siren by a way that may not.
    """

    id: str
    junction: str
    group: str
    mode: Mode
    level: int
    eta_s: float
    lateness_s: float = 0.0
    persons: float = 0.0
    line: str = ""
    state: RequestState = RequestState.QUEUED
    lane: str | None = None
    trust_ratio: float = 1.0
    reason: EndReason = EndReason.NONE
    halts: bool = False
    downgraded: bool = False


@record
class LanePicture:
    """One approach lane; arrays have one row per vehicle (n), nearest to the stop line first.

    `movement` is the index into `Junction.movements`, -1 where the turn is unknown. `waiting_s` is how long the vehicle
    has stood on this approach, all halts together. `head_still_s` is how long the vehicle at the stop line has not
    moved while the lane showed green (0 when it moves, when the lane is red or empty). `passed` counts vehicles over
    the stop line since the last picture.
    `arrival_vph` is the average demand beyond sensing. `confidence_ratio` is 1 for full knowledge and 0 for none.
    `queue_deviation_veh` and `arrival_deviation_vph` are the standard deviations of queue and average demand.
    Nobody further away than `reach_m` would be listed: from there on the average demand is all that is known.
    `kinds_known` says that detectors here tell buses and lorries from cars. `presence` is how probable each vehicle is,
    where the list is an expectation and not what was seen; None when everybody in it is there. Who halts at a stop on
    the way does not reach the stop line within `not_before_s` (0 for the others; None when nobody does). `by_usual`:
    nobody watches the lane, and its average demand is what it usually carries at this time.
    """

    lane: str
    distance_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    movement: NDArray[np.int32]
    mode: NDArray[np.int8]
    waiting_s: NDArray[np.float64]
    queue_veh: float
    queue_m: float
    arrival_vph: float
    passed: int
    head_still_s: float
    confidence_ratio: float
    kinds_known: bool = False
    queue_deviation_veh: float = 0.0
    arrival_deviation_vph: float = 0.0
    reach_m: float = float("inf")
    presence: NDArray[np.float64] | None = None
    not_before_s: NDArray[np.float64] | None = None
    by_usual: bool = False

    def vehicles(self, within_m: float = float("inf")) -> float:
        """How many are expected up to this distance from the stop line."""
        near = self.distance_m <= within_m
        return float(np.count_nonzero(near)) if self.presence is None else float(self.presence[near].sum())


@record
class CrossingPicture:
    """People at one pedestrian (or separately signalled bicycle) group."""

    group: str
    requested: bool
    waiting: float
    longest_wait_s: float
    confidence_ratio: float = 1.0


@record
class JunctionPicture:
    """What is known about one junction; `requests` are open, `ended` are those that ended since the last picture.

    `phantoms` is how many radars show who are not there: they are in no lane's list.
    """

    junction: str
    lanes: Mapping[str, LanePicture]
    crossings: Mapping[str, CrossingPicture]
    requests: tuple[PriorityRequest, ...] = ()
    health: Mapping[str, Health] = field(default_factory=dict)
    blocked_exits: frozenset[str] = frozenset()
    ended: tuple[PriorityRequest, ...] = ()
    phantoms: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known about all junctions at `utc_s` (seconds since 1970-01-01 UTC). Never changes during a tick.

    `air` is the newest word of each air-quality station.
    """

    utc_s: float
    junctions: Mapping[str, JunctionPicture]
    air: Mapping[str, AirReading] = field(default_factory=dict)
