"""The form of a site file: what may stand where. `plans.schema` turns it into a `Site` and back.

Every model refuses unknown fields. A number that is left out takes a default from `plans.defaults`; those that no
source confirms are listed in `Site.unconfirmed`.
"""

from datetime import date, time
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from plans.calendar import WEEKDAYS
from plans.form_basics import (
    Finite,
    Form,
    KindField,
    LaneName,
    Lenient,
    ModeField,
    Name,
    NotNegative,
    Port,
    Positive,
    Seconds,
    Text,
    TurnField,
)
from plans.gating_form import AreaForm
from plans.junction import DetectorKind
from plans.policy import Policy
from plans.service_form import MqttForm, RecordingForm, UplinkForm, WebForm
from plans.site import StrategyName
from plans.stop_form import TransitStopForm
from plans.transit_form import TransitForm


def _clock_time(value: Any) -> Any:
    """`06:30` is a time of day."""
    return time.fromisoformat(value) if isinstance(value, str) and len(value) == len("06:30") else value


def _iso_date(value: Any) -> Any:
    """`2026-12-25` is a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value


Weekday = Annotated[str, Field(pattern=f"^({'|'.join(WEEKDAYS)})$")]


class GroupForm(Form):
    """A signal group; what is left out follows from its kind."""

    kind: KindField
    name: Text = ""
    min_green_s: Seconds | None = None
    amber_s: Seconds | None = None
    red_amber_s: Seconds | None = None
    clearance_s: Seconds | None = None
    crossing_m: NotNegative = 0.0
    walking_mps: Positive | None = None
    leading_s: Seconds = 0
    max_red_s: Seconds | None = None
    mandatory: bool = True
    links: list[Annotated[int, Field(ge=0)]] = []


class StageForm(Form):
    """A stage: the groups that are green together."""

    groups: list[Name]
    name: Text = ""


class TransitionForm(Form):
    """A transition that the site defines itself: when each group ends or begins green."""

    duration_s: Seconds
    ends: dict[Name, Seconds] = {}
    begins: dict[Name, Seconds] = {}


class FeederForm(Form):
    """An upstream lane."""

    lane: LaneName
    offset_m: NotNegative
    length_m: Positive
    share_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0


class LaneForm(Form):
    """An approach lane up to the stop line."""

    approach: Text = ""
    length_m: Positive
    speed_mps: Positive
    modes: list[ModeField] | None = None
    saturation_flow_vph: Positive | None = None
    feeders: list[FeederForm] = []


class MovementForm(Form):
    """One way across the stop line."""

    lane: LaneName
    group: Name
    turn: TurnField
    exit_lane: Text = ""
    yields_to: list[Name] = []
    link: Annotated[int, Field(ge=0)] | None = None
    turn_speed_mps: Positive | None = None


class DetectorForm(Form):
    """A sensor."""

    kind: Annotated[DetectorKind, Lenient]
    lane: LaneName | None = None
    group: Name | None = None
    distance_m: Finite = 0.0
    length_m: Positive = 2.0
    mode: ModeField | None = None


class FramedForm(Form):
    """A stage within its frame: said in one way, and a window by both of its ends."""

    stage: Name
    frame: Annotated[str, Field(pattern="^(fixed|open)$")] | None = None
    earliest_start_s: Seconds | None = None
    latest_end_s: Seconds | None = None

    @model_validator(mode="after")
    def _one_frame(self) -> Self:
        window = (self.earliest_start_s is None, self.latest_end_s is None)
        if any(window) != all(window):
            raise ValueError("both earliest_start_s and latest_end_s, or neither")
        if self.frame and not all(window):
            raise ValueError("either a frame or a window of earliest_start_s and latest_end_s")
        return self


class PlanStageForm(FramedForm):
    """A stage of a plan. Its frame is fixed unless `frame: open` stands there, or a window in plan seconds."""

    green_s: Seconds


def _entry(value: Any) -> Any:
    """A stage on demand may be written as its name alone."""
    return value if isinstance(value, dict) else {"stage": value}


class OnDemandForm(FramedForm):
    """A stage that the plan shows on demand only. Its frame is open unless a window stands there."""

    frame: Annotated[str, Field(pattern="^open$")] | None = None


class PlanForm(Form):
    """A timing plan."""

    name: Text = ""
    cycle_s: Annotated[int, Field(ge=1, le=600)]
    offset_s: Annotated[int, Field(ge=0)] = 0
    stages: Annotated[list[PlanStageForm], Field(min_length=1)]
    on_demand: list[Annotated[OnDemandForm, BeforeValidator(_entry)]] = []


class ControllerForm(Form):
    """Where the field controller listens, and where its key is found."""

    host: Text
    port: Port = 502
    unit: Annotated[int, Field(ge=0, le=247)] = 1
    key_env: Text = ""
    key_file: Text = ""
    reference_s: Seconds = 0


class RestForm(Form):
    """What shows when nobody is there."""

    stage: Name


class CycleRangeForm(Form):
    """The cycles that the junction may run."""

    min: Annotated[int, Field(ge=1, le=600)] | None = None
    max: Annotated[int, Field(ge=1, le=600)] | None = None


class JunctionForm(Form):
    """A signalised junction with its plans and its controller. Intergreens: row ends, column begins green."""

    name: Text = ""
    corridor: Name | None = None
    position_m: Annotated[list[Finite], Field(min_length=2, max_length=2)] = [0.0, 0.0]
    cycle_s: CycleRangeForm = CycleRangeForm()
    groups: Annotated[dict[Name, GroupForm], Field(min_length=1)]
    intergreens: dict[Name, dict[Name, Seconds]] = {}
    stages: Annotated[dict[Name, StageForm], Field(min_length=1)]
    transitions: dict[Name, dict[Name, TransitionForm]] = {}
    rest: RestForm | None = None
    lanes: dict[LaneName, LaneForm] = {}
    movements: dict[LaneName, MovementForm] = {}
    detectors: dict[Name, DetectorForm] = {}
    stops: dict[Name, TransitStopForm] = {}
    plans: dict[Name, PlanForm] = {}
    controller: ControllerForm | None = None
    derived: list[Text] = []


class EntryForm(Form):
    """From a local time on some weekdays on, a plan set."""

    days: Annotated[list[Weekday], Field(min_length=1)]
    at: Annotated[time, BeforeValidator(_clock_time)]
    plans: Name


class SpecialDayForm(Form):
    """A date that runs another weekday's programme."""

    date: Annotated[date, BeforeValidator(_iso_date)]
    like: Weekday


class CalendarForm(Form):
    """The week in local time."""

    week: Annotated[list[EntryForm], Field(min_length=1)]
    special_days: list[SpecialDayForm] = []


class StopForm(Form):
    """A junction on a corridor."""

    junction: Name
    distance_m: Finite


class CorridorForm(Form):
    """Junctions in their order along a road."""

    name: Text = ""
    junctions: Annotated[list[StopForm], Field(min_length=1)]


class ControlForm(Form):
    """How the site is controlled."""

    strategy: Annotated[StrategyName, Lenient] = StrategyName.ADAPTIVE
    horizon_s: Annotated[int, Field(ge=10, le=120)] | None = None
    strategic_period_s: Annotated[int, Field(ge=60, le=3600)] | None = None
    max_cycle_step_s: Seconds | None = None
    max_green_step_s: Seconds | None = None
    request_valid_s: Annotated[int, Field(ge=1, le=5)] | None = None
    status_max_age_s: Annotated[int, Field(ge=1, le=30)] | None = None
    lease_s: Annotated[int, Field(ge=10, le=120)] | None = None
    pedestrian_wait_s: Annotated[int, Field(ge=20, le=300)] | None = None
    plan_by_usual: bool | None = None
    compensation: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None


class SiteForm(Form):
    """A whole site file."""

    site: Name
    name: Text = ""
    timezone: Text
    network: Text = ""
    store: Text = "signalctl.db"
    recording: RecordingForm = RecordingForm()
    mqtt: MqttForm | None = None
    web: WebForm = WebForm()
    control: ControlForm = ControlForm()
    policy: Annotated[Policy, Lenient] = Policy.BALANCED
    weights: dict[ModeField, NotNegative] = {}
    occupancy: dict[ModeField, NotNegative] = {}
    corridors: dict[Name, CorridorForm] = {}
    calendar: CalendarForm
    refined: list[Name] = []
    junctions: Annotated[dict[Name, JunctionForm], Field(min_length=1)]
    uplinks: list[UplinkForm] = []
    transit: TransitForm = TransitForm()
    gating: dict[Name, AreaForm] = {}
