"""What a control strategy is: from the picture and the field's own word to decisions, with their reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from controllers.driver import FieldStatus
from detectors.picture import Picture
from plans.junction import Junction
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another action that was weighed, with its predicted cost (weighted person-seconds over the horizon)."""

    stage: str
    action: RequestAction
    after_s: int
    cost: float


@dataclass(frozen=True, slots=True)
class StageDecision:
    """For this second: stay in `stage` (HOLD) or move to it (GO). `why` is one sentence for the engineer."""

    junction: str
    stage: str
    action: RequestAction
    reason: RequestReason
    why: str
    cost: float = 0.0
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDecision:
    """Run this plan from its next cycle on."""

    plan: TimingPlan
    why: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a strategy wants at one tick; a junction that is missing keeps what runs."""

    stages: Mapping[str, StageDecision]
    plans: Mapping[str, PlanDecision]


class Strategy(Protocol):
    """A control strategy. Deterministic: the same inputs in the same order give the same decisions."""

    name: str

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """Decide for this second; `plans` are the time-of-day plans due now, by junction."""
        ...

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        ...
