"""Rules on the cyclic group table, by interval arithmetic: conflicts, intergreens, head starts, greens and reds."""

from collections.abc import Iterator, Mapping

from plans.codes import Code
from plans.defaults import PEDESTRIAN_WAIT_S, SAME_GROUP_RED_S
from plans.junction import GroupKind, Junction
from plans.references import plan_element
from plans.timing import Finding, GreenInterval, GreenTable, Severity, TimingPlan


def check_table(junction: Junction, plan: TimingPlan, table: GreenTable) -> list[Finding]:
    """What the table breaks. Each finding's element names the plan and the group, or the pair of groups."""
    element = plan_element(plan)
    greens: dict[str, list[GreenInterval]] = {group: [] for group in junction.groups}
    for interval in table.intervals:
        greens[interval.group].append(interval)
    found = list(_conflicts(junction, greens, table.cycle_s, element))
    found += _head_starts(junction, greens, table.cycle_s, element)
    for group, intervals in greens.items():
        found += _group(junction, group, intervals, table.cycle_s, f"{element}/{group}")
    return found


def _conflicts(
    junction: Junction, greens: Mapping[str, list[GreenInterval]], cycle_s: int, element: str
) -> Iterator[Finding]:
    """Conflicting groups are never green together, and every begin keeps its distance from every end before it."""
    for (ending, starting), needed_s in junction.intergreens.items():
        for before in greens[ending]:
            for after in greens[starting]:
                overlap = _overlap(before, after, cycle_s)
                gap_s = (after.start_s - before.end_s) % cycle_s
                if overlap:
                    if ending < starting or (starting, ending) not in junction.intergreens:
                        where = f"{element}/{ending}/{starting}"
                        got = f"green together from second {after.start_s % cycle_s}"
                        yield Finding(Code.CONFLICTING_GREENS, where, "never green together", got)
                elif gap_s < needed_s:
                    where = f"{element}/{ending}/{starting}"
                    yield Finding(Code.INTERGREEN_SHORT, where, f">= {needed_s} s", f"{gap_s} s")


def _head_starts(
    junction: Junction, greens: Mapping[str, list[GreenInterval]], cycle_s: int, element: str
) -> Iterator[Finding]:
    """Traffic that turns across a green crossing begins no sooner than the crossing's head start is over.

    Nobody is held back where the crossing begins into traffic that has green: there is no head start to be had then,
    and an engineer is told.
    """
    for (leader, turning), leading_s in junction.head_starts.items():
        where = f"{element}/{leader}/{turning}"
        for first in (interval for interval in greens[leader] if _length_s(interval) < cycle_s):
            for other in greens[turning]:
                ahead_s, late_s = (other.start_s - first.start_s) % cycle_s, (first.start_s - other.start_s) % cycle_s
                runs_through = _length_s(other) >= cycle_s
                if not runs_through and ahead_s < min(leading_s, _length_s(first)):
                    yield Finding(Code.LEADING_SHORT, where, f">= {leading_s} s", f"{ahead_s} s")
                elif runs_through or 0 < late_s < _length_s(other):
                    got = "begins while they have green"
                    expected = f"{leading_s} s before {turning}"
                    yield Finding(Code.LEADING_LOST, where, expected, got, severity=Severity.WARNING)


def _length_s(interval: GreenInterval) -> int:
    return interval.end_s - interval.start_s


def _overlap(a: GreenInterval, b: GreenInterval, cycle_s: int) -> bool:
    """Whether two cyclic intervals share a second."""
    return (b.start_s - a.start_s) % cycle_s < a.end_s - a.start_s or (
        a.start_s - b.start_s
    ) % cycle_s < b.end_s - b.start_s


def _group(
    junction: Junction, name: str, intervals: list[GreenInterval], cycle_s: int, element: str
) -> Iterator[Finding]:
    """Lengths of one group's greens and of the reds between them."""
    group = junction.groups[name]
    if not intervals:
        if group.mandatory:
            yield Finding(Code.GROUP_NEVER_GREEN, element, "green once a cycle", "never")
        return
    if any(interval.end_s - interval.start_s >= cycle_s for interval in intervals):
        return
    for interval in intervals:
        length_s = interval.end_s - interval.start_s
        if length_s < group.min_green_s:
            yield Finding(Code.GREEN_SHORT, element, f">= {group.min_green_s} s", f"{length_s} s")
    least_s = group.amber_s + group.red_amber_s + SAME_GROUP_RED_S
    followers = (*intervals[1:], intervals[0])
    for interval, following in zip(intervals, followers, strict=True):
        red_s = (following.start_s - interval.end_s) % cycle_s
        if red_s < least_s:
            rule = "amber, a second of red and red-amber before the same group is green again"
            yield Finding(Code.RED_SHORT, element, f">= {least_s} s", f"{red_s} s", rule)
        if group.mandatory and red_s > group.max_red_s:
            yield Finding(Code.RED_LONG, element, f"<= {group.max_red_s} s", f"{red_s} s")
        if group.kind is GroupKind.PEDESTRIAN and red_s > PEDESTRIAN_WAIT_S:
            expected = f"<= {PEDESTRIAN_WAIT_S} s"
            yield Finding(Code.PEDESTRIAN_WAIT, element, expected, f"{red_s} s", severity=Severity.WARNING)
