"""Rules on a stage request: minimum greens, intergreens out of the past, the plan's frame, longest reds."""

from controllers.driver import FieldStatus
from plans.codes import Code
from plans.history import History, after_transition, reds_exceeded, waits
from plans.junction import Junction
from plans.rules_plan import is_open
from plans.rules_transition import check_transition
from plans.stage_transition import StageTransition
from plans.timing import PlanEntry, PlanStage, TimingPlan
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
        _left_s(entry, status.plan_second + ACT_AFTER_S, plan.cycle_s) for entry in plan.entries_of(status.stage)
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


def skipped_on_foot(junction: Junction, plan: TimingPlan, origin: str, shown: str, target: str) -> frozenset[str]:
    """Mandatory pedestrian groups that lose their turn when `target` comes after `origin`, the cycle's last stage.

    `shown` is the stage in between, on demand, or `origin` itself. The plan's order says whose turn it is, so only
    stages with a bounded frame count: an open frame leaves the order to the strategy, and longest reds guard those who
    wait. A stage on demand takes nobody's turn; only the stage of the cycle after it may.
    """
    names = [item.stage for item in plan.stages]
    if origin == target or origin not in names or target not in names:
        return frozenset()
    at = names.index(origin)
    between: list[PlanStage] = []
    for step in range(1, len(names)):
        item = plan.stages[(at + step) % len(names)]
        if item.stage == target:
            break
        between.append(item)
    served = junction.stages[origin].groups | junction.stages[shown].groups | junction.stages[target].groups
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
    entries = plan.entries_of(change.target)
    least_s = least_stage_s(junction, change.target)
    needed_s = min(max(1, min(_nominal_s(entry, least_s), least_s)) for entry in entries)
    if any(_left_s(entry, arrival, plan.cycle_s) >= needed_s for entry in entries):
        return None
    early = all(_into_s(entry, arrival, plan.cycle_s) is None for entry in entries)
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


def _nominal_s(entry: PlanEntry, otherwise_s: int) -> int:
    """The green that the plan itself gives; a stage on demand has none."""
    return entry.green_s if isinstance(entry, PlanStage) else otherwise_s


def _into_s(entry: PlanEntry, second: int, cycle_s: int) -> int | None:
    """Seconds into the stage's window at a plan second; None outside of it."""
    into_s = (second - entry.earliest_start_s) % cycle_s
    return into_s if into_s < entry.latest_end_s - entry.earliest_start_s else None


def _left_s(entry: PlanEntry, second: int, cycle_s: int) -> int:
    """Seconds from a plan second to the window's end, a cycle where the frame is open, 0 outside of the window."""
    if is_open(entry, cycle_s):
        return cycle_s
    into_s = _into_s(entry, second, cycle_s)
    return 0 if into_s is None else entry.latest_end_s - entry.earliest_start_s - into_s


def _windows(plan: TimingPlan, stage: str) -> str:
    """The stage's windows in words."""
    return "plan seconds " + " or ".join(_window(entry) for entry in plan.entries_of(stage))


def _window(entry: PlanEntry) -> str:
    return f"{entry.earliest_start_s} to {entry.latest_end_s}"
