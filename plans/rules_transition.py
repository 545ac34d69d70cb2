"""Rules on a transition between two stages: complete, no strangers, with intergreens, head starts and red-amber."""

from collections.abc import Iterator

from plans.codes import Code
from plans.junction import Junction
from plans.stage_transition import StageTransition
from plans.timing import Finding


def check_transition(junction: Junction, change: StageTransition) -> list[Finding]:
    """What a transition breaks; the ends and begins of groups of its own are looked at.

    A group that is green in both stages stays green, and one that is green in neither stays red: neither may switch.
    """
    element = f"{junction.id}/transitions/{change.origin}/{change.target}"
    before, after = junction.stages[change.origin].groups, junction.stages[change.target].groups
    ends = {switch.group: switch.at_s for switch in change.switches if not switch.green}
    begins = {switch.group: switch.at_s for switch in change.switches if switch.green}
    found = list(_membership(element, change, before, after))
    for group, at_s in (*ends.items(), *begins.items()):
        if not 0 <= at_s <= change.duration_s:
            expected = f"0 to {change.duration_s} s"
            found.append(Finding(Code.TRANSITION_TIME, f"{element}/{group}", expected, f"{at_s} s"))
    for begin, at_s in begins.items():
        red_amber_s = junction.groups[begin].red_amber_s
        if at_s < red_amber_s:
            expected = f"begin at {red_amber_s} s or later"
            found.append(Finding(Code.TRANSITION_RED_AMBER, f"{element}/{begin}", expected, f"{at_s} s"))
        for end, end_s in ends.items():
            needed = junction.intergreens.get((end, begin), 0)
            if junction.conflicts(end, begin) and at_s - end_s < needed:
                got = f"{at_s - end_s} s"
                found.append(Finding(Code.TRANSITION_INTERGREEN, f"{element}/{end}/{begin}", f">= {needed} s", got))
    for (leader, turning), leading_s in junction.head_starts.items():
        if leader in begins and turning in begins and begins[turning] - begins[leader] < leading_s:
            got = f"{begins[turning] - begins[leader]} s"
            where = f"{element}/{leader}/{turning}"
            found.append(Finding(Code.TRANSITION_LEADING, where, f">= {leading_s} s", got))
    return found


def _membership(
    element: str, change: StageTransition, before: frozenset[str], after: frozenset[str]
) -> Iterator[Finding]:
    expected = {(group, False) for group in before - after} | {(group, True) for group in after - before}
    switched = [(switch.group, switch.green) for switch in change.switches]
    for group, green in sorted(expected - set(switched)):
        word = "begin" if green else "end"
        yield Finding(Code.TRANSITION_INCOMPLETE, f"{element}/{group}", f"{word} of green", "none")
    for index, (group, green) in enumerate(switched):
        if (group, green) not in expected or (group, green) in switched[:index]:
            got = f"{'begin' if green else 'end'} of green"
            wanted = "one switch of each group that changes between the stages"
            yield Finding(Code.TRANSITION_FOREIGN_GROUP, f"{element}/{group}", wanted, got)
