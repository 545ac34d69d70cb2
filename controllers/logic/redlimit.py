"""No mandatory group stays red beyond its maximum: the controller serves it by itself before anybody's wish."""

from controllers.logic.compiled import CompiledJunction, CompiledPlan
from controllers.logic.display import SignalDisplay
from controllers.refusals import Refusal, RefusalCode


class RedLimit:
    """Looks ahead whether every mandatory group can still be served in time, one after the other by deadline."""

    def __init__(self, compiled: CompiledJunction, display: SignalDisplay) -> None:
        table = compiled.table
        self._compiled = compiled
        self._display = display
        self._limits = tuple(
            (group, table.max_red_s[group]) for group, mandatory in enumerate(table.mandatory) if mandatory
        )
        # serving every group one after the other never takes longer
        self._chain_s = (len(compiled.stages) + 1) * (
            compiled.max_transition_s + compiled.max_intergreen_s + max(compiled.min_stage_s)
        )
        self._version = -1
        self._first_deadline = 0

    def must_serve(self, now: int, plan: CompiledPlan | None, second: int) -> int | None:
        """The stage that must be served now, since waiting one more second would be too late.

        `plan` is the plan that is followed in step from this plan second, None when nothing is promised by a plan.
        """
        display = self._display
        if display.version != self._version:
            self._version = display.version
            self._first_deadline = min(
                (
                    display.green_end[group] + limit
                    for group, limit in self._limits
                    if not display.green_mask >> group & 1
                ),
                default=now + self._chain_s + 1_000_000,
            )
        if self._first_deadline - now > self._chain_s:
            return None
        urgent = self._urgent(now, display.green_mask, {})
        if plan is not None:
            urgent = [
                (slack_s, group)
                for slack_s, group in urgent
                if (wait_s := plan.wait_for_green_s(group, second)) is None or wait_s > slack_s
            ]
        found = self._late(display.stage, 1, urgent)
        return None if found is None else found[0]

    def forbids(self, origin: int, target: int, now: int) -> Refusal | None:
        """Why a stage must not be served now: a group would pass its maximum red before it can follow.

        A group that would be late even if it were served at once is not this move's fault.
        """
        compiled = self._compiled
        change = compiled.transitions[origin][target]
        if change is None:
            return None
        begun = {group: 0 for group, _ in change.begins}
        urgent = self._urgent(now, sum(1 << group for group in compiled.stage_groups[target]), begun)
        late = self._late(target, change.duration_s + compiled.min_stage_s[target], urgent)
        if late is None or self._hopeless(origin, late[1], now):
            return None
        return Refusal(RefusalCode.MAX_RED, late[1] + 1)

    def _hopeless(self, stage: int, group: int, now: int) -> bool:
        way = self._compiled.way_to(stage, group)
        if self._display.green_mask >> group & 1:
            return False
        return way is None or self._display.red_for(group, now) + way[0] > self._compiled.table.max_red_s[group]

    def _urgent(self, now: int, served: int, begun: dict[int, int]) -> list[tuple[int, int]]:
        """Groups near their limit: (seconds left, group), the nearest first."""
        display = self._display
        return sorted(
            (limit - display.red_for(group, now), group)
            for group, limit in self._limits
            if not served >> group & 1 and group not in begun and limit - display.red_for(group, now) <= self._chain_s
        )

    def _late(self, stage: int, at_s: int, urgent: list[tuple[int, int]]) -> tuple[int, int] | None:
        """Serve the groups in turn; (first stage of that chain, group that would come too late), None when all do."""
        compiled = self._compiled
        first: int | None = None
        served: frozenset[int] = frozenset()
        for slack_s, group in urgent:
            way = compiled.way_to(stage, group)
            if group in served or way is None:
                continue
            lead_s, target, duration_s = way
            first = target if first is None else first
            if at_s + lead_s > slack_s:
                return first, group
            at_s += duration_s + compiled.min_stage_s[target]
            served |= compiled.stage_groups[target]
            stage = target
        return None
