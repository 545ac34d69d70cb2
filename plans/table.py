"""From stages to signal groups: when each group is green within the cycle of a plan."""

from dataclasses import replace

from plans.junction import Junction
from plans.stage_transition import StageTransition
from plans.timing import GreenInterval, GreenTable, PlanStage, TimingPlan
from plans.transition import transition


def plan_transitions(junction: Junction, plan: TimingPlan) -> tuple[StageTransition, ...]:
    """The transition out of each stage of the plan, the last one leading back to the first."""
    names = [stage.stage for stage in plan.stages]
    return tuple(
        transition(junction, origin, target) for origin, target in zip(names, names[1:] + names[:1], strict=True)
    )


def stage_starts(junction: Junction, plan: TimingPlan) -> tuple[int, ...]:
    """The plan second at which each stage is complete; the first is 0. Transition times lie between the stages."""
    starts = [0]
    for stage, change in zip(plan.stages, plan_transitions(junction, plan), strict=True):
        starts.append(starts[-1] + stage.green_s + change.duration_s)
    return tuple(starts[:-1])


def used_cycle_s(junction: Junction, plan: TimingPlan) -> int:
    """Nominal greens and transitions together: what the cycle must be."""
    return sum(stage.green_s for stage in plan.stages) + sum(
        change.duration_s for change in plan_transitions(junction, plan)
    )


def fixed_frames(junction: Junction, plan: TimingPlan) -> TimingPlan:
    """The same plan with frame zero: every stage of the cycle begins and ends exactly at its nominal time."""
    stages = tuple(
        PlanStage(stage.stage, stage.green_s, start % plan.cycle_s, start % plan.cycle_s + stage.green_s)
        for stage, start in zip(plan.stages, stage_starts(junction, plan), strict=True)
    )
    return replace(plan, stages=stages)


def open_frames(plan: TimingPlan) -> TimingPlan:
    """The same plan with open frames: stages may begin and end whenever the safety rules allow it."""
    stages = tuple(replace(stage, earliest_start_s=0, latest_end_s=plan.cycle_s) for stage in plan.stages)
    on_demand = tuple(replace(stage, earliest_start_s=0, latest_end_s=plan.cycle_s) for stage in plan.on_demand)
    return replace(plan, stages=stages, on_demand=on_demand)


def expand(junction: Junction, plan: TimingPlan) -> GreenTable:
    """The group-level green table of a plan's cycle. A group that stays green over several stages has one interval.

    The table is laid out over the plan's stated cycle; where greens and transitions do not fill it exactly,
    `plans.rules.check_plan` reports that.
    """
    changes = plan_transitions(junction, plan)
    starts = stage_starts(junction, plan)
    begins: dict[str, list[int]] = {}
    ends: dict[str, list[int]] = {}
    for stage, start, change in zip(plan.stages, starts, changes, strict=True):
        leave = start + stage.green_s
        for switch in change.switches:
            (begins if switch.green else ends).setdefault(switch.group, []).append(leave + switch.at_s)
    intervals: list[GreenInterval] = []
    for group in junction.group_order:
        if group in begins and group in ends:
            intervals += _pair(group, begins[group], ends[group], plan.cycle_s)
        elif plan.stages and group in junction.stages[plan.stages[0].stage].groups:
            intervals.append(GreenInterval(group, 0, plan.cycle_s))
    return GreenTable(plan.cycle_s, tuple(intervals))


def _pair(group: str, begins: list[int], ends: list[int], cycle_s: int) -> list[GreenInterval]:
    """Join each begin of green with the end that follows it, over the end of the cycle where need be."""
    intervals = []
    for begin in begins:
        length = min((end - begin) % cycle_s or cycle_s for end in ends)
        start = begin % cycle_s
        intervals.append(GreenInterval(group, start, start + length))
    return sorted(intervals, key=lambda interval: interval.start_s)
