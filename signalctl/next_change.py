"""When a junction's signals change next: in how many seconds a green begins or ends, at the earliest and at the latest.

The spirit is that of minEndTime and maxEndTime in SPaT (SAE J2735, ISO/TS 19091): two bounds, equal where the second is
settled, missing where nobody knows.
"""

from dataclasses import dataclass

from controllers.driver import CENTRAL_MODES, FieldStatus
from plans.history import History, earliest_begin_s
from plans.junction import Junction
from plans.sealed import RequestAction
from plans.stage_transition import StageTransition
from plans.table import plan_transitions, stage_starts
from plans.timing import TimingPlan
from plans.transition import transition
from signalctl.gate.past import ACT_AFTER_S, history_of
from signalctl.strategy import StageDecision


@dataclass(frozen=True, slots=True)
class NextChange:
    """Bounds in seconds from the state that was read; None where unknown."""

    min_s: int | None = None
    max_s: int | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """What the service knows beyond the controller's status.

    `plan` is the one confirmed to run; `is_steered` tells whether a strategy decides on stages here, else the plan runs
    by itself. `accepted` is the stage decision that gate and controller let pass this second. `origin` is the stage
    that showed before the transition under way, "" where that was not seen.
    """

    plan: TimingPlan | None = None
    is_steered: bool = False
    accepted: StageDecision | None = None
    origin: str = ""


def next_change(junction: Junction, status: FieldStatus, intent: Intent) -> NextChange:
    """Bounds on the next second in which a group begins or ends its green.

    - During a transition the transition's own times say it.
    - A change that was asked for begins with the next second.
    - A plan that runs by itself and is in step leaves its stage at the nominal end.
    - Otherwise minimum greens and intergreens say what is possible at the earliest; under a central plan the longest
      reds say by when somebody else must be green.
    """
    history = history_of(junction, status)
    if history is None:
        return NextChange()
    if status.stage not in junction.stages:
        return _under_way(junction, status, intent.origin, history)
    accepted = intent.accepted
    if accepted is not None and accepted.action is RequestAction.GO and accepted.stage != status.stage:
        return _settled(transition(junction, status.stage, accepted.stage), ACT_AFTER_S)
    # what is held in the coming second can change in the one after it
    soonest_s = _soonest_s(junction, status, history, ACT_AFTER_S if accepted is None else ACT_AFTER_S + 1)
    if status.mode not in CENTRAL_MODES or intent.plan is None:
        return NextChange(soonest_s)
    if intent.is_steered:
        return NextChange(soonest_s, _due_s(junction, status, history))
    return _by_plan(junction, status, intent.plan, history) or NextChange(soonest_s)


def _under_way(junction: Junction, status: FieldStatus, origin: str, history: History) -> NextChange:
    """The switches of the transition that are still to come, counted from those that have been seen."""
    if origin not in junction.stages or status.next_stage not in junction.stages:
        return NextChange()
    switches = transition(junction, origin, status.next_stage).switches
    begins_s = {history[one.group].since_s - one.at_s for one in switches if history[one.group].green is one.green}
    if len(begins_s) != 1:
        return NextChange()
    elapsed_s = status.utc_s - begins_s.pop()
    left_s = min((one.at_s - elapsed_s for one in switches if one.at_s > elapsed_s), default=None)
    return NextChange(left_s, left_s)


def _settled(change: StageTransition, begin_s: int) -> NextChange:
    """What a transition changes first, when it begins in `begin_s` seconds."""
    first_s = min((begin_s + one.at_s for one in change.switches), default=None)
    return NextChange(first_s, first_s)


def _soonest_s(junction: Junction, status: FieldStatus, history: History, least_s: int) -> int | None:
    """The soonest that any way out of the stage could change a green."""
    ways = (transition(junction, status.stage, name) for name in junction.stages if name != status.stage)
    found = (_settled(change, _wait_s(junction, status, history, change, least_s)).min_s for change in ways)
    return min((seconds for seconds in found if seconds is not None), default=None)


def _wait_s(junction: Junction, status: FieldStatus, history: History, change: StageTransition, least_s: int) -> int:
    earliest_s = earliest_begin_s(junction, history, change)
    return least_s if earliest_s is None else max(least_s, earliest_s - status.utc_s)


def _due_s(junction: Junction, status: FieldStatus, history: History) -> int | None:
    """When the first of those who wait must be green because of its longest red."""
    due = (
        past.since_s + junction.groups[name].max_red_s
        for name, past in history.items()
        if not past.green and junction.groups[name].mandatory
    )
    first_s = min(due, default=None)
    return None if first_s is None else max(ACT_AFTER_S, first_s - status.utc_s)


def _by_plan(junction: Junction, status: FieldStatus, plan: TimingPlan, history: History) -> NextChange | None:
    """The nominal end of the stage that shows; None where it is not the one that the plan wants now."""
    if len(plan.stages) < 2:
        return None
    changes = plan_transitions(junction, plan)
    for index, (item, start) in enumerate(zip(plan.stages, stage_starts(junction, plan), strict=True)):
        lead_s = changes[index - 1].duration_s
        into_s = (status.plan_second - start + lead_s) % plan.cycle_s
        left_s = lead_s + item.green_s - into_s
        if item.stage == status.stage and left_s > 0:
            is_late = _wait_s(junction, status, history, changes[index], left_s) > left_s
            return None if is_late else _settled(changes[index], left_s)
    return None
