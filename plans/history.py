"""What was shown until now, and when the next stage transition may begin because of it.

Minimum greens, intergreens and head starts reach over more than one transition: a pedestrian group that ended before a
short stage may still be clearing when the stage after it wants to begin.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plans.codes import Code
from plans.defaults import SAME_GROUP_RED_S
from plans.junction import Junction
from plans.record import record
from plans.stage_transition import StageTransition, TransitionLags
from plans.transition import quickest_way

NEVER_S = 1 << 30


@record
class GroupPast:
    """Green since `since_s`, or without green since then (end of green, before amber). Seconds on any one clock."""

    green: bool
    since_s: int


History = Mapping[str, GroupPast]


@dataclass(frozen=True, slots=True)
class Wait:
    """A rule that a transition has to wait for, and the first second at which it may begin."""

    code: Code
    group: str
    until_s: int
    needed_s: int


def waits(junction: Junction, history: History, change: StageTransition) -> Iterator[Wait]:
    """Every rule that ties the begin of the transition to what was shown before it."""
    ending = {switch.group for switch in change.switches if not switch.green}
    for switch in change.switches:
        group, past = junction.groups[switch.group], history[switch.group]
        if not switch.green:
            needed_s = group.min_green_s
            yield Wait(Code.GREEN_SHORT, group.id, past.since_s + needed_s - switch.at_s, needed_s)
            continue
        for other, other_past in history.items():
            # an end within this very transition keeps its distance by the transition's own times
            if (other, group.id) in junction.intergreens and other not in ending and not other_past.green:
                needed_s = junction.intergreens[other, group.id]
                yield Wait(Code.INTERGREEN_SHORT, group.id, other_past.since_s + needed_s - switch.at_s, needed_s)
        needed_s = group.amber_s + SAME_GROUP_RED_S + group.red_amber_s
        yield Wait(Code.RED_SHORT, group.id, past.since_s + needed_s - switch.at_s, needed_s)
    for other, begins, at_s, needed_s in _led(junction, change):
        if history[other].green:
            yield Wait(Code.LEADING_SHORT, begins, history[other].since_s + needed_s - at_s, needed_s)


def _led(junction: Junction, change: StageTransition) -> Iterator[tuple[str, str, int, int]]:
    """Of a crossing and who turns across it: (who was green before and still is, who begins, when, how long after).

    A crossing may begin into traffic that has green, but not in the same second: lamps would show no head start. Where
    both begin in the transition, its own times keep the head start.
    """
    begins = {switch.group: switch.at_s for switch in change.switches if switch.green}
    ends = {switch.group: switch.at_s for switch in change.switches if not switch.green}
    for (leader, turning), leading_s in junction.head_starts.items():
        for other, second, needed_s in ((leader, turning, leading_s), (turning, leader, 1)):
            if second in begins and other not in begins and ends.get(other, NEVER_S) > begins[second]:
                yield other, second, begins[second], needed_s


def earliest_begin_s(junction: Junction, history: History, change: StageTransition) -> int | None:
    """The first second at which the transition may begin, the last of `waits`; None where nothing has to be waited for.

    Asked for each stage of each junction every second, so the rules are looked up once and kept.
    """
    known = junction.lags_memo.get((change.origin, change.target))
    if known is None or known[0] is not change:
        known = junction.lags_memo[change.origin, change.target] = change, _lags(junction, change)
    lags = known[1]
    until_s = [history[group].since_s + lag_s for group, lag_s in lags.switches]
    for other, lag_s in lags.clearances:
        past = history.get(other)
        if past is not None and not past.green:
            until_s.append(past.since_s + lag_s)
    for other, lag_s in lags.greens:
        past = history.get(other)
        if past is not None and past.green:
            until_s.append(past.since_s + lag_s)
    return max(until_s, default=None)


def _lags(junction: Junction, change: StageTransition) -> TransitionLags:
    """The rules of `waits` as seconds after what was shown; of several from the same group the longest."""
    ending = {switch.group for switch in change.switches if not switch.green}
    switches: dict[str, int] = {}
    clearances: dict[str, int] = {}
    for switch in change.switches:
        group = junction.groups[switch.group]
        own_s = group.amber_s + SAME_GROUP_RED_S + group.red_amber_s if switch.green else group.min_green_s
        switches[group.id] = max(own_s - switch.at_s, switches.get(group.id, own_s - switch.at_s))
        if switch.green:
            for (other, begins), needed_s in junction.intergreens.items():
                if begins == group.id and other not in ending:
                    lag_s = needed_s - switch.at_s
                    clearances[other] = max(lag_s, clearances.get(other, lag_s))
    greens: dict[str, int] = {}
    for other, _, at_s, needed_s in _led(junction, change):
        greens[other] = max(needed_s - at_s, greens.get(other, needed_s - at_s))
    return TransitionLags(tuple(switches.items()), tuple(clearances.items()), tuple(greens.items()))


def after_transition(history: History, change: StageTransition, begin_s: int) -> History:
    """What was shown up to the end of a transition that begins at `begin_s`."""
    switched = {switch.group: GroupPast(switch.green, begin_s + switch.at_s) for switch in change.switches}
    return {**history, **switched}


def beyond_help(junction: Junction, history: History, stage: str, now_s: int) -> frozenset[str]:
    """Mandatory groups whose longest red passes even if they are served next: no later move can be blamed for them."""
    late = set()
    for name, past in history.items():
        group = junction.groups[name]
        if group.mandatory and not past.green:
            way = quickest_way(junction, stage, name)
            if way is None or now_s + way[1] - past.since_s > group.max_red_s:
                late.add(name)
    return frozenset(late)


def reds_exceeded(junction: Junction, history: History, change: StageTransition, begin_s: int) -> Iterator[str]:
    """Mandatory groups that pass their longest red at or before the transition's end."""
    begins = {switch.group: begin_s + switch.at_s for switch in change.switches if switch.green}
    for name, past in history.items():
        group = junction.groups[name]
        if group.mandatory and not past.green:
            green_s = begins.get(name, begin_s + change.duration_s)
            if green_s - past.since_s > group.max_red_s:
                yield name
