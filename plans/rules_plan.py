"""Rules on the shape of a plan: its stages, cycle, offset, and the frame that each stage may move in."""

from plans.codes import Code
from plans.junction import Junction
from plans.references import plan_element
from plans.table import stage_starts, used_cycle_s
from plans.timing import MAX_ENTRIES, Finding, PlanEntry, TimingPlan


def check_shape(junction: Junction, plan: TimingPlan) -> list[Finding]:
    """Stages follow one another, cycle and offset are in range, greens and transitions fill the cycle exactly."""
    element = plan_element(plan)
    found = []
    names = [stage.stage for stage in plan.stages]
    for index, name in enumerate(names):
        if name == names[index - 1]:
            where = f"{element}/stages/{index}"
            found.append(Finding(Code.STAGE_REPEATED, where, "another stage than the one before", name))
    for index, stage in enumerate(plan.stages):
        if stage.green_s < 1:
            where = f"{element}/stages/{index}/green_s"
            found.append(Finding(Code.STAGE_GREEN, where, ">= 1 s", f"{stage.green_s} s"))
    if not plan.stages:
        found.append(Finding(Code.STAGE_REPEATED, f"{element}/stages", "two stages or more", "none"))
    if len(plan.entries) > MAX_ENTRIES:
        expected = f"{MAX_ENTRIES} stages at most, those on demand included"
        found.append(Finding(Code.PLAN_TOO_LONG, f"{element}/stages", expected, f"{len(plan.entries)}"))
    if not junction.cycle_min_s <= plan.cycle_s <= junction.cycle_max_s:
        expected = f"{junction.cycle_min_s} to {junction.cycle_max_s} s"
        found.append(Finding(Code.CYCLE_OUT_OF_RANGE, f"{element}/cycle_s", expected, f"{plan.cycle_s} s"))
    if not 0 <= plan.offset_s < plan.cycle_s:
        expected = f"0 to {plan.cycle_s - 1} s"
        found.append(Finding(Code.OFFSET_OUT_OF_RANGE, f"{element}/offset_s", expected, f"{plan.offset_s} s"))
    used_s = used_cycle_s(junction, plan)
    if used_s != plan.cycle_s:
        rule = "greens and transitions together are the cycle"
        found.append(Finding(Code.CYCLE_SUM, f"{element}/cycle_s", f"{used_s} s", f"{plan.cycle_s} s", rule))
    return found


def check_frames(junction: Junction, plan: TimingPlan) -> list[Finding]:
    """Each frame is a window of at most a cycle, and the stage's nominal times lie in it."""
    found = []
    for index, (stage, start_s) in enumerate(zip(plan.stages, stage_starts(junction, plan), strict=True)):
        where = f"{plan_element(plan)}/stages/{index}"
        earliest, latest = stage.earliest_start_s, stage.latest_end_s
        if not is_window(stage, plan.cycle_s):
            expected = f"a start within the cycle and an end at most {plan.cycle_s} s later"
            found.append(Finding(Code.FRAME_WINDOW, where, expected, f"{earliest} to {latest}"))
        elif not is_open(stage, plan.cycle_s):
            into_s = (start_s - earliest) % plan.cycle_s
            if into_s + stage.green_s > latest - earliest:
                got = f"{start_s} to {start_s + stage.green_s}"
                found.append(Finding(Code.FRAME_NOMINAL, where, f"nominal times in {earliest} to {latest}", got))
    return found


def is_window(entry: PlanEntry, cycle_s: int) -> bool:
    """Whether the frame begins within the cycle and is no longer than it."""
    earliest, latest = entry.earliest_start_s, entry.latest_end_s
    return 0 <= earliest < cycle_s and earliest < latest <= earliest + cycle_s


def is_open(entry: PlanEntry, cycle_s: int) -> bool:
    """Whether the stage may begin and end at any second."""
    return entry.latest_end_s - entry.earliest_start_s >= cycle_s
