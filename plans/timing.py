"""Timing plans: cycle, offset, stages with nominal greens, and the frame in which each stage may move."""

from dataclasses import dataclass
from enum import StrEnum

MAX_ENTRIES = 16
"""Stages that a plan may list, cyclic and on demand together (field protocol, block G)."""


@dataclass(frozen=True, slots=True)
class PlanStage:
    """One stage of a plan.

    `green_s` is the nominal time from the moment at which all groups of the stage are green to the switch towards the
    next stage. The frame is `earliest_start_s` (0 .. cycle-1) and `latest_end_s` (earliest_start < latest_end <=
    earliest_start + cycle), both in plan seconds: the stage may begin no earlier and must end no later, modulo the
    cycle. A window as long as the cycle is an open frame.
    """

    stage: str
    green_s: int
    earliest_start_s: int
    latest_end_s: int


@dataclass(frozen=True, slots=True)
class OnDemandStage:
    """A stage that a plan never shows by itself, but that a stage request may go to and hold inside the frame.

    The frame is that of `PlanStage`. When nothing asks for the stage any more, the controller goes back to the cycle.
    """

    stage: str
    earliest_start_s: int
    latest_end_s: int


PlanEntry = PlanStage | OnDemandStage


@dataclass(frozen=True, slots=True)
class TimingPlan:
    """A cyclic signal programme of one junction.

    Plan second 0 is the moment at which the first stage has all its groups green. The second in the cycle is (UTC
    seconds since 1970-01-01 - offset) modulo cycle. `on_demand` stages are no part of the cycle.
    """

    id: str
    junction: str
    cycle_s: int
    offset_s: int
    stages: tuple[PlanStage, ...]
    name: str = ""
    on_demand: tuple[OnDemandStage, ...] = ()

    @property
    def entries(self) -> tuple[PlanEntry, ...]:
        """All that may be shown under the plan: the cycle's stages in their order, then those on demand."""
        return (*self.stages, *self.on_demand)

    def entries_of(self, stage: str) -> tuple[PlanEntry, ...]:
        """Every entry of one stage, each with its own frame."""
        return tuple(entry for entry in self.entries if entry.stage == stage)

    def second_in_cycle(self, utc_s: int) -> int:
        """Plan second at a UTC time in whole seconds since 1970-01-01."""
        return (utc_s - self.offset_s) % self.cycle_s


@dataclass(frozen=True, slots=True)
class GreenInterval:
    """A group's green from `start_s` (inclusive) to `end_s` (exclusive) in plan seconds; `end_s` may pass the cycle."""

    group: str
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class GreenTable:
    """Which group is green when within one cycle: the group-level form that a controller executes."""

    cycle_s: int
    intervals: tuple[GreenInterval, ...]

    def is_green(self, group: str, second: int) -> bool:
        """Whether the group is green in the plan second."""
        return any(
            interval.group == group and (second - interval.start_s) % self.cycle_s < interval.end_s - interval.start_s
            for interval in self.intervals
        )


class Severity(StrEnum):
    """Whether a finding forbids operation, or an engineer should look at it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: which, at which element, what was expected and what came. `code` is stable.

    `element` is the path below `junctions` in a site file, joined by slashes: `J1/groups/K2/min_green_s`.
    """

    code: str
    element: str
    expected: str
    got: str
    rule: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.element}: {self.code}: expected {self.expected}, got {self.got}"
