"""Adaptive control: every second the cheapest predicted course of action, its first step taken (rolling horizon)."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from controllers.driver import FieldStatus
from detectors.picture import JunctionPicture, Picture
from plans.junction import Junction, Mode
from plans.record import record
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan
from signalctl.gate.past import ACT_AFTER_S
from signalctl.rollout.kernel import AFTER, COST, TARGET
from signalctl.rollout.layout import Floats
from signalctl.strategies.conduct import PlanKeeper, Scope, changing, decide_each, overdue, scope_of
from signalctl.strategies.debts import PriorityDebts
from signalctl.strategies.kerb_waits import keep_cap, waits_on_red
from signalctl.strategies.observe import LIVE, Observer
from signalctl.strategies.parameters import AdaptiveParameters
from signalctl.strategies.rest import Rest
from signalctl.strategies.searches import Search, run_searches
from signalctl.strategy import Alternative, Decisions, StageDecision

LONG_AGO_S = -1000.0
SOON_S = 2


@record
class Course:
    """Keep the running stage for `after_s`, then change to `stage`; to stay for good is the running stage itself."""

    stage: str
    after_s: int
    cost: float

    @property
    def action(self) -> RequestAction:
        """Its first step."""
        return RequestAction.GO if self.after_s == 0 else RequestAction.HOLD


class _Question(NamedTuple):
    """A junction that the rollout is asked about."""

    scope: Scope
    picture: JunctionPicture
    search: Search


class Adaptive:
    """Rollout at each junction on its own."""

    name = "adaptive"

    def __init__(
        self, junctions: Mapping[str, Junction], persons: Mapping[Mode, float], parameters: AdaptiveParameters
    ) -> None:
        self._junctions = junctions
        self._parameters = parameters
        self._observers = {id: Observer.of(junction, persons, parameters) for id, junction in junctions.items()}
        self._rests = {id: Rest(junction, parameters.rest) for id, junction in junctions.items()}
        self._debts = {id: PriorityDebts(junction, parameters.most_owed_weight) for id, junction in junctions.items()}
        self._plans = PlanKeeper(junctions, "Open frames: the rollout decides which stage runs.")

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        return self._junctions

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """One stage decision for every junction that listens; what has to be searched for, all at once."""
        said: Mapping[str, StageDecision | _Question]
        said = decide_each(self._junctions, picture, field, plans, self._ask)
        found = iter(run_searches([one.search for one in said.values() if isinstance(one, _Question)]))
        stages = {id: self._choose(one, next(found)) if isinstance(one, _Question) else one for id, one in said.items()}
        debts = {id: self._debts[id].ledger.totals for id in said}
        return Decisions(stages, self._plans.decisions(plans), debts)

    def _ask(
        self, junction: Junction, plan: TimingPlan, picture: JunctionPicture, status: FieldStatus
    ) -> "StageDecision | _Question | None":
        """What is settled without a search; else what has to be searched for."""
        observer = self._observers[junction.id]
        observer.rates.observe(picture.crossings, status.aspects, status.utc_s)
        lanes = [picture.lanes.get(lane) for lane in junction.lanes]
        observer.discharge.observe(lanes, status.aspects, picture.blocked_exits, status.utc_s)
        self._debts[junction.id].update(status.utc_s, picture, status.aspects, plan)
        self._rests[junction.id].observe(picture, status.utc_s)
        scope = scope_of(junction, plan, status)
        if scope is None:
            return changing(junction.id, status)
        due = overdue(scope)
        if due is not None:
            return due
        waits_s = waits_on_red(picture.crossings, status.aspects)
        kept = keep_cap(scope, waits_s, status.utc_s, self._parameters.longest_wait_s)
        if isinstance(kept, StageDecision):
            return kept
        scope = kept
        resting = self._rests[junction.id].decide(scope, status.utc_s)
        if resting is not None:
            return resting
        return _Question(scope, picture, self._search(scope, picture, status))

    def _choose(self, question: "_Question", found: Floats) -> StageDecision:
        """The cheapest course, unless it changes for too little."""
        scope, picture = question.scope, question.picture
        courses = self._courses(scope, found)
        best = courses[0]
        stay = next(course for course in courses if course.action is RequestAction.HOLD)
        if best.action is RequestAction.GO and best.cost > stay.cost - self._least_gain(best, stay):
            best = stay
        others = [course for course in courses if course is not best]
        return StageDecision(
            scope.junction.id,
            best.stage if best.action is RequestAction.GO else scope.stage,
            best.action,
            self._reason(scope, picture, best),
            _words(scope, best, stay, others),
            best.cost,
            tuple(Alternative(one.stage, one.action, one.after_s, one.cost) for one in _distinct(others)),
        )

    def _least_gain(self, go: Course, stay: Course) -> float:
        """What a change has to save: more where to stay means another course than the same change a moment later."""
        same = stay.stage == go.stage and stay.after_s <= SOON_S
        return self._parameters.switch_gain + (0.0 if same else self._parameters.switch_ratio * stay.cost)

    def _search(self, scope: Scope, picture: JunctionPicture, status: FieldStatus) -> Search:
        """What the rollout needs to know."""
        junction, observer = scope.junction, self._observers[scope.junction.id]
        green_from, green_until = _greens(scope, status.utc_s + ACT_AFTER_S)
        return (
            observer.layout,
            observer.see(picture, status.aspects, self._debts[junction.id].weights()),
            observer.numbers,
            junction.stage_order.index(scope.stage),
            green_from,
            green_until,
            np.array([scope.ready_s.get(name, math.inf) for name in junction.stage_order], np.float64),
        )

    def _courses(self, scope: Scope, found: Floats) -> list[Course]:
        """The best course for each first step with its cost, the cheapest first; among equals to stay comes first."""
        junction, observer = scope.junction, self._observers[scope.junction.id]
        courses, rows = [], found.tolist()
        for cost, first_s, target in zip(rows[COST], rows[AFTER], rows[TARGET], strict=True):
            if math.isfinite(cost):
                changes = first_s >= 0.0
                name = junction.stage_order[int(target)] if changes else scope.stage
                courses.append(Course(name, int(first_s if changes else observer.numbers.horizon_s), cost))
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
    if loss < 0.0:
        return f"Stage {scope.stage} stays: changing to {go.stage} now would save {-loss:.0f} person-seconds, too few."
    return f"Stage {scope.stage} stays: changing to {go.stage} now would cost {loss:.0f} person-seconds more."


def _greens(scope: Scope, begin_s: int) -> tuple[Floats, Floats]:
    """Since when each group is green and until when; 0 is `begin_s`, when a change that is asked for now begins."""
    began, until = [], []
    for group in scope.junction.group_order:
        past = scope.history[group]
        since_s = past.since_s - begin_s
        began.append(since_s if past.green else LONG_AGO_S)
        until.append(math.inf if past.green else since_s)
    return np.array(began, np.float64), np.array(until, np.float64)
