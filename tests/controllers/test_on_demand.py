"""Stages on demand at the field controller: shown when asked for, never by itself, and left for the plan in step."""

import pytest

from controllers import registerserver
from controllers.driver import CENTRAL_MODES, ControllerMode, PushResult
from controllers.inprocess import InProcessDriver
from controllers.logic import CabinetSwitch, FieldController
from controllers.refusals import RefusalCode
from controllers.registers import MAX_STAGES
from controllers.wire import plan_of_pages
from plans.sealed import GateSeal, RequestAction, SafePlan, TransitionMode
from plans.timing import MAX_ENTRIES, OnDemandStage, TimingPlan
from tests.controllers.samples import (
    LOCAL_GREENS,
    Master,
    StreetMonitor,
    make_controller,
    make_plan,
    rich_junction,
    run,
)

CENTRAL_GREENS = [("A", 20), ("C", 12), ("B", 15)]
JUNCTION = rich_junction()


def central_plan(*frames: OnDemandStage, is_open: bool = True) -> TimingPlan:
    """A, C, B in 70 s with these on demand; X and Y in open frames by default."""
    plan = make_plan(JUNCTION, CENTRAL_GREENS, offset_s=3, is_open=is_open, on_demand=["X", "Y"])
    return (
        plan
        if not frames
        else TimingPlan(plan.id, plan.junction, plan.cycle_s, plan.offset_s, plan.stages, on_demand=frames)
    )


class Street:
    """A controller under a central plan, its master, and somebody at the kerb."""

    def __init__(self, plan: TimingPlan, mode: TransitionMode = TransitionMode.SHORT_WAY) -> None:
        self.controller: FieldController = make_controller(JUNCTION)
        self.master = Master(self.controller)
        self.monitor = StreetMonitor(JUNCTION)
        self.shown: list[str] = []
        self.pass_s(100)
        assert self.master.push(self.master.wire(plan, mode)) is None
        self.until(lambda: self.controller.mode in CENTRAL_MODES)

    def pass_s(self, seconds: int) -> None:
        """Time passes under a lease."""
        for _ in range(seconds):
            self.master.lease()
            run(self.controller, 1)
            self.monitor.see(self.controller.aspects())
            self.shown.append(self.controller.status().stage)

    def until(self, condition) -> None:  # type: ignore[no-untyped-def]
        """Time passes until the condition holds."""
        for _ in range(300):
            if condition():
                return
            self.pass_s(1)
        raise AssertionError("it did not come")

    def go(self, stage: str) -> None:
        """Ask for the stage every second until it shows."""

        def arrived() -> bool:
            self.master.request(RequestAction.GO, stage, 1)
            return self.controller.status().stage == stage

        self.until(arrived)

    def hold(self, seconds: int) -> None:
        """Hold what shows."""
        for _ in range(seconds):
            assert self.master.request(RequestAction.HOLD, self.controller.status().stage, 1) is None
            self.pass_s(1)


def test_nobody_asks_and_it_never_shows() -> None:
    """The plan's own table runs as if the stages on demand were not there."""
    street = Street(central_plan())
    street.pass_s(150)
    assert not {"X", "Y"} & set(street.shown)
    assert street.controller.in_step_in_s() == 0


@pytest.mark.parametrize("mode", TransitionMode)
@pytest.mark.parametrize("held_s", [0, 7, 33, 60])
def test_it_is_shown_held_and_left_for_the_plan_in_step(mode: TransitionMode, held_s: int) -> None:
    """After the last request the plan's nominal stages show again within a cycle, on legal signals all the way."""
    plan = central_plan()
    street = Street(plan, mode)
    street.go("A")
    street.go("X")
    assert street.controller.mode is ControllerMode.CENTRAL_STAGE
    street.hold(held_s)
    assert street.controller.status().stage == "X"
    street.pass_s(plan.cycle_s)
    street.shown.clear()
    for _ in range(plan.cycle_s):
        street.pass_s(1)
        assert street.controller.in_step_in_s() == 0
    assert set(street.shown) == {"", "A", "B", "C"}
    assert not street.monitor.violations
    assert street.controller.conflict_trips == 0


def test_from_one_to_the_other_and_minimum_greens_first() -> None:
    """On demand to on demand is a move like any other; Y's crossings have 8 s of green."""
    street = Street(central_plan())
    street.go("X")
    street.go("Y")
    refusal = street.master.request(RequestAction.GO, "B")
    assert refusal is not None
    assert refusal.code is RefusalCode.MIN_GREEN
    street.go("B")
    assert not street.monitor.violations


def test_outside_of_its_frame_it_is_refused_and_ends() -> None:
    """Y may show from 40 to 55: no sooner, not so late that its 8 s do not fit, and held up to second 54 only."""
    plan = central_plan(OnDemandStage("Y", 40, 55))
    street = Street(plan)
    controller = street.controller
    begun: list[int] = []
    for _ in range(3 * plan.cycle_s):
        street.master.request(RequestAction.GO, "Y", 1)
        if controller.status().stage == "Y":
            begun.append(controller.plan_second)
            street.master.request(RequestAction.HOLD, "Y", 1)
        street.pass_s(1)
    assert begun
    assert min(begun) >= 40
    assert max(begun) < 55
    assert controller.refusals[RefusalCode.OUTSIDE_FRAME] > 50
    assert not street.monitor.violations


def test_a_stage_that_is_not_listed_is_refused() -> None:
    """A junction's further stages are no one's to ask for unless the plan lists them."""
    street = Street(make_plan(JUNCTION, CENTRAL_GREENS, is_open=True, on_demand=["X"]))
    street.go("A")
    street.hold(12)
    refusal = street.master.request(RequestAction.GO, "Y")
    assert refusal is not None
    assert (refusal.code, refusal.element) == (RefusalCode.OUTSIDE_FRAME, 5)


@pytest.mark.parametrize("loss", ["lease", "release", "manual"])
def test_central_control_is_lost_in_it(loss: str) -> None:
    """The local plan, which does not know the stage, takes over by a legal way and comes into step."""
    street = Street(central_plan())
    street.go("X")
    if loss == "lease":
        for _ in range(31):
            run(street.controller, 1)
            street.monitor.see(street.controller.aspects())
        assert street.controller.fallbacks == 1
    elif loss == "release":
        street.master.lease(0)
    else:
        street.controller.set_switch(CabinetSwitch.MANUAL)
        street.controller.press_manual_step()
        street.until(lambda: street.controller.status().stage in dict(LOCAL_GREENS))
        street.controller.set_switch(CabinetSwitch.AUTOMATIC)
    street.pass_s(150)
    assert street.controller.mode is ControllerMode.LOCAL_FIXED
    assert street.controller.in_step_in_s() == 0
    assert not street.monitor.violations


def test_the_next_plan_may_know_it_or_not() -> None:
    """Pushed while it shows, a plan without it comes into force and into step."""
    street = Street(central_plan())
    street.pass_s(80)
    street.go("X")
    plan = make_plan(JUNCTION, [("A", 25), ("B", 15), ("C", 10)], offset_s=40)
    assert street.master.push(street.master.wire(plan)) is None
    street.until(lambda: street.controller.plan.wire.offset == 40)
    street.pass_s(3 * plan.cycle_s)
    assert street.controller.in_step_in_s() == 0
    assert not street.monitor.violations


def test_it_is_part_of_the_content() -> None:
    """On the wire it is an entry without green; the plan that comes back is the one that was sent, and no other."""
    master = Master(make_controller(JUNCTION))
    sent = master.wire(central_plan())
    assert plan_of_pages(sent.to_pages()) == sent
    assert [stage.stage for stage in sent.cycle_stages] == [1, 3, 2]
    assert [(stage.stage, stage.green) for stage in sent.on_demand] == [(4, 0), (5, 0)]
    assert sent.greens == master.wire(make_plan(JUNCTION, CENTRAL_GREENS, offset_s=3, is_open=True)).greens
    bare = master.wire(make_plan(JUNCTION, CENTRAL_GREENS, offset_s=3, is_open=True))
    assert sent.content_crc() != bare.content_crc()
    assert MAX_ENTRIES == MAX_STAGES


def safe(controller: FieldController, plan: TimingPlan) -> SafePlan:
    """The plan with the gate's stamp."""
    return SafePlan(plan, controller.safety_hash, TransitionMode.SHORT_WAY, GateSeal())


@pytest.mark.parametrize("knows", [True, False])
async def test_a_controller_that_does_not_know_them_gets_the_plan_without(
    knows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The capability decides; the report and the status say so, and a push of what runs already is none."""
    if not knows:
        monkeypatch.setattr(registerserver, "CAPABILITIES", 0b1011)
    controller = make_controller(JUNCTION)
    run(controller, 100)
    driver = InProcessDriver(controller)
    await driver.connect()
    await driver.heartbeat(0.0)
    plan = central_plan()
    until = controller.utc_s + 3600
    report = await driver.push_plan(safe(controller, plan), activate_at_utc_s=controller.utc_s, expires_utc_s=until)
    assert report.result is PushResult.PENDING
    assert ("without X, Y" in report.detail) is not knows
    run(controller, 2)
    await driver.heartbeat(0.0)
    assert controller.mode is ControllerMode.CENTRAL_PLAN
    assert len(controller.plan.on_demand) == (2 if knows else 0)
    assert (await driver.session.status()).takes_on_demand is knows
    again = await driver.push_plan(safe(controller, plan), activate_at_utc_s=controller.utc_s, expires_utc_s=until)
    assert (again.result, again.sequence) == (PushResult.CONFIRMED, report.sequence)
    assert "runs already" in again.detail
