"""How far one plan may lie from the plan before: bounded steps keep one wrong estimate from turning a junction over."""

from plans.codes import Code
from plans.references import plan_element
from plans.timing import Finding, TimingPlan


def check_step(running: TimingPlan, plan: TimingPlan, max_cycle_step_s: int, max_green_step_s: int) -> list[Finding]:
    """Changes of the cycle, and of the greens where both plans run the same stages in the same order."""
    found = []
    step_s = plan.cycle_s - running.cycle_s
    if abs(step_s) > max_cycle_step_s:
        where = f"{plan_element(plan)}/cycle_s"
        expected = f"{running.cycle_s} s +- {max_cycle_step_s} s"
        found.append(Finding(Code.STEP_TOO_LARGE, where, expected, f"{plan.cycle_s} s"))
    if [stage.stage for stage in plan.stages] != [stage.stage for stage in running.stages]:
        return found
    for index, (before, after) in enumerate(zip(running.stages, plan.stages, strict=True)):
        if abs(after.green_s - before.green_s) > max_green_step_s:
            where = f"{plan_element(plan)}/stages/{index}/green_s"
            expected = f"{before.green_s} s +- {max_green_step_s} s"
            found.append(Finding(Code.STEP_TOO_LARGE, where, expected, f"{after.green_s} s"))
    return found
