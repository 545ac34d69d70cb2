"""Who on foot lost a turn: a pedestrian group that was skipped once is not skipped again before it was green."""

from controllers.driver import FieldStatus
from plans.junction import Aspect
from plans.timing import TimingPlan


class SkippedTurns:
    """Remembers per junction the pedestrian groups that a request which was carried out has skipped."""

    def __init__(self) -> None:
        self._skipped: dict[str, set[str]] = {}
        self._allowed: dict[str, tuple[str, frozenset[str]]] = {}
        self._last: dict[str, str] = {}

    def observe(self, status: FieldStatus, plan: TimingPlan) -> None:
        """Take over what the last allowed request led to, which stage of the cycle showed last, and who is green."""
        if any(item.stage == status.stage for item in plan.stages):
            self._last[status.junction] = status.stage
        skipped = self._skipped.setdefault(status.junction, set())
        allowed = self._allowed.get(status.junction)
        if allowed is not None and allowed[0] in (status.stage, status.next_stage):
            skipped |= allowed[1]
            del self._allowed[status.junction]
        if skipped:
            skipped -= {group for group, aspect in status.aspects.items() if aspect is Aspect.GREEN}

    def last_of_cycle(self, junction: str) -> str:
        """The stage of the plan's cycle that was seen last, "" for none; a stage on demand may have come after it."""
        return self._last.get(junction, "")

    def twice(self, junction: str, groups: frozenset[str]) -> str | None:
        """A group among those about to be skipped that was skipped the last time already."""
        return min(groups & self._skipped.get(junction, set()), default=None)

    def allow(self, junction: str, target: str, groups: frozenset[str]) -> None:
        """A request to `target` that skips the groups was let pass; it counts when the controller follows."""
        self._allowed[junction] = (target, groups)
