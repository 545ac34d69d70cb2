"""A signal's programme in the network file: its phases, and which of them a fixed one shows when."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from sim.switching_rules import SwitchingRules


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a signal programme."""

    duration_s: float
    state: str
    min_duration_s: float
    max_duration_s: float
    next: tuple[int, ...] = ()
    name: str = ""
    earliest_end_s: float | None = None  # within the cycle of a coordinated programme
    latest_end_s: float | None = None


@dataclass(frozen=True, slots=True)
class TrafficLightLogic:
    """One programme of one signal; cyclic from `offset_s` on."""

    id: str
    program_id: str
    type: str  # static, actuated, delay_based
    offset_s: float
    phases: tuple[Phase, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    place: str = field(default="", compare=False)  # file and line, where it was read from one
    rules: SwitchingRules | None = None  # expressions by which it switches

    @property
    def reacts(self) -> bool:
        """Whether traffic decides how long its phases last."""
        return self.type != "static"

    @property
    def cycle_s(self) -> float:
        """Sum of the phases."""
        return sum(phase.duration_s for phase in self.phases)

    def phase_at(self, time_s: float) -> int:
        """Number of the phase of the static programme at this time."""
        ends_s = list(accumulate(phase.duration_s for phase in self.phases))
        return min(bisect.bisect_right(ends_s, (time_s - self.offset_s) % self.cycle_s), len(self.phases) - 1)

    def state_at(self, time_s: float) -> str:
        """The letters that the static programme shows at this time."""
        return self.phases[self.phase_at(time_s)].state
