"""What a site is: junctions, plans, calendar and where everything is connected. The YAML form is `plans.schema`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from plans.calendar import Calendar, plan_due
from plans.defaults import (
    COMPENSATION,
    HORIZON_S,
    LEASE_S,
    MAX_CYCLE_STEP_S,
    MAX_GREEN_STEP_S,
    MODE_WEIGHT,
    OCCUPANCY,
    PEDESTRIAN_WAIT_S,
    PLAN_BY_USUAL,
    REQUEST_VALID_S,
    STATUS_MAX_AGE_S,
    STRATEGIC_PERIOD_S,
)
from plans.gating import ProtectedArea
from plans.junction import Junction, Mode
from plans.policy import Policy
from plans.timing import TimingPlan
from plans.transit import TransitSettings


class StrategyName(StrEnum):
    """The strategies that a site may run."""

    FIXED = "fixed"
    ACTUATED = "actuated"
    MAX_PRESSURE = "max-pressure"
    COORDINATED = "coordinated"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True)
class CorridorStop:
    """A junction on a corridor, `distance_m` from the corridor's begin along the road."""

    junction: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Corridor:
    """Junctions in their order along a road."""

    id: str
    name: str
    stops: tuple[CorridorStop, ...]


def first_corridor(corridors: Mapping[str, Corridor], junction: str) -> str:
    """The first corridor that the junction stands on, or ""."""
    return next((c.id for c in corridors.values() if any(stop.junction == junction for stop in c.stops)), "")


@dataclass(frozen=True, slots=True)
class ControllerAddress:
    """Where a junction's field controller listens (Modbus TCP), and where its HMAC key is found.

    The key itself never stands in a site file: `key_env` names an environment variable with the key in hex, `key_file`
    a file. `reference_s` is the reference constant of the controller's cycle clock.
    """

    host: str
    port: int = 502
    unit: int = 1
    key_env: str = ""
    key_file: str = ""
    reference_s: int = 0


@dataclass(frozen=True, slots=True)
class MqttBroker:
    """The broker that detectors publish to. Credentials are named (environment), never written."""

    host: str
    port: int = 8883
    tls: bool = True
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username_env: str = ""
    password_env: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Uplink:
    """A LoRaWAN device (`device` is its EUI) whose field `value` feeds a detector or an air station."""

    device: str
    value: str
    junction: str = ""
    detector: str = ""
    station: str = ""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where page, API and metrics listen."""

    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """How much of the past can be replayed: the older, or what is over the bound, is forgotten; 0 h records nothing."""

    hours: float = 48.0
    megabytes: int = 2000


@dataclass(frozen=True, slots=True)
class ControlParameters:
    """How the site is controlled: strategy, horizons, step limits and deadlines."""

    strategy: StrategyName = StrategyName.ADAPTIVE
    horizon_s: int = HORIZON_S
    strategic_period_s: int = STRATEGIC_PERIOD_S
    max_cycle_step_s: int = MAX_CYCLE_STEP_S
    max_green_step_s: int = MAX_GREEN_STEP_S
    request_valid_s: int = REQUEST_VALID_S
    status_max_age_s: int = STATUS_MAX_AGE_S
    lease_s: int = LEASE_S
    pedestrian_wait_s: int = PEDESTRIAN_WAIT_S
    compensation: float = COMPENSATION
    plan_by_usual: bool = PLAN_BY_USUAL


@dataclass(frozen=True, slots=True)
class Site:
    """One city, district or corridor that one service controls.

    `plans[junction][plan set]` are the time-of-day plans; the calendar names the plan set that is due. `store` is the
    journal's path, relative to the site file. `network` is the SUMO network that the map is drawn from.
    `weights` are those of the policy but for what the site sets itself. `refined` are the plan sets that simulation has
    proved: for the traffic that is usual in their time nothing near them is better.
    `unconfirmed` holds the paths of the numbers that the file leaves to an unconfirmed default.
    """

    id: str
    name: str
    timezone: str
    junctions: Mapping[str, Junction]
    plans: Mapping[str, Mapping[str, TimingPlan]]
    calendar: Calendar
    refined: frozenset[str] = frozenset()
    corridors: Mapping[str, Corridor] = field(default_factory=dict)
    controllers: Mapping[str, ControllerAddress] = field(default_factory=dict)
    mqtt: MqttBroker | None = None
    uplinks: tuple[Uplink, ...] = ()
    web: WebAddress = field(default_factory=WebAddress)
    store: str = "signalctl.db"
    recording: RecordingLimits = field(default_factory=RecordingLimits)
    network: str = ""
    policy: Policy = Policy.BALANCED
    weights: Mapping[Mode, float] = field(default_factory=lambda: dict(MODE_WEIGHT))
    occupancy: Mapping[Mode, float] = field(default_factory=lambda: dict(OCCUPANCY))
    control: ControlParameters = field(default_factory=ControlParameters)
    transit: TransitSettings = field(default_factory=TransitSettings)
    gating: Mapping[str, ProtectedArea] = field(default_factory=dict)
    unconfirmed: frozenset[str] = frozenset()

    def plans_due(self, utc_s: float) -> Mapping[str, TimingPlan]:
        """The time-of-day plan of each junction at a UTC time."""
        due = plan_due(self.calendar, utc_s)
        return {junction: plans[due] for junction, plans in self.plans.items() if due in plans}

    def plan_sets_of(self, junction: str) -> tuple[str, ...]:
        """The plan sets that the junction has a plan for."""
        return tuple(self.plans.get(junction, {}))
