"""The hand-written sources of a scenario: signals and demand as YAML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from plans.site_form import EntryForm

Source = TypeVar("Source", bound=BaseModel)
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Flow = Annotated[float, Field(ge=0.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroupSource(_Strict):
    """Signal group: the movements from one arm into others, or the crossing over an arm.

    Arms are named by the first part of an edge's id: `nw`, `se`, `w04`, `e07`. `only` restricts the group to lanes of
    one kind: `bicycle` takes the lanes that no car may use, `motor` the others.
    """

    from_arm: str | None = Field(default=None, alias="from")
    to_arms: tuple[str, ...] = Field(default=(), alias="to")
    only: Literal["bicycle", "motor"] | None = None
    crossing: str | None = None
    min_green_s: int | None = None


class JunctionSource(_Strict):
    """Groups and stages of one junction; stage ids map to the groups that are green in them."""

    name: str
    groups: Mapping[str, GroupSource]
    stages: Mapping[str, tuple[str, ...]]


class JunctionPlanSource(_Strict):
    """Offset and nominal greens of one junction in a programme; stages run in the order given."""

    offset_s: int
    greens_s: Mapping[str, int]


class PlanSource(_Strict):
    """One time-of-day programme of the whole corridor."""

    name: str
    cycle_s: int
    junctions: Mapping[str, JunctionPlanSource]


class SiteSource(_Strict):
    """What the site file says beside junctions and programmes."""

    name: str
    timezone: str
    week: tuple[EntryForm, ...]


class SignalsSource(_Strict):
    """`signals.yaml`. Junctions stand in their order along the corridor."""

    site: SiteSource
    junctions: Mapping[str, JunctionSource]
    plans: Mapping[str, PlanSource]
    network_plan: str  # the programme that stands in the net file itself


class BusLine(_Strict):
    """A line in one direction: every `headway_s`, first bus `first_s` after the begin; dwell at each stop."""

    origin: str
    destination: str
    headway_s: int
    first_s: int
    stops: tuple[str, ...]
    dwell_s: int = 20


class CyclistFlow(_Strict):
    """Cyclists from one entry to one exit."""

    origin: str
    destination: str
    flow_vph: Flow


class DemandSource(_Strict):
    """`demand/<period>.yaml`: entries and turning shares of motor traffic, bus lines, cyclists and people on foot."""

    name: str
    begin_s: int
    end_s: int
    lorry_ratio: Ratio
    least_flow_vph: Flow
    entries_vph: Mapping[str, Flow]
    turns: Mapping[str, Mapping[str, Mapping[str, Flow]]]  # junction, arm it comes from, arm it leaves by: share
    buses: Mapping[str, BusLine]
    bicycles: tuple[CyclistFlow, ...]
    pedestrians_ph: Mapping[str, Mapping[str, Flow]]  # junction, arm whose crossing is used: both directions together


class DaySource(_Strict):
    """`demand/day.yaml`: for each hour of the day the period that it resembles, and its share of that one's flows."""

    name: str
    hours: Annotated[tuple[tuple[str, Flow], ...], Field(min_length=24, max_length=24)]


def read_source(path: Path, kind: type[Source]) -> Source:
    """Read one YAML source.

    Raises:
        ValueError: With the file's name in front.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        return kind.model_validate(yaml.load(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
