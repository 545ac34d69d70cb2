"""The part of a site file's form that says how priority requests are heard."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from plans import defaults
from plans.codes import Code
from plans.form_basics import Form, LaneName, Lenient, ModeField, Name, NotNegative, Text
from plans.junction import Mode
from plans.timing import Finding
from plans.transit import LatenessFeed, PointSplit, ReportingPoint, ReportKind, TransitSettings
from plans.unconfirmed import Unconfirmed

Level = Annotated[int, Field(ge=0, le=defaults.MAX_LEVEL)]
KindName = Annotated[ReportKind, Lenient]
HttpAddress = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=500)]


class SplitForm(Form):
    """How the operator numbers its reporting points."""

    directions: Annotated[int, Field(ge=1, le=100)] = defaults.R09_DIRECTIONS
    statuses: Annotated[list[KindName], Field(min_length=1)] = [ReportKind(name) for name in defaults.R09_STATUSES]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.statuses)) != len(self.statuses):
            raise ValueError("each status once")
        return self


class PointForm(Form):
    """A reporting point by its number, or by node, direction and what it says."""

    point: Annotated[int, Field(ge=0)] | None = None
    node: Annotated[int, Field(ge=0)] | None = None
    direction: Annotated[int, Field(ge=0)] | None = None
    kind: KindName
    junction: Name
    group: Name | None = None
    movement: LaneName | None = None
    mode: ModeField = Mode.BUS
    distance_m: NotNegative = 0.0
    eta_s: Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)] | None = None
    level: Level | None = None

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.node is None) != (self.direction is None) or (self.point is None) == (self.node is None):
            raise ValueError("either point, or node and direction")
        if (self.group is None) == (self.movement is None):
            raise ValueError("either group or movement")
        return self


class LatenessForm(Form):
    """A GTFS-Realtime feed."""

    trip_updates: HttpAddress
    vehicle_positions: HttpAddress | None = None
    poll_s: Annotated[int, Field(ge=5, le=60)] = 15
    headers: dict[Text, Text] = {}
    lines: dict[Text, Text] = {}


class TransitForm(Form):
    """Everything about priority requests."""

    emergency_level: Level | None = None
    emergency_sources: list[Name] | None = None
    split: SplitForm | None = None
    levels: Annotated[list[Level], Field(min_length=4, max_length=4)] | None = None
    points: list[PointForm] = []
    lateness: LatenessForm | None = None


def build_transit(form: TransitForm, notes: Unconfirmed) -> TransitSettings:
    """The settings that a checked form describes; how points are numbered is a default only where there are some."""
    split, levels = PointSplit(), defaults.R09_LEVELS
    if form.points:
        given = PointSplit(form.split.directions, tuple(form.split.statuses)) if form.split else None
        split = notes.take(given, split, "transit/split")
        levels = notes.take(tuple(form.levels) if form.levels else None, levels, "transit/levels")
    feed = form.lateness
    sources = None if form.emergency_sources is None else tuple(form.emergency_sources)
    return TransitSettings(
        emergency_sources=notes.take(sources, defaults.EMERGENCY_SOURCES, "transit/emergency_sources"),
        emergency_level=notes.take(form.emergency_level, defaults.EMERGENCY_LEVEL, "transit/emergency_level"),
        split=split,
        levels=levels,
        points=tuple(_point(point, split) for point in form.points),
        lateness=None
        if feed is None
        else LatenessFeed(feed.trip_updates, feed.vehicle_positions or "", feed.poll_s, feed.headers, feed.lines),
    )


def check_numbering(form: TransitForm) -> list[Finding]:
    """Points whose direction or kind the numbering has no room for; a number cannot be made of these."""
    split = form.split or SplitForm()
    found = []
    for index, point in enumerate(form.points):
        if point.direction is None:
            continue
        element = f"transit/points/{index}"
        if point.direction >= split.directions:
            expected = f"0 to {split.directions - 1}, as the split has {split.directions} directions"
            found.append(Finding(Code.REPORTING_POINT_RANGE, f"{element}/direction", expected, str(point.direction)))
        if point.kind not in split.statuses:
            expected = f"a status of the split: {', '.join(split.statuses)}"
            found.append(Finding(Code.REPORTING_POINT_RANGE, f"{element}/kind", expected, point.kind))
    return found


def _point(form: PointForm, split: PointSplit) -> ReportingPoint:
    number = form.point
    if number is None:
        number = split.number(form.node or 0, form.direction or 0, form.kind)
    return ReportingPoint(
        point=number,
        kind=form.kind,
        junction=form.junction,
        group=form.group or "",
        movement=form.movement or "",
        mode=form.mode,
        distance_m=form.distance_m,
        eta_s=form.eta_s,
        level=form.level,
    )
