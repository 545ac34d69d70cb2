"""Bringing a central plan into force, and seeing that what shows is its green table."""

from controllers.driver import ControllerMode
from controllers.logic import FieldController
from plans.junction import Aspect
from plans.table import expand
from tests.controllers.samples import (
    Master,
    make_plan,
    run,
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
