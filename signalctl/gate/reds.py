"""Longest reds, looking ahead: after this move, can every mandatory group still be served in time?

Two questions with two answers. `too_late` asks whether those who are red now can be served, the most urgent first; a
strategy plans with it. `without_way_out` asks whether the plan's own round of stages, begun anywhere, serves everybody
and can go on for ever: only then is a request sealed. The field controller knows more ways out than this one (its local
plans, the most urgent first), so that what is sealed here is never refused there because of reds.
"""

import math
from collections.abc import Collection, Mapping

from plans.defaults import SAME_GROUP_RED_S
from plans.history import History, after_transition, earliest_begin_s
from plans.junction import Junction
from plans.rules_transition import check_transition
from plans.stage_transition import StageTransition
from plans.timing import PlanStage, TimingPlan
from plans.transition import quickest_way, transition

# the second round shows that what the first one leaves behind is served in time as well
ROUNDS = 2
_ILLEGAL_S = 1 << 30


def too_late(junction: Junction, stage: str, leave_s: int, history: History, among: Collection[str]) -> str | None:
    """The group that would pass its longest red although the most urgent are served first, one after the other.

    The junction shows `stage` and leaves it no earlier than `leave_s` for stages `among` alone. None when everybody who
    is red now, and whom these stages serve, can be served in time.
    """
    served = frozenset[str]().union(*(junction.stages[name].groups for name in among))
    due = {
        name: past.since_s + junction.groups[name].max_red_s
        for name, past in history.items()
        if not past.green and name in served and junction.groups[name].mandatory
    }
    if not due or min(due.values()) - leave_s > chain_s(junction, len(among)):
        return None
    return missed(junction, stage, leave_s, history, due, among)


def missed(
    junction: Junction,
    stage: str,
    leave_s: int,
    history: History,
    due: Mapping[str, float],
    among: Collection[str],
    pause_s: int = 0,
) -> str | None:
    """The group that would not be green by its time in `due` although the most urgent are served first.

    The junction shows `stage` and leaves it no earlier than `leave_s` for stages `among` alone, of which some serve
    every group; each stage on the way runs just as long as minimum greens and intergreens out of the past demand, and
    `pause_s` at least. None when all can be served in time.
    """
    waiting = dict(due)
    while waiting:
        name = min(waiting, key=lambda group: (waiting[group], group))
        way = quickest_way(junction, stage, name, among)
        if way is None:
            return name
        change, _ = way
        begin_s = begin_from(junction, history, change, leave_s)
        for switch in change.switches:
            if switch.green and switch.group in waiting and begin_s + switch.at_s > waiting[switch.group]:
                return switch.group
        stage, leave_s = change.target, begin_s + change.duration_s + pause_s
        history = after_transition(history, change, begin_s)
        waiting = {group: at_s for group, at_s in waiting.items() if group not in junction.stages[stage].groups}
    return None


def without_way_out(junction: Junction, plan: TimingPlan, stage: str, leave_s: int, history: History) -> str | None:
    """The group that would pass its longest red on any round through the plan's stages; None where one serves all.

    Stages run as short as minimum greens and intergreens out of the past allow, or else as long as the plan says.
    """
    bound_s = chain_s(junction, len(plan.stages))
    if junction.shortest_max_red_s > bound_s and _first_red_end_s(junction, history) - leave_s > bound_s:
        return None
    worst: tuple[int, str] | None = None
    for is_paced in (False, True):
        for first in range(len(plan.stages)):
            items = (plan.stages[first:] + plan.stages[:first]) * ROUNDS
            over = _worst_over(junction, items, stage, leave_s, history, is_paced=is_paced)
            if over is None:
                return None
            worst = min(worst or over, over)
    return "" if worst is None else worst[1]


def _first_red_end_s(junction: Junction, history: History) -> float:
    """When the first who waits passes its longest red, long ago where nobody waits; until a group changes the same."""
    known: tuple[History, float] | None = junction.last_memo.get("first_red_end")
    if known is None or known[0] is not history:
        waiting = (
            history[name].since_s + junction.groups[name].max_red_s
            for name in junction.mandatory_order
            if name in history and not history[name].green
        )
        known = junction.last_memo["first_red_end"] = history, min(waiting, default=-math.inf)
    return known[1]


def _worst_over(
    junction: Junction, items: tuple[PlanStage, ...], stage: str, leave_s: int, history: History, *, is_paced: bool
) -> tuple[int, str] | None:
    """By how many seconds which mandatory group passes its longest red; None where nobody does."""
    over: dict[str, int] = {}
    unserved = {name for name, past in history.items() if not past.green and junction.groups[name].mandatory}
    for item in items:
        if item.stage == stage:
            continue
        change = transition(junction, stage, item.stage)
        if check_transition(junction, change):
            return _ILLEGAL_S, ""
        begin_s = begin_from(junction, history, change, leave_s)
        for switch in change.switches:
            group = junction.groups[switch.group]
            if switch.green and group.mandatory:
                over[group.id] = max(
                    over.get(group.id, 0), begin_s + switch.at_s - history[group.id].since_s - group.max_red_s
                )
        history = after_transition(history, change, begin_s)
        unserved -= set(over)
        leave_s = max(begin_s + 1, begin_s + change.duration_s + (item.green_s if is_paced else 0))
        stage = item.stage
    if unserved:
        return _ILLEGAL_S, min(unserved)
    seconds, name = max(((seconds, name) for name, seconds in over.items()), default=(0, ""))
    return (seconds, name) if seconds > 0 else None


def begin_from(junction: Junction, history: History, change: StageTransition, leave_s: int) -> int:
    """When the transition can begin, at `leave_s` at the earliest."""
    earliest_s = earliest_begin_s(junction, history, change)
    return leave_s if earliest_s is None else max(leave_s, earliest_s)


def least_stage_s(junction: Junction, stage: str) -> int:
    """How long a stage runs at least, where all of its groups begin with it."""
    return max((junction.groups[name].min_green_s for name in junction.stages[stage].groups), default=1)


def chain_s(junction: Junction, stages: int) -> int:
    """An upper bound for serving so many stages once each: nobody with more time left than this is urgent."""
    longest_s, amber_s = junction.longest_change_s, junction.longest_amber_s
    # an intergreen out of the past, or the same group's amber and red, may have to be waited for before each transition
    pause_s = max(longest_s, amber_s + SAME_GROUP_RED_S)
    return (1 + stages) * (junction.longest_min_green_s + pause_s + longest_s + amber_s)
