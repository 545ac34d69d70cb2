"""What one tick of the control loop knew, wanted and got: the record that journal, metrics and page are fed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Protocol

from controllers.driver import FieldStatus, PushReport, Reachability
from detectors.picture import Picture
from detectors.source import Batch
from plans.record import record
from plans.timing import TimingPlan
from signalctl.gating.report import AreaReport
from signalctl.strategy import DebtTotals, PlanDecision, StageDecision


@dataclass(frozen=True, slots=True)
class RefusalNote:
    """A decision that did not pass, and who stopped it: `origin` is gate or controller."""

    junction: str
    origin: str
    code: str
    element: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class JunctionFailure:
    """An unexpected error while one junction was handled; the others went on."""

    junction: str
    step: str
    error: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What picture, strategy and gate had before them, besides what they remember: enough to compute a second again.

    `field`, `active_plans` and `busy` are the links as they were after reading; `plan_wanted` says of each link that
    was asked whether it wanted the plan sent.
    """

    batch: Batch
    connected: bool
    field: Mapping[str, FieldStatus]
    active_plans: Mapping[str, TimingPlan]
    busy: frozenset[str]
    due: Mapping[str, TimingPlan]
    plan_wanted: Mapping[str, bool]


NOTHING_HEARD = Heard(Batch(), True, {}, {}, frozenset(), {}, {})


@record
class Verdict:
    """What the gate let pass for one junction in one second; what it refused stands with the refusals.

    `valid_s` and `reference` are those of the stage request, 0 without one.
    """

    plan: bool = False
    request: bool = False
    valid_s: int = 0
    reference: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """Everything about one tick. Mappings are by junction; a junction without a word is missing.

    `step_s` is each step's time on the wall, `processor_s` that of the processor; the last step, `record`, is added
    once everybody has been told.
    """

    utc_s: float
    lateness_s: float
    picture: Picture
    field: Mapping[str, FieldStatus]
    links: Mapping[str, Reachability]
    active_plans: Mapping[str, TimingPlan]
    stage_decisions: Mapping[str, StageDecision]
    plan_decisions: Mapping[str, PlanDecision]
    requested: frozenset[str]
    pushes: Mapping[str, PushReport]
    refusals: tuple[RefusalNote, ...] = ()
    failures: tuple[JunctionFailure, ...] = ()
    step_s: Mapping[str, float] = made_by(default_factory=dict)
    processor_s: Mapping[str, float] = made_by(default_factory=dict)
    gating: tuple[AreaReport, ...] = ()
    debts: Mapping[str, DebtTotals] = made_by(default_factory=dict)
    heard: Heard = NOTHING_HEARD
    verdicts: Mapping[str, Verdict] = made_by(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Time that all steps took."""
        return sum(self.step_s.values())


class TickObserver(Protocol):
    """Whoever wants to know: called once a tick, in the last step, with the finished record."""

    def record(self, tick: Tick) -> None:
        """Take note. What it raises is reported and does not stop the loop."""
        ...
