"""Rules on the stages that a plan shows on demand only: each stands alone, can be reached, and leads back to the cycle.

Nothing here speaks of when such a stage may run: minimum greens, intergreens out of the past and longest reds are
judged with every request, for they depend on what was shown before.
"""

from collections.abc import Iterator

from plans.codes import Code
from plans.junction import Junction
from plans.references import plan_element
from plans.rules_plan import is_open, is_window
from plans.rules_transition import check_transition
from plans.timing import Finding, OnDemandStage, TimingPlan
from plans.transition import transition


def check_on_demand(junction: Junction, plan: TimingPlan) -> list[Finding]:
    """Every broken rule on the plan's on-demand stages; their names exist."""
    cycle = dict.fromkeys(stage.stage for stage in plan.stages)
    found: list[Finding] = []
    for index, entry in enumerate(plan.on_demand):
        where = f"{plan_element(plan)}/on_demand/{index}"
        if entry.stage in cycle or entry.stage in [other.stage for other in plan.on_demand[:index]]:
            expected = "a stage that is neither in the cycle nor on demand already"
            found.append(Finding(Code.ON_DEMAND_REPEATED, where, expected, entry.stage))
            continue
        found += _frame(junction, plan, entry, where)
        found += _ways(junction, tuple(cycle), entry.stage, where)
    return found


def has_ways(junction: Junction, cycle: tuple[str, ...], stage: str) -> bool:
    """Whether legal transitions lead to the stage from every stage of the cycle, and back to every one."""
    return not any(_ways(junction, cycle, stage, ""))


def _ways(junction: Junction, cycle: tuple[str, ...], stage: str, where: str) -> Iterator[Finding]:
    for other in cycle:
        for origin, target in ((other, stage), (stage, other)):
            broken = check_transition(junction, transition(junction, origin, target))
            if broken:
                got = f"{broken[0].code} at {broken[0].element}"
                yield Finding(Code.ON_DEMAND_WAY, where, f"a legal transition from {origin} to {target}", got)


def _frame(junction: Junction, plan: TimingPlan, entry: OnDemandStage, where: str) -> Iterator[Finding]:
    """A sane window in which the stage can be green for as long as it must."""
    earliest, latest = entry.earliest_start_s, entry.latest_end_s
    needed_s = max((junction.groups[name].min_green_s for name in junction.stages[entry.stage].groups), default=1)
    if not is_window(entry, plan.cycle_s):
        expected = f"a start within the cycle and an end at most {plan.cycle_s} s later"
        yield Finding(Code.FRAME_WINDOW, where, expected, f"{earliest} to {latest}")
    elif not is_open(entry, plan.cycle_s) and latest - earliest < needed_s:
        expected = f"{needed_s} s or more for its minimum greens"
        yield Finding(Code.FRAME_WINDOW, where, expected, f"{earliest} to {latest}")
