"""Fixed time: the time-of-day plans as they are; nothing is asked for between them."""

from collections.abc import Mapping

from controllers.driver import FieldStatus
from detectors.picture import Picture
from plans.junction import Junction
from plans.timing import TimingPlan
from signalctl.strategy import Decisions, PlanDecision


class Fixed:
    """Every junction runs the plan that is due."""

    name = "fixed"

    def __init__(self, junctions: Mapping[str, Junction]) -> None:
        self._junctions = junctions

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        return self._junctions

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """The plans that are due, and no stage requests."""
        del picture, field
        due = {id: plan for id, plan in plans.items() if id in self._junctions}
        return Decisions({}, {id: PlanDecision(plan, "The time-of-day plan that is due.") for id, plan in due.items()})
