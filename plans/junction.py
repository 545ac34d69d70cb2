"""What a signalised junction is: signal groups, intergreens, stages, lanes, movements and detectors.

German practice (RiLSA): signal groups with a matrix of intergreens, and stages made of groups that may be green
together. Ring-barrier controllers and SUMO `tlLogic` programmes are special cases of it. All durations are whole
seconds, as intergreens are rounded up to whole seconds (RiLSA 2015) and programmes are written in whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any

from plans.stage_transition import StageTransition, TransitionLags
from plans.timing import TimingPlan


class GroupKind(StrEnum):
    """Who looks at the signal group's heads."""

    VEHICLE = "vehicle"
    TRANSIT = "transit"
    BICYCLE = "bicycle"
    PEDESTRIAN = "pedestrian"


class Aspect(IntEnum):
    """What a signal group shows. The values are those of register block C."""

    DARK = 0
    RED = 1
    RED_AMBER = 2
    GREEN = 3
    AMBER = 4
    FLASHING_AMBER = 5


class Turn(StrEnum):
    """Direction of a movement."""

    LEFT = "left"
    STRAIGHT = "straight"
    RIGHT = "right"
    UTURN = "uturn"


class Mode(StrEnum):
    """Kind of road user, as in results, weights and metrics."""

    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    TRAM = "tram"
    BICYCLE = "bicycle"
    PEDESTRIAN = "pedestrian"
    EMERGENCY = "emergency"


_LEADING = {
    GroupKind.PEDESTRIAN: {GroupKind.PEDESTRIAN},
    GroupKind.BICYCLE: {GroupKind.BICYCLE, GroupKind.PEDESTRIAN},
}
"""Kinds of groups that may lead, each with those that it does not lead."""
ROAD_MODES = frozenset({Mode.CAR, Mode.TRUCK, Mode.BUS, Mode.BICYCLE})


class DetectorKind(StrEnum):
    """What a detector measures."""

    LOOP = "loop"
    RADAR = "radar"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class SignalGroup:
    """Signal heads that always show the same.

    `clearance_s` is the time a pedestrian who stepped off at the last moment of green needs to leave the crossing;
    every intergreen from the group to a conflicting one must be at least that long. `crossing_m` is the length that a
    pedestrian walks from kerb to kerb (on a divided road up to the middle of the second carriageway counts twice), 0
    where unknown; `walking_mps` the speed at which the crossing is cleared, 1.0 near schools. `leading_s` is the head
    start that people on foot or cyclists have over traffic that turns across them (`Junction.head_starts`). `links` are
    the SUMO link indices that the group drives in simulation; empty on the street.
    """

    id: str
    kind: GroupKind
    min_green_s: int
    amber_s: int = 3
    red_amber_s: int = 1
    clearance_s: int = 0
    max_red_s: int = 300
    mandatory: bool = True
    links: tuple[int, ...] = ()
    name: str = ""
    crossing_m: float = 0.0
    walking_mps: float = 1.2
    leading_s: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """One way across the stop line: from an approach lane, by a group, into an exit lane.

    `yields_to` names the groups whose traffic has priority when both are green (conditionally compatible streams:
    a left turn against oncoming traffic, turning traffic against a parallel crossing).
    """

    id: str
    lane: str
    group: str
    turn: Turn
    exit_lane: str
    yields_to: tuple[str, ...] = ()
    link: int | None = None
    turn_speed_mps: float = 13.9


@dataclass(frozen=True, slots=True)
class Feeder:
    """A lane upstream whose vehicles reach the approach lane without passing another signal.

    `offset_m` is the distance from the feeder's downstream end to the stop line; `share_ratio` the part of its traffic
    that comes here.
    """

    lane: str
    offset_m: float
    length_m: float
    share_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Lane:
    """An approach lane up to the stop line, with what feeds it."""

    id: str
    approach: str
    length_m: float
    speed_mps: float
    modes: frozenset[Mode] = ROAD_MODES
    saturation_flow_vph: float = 1850.0
    feeders: tuple[Feeder, ...] = ()


@dataclass(frozen=True, slots=True)
class TransitStop:
    """Where buses or trams halt on their way to the stop line, on an approach lane or one that feeds it.

    `distance_m` is from the stop line to where a vehicle's front stands; `share_ratio` the part of the approach's
    vehicles of these modes that halt, for `dwell_s` in the mean, with a standard deviation of `deviation_s`.
    """

    id: str
    lane: str
    distance_m: float
    dwell_s: float
    deviation_s: float
    share_ratio: float = 1.0
    modes: frozenset[Mode] = frozenset({Mode.BUS})


@dataclass(frozen=True, slots=True)
class Detector:
    """A sensor and what it looks at; `distance_m` is from the stop line to its downstream edge, upstream positive."""

    id: str
    kind: DetectorKind
    lane: str | None = None
    group: str | None = None
    distance_m: float = 0.0
    length_m: float = 2.0
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Signal groups that are green together."""

    id: str
    groups: frozenset[str]
    name: str = ""


@dataclass(frozen=True)
class Junction:
    """A signalised junction.

    `intergreens[(a, b)]` is the least time in whole seconds from the end of green of `a` to the begin of green of `b`,
    with amber of `a` and red-amber of `b` inside. A pair that is missing is compatible. `transitions` holds only those
    that the site defines itself; the others are derived (`plans.transition`). `derived` names what was computed from a
    network instead of read from a signed engineering document. `rest` is the stage that shows when nobody is there, ""
    where the one that runs goes on.
    """

    id: str
    name: str
    groups: Mapping[str, SignalGroup]
    intergreens: Mapping[tuple[str, str], int]
    stages: Mapping[str, Stage]
    lanes: Mapping[str, Lane]
    movements: tuple[Movement, ...]
    detectors: Mapping[str, Detector] = field(default_factory=dict)
    stops: Mapping[str, TransitStop] = field(default_factory=dict)
    transitions: Mapping[tuple[str, str], StageTransition] = field(default_factory=dict)
    position_m: tuple[float, float] = (0.0, 0.0)
    corridor: str = ""
    cycle_min_s: int = 30
    cycle_max_s: int = 120
    derived: frozenset[str] = frozenset()
    rest: str = ""

    def conflicts(self, a: str, b: str) -> bool:
        """Whether the two groups must never be green together."""
        return (a, b) in self.intergreens or (b, a) in self.intergreens

    @cached_property
    def head_starts(self) -> Mapping[tuple[str, str], int]:
        """Seconds by which (crossing, turning group) begin apart: `leading_s` of who may go first.

        The turning groups are those with a movement that yields to the crossing. People on foot lead everybody who
        drives, cyclists lead motor traffic and transit: nobody leads in a circle, and who leads others stands first.
        """
        return {
            (leader.id, movement.group): leader.leading_s
            for kind, not_led in _LEADING.items()
            for leader in self.groups.values()
            if leader.kind is kind and leader.leading_s > 0
            for movement in self.movements
            if leader.id in movement.yields_to and not self.conflicts(leader.id, movement.group)
            if movement.group in self.groups and self.groups[movement.group].kind not in not_led
        }

    @cached_property
    def movements_by_lane(self) -> Mapping[str, tuple[Movement, ...]]:
        """The movements of each approach lane, in the order of `movements`."""
        found: dict[str, list[Movement]] = {lane: [] for lane in self.lanes}
        for movement in self.movements:
            found.setdefault(movement.lane, []).append(movement)
        return {lane: tuple(movements) for lane, movements in found.items()}

    @cached_property
    def longest_change_s(self) -> int:
        """The longest intergreen with the head starts after it, or transition that the site defines itself."""
        own_s = (change.duration_s for change in self.transitions.values())
        # on foot before cyclists before motor traffic: two of them may follow one another
        leading_s = len(_LEADING) * max(self.head_starts.values(), default=0)
        return max((max(self.intergreens.values(), default=0) + leading_s, *own_s))

    @cached_property
    def longest_min_green_s(self) -> int:
        """The longest minimum green of any group."""
        return max((group.min_green_s for group in self.groups.values()), default=1)

    @cached_property
    def mandatory_order(self) -> tuple[str, ...]:
        """Groups that keep a longest red, in their defined order."""
        return tuple(name for name, group in self.groups.items() if group.mandatory)

    @cached_property
    def shortest_max_red_s(self) -> int:
        """The shortest of the longest reds; a day where there is none."""
        return min((self.groups[name].max_red_s for name in self.mandatory_order), default=86_400)

    @cached_property
    def longest_amber_s(self) -> int:
        """The longest sum of a group's amber and red-amber."""
        return max((group.amber_s + group.red_amber_s for group in self.groups.values()), default=0)

    @cached_property
    def transition_memo(self) -> dict[tuple[str, str], StageTransition]:
        """Transitions that `plans.transition` has worked out for this junction so far."""
        return {}

    @cached_property
    def lags_memo(self) -> dict[tuple[str, str], tuple[StageTransition, TransitionLags]]:
        """By origin and target: what `plans.history` has worked out for this junction's transitions so far."""
        return {}

    @cached_property
    def open_plan_memo(self) -> dict[TimingPlan, TimingPlan]:
        """Plans of this junction with everything open, as `plans.open_plan` has worked them out so far."""
        return {}

    @cached_property
    def last_memo(self) -> dict[str, Any]:
        """What was last worked out for this junction, by who worked it out: from one second to the next little changes.

        Whoever takes it from here again sees to it that what it was worked out from is still the same.
        """
        return {}

    @cached_property
    def stage_order(self) -> tuple[str, ...]:
        """Stage ids in their defined order; the index is the stage number on the wire, counted from 1."""
        return tuple(self.stages)

    @cached_property
    def group_order(self) -> tuple[str, ...]:
        """Group ids in their defined order; the index is the group number on the wire."""
        return tuple(self.groups)
