"""What a controller does of itself: local plan, central plan, requests, fallback, clock, cabinet, conflict monitor."""

from dataclasses import replace

import pytest

from controllers.driver import ControllerMode, PlanState
from controllers.logic import CabinetSwitch, ConfigurationError, FieldController
from controllers.refusals import RefusalCode
from plans.junction import Aspect
from plans.sealed import RequestAction, TransitionMode
from plans.table import expand
from tests.controllers.samples import (
    ACTIVATE,
    LOCAL_GREENS,
    RELEASE,
    UTC_S,
    VERIFY,
    Master,
    StreetMonitor,
    make_controller,
    make_plan,
    run,
    run_until_stage,
    sample_junction,
)

CENTRAL_GREENS = [("A", 20), ("C", 12), ("B", 15)]


def central(controller: FieldController, *, is_open: bool = True, lease_s: int = 30) -> Master:
    """Bring a central plan into force."""
    run(controller, 100)
    master = Master(controller)
    master.lease(lease_s)
    plan = make_plan(controller.config.junction, CENTRAL_GREENS, offset_s=3, is_open=is_open)
    assert master.push(master.wire(plan)) is None
    for _ in range(200):
        if controller.mode is ControllerMode.CENTRAL_PLAN:
            return master
        master.lease(lease_s)
        run(controller, 1)
    raise AssertionError("the central plan did not come into force")


def assert_follows(controller: FieldController, greens: list[tuple[str, int]], offset_s: int) -> None:
    """The next cycle shows exactly the green table of the plan at its UTC seconds."""
    junction = controller.config.junction
    plan = make_plan(junction, greens, offset_s=offset_s)
    table = expand(junction, plan)
    for _ in range(plan.cycle_s):
        run(controller, 1)
        second = plan.second_in_cycle(controller.utc_s)
        for group, aspect in controller.aspects().items():
            assert (aspect is Aspect.GREEN) == table.is_green(group, second), (group, second)


def test_start_is_all_red_until_intergreens_are_over() -> None:
    """Nobody knows what was shown before a start: no green before the longest intergreen into it is over."""
    controller = make_controller()
    for second in range(1, 7):
        run(controller, 1)
        assert Aspect.GREEN not in controller.aspects().values(), second


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


def test_go_begins_with_the_next_second() -> None:
    """An accepted GO starts its transition in the second after it was written."""
    controller = make_controller()
    master = central(controller, lease_s=120)
    run_until_stage(controller, "A")
    run(controller, 8)
    assert master.request(RequestAction.GO, "C") is None
    run(controller, 1)
    status = controller.status()
    assert (status.stage, status.next_stage, status.mode) == ("", "C", ControllerMode.CENTRAL_STAGE)


def test_hold_lasts_while_it_is_renewed() -> None:
    """HOLD keeps the stage beyond its nominal end in an open frame; when it is not renewed, the plan goes on."""
    controller = make_controller()
    master = central(controller, lease_s=120)
    run_until_stage(controller, "A")
    for _ in range(60):
        assert master.request(RequestAction.HOLD, "A", 2) is None
        run(controller, 1)
        assert controller.status().stage == "A"
        master.lease(120)
    run(controller, 80)
    assert controller.in_step_in_s() == 0


def test_hold_ends_with_the_frame() -> None:
    """In a frame, HOLD keeps the stage up to the latest end and not a second longer."""
    controller = make_controller()
    run(controller, 100)
    junction = controller.config.junction
    fixed = make_plan(junction, CENTRAL_GREENS, offset_s=3)
    first, *others = fixed.stages
    plan = replace(fixed, stages=(replace(first, latest_end_s=first.latest_end_s + 10), *others))
    master = Master(controller)
    master.lease(120)
    assert master.push(master.wire(plan)) is None
    while not (controller.mode is ControllerMode.CENTRAL_PLAN and controller.plan_second == 0):
        run(controller, 1)
        master.lease(120)
    shown = 0
    while controller.status().stage == "A":
        master.request(RequestAction.HOLD, "A", 5)
        shown += 1
        run(controller, 1)
    assert shown == first.green_s + 10


def test_red_limit_serves_everybody_in_time() -> None:
    """However long stage A is held, no mandatory group's red passes its maximum."""
    junction = sample_junction(max_red_s=90)
    controller = make_controller(junction)
    master = central(controller, lease_s=120)
    monitor = StreetMonitor(junction)
    longest = 0
    for _ in range(900):
        master.lease(120)
        stage = controller.status().stage
        master.request(RequestAction.HOLD if stage == "A" else RequestAction.GO, "A", 5)
        run(controller, 1)
        monitor.see(controller.aspects())
        longest = max(longest, *(controller.display.red_for(group, controller.elapsed_s) for group in range(5)))
    assert 60 < longest <= 90
    assert monitor.violations == []
    assert controller.refusals[RefusalCode.MAX_RED] > 0


@pytest.mark.parametrize("jump_s", [-86_400, -7, 5, 3_607])
def test_clock_jump_moves_the_plan_and_no_intergreen(jump_s: int) -> None:
    """After a jump in any second of the cycle, signals stay legal and the plan comes into step with the new time."""
    for moment in range(0, 78, 6):
        controller = make_controller()
        monitor = StreetMonitor(controller.config.junction)
        for _ in range(100 + moment):
            run(controller, 1)
            monitor.see(controller.aspects())
        controller.tick(controller.utc_s + jump_s)
        monitor.see(controller.aspects())
        for _ in range(160):
            run(controller, 1)
            monitor.see(controller.aspects())
        assert monitor.violations == []
        assert controller.clock_jumps == 1
        assert_follows(controller, LOCAL_GREENS, 7)


def test_late_tick_makes_up_for_the_second() -> None:
    """A tick that is one second late is no jump."""
    controller, punctual = make_controller(), make_controller()
    run(punctual, 60)
    for _ in range(30):
        controller.tick(controller.utc_s + 2)
    assert controller.clock_jumps == 0
    assert controller.aspects() == punctual.aspects()
    controller.tick(controller.utc_s)
    assert controller.elapsed_s == 60


def test_conflict_trips_to_flashing() -> None:
    """Lamps that show a conflict, whatever made them do it, are switched to flashing and dark within the second."""
    controller = make_controller(flashing=frozenset({"K2"}))
    master = central(controller)
    run_until_stage(controller, "A")
    wrong = controller.compiled.groups.index("K2")
    controller.display._show(wrong, Aspect.GREEN, controller.elapsed_s, controller.utc_s)
    run(controller, 1)
    status = controller.status()
    assert (status.mode, status.conflict_trips) == (ControllerMode.FAULT, 1)
    assert status.aspects["K2"] is Aspect.FLASHING_AMBER
    assert {status.aspects[group] for group in ("K1", "K3", "F1", "F2")} == {Aspect.DARK}
    assert controller.newest_refusal.code is RefusalCode.CONFLICT
    refusal = master.request(RequestAction.GO, "B")
    assert refusal is not None
    assert refusal.code is RefusalCode.MODE
    run(controller, 50)
    controller.reset_fault()
    run(controller, 200)
    assert controller.mode is ControllerMode.LOCAL_FIXED
    assert controller.conflict_trips == 1


@pytest.mark.parametrize(
    ("switch", "mode"), [(CabinetSwitch.DARK, ControllerMode.DARK), (CabinetSwitch.FLASH, ControllerMode.FLASH)]
)
def test_switch_off_and_on_again(switch: CabinetSwitch, mode: ControllerMode) -> None:
    """Flash and dark are shown at once; the way back leads through all red into the local plan."""
    controller = make_controller(flashing=frozenset({"K2"}))
    run(controller, 100)
    controller.set_switch(switch)
    run(controller, 5)
    assert controller.mode is mode
    assert controller.aspects()["K2"] is (Aspect.FLASHING_AMBER if switch is CabinetSwitch.FLASH else Aspect.DARK)
    controller.set_switch(CabinetSwitch.AUTOMATIC)
    assert set(controller.aspects().values()) == {Aspect.RED}
    run(controller, 200)
    assert_follows(controller, LOCAL_GREENS, 7)
    assert controller.conflict_trips == 0


def test_manual_goes_on_when_the_button_is_pressed() -> None:
    """In manual mode a stage stays until the officer presses, then the plan's next stage comes."""
    controller = make_controller()
    run(controller, 100)
    run_until_stage(controller, "B")
    controller.set_switch(CabinetSwitch.MANUAL)
    run(controller, 150)
    assert controller.status().stage == "B"
    controller.press_manual_step()
    run(controller, 15)
    assert controller.status().stage == "C"
    controller.set_switch(CabinetSwitch.AUTOMATIC)
    run(controller, 160)
    assert_follows(controller, LOCAL_GREENS, 7)


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


def test_cabinet_data_that_break_the_rules_do_not_start() -> None:
    """A local plan below a minimum green, or none at all, is named when the controller is made."""
    junction = sample_junction()
    short = make_plan(junction, [("A", 4), ("B", 15), ("C", 10)])
    with pytest.raises(ConfigurationError, match=r"J1 plan day: expected .* got min_green at element 1"):
        make_controller(junction, local_plans={"day": short})
    with pytest.raises(ConfigurationError, match="expected at least one local plan"):
        make_controller(junction, local_plans={})


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


def test_expired_request_gives_way_to_the_plan() -> None:
    """A request that is not renewed is over after its seconds, and the mode says so."""
    controller = make_controller()
    master = central(controller, lease_s=120)
    run_until_stage(controller, "A")
    master.lease(120)
    assert master.request(RequestAction.HOLD, "A", 3) is None
    for _ in range(3):
        run(controller, 1)
        assert controller.mode is ControllerMode.CENTRAL_STAGE
    run(controller, 1)
    assert controller.mode is ControllerMode.CENTRAL_PLAN


def test_restart_under_a_running_service_is_taken_as_new() -> None:
    """A controller that comes back from a power cut has no lease, no epoch and no plan, and takes all three anew."""
    before = make_controller()
    master = central(before)
    after = make_controller(utc_s=before.utc_s + 20, boots=2)
    master.controller = after
    run(after, 60)
    assert (after.status().boots, after.status().epoch, after.mode) == (2, 0, ControllerMode.LOCAL_FIXED)
    assert master.lease() is None
    assert master.push(master.wire(make_plan(after.config.junction, CENTRAL_GREENS, is_open=True))) is None
    run(after, 5)
    assert after.mode is ControllerMode.CENTRAL_PLAN


def test_go_is_allowed_where_the_frame_holds_the_arrival() -> None:
    """A GO is accepted when the stage would be complete within its frame with its minimum left, else refused for it."""
    controller = make_controller()
    run(controller, 100)
    fixed = make_plan(controller.config.junction, [("A", 40), ("C", 12), ("B", 15)], offset_s=3)
    first, c, last = fixed.stages
    earliest_s, latest_s = c.earliest_start_s - 20, c.latest_end_s
    plan = replace(fixed, stages=(first, replace(c, earliest_start_s=earliest_s), last))
    master = Master(controller)
    master.lease(120)
    assert master.push(master.wire(plan)) is None
    while not (controller.mode is ControllerMode.CENTRAL_PLAN and controller.plan_second == 8):
        master.lease(120)
        run(controller, 1)
    change = controller.compiled.transitions[0][2]
    assert change is not None
    seen = set()
    while controller.status().stage == "A":
        arrival_s = controller.plan_second + 1 + change.duration_s
        fits = earliest_s <= arrival_s <= latest_s - 5
        verdict = controller.requests.judge(
            RequestAction.GO, 2, controller.plan, controller.elapsed_s + 1, controller.plan_second + 1
        )
        assert (verdict is None) == fits, arrival_s
        assert verdict is None or verdict.code is RefusalCode.OUTSIDE_FRAME
        seen.add(fits)
        run(controller, 1)
    assert seen == {True, False}
