"""Publishes each junction's state once a second, as the topic contract says (retained)."""

import json
from collections.abc import Callable

from signalctl.tick import Tick


class StatePublisher:
    """Tells others what runs: stage, groups, plan, and the time to the next change as far as it is known."""

    def __init__(self, site: str, publish: Callable[[str, bytes], None]) -> None:
        self._site, self._publish = site, publish

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
            topic = f"signalctl/v1/{self._site}/{name}/state"
            self._publish(topic, json.dumps(body, separators=(",", ":")).encode())
