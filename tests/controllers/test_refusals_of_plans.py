"""What is wrong with a central plan itself: every code is reached by its own seeded fault, and names the element."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from controllers.driver import ControllerMode, PlanState
from controllers.refusals import RefusalCode
from controllers.wire import StagedPlan, WireGreen, WireStage
from plans.junction import Stage
from plans.sealed import RequestAction
from plans.stage_transition import GroupSwitch, StageTransition
from tests.controllers.samples import (
    Master,
    make_controller,
    make_plan,
    rich_junction,
    run,
    run_until_stage,
    sample_junction,
)
from tests.controllers.seeded import GREENS, reached, ready, verify, wire


def greens_with(plan: StagedPlan, group: int, **changes: int) -> dict[str, object]:
    """The plan's greens with those of one group changed."""
    return {"greens": tuple(replace(g, **changes) if g.group == group else g for g in plan.greens)}


def with_stage(plan: StagedPlan, number: int, **changes: int) -> StagedPlan:
    """The plan with one of its stages changed."""
    stages = list(plan.stages)
    stages[number] = replace(stages[number], **changes)
    return replace(plan, stages=tuple(stages))


def _expired(master: Master) -> StagedPlan:
    return wire(master, expires=master.controller.utc_s)


def _far(master: Master) -> StagedPlan:
    at = master.controller.utc_s + 86_401
    return wire(master, activate_at=at, expires=at + 900)


def _foreign_hash(master: Master) -> StagedPlan:
    return wire(master, safety_hash=master.controller.safety_hash ^ 1)


def _cycle_range(master: Master) -> StagedPlan:
    return master.wire(make_plan(master.controller.config.junction, [("A", 80), ("B", 30), ("C", 10)], is_open=True))


def _cycle_sum(master: Master) -> StagedPlan:
    return with_stage(wire(master, is_open=False), 0, green=21)


def _unknown_stage(master: Master) -> StagedPlan:
    return with_stage(wire(master), 1, stage=4)


def _unknown_group(master: Master) -> StagedPlan:
    plan = wire(master)
    return replace(plan, greens=(*plan.greens, WireGreen(6, 0, 10)))


def _frame_misses_nominal(master: Master) -> StagedPlan:
    return with_stage(wire(master, is_open=False), 1, earliest_start=0, latest_end=5)


def _frame_too_long(master: Master) -> StagedPlan:
    return with_stage(wire(master), 2, latest_end=119)


def _greens_differ(master: Master) -> StagedPlan:
    plan = wire(master)
    green = next(g for g in plan.greens if g.group == 1)
    return replace(plan, **greens_with(plan, 1, length=green.length - 1))


def _short_green(master: Master) -> StagedPlan:
    plan = wire(master)
    return replace(plan, **greens_with(plan, 3, length=4))


def _conflict(master: Master) -> StagedPlan:
    plan = wire(master)
    return replace(plan, **greens_with(plan, 2, start=0))


def _short_intergreen(master: Master) -> StagedPlan:
    plan = wire(master)
    green = next(g for g in plan.greens if g.group == 3)
    return replace(plan, **greens_with(plan, 3, start=green.start - 1, length=green.length + 1))


def _uncleared(master: Master) -> StagedPlan:
    """The crossing F2 is green up to 8 s before K2 begins, where 9 s are needed to clear it."""
    plan = wire(master)
    begin = next(g for g in plan.greens if g.group == 2)
    crossing = next(g for g in plan.greens if g.group == 5)
    stretched = (begin.start - 8 - crossing.start) % plan.cycle
    others = tuple(g for g in plan.greens if g.group not in (3, 5))
    return replace(plan, greens=(*others, replace(crossing, length=stretched)))


def _never_green(master: Master) -> StagedPlan:
    return master.wire(make_plan(master.controller.config.junction, [("A", 30), ("B", 20)], is_open=True))


@pytest.mark.parametrize(
    ("make", "code", "element"),
    [
        (_expired, RefusalCode.EXPIRED, 0),
        (_far, RefusalCode.TOO_FAR_AHEAD, 0),
        (_foreign_hash, RefusalCode.SAFETY_HASH, 0),
        (_cycle_range, RefusalCode.CYCLE_RANGE, 0),
        (_cycle_sum, RefusalCode.CYCLE_SUM, 0),
        (_unknown_stage, RefusalCode.UNKNOWN_ELEMENT, 4),
        (_unknown_group, RefusalCode.UNKNOWN_ELEMENT, 6),
        (_frame_misses_nominal, RefusalCode.FRAME, 3),
        (_frame_too_long, RefusalCode.FRAME, 2),
        (_greens_differ, RefusalCode.GREENS_DIFFER, 1),
        (_short_green, RefusalCode.MIN_GREEN, 3),
        (_conflict, RefusalCode.CONFLICT, 1),
        (_short_intergreen, RefusalCode.INTERGREEN, 3),
        (_uncleared, RefusalCode.CLEARANCE, 5),
        (_never_green, RefusalCode.NEVER_GREEN, 3),
    ],
)
def test_plan_faults(make: Callable[[Master], StagedPlan], code: RefusalCode, element: int) -> None:
    """A plan with one fault is refused for it, stays refused in the status, and changes nothing that runs."""
    master = ready()
    plan = make(master)
    reached(verify(master, plan), code, element)
    status = master.controller.status()
    assert (status.plan_state, status.reject_code, status.active_sequence) == (PlanState.REJECTED, int(code), 0)
    run(master.controller, 200)
    assert master.controller.mode is ControllerMode.LOCAL_FIXED


X, Y = 4, 5


def _with_on_demand(*entries: tuple[int, int, int]) -> tuple[Master, StagedPlan]:
    """A controller with stages X and Y, and a good plan with these (stage, earliest start, latest end) on demand."""
    junction = rich_junction()
    master = ready(junction=junction)
    plan = wire(master)
    return master, replace(plan, stages=(*plan.stages, *(WireStage(number, 0, *frame) for number, *frame in entries)))


@pytest.mark.parametrize(
    ("entries", "code", "element"),
    [
        ([(X, 0, 70), (Y, 3, 70), (X, 0, 70)], RefusalCode.ON_DEMAND_REPEATED, X),
        ([(Y, 0, 70), (2, 0, 70)], RefusalCode.ON_DEMAND_REPEATED, 2),
        ([(6, 0, 70)], RefusalCode.UNKNOWN_ELEMENT, 6),
        ([(0, 0, 70)], RefusalCode.UNKNOWN_ELEMENT, 0),
        ([(X, 71, 80)], RefusalCode.FRAME, X),
        ([(X, 9, 9)], RefusalCode.FRAME, X),
        ([(X, 9, 81)], RefusalCode.FRAME, X),
        ([(Y, 9, 16)], RefusalCode.FRAME, Y),
        ([(X, 0, 70)] * 14, RefusalCode.BAD_FORMAT, 0),
    ],
)
def test_faults_of_stages_on_demand(entries: list[tuple[int, int, int]], code: RefusalCode, element: int) -> None:
    """Without the fault both stages are accepted; each fault has its code and names the stage."""
    master, good = _with_on_demand((X, 0, 70), (Y, 9, 17))
    assert good.cycle == 71
    assert verify(master, good) is None
    master, plan = _with_on_demand(*entries)
    if code is RefusalCode.BAD_FORMAT:
        reached(master.stage(plan), code)
        return
    reached(verify(master, plan), code, element)


def test_stages_on_demand_come_last() -> None:
    """One between the cycle's stages would leave open which follows which; a plan of nothing else shows nothing."""
    master, plan = _with_on_demand((X, 0, 70))
    reached(verify(master, replace(plan, stages=(plan.stages[-1], *plan.stages[:-1]))), RefusalCode.BAD_FORMAT)
    reached(verify(master, replace(plan, stages=plan.stages[-1:], sequence=9)), RefusalCode.BAD_FORMAT)


@pytest.mark.parametrize("pair", [("C", "X"), ("X", "C")])
def test_a_stage_on_demand_needs_every_way_in_and_back(pair: tuple[str, str]) -> None:
    """One transition between it and the cycle that breaks a rule, and the plan is refused."""
    base = rich_junction()
    early = "K1" if pair[1] == "X" else "K3"
    late = "K3" if early == "K1" else "K1"
    switches = (GroupSwitch(late, 0, green=False), GroupSwitch(early, 2, green=True))
    junction = replace(base, transitions={pair: StageTransition(*pair, switches, 2)})
    master = ready(junction=junction)
    plan = master.wire(make_plan(junction, GREENS, is_open=True, on_demand=["Y", "X"]))
    reached(verify(master, plan), RefusalCode.ON_DEMAND_WAY, X)
    assert verify(master, master.wire(make_plan(junction, GREENS, is_open=True, on_demand=["Y"]))) is None


def test_max_red_in_the_plan() -> None:
    """A plan whose cycle keeps a mandatory group red beyond its maximum."""
    controller = make_controller(sample_junction(max_red_s=69))
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    plan = master.wire(make_plan(controller.config.junction, [("A", 40), ("C", 12), ("B", 15)], is_open=True))
    reached(verify(master, plan), RefusalCode.MAX_RED)


def test_illegal_own_transitions_are_never_used() -> None:
    """A configured transition that breaks an intergreen bars plans and requests that need it, by their own codes."""
    base = sample_junction()
    broken = {
        (origin, "C"): StageTransition(
            origin,
            "C",
            (
                *(GroupSwitch(group, 0, green=False) for group in sorted(base.stages[origin].groups)),
                GroupSwitch("K3", 2, green=True),
            ),
            2,
        )
        for origin in ("A", "B")
    }
    groups = {name: replace(group, mandatory=name != "K3") for name, group in base.groups.items()}
    stages = {**base.stages, "D": Stage("D", frozenset({"K3"}))}
    junction = replace(base, groups=groups, stages=stages, transitions=broken)
    local = make_plan(junction, [("A", 30), ("B", 30)])
    controller = make_controller(junction, local_plans={"day": local})
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    through = master.wire(make_plan(base, GREENS, is_open=True), safety_hash=controller.safety_hash)
    reached(verify(master, through), RefusalCode.CLEARANCE, 5)
    good = make_plan(junction, [("A", 30), ("B", 30)], is_open=True)
    assert master.push(master.wire(good)) is None
    run(controller, 40)
    run_until_stage(controller, "A")
    run(controller, 12)
    reached(master.request(RequestAction.GO, "C"), RefusalCode.NO_LEGAL_MOVE, 3)


def test_no_way_over_from_the_running_plan() -> None:
    """Where every configured transition into the new plan's stages is illegal, the plan is refused for the way."""
    base = sample_junction()
    stages = {
        "A": base.stages["A"],
        "B": base.stages["B"],
        "X": Stage("X", frozenset({"K1"})),
        "Y": Stage("Y", frozenset({"K2"})),
    }
    broken = {}
    for origin in ("A", "B"):
        for target in ("X", "Y"):
            ends = stages[origin].groups - stages[target].groups
            begins = stages[target].groups - stages[origin].groups
            switches = [GroupSwitch(group, 0, green=False) for group in sorted(ends)]
            switches += [GroupSwitch(group, 1, green=True) for group in sorted(begins)]
            # a transition that forgets to end a group leaves the target stage wrong
            broken[origin, target] = StageTransition(origin, target, tuple(switches[1:]), 1)
    groups = {name: replace(group, mandatory=name in ("K1", "K2")) for name, group in base.groups.items()}
    junction = replace(base, groups=groups, stages=stages, transitions=broken)
    controller = make_controller(junction, local_plans={"day": make_plan(junction, [("A", 30), ("B", 30)])})
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    plan = master.wire(make_plan(junction, [("X", 30), ("Y", 30)], is_open=True))
    reached(verify(master, plan), RefusalCode.INTERGREEN_TRANSITION)


def test_no_way_back_to_the_local_plan() -> None:
    """Central control may be lost in any stage: where one leads to no stage of a local plan, the plan is refused."""
    base = rich_junction()
    broken = {}
    for target in ("B", "C"):
        ends = [GroupSwitch(name, 0, green=False) for name in sorted(base.stages["X"].groups)]
        begins = [GroupSwitch(name, 1, green=True) for name in sorted(base.stages[target].groups)]
        broken["X", target] = StageTransition("X", target, (*ends, *begins), 1)
    groups = {name: replace(group, mandatory=name not in ("K1", "F2")) for name, group in base.groups.items()}
    junction = replace(base, groups=groups, transitions=broken)
    central = make_plan(junction, GREENS, is_open=True, on_demand=["X"])
    cyclic = make_plan(junction, [("A", 30), ("X", 10), ("A", 10), ("C", 10), ("B", 15)], is_open=True)
    local = make_plan(junction, [("B", 30), ("C", 30)])
    master = ready(junction=junction, local_plans={"day": local})
    reached(verify(master, master.wire(cyclic)), RefusalCode.INTERGREEN_TRANSITION)
    reached(verify(master, master.wire(central)), RefusalCode.ON_DEMAND_WAY, X)
