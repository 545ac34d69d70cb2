"""How a site hears of buses, trams and emergency vehicles: reporting points, levels, and where lateness comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from plans.codes import Code
from plans.defaults import EMERGENCY_LEVEL, EMERGENCY_SOURCES, R09_DIRECTIONS, R09_LEVELS, R09_STATUSES
from plans.junction import Junction, Mode
from plans.timing import Finding

MAX_REPORTING_POINT = 0xFFFF
JSON_SOURCE, TELEGRAM_SOURCE = "json", "r09"
"""Ways by which requests come that no sender has for itself alone."""


class ReportKind(StrEnum):
    """What a vehicle says at a reporting point, in the order in which it passes them."""

    PRE_REQUEST = "pre_request"
    REQUEST = "request"
    DOORS_CLOSED = "doors_closed"
    CHECK_OUT = "check_out"


@dataclass(frozen=True, slots=True)
class ReportingPoint:
    """One number of the operator's plan of reporting points, and what it means here.

    `distance_m` is to the stop line; `eta_s` is the time to it where distance and usual speed do not tell (a stop in
    between). `group` or `movement` says which way the vehicle goes. `level` None: by the telegram's priority.
    """

    point: int
    kind: ReportKind
    junction: str
    group: str = ""
    movement: str = ""
    mode: Mode = Mode.BUS
    distance_m: float = 0.0
    eta_s: float | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class PointSplit:
    """How a reporting point's number is made: (node * directions + direction) * number of statuses + status."""

    directions: int = R09_DIRECTIONS
    statuses: tuple[ReportKind, ...] = tuple(ReportKind(name) for name in R09_STATUSES)

    def number(self, node: int, direction: int, kind: ReportKind) -> int:
        """The reporting point's number; `kind` is one of the split's statuses."""
        return (node * self.directions + direction) * len(self.statuses) + self.statuses.index(kind)


@dataclass(frozen=True, slots=True)
class LatenessFeed:
    """A GTFS-Realtime feed that says how late vehicles are; addresses are HTTP or HTTPS, "" where there is none.

    `headers` names the environment variables that hold the values of HTTP headers: keys never stand in a site file.
    `lines` translates line numbers as vehicles announce them into the feed's route ids, where the two differ.
    """

    trip_updates: str
    vehicle_positions: str = ""
    poll_s: int = 15
    headers: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransitSettings:
    """Everything a site says about priority requests.

    `emergency_level` and above is an emergency vehicle, where one of `emergency_sources` says so: `json` is the site's
    common topic, `r09` radio telegrams, any other name a sender with a topic of its own. `levels` is the request level
    by a telegram's priority 0 to 3.
    """

    emergency_level: int = EMERGENCY_LEVEL
    emergency_sources: tuple[str, ...] = EMERGENCY_SOURCES
    split: PointSplit = field(default_factory=PointSplit)
    levels: tuple[int, ...] = R09_LEVELS
    points: tuple[ReportingPoint, ...] = ()
    lateness: LatenessFeed | None = None


def check_reporting_points(settings: TransitSettings, junctions: Mapping[str, Junction]) -> list[Finding]:
    """Reporting points that lead nowhere, do not fit into a telegram, or stand twice in the table."""
    found: list[Finding] = []
    first: dict[int, int] = {}
    for index, point in enumerate(settings.points):
        element = f"transit/points/{index}"
        if not 0 <= point.point <= MAX_REPORTING_POINT:
            expected = f"0 to {MAX_REPORTING_POINT}"
            found.append(Finding(Code.REPORTING_POINT_RANGE, f"{element}/point", expected, str(point.point)))
        other = first.setdefault(point.point, index)
        if other != index:
            expected = f"each number once, {point.point} is row {other} already"
            found.append(Finding(Code.REPORTING_POINT_REPEATED, f"{element}/point", expected, str(point.point)))
        junction = junctions.get(point.junction)
        if junction is None:
            found.append(_unknown(f"{element}/junction", "a junction", junctions, point.junction))
            continue
        movements = {movement.id: movement for movement in junction.movements}
        if point.movement and point.movement not in movements:
            found.append(_unknown(f"{element}/movement", "a movement of the junction", movements, point.movement))
        if point.group and point.group not in junction.groups:
            found.append(_unknown(f"{element}/group", "a signal group", junction.groups, point.group))
    return found


def _unknown(element: str, what: str, known: Mapping[str, object], name: str) -> Finding:
    listed = ", ".join(list(known)[:8]) or "none exists"
    return Finding(Code.UNKNOWN_REFERENCE, element, f"{what}: one of {listed}", name)
