"""Start, clock, switches and faults of the cabinet."""

import pytest

from controllers.driver import ControllerMode
from controllers.logic import CabinetSwitch, ConfigurationError
from controllers.refusals import RefusalCode
from plans.junction import Aspect
from plans.sealed import RequestAction
from tests.controllers.in_force import CENTRAL_GREENS, assert_follows, central
from tests.controllers.samples import (
    LOCAL_GREENS,
    StreetMonitor,
    make_controller,
    make_plan,
    run,
    run_until_stage,
    sample_junction,
)


def test_start_is_all_red_until_intergreens_are_over() -> None:
    """Nobody knows what was shown before a start: no green before the longest intergreen into it is over."""
    controller = make_controller()
    for second in range(1, 7):
        run(controller, 1)
        assert Aspect.GREEN not in controller.aspects().values(), second


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


def test_cabinet_data_that_break_the_rules_do_not_start() -> None:
    """A local plan below a minimum green, or none at all, is named when the controller is made."""
    junction = sample_junction()
    short = make_plan(junction, [("A", 4), ("B", 15), ("C", 10)])
    with pytest.raises(ConfigurationError, match=r"J1 plan day: expected .* got min_green at element 1"):
        make_controller(junction, local_plans={"day": short})
    with pytest.raises(ConfigurationError, match="expected at least one local plan"):
        make_controller(junction, local_plans={})


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
