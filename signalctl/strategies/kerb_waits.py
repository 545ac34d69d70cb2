"""Nobody on foot waits longer than the cap: looked at with the whole way to their green, changes under way included.

Whoever waits is due a cap after they came. A second more of the running stage, or a change to another stage, is allowed
as long as everybody could still be served in time from there, the most urgent first: minimum greens, clearance of
crossings and stages on the way count. So a long change is not begun that would make somebody wait for its end, for the
minimum green after it, and for another change.
"""

from collections.abc import Mapping
from dataclasses import replace

from detectors.picture import CrossingPicture
from plans.history import after_transition
from plans.junction import Aspect
from plans.sealed import RequestAction, RequestReason
from plans.transition import quickest_way, transition
from signalctl.gate.past import ACT_AFTER_S
from signalctl.gate.reds import least_stage_s, missed
from signalctl.strategies.conduct import Scope
from signalctl.strategy import SECONDS_TO_SERVE, Alternative, StageDecision


def waits_on_red(crossings: Mapping[str, CrossingPicture], aspects: Mapping[str, Aspect]) -> dict[str, float]:
    """For how long somebody has waited at each crossing that is not green."""
    return {
        one.group: one.longest_wait_s
        for one in crossings.values()
        if (one.requested or one.waiting > 0.0) and aspects.get(one.group) != Aspect.GREEN
    }


def keep_cap(scope: Scope, waits_s: Mapping[str, float], utc_s: int, cap_s: float) -> Scope | StageDecision:
    """What may be asked for so that nobody waits longer than the cap; a decision where it leaves no choice."""
    junction, begin_s = scope.junction, utc_s + ACT_AFTER_S
    among = (scope.stage, *scope.ready_s)
    served = frozenset[str]().union(*(junction.stages[name].groups for name in scope.ready_s))
    due = {group: utc_s + cap_s - one for group, one in waits_s.items() if group in served}
    if not due or min(due.values()) - begin_s > _detour_s(scope, len(due)):
        return scope
    if missed(junction, scope.stage, begin_s + 1, scope.history, due, among, ACT_AFTER_S) is not None:
        return _next_in_turn(scope, waits_s, due, among)
    ready_s = {name: wait_s for name, wait_s in scope.ready_s.items() if _in_time(scope, name, begin_s, due, among)}
    return scope if len(ready_s) == len(scope.ready_s) else replace(scope, ready_s=ready_s)


def _detour_s(scope: Scope, groups: int) -> int:
    """About the longest that it takes to serve so many groups one by one, by way of some other stage first."""
    junction = scope.junction
    return (1 + groups) * (junction.longest_change_s + junction.longest_min_green_s + ACT_AFTER_S)


def _in_time(scope: Scope, target: str, begin_s: int, due: Mapping[str, float], among: tuple[str, ...]) -> bool:
    """Whether everybody can be served in time if the next change is the one to `target`, begun as soon as possible."""
    junction = scope.junction
    change = transition(junction, scope.stage, target)
    begin_s += scope.ready_s[target]
    left = dict(due)
    for switch in change.switches:
        if switch.green and left.pop(switch.group, begin_s + switch.at_s) < begin_s + switch.at_s:
            return False
    leave_s = begin_s + change.duration_s + max(ACT_AFTER_S, least_stage_s(junction, target))
    history = after_transition(scope.history, change, begin_s)
    return missed(junction, target, leave_s, history, left, among, ACT_AFTER_S) is None


def _next_in_turn(
    scope: Scope, waits_s: Mapping[str, float], due: Mapping[str, float], among: tuple[str, ...]
) -> StageDecision | Scope:
    """The quickest way to the crossing whose people are due first."""
    group = min(due, key=lambda one: (due[one], one))
    way = quickest_way(scope.junction, scope.stage, group, among)
    if way is None:
        return scope
    change, lead_s = way
    wait_s, ready = scope.ready_s[change.target], scope.ready(change.target)
    others = sorted(
        (other_s, name)
        for name, other_s in scope.ready_s.items()
        if group in scope.junction.stages[name].groups and name != change.target
    )
    return StageDecision(
        scope.junction.id,
        change.target if ready else scope.stage,
        RequestAction.GO if ready else RequestAction.HOLD,
        RequestReason.PEDESTRIAN,
        f"Somebody has waited {waits_s[group]:.0f} s at {group}: stage {change.target} is next.",
        float(wait_s + lead_s),
        tuple(Alternative(name, RequestAction.GO, other_s, float(other_s)) for other_s, name in others[:2]),
        SECONDS_TO_SERVE,
    )
