"""A controller under a lease, a good plan to put faults into, and the refusal that must come of them."""

from controllers.driver import ControllerMode
from controllers.logic import FieldController
from controllers.refusals import Refusal, RefusalCode
from controllers.wire import StagedPlan
from tests.controllers.samples import (
    VERIFY,
    Master,
    make_controller,
    make_plan,
    run,
)

GREENS = [("A", 20), ("C", 12), ("B", 15)]


def reached(refusal: Refusal | None, code: RefusalCode, element: int | None = None) -> None:
    """The refusal is this one, at this element."""
    assert refusal is not None, f"expected {code.name}, got acceptance"
    assert refusal.code is code
    if element is not None:
        assert refusal.element == element


def ready(**changes: object) -> Master:
    """A controller in its local plan under a lease."""
    controller = make_controller(**changes)
    run(controller, 100)
    master = Master(controller)
    assert master.lease(120) is None
    return master


def wire(master: Master, *, is_open: bool = True, **changes: object) -> StagedPlan:
    """A good plan with faults."""
    return master.wire(make_plan(master.controller.config.junction, GREENS, is_open=is_open), **changes)


def verify(master: Master, plan: StagedPlan) -> Refusal | None:
    """Stage it rightly and have it judged."""
    assert master.stage(plan) is None
    return master.command(VERIFY, plan)


def central(master: Master, *, is_open: bool = True) -> FieldController:
    """The good plan is active."""
    controller = master.controller
    assert master.push(wire(master, is_open=is_open)) is None
    for _ in range(200):
        run(controller, 1)
        master.lease(120)
        if controller.mode is ControllerMode.CENTRAL_PLAN:
            return controller
    raise AssertionError("the plan did not come into force")
