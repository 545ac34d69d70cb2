"""Adaptive control: every second the cheapest predicted course of action, its first step taken (rolling horizon)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from controllers.driver import FieldStatus
from detectors.picture import JunctionPicture, Picture
from plans.junction import Aspect, Junction, Mode
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan
from plans.transition import transition
from signalctl.rollout.kernel import evaluate
from signalctl.rollout.layout import Floats
from signalctl.strategies.conduct import PlanKeeper, Scope, changing, decide_each, overdue, scope_of
from signalctl.strategies.observe import LIVE, Observer
from signalctl.strategies.parameters import AdaptiveParameters
from signalctl.strategy import Alternative, Decisions, StageDecision


@dataclass(frozen=True, slots=True)
class Course:
    """Keep the running stage for `after_s`, then change to `stage`; to stay is the running stage itself."""

    stage: str
    after_s: int
    cost: float

    @property
    def action(self) -> RequestAction:
        """Its first step."""
        return RequestAction.GO if self.after_s == 0 else RequestAction.HOLD


class Adaptive:
    """Rollout at each junction on its own."""

    name = "adaptive"

    def __init__(
        self, junctions: Mapping[str, Junction], persons: Mapping[Mode, float], parameters: AdaptiveParameters
    ) -> None:
        self._junctions = junctions
        self._parameters = parameters
        self._observers = {id: Observer.of(junction, persons, parameters) for id, junction in junctions.items()}
        self._keeps_s = np.array(parameters.keep_s, np.float64)
        self._policies = np.array(parameters.policies, np.float64)
        self._plans = PlanKeeper(junctions, "Open frames: the rollout decides which stage runs.")

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        return self._junctions

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """One stage decision for every junction that listens."""
        stages = decide_each(self._junctions, picture, field, plans, self._decide_junction)
        return Decisions(stages, self._plans.decisions(plans))

    def _decide_junction(
        self, junction: Junction, plan: TimingPlan, picture: JunctionPicture, status: FieldStatus
    ) -> StageDecision | None:
        scope = scope_of(junction, plan, status)
        if scope is None:
            return changing(junction.id, status)
        due = overdue(scope)
        if due is not None:
            return due
        pressing = self._serve_crossing(scope, picture, status)
        if pressing is not None:
            return pressing
        courses = self._weigh(scope, picture, status)
        best = courses[0]
        stay = next(course for course in courses if course.action is RequestAction.HOLD)
        gain = self._parameters.switch_gain + self._parameters.switch_ratio * stay.cost
        if best.action is RequestAction.GO and best.cost > stay.cost - gain:
            best = stay
        others = [course for course in courses if course is not best]
        return StageDecision(
            junction.id,
            best.stage if best.action is RequestAction.GO else scope.stage,
            best.action,
            self._reason(scope, picture, best),
            _words(scope, best, stay, others),
            best.cost,
            tuple(Alternative(one.stage, one.action, one.after_s, one.cost) for one in _distinct(others)),
        )

    def _serve_crossing(self, scope: Scope, picture: JunctionPicture, status: FieldStatus) -> StageDecision | None:
        """The way to the crossing whose longest wait would pass the cap if anything else came first."""
        waits = {
            one.group: one.longest_wait_s
            for one in picture.crossings.values()
            if (one.requested or one.waiting > 0.0) and status.aspects.get(one.group) != Aspect.GREEN
        }
        for group, waited_s in sorted(waits.items(), key=lambda item: (-item[1], item[0])):
            ways = sorted(
                (wait_s + transition(scope.junction, scope.stage, name).duration_s, name)
                for name, wait_s in scope.ready_s.items()
                if group in scope.junction.stages[name].groups
            )
            if not ways or waited_s + ways[0][0] < self._parameters.longest_wait_s:
                continue
            stage = ways[0][1]
            ready = scope.ready(stage)
            return StageDecision(
                scope.junction.id,
                stage if ready else scope.stage,
                RequestAction.GO if ready else RequestAction.HOLD,
                RequestReason.PEDESTRIAN,
                f"Somebody has waited {waited_s:.0f} s at {group}: stage {stage} is next.",
            )
        return None

    def _weigh(self, scope: Scope, picture: JunctionPicture, status: FieldStatus) -> list[Course]:
        """Every course of action with its cost, the cheapest first; among equals the one that changes latest."""
        junction = scope.junction
        observer = self._observers[junction.id]
        stage = junction.stage_order.index(scope.stage)
        green_from, green_until = _greens(junction, status)
        ready_s = np.array([scope.ready_s.get(name, np.inf) for name in junction.stage_order], np.float64)
        costs = evaluate(
            observer.layout,
            observer.see(picture, status.aspects),
            observer.numbers,
            self._policies,
            stage,
            green_from,
            green_until,
            self._keeps_s,
            ready_s,
        )
        courses = [
            Course(
                junction.stage_order[target],
                1 if k == len(self._keeps_s) else int(self._keeps_s[k]),
                float(costs[k, target]),
            )
            for k, target in zip(*np.nonzero(np.isfinite(costs)), strict=True)
        ]
        return sorted(courses, key=lambda course: (course.cost, -course.after_s, course.stage))

    def _reason(self, scope: Scope, picture: JunctionPicture, course: Course) -> RequestReason:
        """Whom the course serves first, as the field controller logs it."""
        groups = scope.junction.stages[course.stage].groups
        if any(one.group in groups and one.state in LIVE for one in picture.requests):
            return RequestReason.TRANSIT
        limit_s = 0.5 * self._parameters.pedestrian_wait_s
        if any(one.group in groups and one.longest_wait_s > limit_s for one in picture.crossings.values()):
            return RequestReason.PEDESTRIAN
        return RequestReason.TRAFFIC


def _distinct(courses: list[Course]) -> list[Course]:
    """The best two that differ in stage or in their first step."""
    kept: dict[tuple[str, RequestAction], Course] = {}
    for course in courses:
        kept.setdefault((course.stage, course.action), course)
    return list(kept.values())[:2]


def _words(scope: Scope, best: Course, stay: Course, others: list[Course]) -> str:
    if best.action is RequestAction.GO:
        gain = stay.cost - best.cost
        return f"To stage {best.stage} now: predicted to cost {gain:.0f} person-seconds less than staying."
    go = next((course for course in others if course.action is RequestAction.GO), None)
    if go is None:
        return f"Stage {scope.stage} stays: no change is allowed yet."
    loss = go.cost - best.cost
    return f"Stage {scope.stage} stays: changing to {go.stage} now would cost {loss:.0f} person-seconds more."


def _greens(junction: Junction, status: FieldStatus) -> tuple[Floats, Floats]:
    """Since when each group is green and until when; now is 0."""
    began, until = np.zeros(len(junction.groups)), np.full(len(junction.groups), -100.0)
    for index, group in enumerate(junction.group_order):
        if status.aspects.get(group) == Aspect.GREEN:
            began[index] = -float(status.time_in_aspect_s.get(group, 0))
            until[index] = np.inf
    return began, until
