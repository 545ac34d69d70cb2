"""What a signal shows under a plan, second by second: one cycle as its field controller runs it, over and over."""

from collections.abc import Sequence

from controllers.logic import ControllerConfig, FieldController
from plans.timing import TimingPlan
from sim.signals import SignalHeads

MOST_CYCLES = 30
"""A controller that has just been switched on is in step long before."""
NAME = "plan"


def cycle_of_letters(heads: SignalHeads, plan: TimingPlan, site: str) -> tuple[str, ...]:
    """Letters of every second of a cycle; the one at UTC second t has index `t mod cycle`.

    The field controller itself says them, so a plan is tried as the cabinet would run it.

    Args:
        heads: The signal and its junction.
        plan: The plan that its controller runs.
        site: The site's name, as the cabinet has it.

    Raises:
        controllers.logic.ConfigurationError: The plan breaks a rule of the controller.
        ValueError: The controller does not come into step with the plan.
    """
    config = ControllerConfig(heads.junction, {NAME: plan}, lambda _utc_s: NAME, site=site)
    controller = FieldController(config, 0)
    before: list[str] = []
    for cycle in range(MOST_CYCLES):
        shown = [_tick(controller, heads, second) for second in _seconds(plan.cycle_s, cycle)]
        if shown == before:
            return (shown[-1], *shown[:-1])
        before = shown
    raise ValueError(
        f"{plan.junction}: plan {plan.id}: expected a controller in step, got none in {MOST_CYCLES} cycles"
    )


def _seconds(cycle_s: int, number: int) -> Sequence[int]:
    """The seconds of a cycle, the last one a whole number of cycles after 1970."""
    return range(number * cycle_s + 1, (number + 1) * cycle_s + 1)


def _tick(controller: FieldController, heads: SignalHeads, utc_s: int) -> str:
    controller.tick(utc_s)
    return heads.letters(controller.aspects(), controller.time_in_aspect())
