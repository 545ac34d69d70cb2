"""Publishes each junction's state once a second, as the topic contract says (retained)."""

from collections.abc import Callable, Mapping
from typing import Any

from signalctl.tick import Tick


class StatePublisher:
    """Tells others what runs: stage, groups, plan, and the time to the next change as far as it is known."""

    def __init__(self, publish: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._publish = publish

    def record(self, tick: Tick) -> None:
        """Publish one message for each junction that says what it runs."""
        for name, status in tick.field.items():
            plan = tick.active_plans.get(name)
            body = {
                "t": tick.utc_s,
                "stage": status.stage or None,
                "next_stage": status.next_stage or None,
                "mode": status.mode.name.lower(),
                "plan": plan.id if plan is not None else None,
                "cycle_s": status.cycle_s,
                "second": status.plan_second,
                "groups": {group: aspect.name.lower() for group, aspect in status.aspects.items()},
            }
            self._publish(name, body)
