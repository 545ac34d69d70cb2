"""Publishes each junction's state once a second, as the topic contract says (retained)."""

from collections.abc import Callable, Mapping
from typing import Any

from plans.junction import Junction
from signalctl.next_change import Intent, next_change
from signalctl.tick import Tick


class StatePublisher:
    """Tells others what runs: stage, groups, plan, and the time to the next change as far as it is known."""

    def __init__(self, junctions: Mapping[str, Junction], publish: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._junctions = junctions
        self._publish = publish
        self._shown: dict[str, str] = {}

    def record(self, tick: Tick) -> None:
        """Publish one message for each junction that says what it runs."""
        for name, status in tick.field.items():
            plan = tick.active_plans.get(name)
            change = next_change(self._junctions[name], status, self._intent(tick, name))
            if status.stage:
                self._shown[name] = status.stage
            body = {
                "t": tick.utc_s,
                "stage": status.stage or None,
                "next_stage": status.next_stage or None,
                "next_change_min_s": change.min_s,
                "next_change_max_s": change.max_s,
                "mode": status.mode.name.lower(),
                "plan": plan.id if plan is not None else None,
                "cycle_s": status.cycle_s,
                "second": status.plan_second,
                "groups": {group: aspect.name.lower() for group, aspect in status.aspects.items()},
            }
            self._publish(name, body)

    def _intent(self, tick: Tick, name: str) -> Intent:
        decision = tick.stage_decisions.get(name)
        is_refused = any(note.junction == name for note in tick.refusals)
        return Intent(
            plan=tick.active_plans.get(name),
            is_steered=decision is not None,
            accepted=decision if name in tick.requested and not is_refused else None,
            origin=self._shown.get(name, ""),
        )
