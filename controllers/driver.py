"""The seam between the service and a field controller. Implementations: Modbus TCP, and the logic in this process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Protocol

from plans.junction import Aspect
from plans.record import record
from plans.sealed import SafePlan, SafeRequest


class ControllerMode(IntEnum):
    """Who decides at the controller; values of register block B."""

    DARK = 0
    FLASH = 1
    LOCAL_FIXED = 2
    LOCAL_ACTUATED = 3
    CENTRAL_PLAN = 4
    CENTRAL_STAGE = 5
    FALLBACK = 6
    MANUAL = 7
    FAULT = 8


CENTRAL_MODES = frozenset({ControllerMode.CENTRAL_PLAN, ControllerMode.CENTRAL_STAGE})
"""A central plan runs: only then does the controller listen to stage requests."""


class PlanState(IntEnum):
    """Life of the staged plan at the controller; values of register block B."""

    EMPTY = 0
    STAGED = 1
    VERIFIED = 2
    ARMED = 3
    ACTIVE = 4
    EXPIRED = 5
    RELEASED = 6
    REJECTED = 7


class PushResult(StrEnum):
    """How an attempt to activate a plan ended."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    MISMATCH = "mismatch"


class DriverError(Exception):
    """The controller did not answer in time, or answered something else than was asked."""


@record
class FieldStatus:
    """What the controller says of itself (register blocks B and C), decoded.

    `stage` is the stage whose groups are all green, or "" during a transition; `next_stage` is where a transition
    leads. `plan_second` is the second in the active plan's cycle. `time_in_stage_s` counts since the stage was
    complete. `takes_on_demand` tells whether the controller knows stages that a plan shows on demand only.
    """

    junction: str
    utc_s: int
    mode: ControllerMode
    plan_state: PlanState
    active_sequence: int
    active_crc: int
    cycle_s: int
    plan_second: int
    stage: str
    next_stage: str
    time_in_stage_s: int
    aspects: Mapping[str, Aspect]
    time_in_aspect_s: Mapping[str, int]
    lease_left_s: float
    heartbeat_echo: int
    epoch: int
    clock_synchronised: bool = True
    reject_code: int = 0
    reject_element: int = 0
    boots: int = 0
    rejects: int = 0
    fallbacks: int = 0
    conflict_trips: int = 0
    alarms: int = 0
    takes_on_demand: bool = True


@dataclass(frozen=True, slots=True)
class PushReport:
    """What became of a pushed plan: result, the controller's own words for a refusal, and the sequence it now runs."""

    result: PushResult
    sequence: int
    code: str = ""
    element: str = ""
    detail: str = ""


@record
class Reachability:
    """Health of the link to one controller."""

    connected: bool
    last_seen_utc_s: float | None
    errors: int = 0
    reconnects: int = 0
    latency_s: float | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


class Driver(Protocol):
    """One field controller. Every call returns or raises `DriverError` within the driver's own deadline."""

    junction: str

    async def connect(self) -> None:
        """Open the link and check identity, map version and safety-configuration hash."""
        ...

    async def close(self) -> None:
        """Close the link; the controller falls back by itself when its lease ends."""
        ...

    async def heartbeat(self, utc_s: float) -> None:
        """Renew the lease (block F)."""
        ...

    async def read_status(self) -> FieldStatus:
        """Read back what really runs (blocks B and C in one untorn read)."""
        ...

    async def push_plan(self, plan: SafePlan, *, activate_at_utc_s: int, expires_utc_s: int) -> PushReport:
        """Stage, read back, verify, activate; CONFIRMED only when the status block shows it active, else PENDING.

        Stages on demand are left out for a controller that does not know them; the report says so in its `detail`.
        """
        ...

    async def request_stage(self, request: SafeRequest) -> None:
        """Write a stage request (block T)."""
        ...

    async def release(self) -> None:
        """Give control back to the local plan at the next safe point."""
        ...

    def reachability(self) -> Reachability:
        """State of the link."""
        ...
