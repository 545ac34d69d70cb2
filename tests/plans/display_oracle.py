"""What a plan shows, worked out second by second from its stages, and what is wrong with it, by counting.

It uses neither the group table nor the rules of `plans`: it is what those are compared with.
"""

import itertools
from collections.abc import Sequence

from plans.junction import Junction
from plans.timing import TimingPlan
from plans.transition import transition

Shown = list[frozenset[str]]


def shown_by(junction: Junction, plan: TimingPlan) -> Shown:
    """The groups that are green in each second of one cycle."""
    shown: Shown = []
    names = [stage.stage for stage in plan.stages]
    for index, stage in enumerate(plan.stages):
        green = set(junction.stages[stage.stage].groups)
        shown += [frozenset(green)] * stage.green_s
        change = transition(junction, stage.stage, names[(index + 1) % len(names)])
        for second in range(change.duration_s):
            for switch in change.switches:
                if switch.at_s == second:
                    (green.add if switch.green else green.discard)(switch.group)
            shown.append(frozenset(green))
    return shown


def faults(junction: Junction, shown: Sequence[frozenset[str]], *, cyclic: bool = True) -> set[tuple[str, str]]:
    """(what, group) of everything wrong in a sequence of seconds; a cyclic one is looked at over three rounds."""
    seconds = list(shown) * 3 if cyclic else list(shown)
    found: set[tuple[str, str]] = set()
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    for now, (before, after) in enumerate(itertools.pairwise(seconds), start=1):
        for group in after:
            found |= {("conflict", group) for other in after if junction.conflicts(group, other)}
        for group in before - after:
            if group in began and now - began[group] < junction.groups[group].min_green_s:
                found.add(("short green", group))
            ended[group] = now
        for group in after - before:
            data = junction.groups[group]
            for other, end in ended.items():
                if now - end < junction.intergreens.get((other, group), 0):
                    found.add(("short intergreen", group))
                if junction.conflicts(other, group) and now - end < junction.groups[other].clearance_s:
                    found.add(("not cleared", other))
            if group in ended:
                if now - ended[group] < data.amber_s + data.red_amber_s + 1:
                    found.add(("short red", group))
                if data.mandatory and now - ended[group] > data.max_red_s:
                    found.add(("long red", group))
            began[group] = now
        for (leader, turning), leading_s in junction.head_starts.items():
            if turning in after - before and leader in after and now - began.get(leader, now - leading_s) < leading_s:
                found.add(("short head start", turning))
    if cyclic:
        everybody = frozenset().union(*shown)
        found |= {("never green", g.id) for g in junction.groups.values() if g.mandatory and g.id not in everybody}
    return found
