"""What one tick of the control loop knew, wanted and got: the record that journal, metrics and page are fed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Protocol

from controllers.driver import FieldStatus, PushReport, Reachability
from detectors.picture import Picture
from plans.timing import TimingPlan
from signalctl.gating.report import AreaReport
from signalctl.strategy import PlanDecision, StageDecision


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
class Tick:
    """Everything about one tick. Mappings are by junction; a junction without a word is missing."""

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
    gating: tuple[AreaReport, ...] = ()

    @property
    def duration_s(self) -> float:
        """Time that all steps took."""
        return sum(self.step_s.values())


class TickObserver(Protocol):
    """Whoever wants to know: called once a tick, in the last step, with the finished record."""

    def record(self, tick: Tick) -> None:
        """Take note. What it raises is reported and does not stop the loop."""
        ...
