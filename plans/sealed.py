"""What a driver accepts: plans and requests that passed the safety gate, which alone holds the seal for them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import final

from plans.timing import TimingPlan


class SealError(TypeError):
    """Somebody other than the gate tried to make a safe object."""


@final
class GateSeal:
    """The gate's stamp. `signalctl.gate` is the one place that creates it; a test holds that."""


class RequestAction(IntEnum):
    """What a stage request asks for; values of register block T."""

    NONE = 0
    HOLD = 1
    GO = 2


class RequestReason(IntEnum):
    """Why a stage is asked for; values of register block T."""

    TRAFFIC = 0
    TRANSIT = 1
    PEDESTRIAN = 2
    BICYCLE = 3
    GATING = 4
    MANUAL = 5


class TransitionMode(IntEnum):
    """How a controller moves from the running cycle to a new one; values of register block G."""

    DWELL = 0
    SHORT_WAY = 1
    ADD_ONLY = 2


@dataclass(frozen=True, slots=True)
class SafePlan:
    """A timing plan that passed the gate against the junction's safety configuration `safety_hash` (u32)."""

    plan: TimingPlan
    safety_hash: int
    transition: TransitionMode
    seal: GateSeal

    def __post_init__(self) -> None:
        """Refuse to exist without the gate's stamp."""
        if type(self.seal) is not GateSeal:
            raise SealError("a SafePlan is made by the safety gate alone")


@dataclass(frozen=True, slots=True)
class SafeRequest:
    """A stage request that passed the gate. `valid_s` is at most 5 s; `reference` ties it to the journal."""

    junction: str
    stage: str
    action: RequestAction
    reason: RequestReason
    valid_s: int
    reference: int
    seal: GateSeal

    def __post_init__(self) -> None:
        """Refuse to exist without the gate's stamp."""
        if type(self.seal) is not GateSeal:
            raise SealError("a SafeRequest is made by the safety gate alone")
