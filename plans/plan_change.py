"""From the running plan into a new one in step: which stage switches, and when.

Three ways, as in NTCIP 1202: dwell in the plan's first stage until its time has come; lengthen stages only; or the
short way, which lengthens or shortens, whichever is in step sooner. Every switch keeps minimum greens, intergreens out
of the past and longest reds, or it is not used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from plans.codes import Code
from plans.history import History, after_transition, beyond_help, earliest_begin_s, reds_exceeded
from plans.junction import Junction
from plans.references import plan_element
from plans.rules_transition import check_transition
from plans.sealed import TransitionMode
from plans.table import stage_starts
from plans.timing import Finding, TimingPlan
from plans.transition import transition

# a change that is not in step after so many cycles is none
MAX_CYCLES = 6
# how much of its nominal green a stage gives or gets; the gentler ones where a longest red forbids the quick way
SHARES = (1.0, 0.5, 0.25, 0.1)


@dataclass(frozen=True, slots=True)
class StageSwitch:
    """At `at_s` (seconds since 1970-01-01 UTC) the transition from `origin` to `target` begins."""

    at_s: int
    origin: str
    target: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The switches that lead into the plan; from `in_step_at_s` on, stages end when the plan says."""

    switches: tuple[StageSwitch, ...]
    in_step_at_s: int


class _Way(Enum):
    DWELL = "dwell"
    LENGTHEN = "lengthen"
    SHORTEN = "shorten"


_WAYS = {
    TransitionMode.DWELL: (_Way.DWELL, _Way.LENGTHEN),
    TransitionMode.ADD_ONLY: (_Way.LENGTHEN,),
    TransitionMode.SHORT_WAY: (_Way.LENGTHEN, _Way.SHORTEN),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the change has got to: stage number in the plan, complete since, at the earliest left from `now_s`."""

    index: int
    complete_s: int
    now_s: int
    history: History


def change_plan(
    junction: Junction,
    plan: TimingPlan,
    mode: TransitionMode,
    stage: str,
    complete_s: int,
    utc_s: int,
    history: History,
) -> PlanChange | Finding:
    """The way from `stage`, complete since `complete_s`, at `utc_s` into `plan`; `history` is in UTC seconds too.

    Dwelling gives way to lengthening where it would make somebody wait too long. A `Finding` says that no way is legal.
    """
    late = beyond_help(junction, history, stage, utc_s)
    entries = list(_entries(junction, plan, _Place(0, complete_s, utc_s, history), stage, late))
    for way_group in _grouped(mode):
        for share in SHARES:
            found = [
                PlanChange((*switches, *change.switches), change.in_step_at_s)
                for switches, place in entries
                for way in way_group
                if (change := _walk(junction, plan, way, share, place, late)) is not None
            ]
            if found:
                return min(found, key=lambda change: (change.in_step_at_s, len(change.switches)))
    return Finding(Code.NO_LEGAL_CHANGE, plan_element(plan), f"a legal way from stage {stage}", "none")


def _grouped(mode: TransitionMode) -> tuple[tuple[_Way, ...], ...]:
    """Ways that compete with each other; a later group only counts when an earlier one leads nowhere."""
    ways = _WAYS[mode]
    return (ways,) if mode is TransitionMode.SHORT_WAY else tuple((way,) for way in ways)


def _entries(
    junction: Junction, plan: TimingPlan, here: _Place, stage: str, late: frozenset[str]
) -> Iterator[tuple[tuple[StageSwitch, ...], _Place]]:
    """Where the plan can be entered: in the stage that shows, else by one transition into any stage of the plan."""
    names = [item.stage for item in plan.stages]
    if stage in names:
        for index, name in enumerate(names):
            if name == stage:
                yield (), replace(here, index=index)
        return
    for index, name in enumerate(names):
        change = transition(junction, stage, name)
        if check_transition(junction, change):
            continue
        earliest_s = earliest_begin_s(junction, here.history, change)
        begin_s = here.now_s if earliest_s is None else max(here.now_s, earliest_s)
        if late.issuperset(reds_exceeded(junction, here.history, change, begin_s)):
            done_s = begin_s + change.duration_s
            place = _Place(index, done_s, done_s, after_transition(here.history, change, begin_s))
            yield (StageSwitch(begin_s, stage, name, change.duration_s),), place


def _walk(
    junction: Junction, plan: TimingPlan, way: _Way, share: float, place: _Place, late: frozenset[str]
) -> PlanChange | None:
    """Go through the plan's stages until one ends when the plan says; None where a rule stands in the way."""
    starts = stage_starts(junction, plan)
    switches: list[StageSwitch] = []
    in_step_at_s: int | None = None
    proof = 0
    for _ in range(MAX_CYCLES * len(plan.stages)):
        item = plan.stages[place.index]
        following = plan.stages[(place.index + 1) % len(plan.stages)].stage
        change = transition(junction, item.stage, following)
        earliest_s = earliest_begin_s(junction, place.history, change)
        least_s = place.now_s if earliest_s is None else max(place.now_s, earliest_s)
        due = (starts[place.index] + item.green_s + plan.offset_s) % plan.cycle_s
        nominal_s = max(least_s, place.complete_s + item.green_s)
        leave_s = _LEAVE[way](plan, place.index, due, nominal_s, least_s, max(1, int(share * item.green_s)))
        if not late.issuperset(reds_exceeded(junction, place.history, change, leave_s)):
            return None
        in_step = leave_s % plan.cycle_s == due
        if in_step_at_s is None:
            switches.append(StageSwitch(leave_s, item.stage, following, change.duration_s))
            in_step_at_s = leave_s if in_step else None
        elif not in_step:
            return None
        else:
            # one more cycle in step shows that nothing out of the past stands against the plan
            proof += 1
            if proof > len(plan.stages):
                return PlanChange(tuple(switches), in_step_at_s)
        done_s = leave_s + change.duration_s
        history = after_transition(place.history, change, leave_s)
        place = _Place((place.index + 1) % len(plan.stages), done_s, done_s, history)
    return None


def _dwell(plan: TimingPlan, index: int, due: int, nominal_s: int, least_s: int, _most_s: int) -> int:
    """Nominal greens; the plan's first stage is held until its time."""
    return nominal_s if index else least_s + (due - least_s) % plan.cycle_s


def _lengthen(plan: TimingPlan, _index: int, due: int, nominal_s: int, _least_s: int, most_s: int) -> int:
    """As much longer as is missing, but not more than the stage's share."""
    return nominal_s + min((due - nominal_s) % plan.cycle_s, most_s)


def _shorten(plan: TimingPlan, _index: int, due: int, nominal_s: int, least_s: int, most_s: int) -> int:
    """As much shorter as is too late, but not more than the stage's share and never against a rule."""
    return max(least_s, nominal_s - min((nominal_s - due) % plan.cycle_s, most_s))


_LEAVE: dict[_Way, Callable[[TimingPlan, int, int, int, int, int], int]] = {
    _Way.DWELL: _dwell,
    _Way.LENGTHEN: _lengthen,
    _Way.SHORTEN: _shorten,
}
