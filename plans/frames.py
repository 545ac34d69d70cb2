"""Frames: how far each stage of a plan may move without spoiling the wave or the capacity that the plan stands for.

Frame zero is the plan itself, the open frame is free adaptive control. In between, stages that carry a wave keep their
nominal time, and the others share the seconds that nobody needs.
"""

from collections.abc import Mapping
from dataclasses import replace

from plans.junction import Junction
from plans.splits import needed_green_s
from plans.stage_order import Bound, StageOrder, running_sums
from plans.table import stage_starts
from plans.timing import PlanStage, TimingPlan

ENOUGH_RATIO = 0.9
"""A stage may give away what it does not need to stay below this degree of saturation."""


def spare_s(
    junction: Junction, plan: TimingPlan, ratios: Mapping[str, float], saturation_ratio: float = ENOUGH_RATIO
) -> tuple[int, ...]:
    """Seconds by which each stage can be shortened, the others as they are.

    Args:
        junction: The junction.
        plan: Its plan.
        ratios: Flow over saturation flow, by group (`splits.flow_ratios`).
        saturation_ratio: What every group keeps.
    """
    order = StageOrder(junction, tuple(stage.stage for stage in plan.stages))
    greens = [stage.green_s for stage in plan.stages]
    bounds = list(order.bounds)
    for run in order.runs:
        wanted_s = needed_green_s(ratios.get(run.group, 0.0), plan.cycle_s, saturation_ratio)
        bounds.append(Bound(run.first, run.last, wanted_s - run.extra_s))
    sums = running_sums(tuple(greens))
    found = []
    for index, green_s in enumerate(greens):
        over = [
            sums[bound.last] - sums[bound.first] - bound.least_s
            for bound in bounds
            if any(stage % len(greens) == index for stage in range(bound.first, bound.last))
        ]
        found.append(max(0, min([green_s - 1, *over])))
    return tuple(found)


def framed(
    junction: Junction,
    plan: TimingPlan,
    ratios: Mapping[str, float],
    keeps: frozenset[str] = frozenset(),
    freedom_ratio: float = 1.0,
) -> TimingPlan:
    """The plan with frames between zero and open.

    A stage may end earlier by its spare time, and its follower then begins earlier by as much; a stage may end later by
    what its follower can spare at its begin. Stages in `keeps` (those of the wave) are green at least through their
    nominal time: nobody may begin before they end or end after they begin.

    Args:
        junction: The junction.
        plan: The plan whose nominal times stay.
        ratios: Flow over saturation flow, by group.
        keeps: Stages that no other may cut into.
        freedom_ratio: 0 is frame zero, 1 gives all spare time away.
    """
    if freedom_ratio <= 0.0 or len(plan.stages) < 2:
        return plan
    spare = [
        0 if stage.stage in keeps else int(freedom_ratio * seconds)
        for stage, seconds in zip(plan.stages, spare_s(junction, plan, ratios), strict=True)
    ]
    starts = stage_starts(junction, plan)
    stages = []
    count = len(plan.stages)
    for index, (stage, start_s) in enumerate(zip(plan.stages, starts, strict=True)):
        early_s, late_s = spare[index - 1], spare[(index + 1) % count]
        room_s = plan.cycle_s - stage.green_s
        early_s = min(early_s, room_s)
        late_s = min(late_s, room_s - early_s)
        earliest_s = (start_s - early_s) % plan.cycle_s
        latest_s = earliest_s + early_s + stage.green_s + late_s
        stages.append(PlanStage(stage.stage, stage.green_s, earliest_s, latest_s))
    return replace(plan, stages=tuple(stages))
