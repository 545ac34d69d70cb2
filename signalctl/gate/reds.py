"""Longest reds, looking ahead: after this move, can every mandatory group still be served in time?"""

from plans.history import History, after_transition, earliest_begin_s
from plans.junction import Junction, StageTransition
from plans.transition import quickest_way


def too_late(junction: Junction, stage: str, leave_s: int, history: History) -> str | None:
    """The group that would pass its longest red although the most urgent are served first, one after the other.

    The junction shows `stage` and leaves it no earlier than `leave_s`; each stage on the way runs just as long as
    minimum greens and intergreens out of the past demand. None when everybody who is red now can be served in time.
    """
    waiting = {
        name: past.since_s + junction.groups[name].max_red_s
        for name, past in history.items()
        if not past.green and junction.groups[name].mandatory
    }
    if not waiting or min(waiting.values()) - leave_s > chain_s(junction):
        return None
    while waiting:
        name = min(waiting, key=lambda group: (waiting[group], group))
        way = quickest_way(junction, stage, name)
        if way is None:
            return name
        change, lead_s = way
        begin_s = begin_from(junction, history, change, leave_s)
        if begin_s + lead_s > waiting[name]:
            return name
        stage, leave_s = change.target, begin_s + change.duration_s
        history = after_transition(history, change, begin_s)
        waiting = {group: due for group, due in waiting.items() if group not in junction.stages[stage].groups}
    return None


def begin_from(junction: Junction, history: History, change: StageTransition, leave_s: int) -> int:
    """When the transition can begin, at `leave_s` at the earliest."""
    earliest_s = earliest_begin_s(junction, history, change)
    return leave_s if earliest_s is None else max(leave_s, earliest_s)


def least_stage_s(junction: Junction, stage: str) -> int:
    """How long a stage runs at least, where all of its groups begin with it."""
    return max((junction.groups[name].min_green_s for name in junction.stages[stage].groups), default=1)


def chain_s(junction: Junction) -> int:
    """An upper bound for serving every stage once: nobody with more time left than this is urgent."""
    own_s = (change.duration_s for change in junction.transitions.values())
    longest_s = max((*junction.intergreens.values(), *own_s), default=0)
    each_s = max(least_stage_s(junction, stage) for stage in junction.stages)
    return (len(junction.stages) + 1) * (each_s + longest_s + max(g.red_amber_s for g in junction.groups.values()))
