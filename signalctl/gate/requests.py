"""Rules on a stage request: minimum greens, intergreens out of the past, the plan's frame, longest reds."""

from controllers.driver import FieldStatus
from plans.codes import Code
from plans.history import History, after_transition, reds_exceeded, waits
from plans.junction import Junction, StageTransition
from plans.rules_plan import is_open
from plans.rules_transition import check_transition
from plans.timing import PlanStage, TimingPlan
from plans.transition import transition
from signalctl.gate.past import ACT_AFTER_S
from signalctl.gate.reds import least_stage_s, without_way_out
from signalctl.gate.refusal import Refusal


def hold_for_s(
    junction: Junction, status: FieldStatus, plan: TimingPlan, history: History, most_s: int
) -> int | Refusal:
    """For how many seconds, at most `most_s`, the current stage may be held; a refusal where not for one."""
    begin_s = status.utc_s + ACT_AFTER_S
    left_s = max(
        _left_s(item, status.plan_second + ACT_AFTER_S, plan.cycle_s)
        for item in plan.stages
        if item.stage == status.stage
    )
    if left_s < 1:
        windows = _windows(plan, status.stage)
        got = f"held at plan second {status.plan_second}"
        return Refusal(Code.FRAME_LATE, f"{junction.id}/stages/{status.stage}", windows, got)
    for seconds in range(min(most_s, left_s), 0, -1):
        late = without_way_out(junction, plan, status.stage, begin_s + seconds, history)
        if late is None:
            return seconds
    return _red_long(junction, late or "", f"stage {status.stage} held")


def check_go(
    junction: Junction, status: FieldStatus, plan: TimingPlan, history: History, target: str
) -> Refusal | None:
    """Whether the junction may leave its stage for `target` in the coming second."""
    begin_s = status.utc_s + ACT_AFTER_S
    change = transition(junction, status.stage, target)
    broken = check_transition(junction, change)
    if broken:
        return Refusal.of(broken[0])
    for wait in waits(junction, history, change):
        if begin_s < wait.until_s:
            expected = f"{wait.needed_s} s, complete in {wait.until_s - begin_s} s"
            got = f"{wait.needed_s - (wait.until_s - begin_s)} s"
            return Refusal(wait.code, f"{junction.id}/groups/{wait.group}", expected, got)
    return _check_arrival(junction, status, plan, change) or _check_reds(junction, plan, history, change, begin_s)


def skipped_on_foot(junction: Junction, plan: TimingPlan, origin: str, target: str) -> frozenset[str]:
    """Mandatory pedestrian groups that lose their turn when `target` follows `origin`.

    The plan's order says whose turn it is, so only stages with a bounded frame count: an open frame leaves the order to
    the strategy, and longest reds guard those who wait.
    """
    names = [item.stage for item in plan.stages]
    at = names.index(origin)
    between: list[PlanStage] = []
    for step in range(1, len(names)):
        item = plan.stages[(at + step) % len(names)]
        if item.stage == target:
            break
        between.append(item)
    served = junction.stages[origin].groups | junction.stages[target].groups
    skipped = {
        group for item in between if not is_open(item, plan.cycle_s) for group in junction.stages[item.stage].groups
    }
    return frozenset(
        group
        for group in skipped - served
        if junction.groups[group].mandatory and junction.groups[group].kind.value == "pedestrian"
    )


def _check_arrival(
    junction: Junction, status: FieldStatus, plan: TimingPlan, change: StageTransition
) -> Refusal | None:
    """The target's frame must hold its begin, and leave it its minimum greens."""
    arrival = status.plan_second + ACT_AFTER_S + change.duration_s
    items = [item for item in plan.stages if item.stage == change.target]
    needed_s = min(max(1, min(item.green_s, least_stage_s(junction, change.target))) for item in items)
    if any(_left_s(item, arrival, plan.cycle_s) >= needed_s for item in items):
        return None
    early = all(_into_s(item, arrival, plan.cycle_s) is None for item in items)
    return Refusal(
        Code.FRAME_EARLY if early else Code.FRAME_LATE,
        f"{junction.id}/stages/{change.target}",
        f"{needed_s} s or more within {_windows(plan, change.target)}",
        f"begin at plan second {arrival % plan.cycle_s}",
    )


def _check_reds(
    junction: Junction, plan: TimingPlan, history: History, change: StageTransition, begin_s: int
) -> Refusal | None:
    late = next(reds_exceeded(junction, history, change, begin_s), None)
    if late is None:
        leave_s = begin_s + max(1, change.duration_s)
        after = after_transition(history, change, begin_s)
        late = without_way_out(junction, plan, change.target, leave_s, after)
    return None if late is None else _red_long(junction, late, f"stage {change.target} first")


def _red_long(junction: Junction, group: str, got: str) -> Refusal:
    expected = f"green within {junction.groups[group].max_red_s} s of red"
    return Refusal(Code.RED_LONG, f"{junction.id}/groups/{group}", expected, got)


def _into_s(item: PlanStage, second: int, cycle_s: int) -> int | None:
    """Seconds into the stage's window at a plan second; None outside of it."""
    into_s = (second - item.earliest_start_s) % cycle_s
    return into_s if into_s < item.latest_end_s - item.earliest_start_s else None


def _left_s(item: PlanStage, second: int, cycle_s: int) -> int:
    """Seconds from a plan second to the window's end, a cycle where the frame is open, 0 outside of the window."""
    if is_open(item, cycle_s):
        return cycle_s
    into_s = _into_s(item, second, cycle_s)
    return 0 if into_s is None else item.latest_end_s - item.earliest_start_s - into_s


def _windows(plan: TimingPlan, stage: str) -> str:
    """The stage's windows in words."""
    return "plan seconds " + " or ".join(_window(item) for item in plan.stages if item.stage == stage)


def _window(item: PlanStage) -> str:
    return f"{item.earliest_start_s} to {item.latest_end_s}"
