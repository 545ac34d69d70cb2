"""What the page shows just now: one snapshot a second, sent to everybody who looks."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from controllers.driver import FieldStatus
from detectors.picture import Health, JunctionPicture
from plans.junction import Junction
from signalctl.explanation import explain, explain_decision
from signalctl.gating.report import AreaReport
from signalctl.metrics_observer import MetricsObserver
from signalctl.strategy import StageDecision
from signalctl.tick import Tick

KEPT_DECISIONS = 200
LISTENER_BACKLOG = 3
DOUBTFUL_RATIO = 0.6
"""A lane known less well than by two loops is said to be estimated."""


class LiveState:
    """Follows the ticks. Listeners that are too slow miss snapshots; they never hold up the loop."""

    def __init__(self, site: str, junctions: Mapping[str, Junction], strategy: str, figures: MetricsObserver) -> None:
        self._site, self._junctions, self._strategy = site, junctions, strategy
        self._figures = figures
        self._listeners: set[asyncio.Queue[str]] = set()
        self._last_decision: dict[str, tuple[str, int]] = {}
        self.decisions: deque[dict[str, Any]] = deque(maxlen=KEPT_DECISIONS)
        self.road: Mapping[str, Any] | None = None
        self.broker_connected: bool | None = None
        self.snapshot: dict[str, Any] = {}
        self.last_tick_utc_s: float | None = None
        self._tick: Tick | None = None

    def record(self, tick: Tick) -> None:
        """Make the snapshot of this tick and send it out."""
        self.last_tick_utc_s, self._tick = tick.utc_s, tick
        self._news(tick)
        self.snapshot = {
            "t": tick.utc_s,
            "site": self._site,
            "strategy": self._strategy,
            "tick_ms": round(tick.duration_s * 1000, 1),
            "broker": self.broker_connected,
            "junctions": {name: self._junction(tick, name) for name in self._junctions},
            "decisions": list(self.decisions)[:12],
            "gating": [_area(report) for report in tick.gating],
        }
        message = dict(self.snapshot)
        if self.road is not None:
            message["road"] = self.road
        if self._listeners:
            self._send(json.dumps(message, separators=(",", ":")))

    def explanation(self, junction: str) -> dict[str, Any]:
        """All about the newest second at one junction; empty before the first tick."""
        return explain(self._tick, junction) if self._tick is not None else {}

    def listen(self) -> asyncio.Queue[str]:
        """A queue that gets every snapshot from now on; give it back with `forget`."""
        queue: asyncio.Queue[str] = asyncio.Queue(LISTENER_BACKLOG)
        self._listeners.add(queue)
        return queue

    def forget(self, queue: asyncio.Queue[str]) -> None:
        """End a listener."""
        self._listeners.discard(queue)

    def _send(self, text: str) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(text)

    def _news(self, tick: Tick) -> None:
        for name, decision in tick.stage_decisions.items():
            key = (decision.stage, int(decision.action))
            if self._last_decision.get(name) != key:
                self._last_decision[name] = key
                self.decisions.appendleft({"t": tick.utc_s, "junction": name, **_decision(decision)})
        for note in tick.refusals:
            self.decisions.appendleft(
                {
                    "t": tick.utc_s,
                    "junction": note.junction,
                    "action": "refused",
                    "stage": note.element,
                    "reason": note.origin,
                    "why": f"{note.code}: expected {note.expected}, got {note.got}" if note.expected else note.code,
                }
            )

    def _junction(self, tick: Tick, name: str) -> dict[str, Any]:
        status, link = tick.field.get(name), tick.links.get(name)
        plan, seen = tick.active_plans.get(name), tick.picture.junctions.get(name)
        decision = tick.stage_decisions.get(name)
        return {
            "connected": bool(link is not None and link.connected and status is not None),
            "plan": plan.id if plan is not None else None,
            "confirmed": plan is not None,
            **(_field(status) if status is not None else {"mode": "unknown"}),
            **(self._road(name, seen) if seen is not None else {}),
            "decision": _decision(decision) if decision is not None else None,
        }

    def _road(self, name: str, seen: JunctionPicture) -> dict[str, Any]:
        figures = self._figures.indicators.get(name)
        health: dict[str, int] = {}
        for state in seen.health.values():
            health[state.value] = health.get(state.value, 0) + 1
        return {
            "queues": {lane: round(view.queue_veh, 1) for lane, view in seen.lanes.items()},
            "waits": {
                f"{group}": round(wait_s)
                for (group, _mode), wait_s in (figures.longest_wait_s if figures else {}).items()
                if wait_s >= 1
            },
            "crossings": {
                group: [crossing.requested, round(crossing.waiting, 1), round(crossing.longest_wait_s)]
                for group, crossing in seen.crossings.items()
            },
            "doubtful": {
                lane: round(view.confidence_ratio, 2)
                for lane, view in seen.lanes.items()
                if view.confidence_ratio < DOUBTFUL_RATIO
            },
            "health": health,
            "unhealthy": sorted(one for one, state in seen.health.items() if state not in (Health.OK, Health.UNKNOWN)),
            "requests": [
                {
                    "id": one.id,
                    "mode": one.mode.value,
                    "line": one.line,
                    "eta_s": round(one.eta_s),
                    "state": one.state.value,
                }
                for one in seen.requests
            ],
        }


def _area(report: AreaReport) -> dict[str, Any]:
    return {
        "area": report.area,
        "by_traffic": report.by_traffic,
        "by_air": report.by_air,
        "accumulation": None if report.accumulation_veh is None else round(report.accumulation_veh, 1),
        "target": report.target_veh,
        "permitted_vph": None if report.permitted_vph is None else round(report.permitted_vph),
        "no2_ugm3": report.no2_ugm3,
        "why": report.why,
        "gates": [
            {
                "gate": one.gate,
                "junction": one.junction,
                "state": one.state.name.lower(),
                "green_ratio": None if one.green_ratio is None else round(one.green_ratio, 3),
                "queue_ratio": None if one.queue_ratio is None else round(one.queue_ratio, 3),
                "why": one.why,
            }
            for one in report.gates
        ],
    }


def _field(status: FieldStatus) -> dict[str, Any]:
    return {
        "mode": status.mode.name.lower(),
        "stage": status.stage,
        "next_stage": status.next_stage,
        "in_stage_s": status.time_in_stage_s,
        "cycle_s": status.cycle_s,
        "second": status.plan_second,
        "sequence": status.active_sequence,
        "lease_s": round(status.lease_left_s),
        "epoch": status.epoch,
        "aspects": {group: int(aspect) for group, aspect in status.aspects.items()},
        "rejects": status.rejects,
        "fallbacks": status.fallbacks,
    }


def _decision(decision: StageDecision) -> dict[str, Any]:
    told = explain_decision(decision)
    for one in (told, *told["alternatives"]):
        one["cost"] = round(one["cost"], 1)
    return told
