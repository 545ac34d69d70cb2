"""Which plan a controller runs: local, central, fallback; how it comes into step, and when plans change."""

import pytest

from controllers.driver import ControllerMode, PlanState
from controllers.refusals import RefusalCode
from plans.sealed import RequestAction, TransitionMode
from tests.controllers.in_force import CENTRAL_GREENS, assert_follows, central
from tests.controllers.samples import (
    ACTIVATE,
    LOCAL_GREENS,
    RELEASE,
    UTC_S,
    VERIFY,
    Master,
    make_controller,
    make_plan,
    run,
    run_until_stage,
    sample_junction,
)


def test_local_plan_follows_its_green_table_on_utc() -> None:
    """In step, every second shows what the plan's table says for that UTC second."""
    controller = make_controller()
    run(controller, 200)
    assert controller.mode is ControllerMode.LOCAL_FIXED
    assert_follows(controller, LOCAL_GREENS, 7)


@pytest.mark.parametrize("mode", TransitionMode)
@pytest.mark.parametrize("offset_s", [0, 17, 35, 60])
def test_central_plan_comes_into_step(mode: TransitionMode, offset_s: int) -> None:
    """Each way of changing over ends in step with the new plan within two cycles."""
    controller = make_controller()
    run(controller, 130)
    master = Master(controller)
    master.lease()
    plan = make_plan(controller.config.junction, CENTRAL_GREENS, offset_s=offset_s)
    assert master.push(master.wire(plan, mode)) is None
    for _ in range(3 * plan.cycle_s):
        master.lease()
        run(controller, 1)
    assert controller.mode is ControllerMode.CENTRAL_PLAN
    master.lease(120)
    assert_follows(controller, CENTRAL_GREENS, offset_s)


def test_add_only_cuts_no_green_short() -> None:
    """With ADD_ONLY no group's green after the change is shorter than nominal in either plan."""
    controller = make_controller()
    run(controller, 130)
    master = Master(controller)
    plan = make_plan(controller.config.junction, CENTRAL_GREENS, offset_s=40)
    master.lease(120)
    assert master.push(master.wire(plan, TransitionMode.ADD_ONLY)) is None
    lasted: list[int] = []
    since = 0
    stage = controller.status().stage
    for second in range(240):
        master.lease(120)
        run(controller, 1)
        now = controller.status()
        if stage and not now.stage:
            lasted.append(second - since)
        if now.stage and now.stage != stage:
            since = second
        stage = now.stage
    assert min(lasted[1:]) >= min(green for _, green in [*LOCAL_GREENS, *CENTRAL_GREENS])


def test_lease_expiry_returns_to_local_plan_in_step() -> None:
    """Without heartbeats: fallback at the end of the lease, central values gone, local plan in step with UTC."""
    controller = make_controller()
    master = central(controller)
    master.lease()
    run(controller, 29)
    assert controller.mode is ControllerMode.CENTRAL_PLAN
    run(controller, 1)
    status = controller.status()
    assert status.mode is ControllerMode.FALLBACK
    assert (status.plan_state, status.active_sequence, status.active_crc) == (PlanState.EXPIRED, 0, 0)
    assert status.fallbacks == 1
    run(controller, 100)
    assert controller.mode is ControllerMode.LOCAL_FIXED
    assert_follows(controller, LOCAL_GREENS, 7)
    refusal = master.request(RequestAction.GO, "B")
    assert refusal is not None
    assert refusal.code is RefusalCode.NO_LEASE


def test_fallback_finishes_the_transition_under_way() -> None:
    """A lease that ends in a transition lets it come to its end."""
    controller = make_controller()
    master = central(controller, lease_s=120)
    run_until_stage(controller, "A")
    run(controller, 8)
    master.lease(2)
    assert master.request(RequestAction.GO, "B") is None
    run(controller, 2)
    assert (controller.mode, controller.status().next_stage) == (ControllerMode.FALLBACK, "B")
    run_until_stage(controller, "B")
    assert controller.conflict_trips == 0


def test_plan_expires_by_utc() -> None:
    """A central plan ends at its own expiry although the lease lives on."""
    controller = make_controller()
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    plan = make_plan(controller.config.junction, CENTRAL_GREENS, is_open=True)
    assert master.push(master.wire(plan, expires=controller.utc_s + 20)) is None
    run(controller, 15)
    assert controller.mode is ControllerMode.CENTRAL_PLAN
    run(controller, 10)
    assert controller.status().plan_state is PlanState.EXPIRED
    assert controller.lease.held()


def test_release_gives_control_back() -> None:
    """Release is no loss: the local plan runs, and no fallback is counted."""
    controller = make_controller()
    master = central(controller)
    assert master.command(RELEASE) is None
    run(controller, 1)
    status = controller.status()
    assert (status.plan_state, status.mode, status.fallbacks) == (PlanState.RELEASED, ControllerMode.LOCAL_FIXED, 0)


def test_local_plans_change_with_the_calendar() -> None:
    """When another plan is due, it takes over by itself and comes into step."""
    junction = sample_junction()
    day, night = (
        make_plan(junction, LOCAL_GREENS, name="day"),
        make_plan(junction, [("A", 12), ("B", 12), ("C", 8)], name="night"),
    )
    controller = make_controller(
        local_plans={"day": day, "night": night},
        plan_due=lambda utc_s: "night" if utc_s >= UTC_S + 300 else "day",
    )
    run(controller, 600)
    assert_follows(controller, [("A", 12), ("B", 12), ("C", 8)], 0)


def test_switch_point_waits_for_a_common_stage() -> None:
    """A plan is activated no earlier than asked, and where its frame holds the stage that shows."""
    controller = make_controller()
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    plan = make_plan(controller.config.junction, CENTRAL_GREENS, offset_s=20)
    wire = master.wire(plan, activate_at=controller.utc_s + 30)
    assert master.push(wire) is None
    run(controller, 29)
    assert controller.status().plan_state is PlanState.ARMED
    while controller.status().plan_state is PlanState.ARMED:
        run(controller, 1)
    stage = next(entry for entry in plan.stages if entry.stage == controller.status().stage)
    second = plan.second_in_cycle(controller.utc_s)
    assert (second - stage.earliest_start_s) % plan.cycle_s < stage.green_s


def test_higher_epoch_takes_over_without_a_stop() -> None:
    """A successor with a higher epoch takes the lease; the active plan runs on and the predecessor is refused."""
    controller = make_controller()
    old = central(controller)
    sequence = controller.status().active_sequence
    new = Master(controller, master=78, epoch=2)
    assert new.lease() is None
    run(controller, 5)
    assert (controller.mode, controller.status().active_sequence) == (ControllerMode.CENTRAL_PLAN, sequence)
    refusal = old.lease()
    assert refusal is not None
    assert refusal.code is RefusalCode.OLDER_EPOCH
    assert new.request(RequestAction.HOLD, controller.status().stage or controller.status().next_stage) is None


def test_red_limit_leaves_a_plan_alone_that_keeps_it() -> None:
    """A plan whose longest red is exactly the maximum is followed to the second."""
    controller = make_controller(sample_junction(max_red_s=68))
    run(controller, 200)
    assert_follows(controller, LOCAL_GREENS, 7)
    assert_follows(controller, LOCAL_GREENS, 7)


def test_plan_of_several_pages() -> None:
    """A plan that needs two pages is EMPTY until both are here, in any order, and then runs like any other."""
    junction = sample_junction(cycle_max_s=400)
    controller = make_controller(junction, cycle_step_s=400)
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    greens = [("A", 12), ("B", 10), ("C", 7)] * 4
    wire = master.wire(make_plan(junction, greens, offset_s=11))
    first, second = wire.to_pages()
    assert controller.write_staging(second) is None
    assert controller.status().plan_state is PlanState.EMPTY
    other = master.wire(make_plan(junction, greens, offset_s=12)).to_pages()[0]
    assert controller.write_staging(other) is None
    assert controller.write_staging(second) is None
    assert controller.status().plan_state is PlanState.EMPTY, "pages of two plans are none"
    assert controller.write_staging(first) is None
    assert controller.status().plan_state is PlanState.STAGED
    assert master.command(VERIFY, wire) is None
    assert master.command(ACTIVATE, wire) is None
    for _ in range(700):
        master.lease(120)
        run(controller, 1)
    assert controller.mode is ControllerMode.CENTRAL_PLAN
    assert controller.in_step_in_s() == 0
