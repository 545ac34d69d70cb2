"""Stage requests: when they begin and end, and what limits them."""

from dataclasses import replace

from controllers.driver import ControllerMode
from controllers.refusals import RefusalCode
from plans.sealed import RequestAction
from tests.controllers.in_force import CENTRAL_GREENS, central
from tests.controllers.samples import (
    Master,
    StreetMonitor,
    make_controller,
    make_plan,
    run,
    run_until_stage,
    sample_junction,
)


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
