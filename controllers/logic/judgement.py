"""The controller's own verdict on a central plan, and on the ways between it and what else may run."""

from collections.abc import Iterable

from controllers.logic.compiled import ALL_RED, CompiledJunction, CompiledPlan
from controllers.refusals import Refusal, RefusalCode
from controllers.selfcheck import check_plan, check_way_over
from controllers.wire import StagedPlan


def judge_plan(
    compiled: CompiledJunction,
    plan: StagedPlan,
    *,
    safety_hash: int,
    clock_synchronised: bool,
    cycle_step_s: int,
    running: CompiledPlan,
    showing: int,
    local_plans: Iterable[CompiledPlan],
) -> Refusal | None:
    """Why the plan must not run; None where it may.

    Args:
        compiled: The junction.
        plan: What the centre has staged.
        safety_hash: Of the cabinet's own safety configuration.
        clock_synchronised: Without that, only plans whose frames are open can run.
        cycle_step_s: By how much a cycle may differ from the running plan's.
        running: The plan that it would replace.
        showing: The stage that shows, or the one that a transition leads to.
        local_plans: The cabinet's own, to which central control may be lost in any stage of the plan.
    """
    if plan.safety_hash != safety_hash:
        return Refusal(RefusalCode.SAFETY_HASH)
    windows_open = all(stage.latest_end - stage.earliest_start >= plan.cycle for stage in plan.stages)
    if not clock_synchronised and not windows_open:
        return Refusal(RefusalCode.CLOCK)
    refusal = check_plan(compiled.junction, compiled.table, compiled.legal, plan)
    if refusal is not None:
        return refusal
    if abs(plan.cycle - running.cycle_s) > cycle_step_s:
        return Refusal(RefusalCode.STEP_TOO_LARGE)
    before = {*running.stages, *running.on_demand, showing} - {ALL_RED}
    central = {stage.stage - 1 for stage in plan.stages}
    for stages, target in ((before, plan), *((central, local.wire) for local in local_plans)):
        refusal = check_way_over(compiled.junction, compiled.table, sorted(stages), target, compiled.configured)
        if refusal is not None:
            return refusal
    return None
