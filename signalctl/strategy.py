"""What a control strategy is: from the picture and the field's own word to decisions, with their reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from controllers.driver import FieldStatus
from detectors.picture import Picture
from plans.junction import Junction
from plans.record import record
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan

PERSON_SECONDS: Final = "person-seconds"
"""Weighted, over the horizon of the prediction."""
PERSONS_SERVED: Final = "persons, counted negative"
"""Weighted persons who wait for it: who is served most costs least."""
SECONDS_TO_SERVE: Final = "s until it is served"
SECONDS_TO_BEGIN: Final = "s until it can begin"
NOTHING_TO_CHOOSE: Final = ""


@record
class Alternative:
    """Another action that was weighed, with what it would cost in the unit of its decision."""

    stage: str
    action: RequestAction
    after_s: int
    cost: float


@record
class StageDecision:
    """For this second: stay in `stage` (HOLD) or move to it (GO). `why` is one sentence for the engineer.

    `unit` says what `cost` and those of the alternatives count, "" where there was nothing to choose; least is best.
    """

    junction: str
    stage: str
    action: RequestAction
    reason: RequestReason
    why: str
    cost: float = 0.0
    alternatives: tuple[Alternative, ...] = ()
    unit: str = PERSON_SECONDS


@dataclass(frozen=True, slots=True)
class PlanAlternative:
    """Another plan that was weighed, in words, with what it would cost in the unit of its decision."""

    what: str
    cost: float


@dataclass(frozen=True, slots=True)
class PlanDecision:
    """Run this plan from its next cycle on. `unit` says what `cost` counts, "" where there was nothing to choose."""

    plan: TimingPlan
    why: str
    cost: float = 0.0
    unit: str = NOTHING_TO_CHOOSE
    alternatives: tuple[PlanAlternative, ...] = ()


@dataclass(frozen=True, slots=True)
class DebtTotals:
    """Green seconds lost to priority since the start; what was charged is paid, written off, or still owed."""

    charged_s: float
    paid_s: float
    written_off_s: float

    @property
    def owed_s(self) -> float:
        """What is still to be paid back."""
        return max(0.0, self.charged_s - self.paid_s - self.written_off_s)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a strategy wants at one tick; a junction that is missing keeps what runs.

    `debts` are what priority took and what became of it, by junction, from a strategy that compensates.
    """

    stages: Mapping[str, StageDecision]
    plans: Mapping[str, PlanDecision]
    debts: Mapping[str, DebtTotals] = field(default_factory=dict)


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
