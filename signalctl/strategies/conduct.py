"""What a strategy may ask for at a junction now: stages of its plan, the first second of each change, longest reds."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeVar

from controllers.driver import CENTRAL_MODES, FieldStatus
from detectors.picture import JunctionPicture, Picture
from plans.history import History, after_transition, earliest_begin_s, reds_exceeded
from plans.junction import Junction
from plans.open_plan import open_plan
from plans.record import record
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan
from plans.transition import quickest_way, transition
from signalctl.gate.past import ACT_AFTER_S, history_of
from signalctl.gate.reds import chain_s, least_stage_s, too_late
from signalctl.strategy import NOTHING_TO_CHOOSE, SECONDS_TO_BEGIN, Alternative, PlanDecision, StageDecision

LONG_PAST_S = -(1 << 62)
"""Nothing that was shown has to be waited for."""
RED_RESERVE_S = 8
"""A longest red is served this much before it would be broken."""

Said = TypeVar("Said")
DecideJunction = Callable[[Junction, TimingPlan, JunctionPicture, FieldStatus], Said | None]
"""What one junction should show, from its plan, what is seen of it, and its controller's own word."""


def open_frame_plan(junction: Junction, nominal: TimingPlan, *, on_demand: bool = True) -> TimingPlan:
    """The nominal plan with open frames, for strategies that choose every stage by themselves.

    With `on_demand` the junction's other stages can be asked for as well; without, only those of the plan's cycle and
    the one that the junction rests in.

    Raises:
        ValueError: The plan belongs to another junction.
    """
    if nominal.junction != junction.id:
        raise ValueError(f"plan {nominal.id}: expected a plan of junction {junction.id}, got one of {nominal.junction}")
    opened = open_plan(junction, nominal)
    if on_demand:
        return opened
    return replace(opened, on_demand=tuple(entry for entry in opened.on_demand if entry.stage == junction.rest))


@record
class Scope:
    """A junction that shows a complete stage: where it may go, and after how many seconds at the earliest.

    `urgent` is the group whose longest red forces the next change, "" when there is time; then `ready_s` holds only
    stages that serve it in time. `history` is what was shown until now, by group.
    """

    junction: Junction
    stage: str
    ready_s: Mapping[str, int]
    urgent: str
    history: History

    def ready(self, stage: str) -> bool:
        """Whether the change to `stage` may begin now."""
        return self.ready_s.get(stage, 1) <= 0


def scope_of(junction: Junction, plan: TimingPlan, status: FieldStatus, *, on_demand: bool = True) -> Scope | None:
    """What may be asked for under the open form of `plan`; None while stages change or the status is unclear.

    Stages on demand are offered where the controller knows them: all with `on_demand`, else the one to rest in.
    """
    history = history_of(junction, status)
    if not status.stage or status.stage not in junction.stages or history is None:
        return None
    begin_s = status.utc_s + ACT_AFTER_S
    outlook = _outlook(junction, plan, status.stage, history, (on_demand, status.takes_on_demand))
    cycle = outlook.cycle
    urgent = ""
    if outlook.served_red_until_s - (begin_s + 1 + RED_RESERVE_S) <= outlook.chain_s:
        # longest reds are kept by the cycle alone, as the gate demands
        urgent = too_late(junction, status.stage, begin_s + 1 + RED_RESERVE_S, history, cycle) or ""
    ready = {name: max(0, earliest_s - begin_s) for name, earliest_s in outlook.earliest_s}
    if urgent:
        way = quickest_way(junction, status.stage, urgent, cycle)
        timely = {name: wait for name, wait in ready.items() if way is not None and name == way[0].target}
        ready = timely or ready
    elif not _far_from_longest_red(junction, begin_s + max(ready.values(), default=0), outlook):
        ready = {
            name: wait
            for name, wait in ready.items()
            if _in_time(junction, status.stage, name, begin_s + wait, history, cycle)
        }
    return Scope(junction, status.stage, ready, urgent, history)


class _Outlook(NamedTuple):
    """What follows from what was shown until now: the same every second as long as no group changes.

    Attributes:
        plan: under which stages may be shown.
        on_demand: whether those beside the cycle are asked for, and whether the controller knows them.
        stage: runs.
        history: what was shown.
        cycle: the stages that keep longest reds.
        earliest_s: when the change to each other stage may begin.
        served_red_until_s: when the first longest red ends among those whom the cycle serves.
        red_until_s: the same among everybody.
        chain_s: time enough to serve the cycle once.
    """

    plan: TimingPlan
    on_demand: tuple[bool, bool]
    stage: str
    history: History
    cycle: tuple[str, ...]
    earliest_s: tuple[tuple[str, int], ...]
    served_red_until_s: float
    red_until_s: float
    chain_s: int


def _outlook(
    junction: Junction, plan: TimingPlan, stage: str, history: History, on_demand: tuple[bool, bool]
) -> _Outlook:
    known: _Outlook | None = junction.last_memo.get("outlook")
    if (
        known is not None
        and known.history is history
        and known.plan is plan
        and known.stage == stage
        and known.on_demand == on_demand
    ):
        return known
    asked_for, known_there = on_demand
    opened = open_frame_plan(junction, plan, on_demand=asked_for)
    cycle = tuple(dict.fromkeys(item.stage for item in opened.stages))
    served = frozenset[str]().union(*(junction.stages[name].groups for name in cycle))
    red_until_s = {
        name: history[name].since_s + junction.groups[name].max_red_s
        for name in junction.mandatory_order
        if not history[name].green
    }
    earliest_s: dict[str, int] = {}
    for name in dict.fromkeys(entry.stage for entry in (opened.entries if known_there else opened.stages)):
        if name != stage:
            begin_s = earliest_begin_s(junction, history, transition(junction, stage, name))
            earliest_s[name] = LONG_PAST_S if begin_s is None else begin_s
    made = junction.last_memo["outlook"] = _Outlook(
        plan,
        on_demand,
        stage,
        history,
        cycle,
        tuple(earliest_s.items()),
        min((until_s for name, until_s in red_until_s.items() if name in served), default=math.inf),
        min(red_until_s.values(), default=math.inf),
        chain_s(junction, len(cycle)),
    )
    return made


def _far_from_longest_red(junction: Junction, begin_s: int, outlook: _Outlook) -> bool:
    """Whether any change that begins by `begin_s` is in time for everybody, without looking at each of them."""
    leave_s = begin_s + junction.longest_change_s + junction.longest_min_green_s
    in_time_s = leave_s + outlook.chain_s
    return begin_s + junction.shortest_max_red_s > in_time_s and outlook.red_until_s > in_time_s


def _in_time(
    junction: Junction, stage: str, target: str, begin_s: int, history: History, cycle: tuple[str, ...]
) -> bool:
    """Whether a change to `target` comes in time for whom it serves, and the cycle can still serve all others after."""
    change = transition(junction, stage, target)
    if any(reds_exceeded(junction, history, change, begin_s)):
        return False
    leave_s = begin_s + change.duration_s + least_stage_s(junction, target)
    return too_late(junction, target, leave_s, after_transition(history, change, begin_s), cycle) is None


class PlanKeeper:
    """The open plan of each junction, made once from the time-of-day plan that is due."""

    def __init__(self, junctions: Mapping[str, Junction], why: str, *, on_demand: bool = True) -> None:
        self._junctions = junctions
        self._why = why
        self._on_demand = on_demand
        self._open: dict[str, tuple[TimingPlan, PlanDecision]] = {}

    def decisions(self, due: Mapping[str, TimingPlan]) -> dict[str, PlanDecision]:
        """One plan decision for each junction that has a plan due."""
        return {id: self._decision(id, plan) for id, plan in due.items() if id in self._junctions}

    def _decision(self, id: str, plan: TimingPlan) -> PlanDecision:
        known = self._open.get(id)
        if known is None or (known[0] is not plan and known[0] != plan):
            opened = open_frame_plan(self._junctions[id], plan, on_demand=self._on_demand)
            known = (plan, PlanDecision(opened, self._why))
            self._open[id] = known
        return known[1]


def decide_each(
    junctions: Mapping[str, Junction],
    picture: Picture,
    field: Mapping[str, FieldStatus],
    plans: Mapping[str, TimingPlan],
    decide: DecideJunction[Said],
) -> dict[str, Said]:
    """What is said of every junction that has a plan due, is seen, and listens; without one it keeps what runs."""
    stages = {}
    for id, plan in plans.items():
        if id in picture.junctions and id in field and field[id].mode in CENTRAL_MODES:
            decision = decide(junctions[id], plan, picture.junctions[id], field[id])
            if decision is not None:
                stages[id] = decision
    return stages


def changing(junction: str, status: FieldStatus) -> StageDecision | None:
    """During a transition the only thing to ask for is its own target."""
    if status.stage or not status.next_stage:
        return None
    why = f"Changing to stage {status.next_stage}."
    return StageDecision(
        junction, status.next_stage, RequestAction.GO, RequestReason.TRAFFIC, why, unit=NOTHING_TO_CHOOSE
    )


def overdue(scope: Scope) -> StageDecision | None:
    """When a longest red is near, the change that serves it, whatever traffic says."""
    if not scope.urgent or not scope.ready_s:
        return None
    ranked = sorted(scope.ready_s.items(), key=lambda item: (item[1], item[0]))
    stage, wait_s = ranked[0]
    others = tuple(Alternative(name, RequestAction.GO, other_s, float(other_s)) for name, other_s in ranked[1:3])
    if wait_s > 0:
        why = f"Group {scope.urgent} is near its longest red; stage {stage} can begin in {wait_s} s."
        shown, action = scope.stage, RequestAction.HOLD
    else:
        why = f"Group {scope.urgent} is near its longest red of {scope.junction.groups[scope.urgent].max_red_s} s."
        shown, action = stage, RequestAction.GO
    return StageDecision(
        scope.junction.id, shown, action, RequestReason.TRAFFIC, why, float(wait_s), others, SECONDS_TO_BEGIN
    )
