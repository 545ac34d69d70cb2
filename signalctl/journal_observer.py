"""From ticks to journal: what was seen, decided, refused, pushed and confirmed, written when it changes.

A decision is written together with what was seen at that moment, so that it can be understood later. Nothing is
written for a second in which a junction merely goes on as before.
"""

from collections.abc import Mapping
from typing import Any

from controllers.driver import FieldStatus
from detectors.picture import JunctionPicture
from plans.junction import Aspect
from signalctl.explanation import explain_decision, explain_plan
from signalctl.journal import Journal
from signalctl.strategy import StageDecision
from signalctl.tick import Tick


class JournalObserver:
    """Writes a tick's news to the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._said: dict[tuple[str, str], object] = {}

    def record(self, tick: Tick) -> None:
        """Write what is new since the last tick."""
        for name, decision in tick.stage_decisions.items():
            self._decision(tick, name, decision)
        for name, plan in tick.plan_decisions.items():
            told = explain_plan(plan)
            self._once(tick, "decided", name, told if plan.unit else _without(told, "cost", "unit", "alternatives"))
        for name, report in tick.pushes.items():
            self._write(
                tick,
                "pushed",
                name,
                {
                    "result": report.result.value,
                    "sequence": report.sequence,
                    "code": report.code,
                    "at": report.element,
                    "detail": report.detail,
                },
            )
        for note in tick.refusals:
            body = {"origin": note.origin, "code": note.code, "element": note.element}
            self._once(tick, "refused", note.junction, {**body, "expected": note.expected, "got": note.got})
        for name, status in tick.field.items():
            self._once(tick, "confirmed", name, _confirmed(tick, name, status))
        for name, link in tick.links.items():
            self._once(tick, "link", name, {"connected": link.connected})
        for name, seen in tick.picture.junctions.items():
            self._health(tick, name, seen)
            for request in (*seen.requests, *seen.ended):
                asked = {
                    "request": request.id,
                    "mode": request.mode.value,
                    "line": request.line,
                    "level": request.level,
                }
                why = {"reason": request.reason.value} if request.reason else {}
                siren = {"downgraded": True} if request.downgraded else {}
                news = {**asked, "state": request.state.value, **why, **siren}
                self._once(tick, "request", name, news, key=request.id)
        for failure in tick.failures:
            self._write(
                tick, "service", failure.junction, {"event": "failure", "step": failure.step, "error": failure.error}
            )

    def _decision(self, tick: Tick, name: str, decision: StageDecision) -> None:
        news = (decision.stage, decision.action, decision.reason)
        if self._said.get((name, "decision")) == news:
            return
        self._said[name, "decision"] = news
        body = explain_decision(decision)
        for one in (body, *body["alternatives"]):
            one["cost"] = round(one["cost"], 2)
        seen = tick.picture.junctions.get(name)
        if seen is not None:
            body["seen"] = _seen(seen)
        self._write(tick, "decided", name, body)

    def _health(self, tick: Tick, name: str, seen: JunctionPicture) -> None:
        for detector, health in seen.health.items():
            self._once(tick, "health", name, {"detector": detector, "health": health.value}, key=detector)

    def _once(self, tick: Tick, kind: str, junction: str, body: Mapping[str, Any], key: str = "") -> None:
        """Write only when it differs from what was last written of this kind here."""
        place = (junction, f"{kind}:{key}")
        if self._said.get(place) != body:
            self._said[place] = body
            self._write(tick, kind, junction, body)

    def _write(self, tick: Tick, kind: str, junction: str, body: Mapping[str, Any]) -> None:
        self._journal.append(tick.utc_s, kind, junction, body)


def _without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def _seen(seen: JunctionPicture) -> dict[str, Any]:
    """Queues and people waiting, as short as it can be said."""
    return {
        "queues_veh": {lane.lane: round(lane.queue_veh, 1) for lane in seen.lanes.values() if lane.queue_veh >= 0.05},
        "waiting_persons": {
            crossing.group: round(crossing.waiting, 1) for crossing in seen.crossings.values() if crossing.requested
        },
        "requests": [request.id for request in seen.requests],
    }


def _confirmed(tick: Tick, name: str, status: FieldStatus) -> dict[str, Any]:
    plan = tick.active_plans.get(name)
    return {
        "mode": status.mode.name.lower(),
        "plan": plan.id if plan is not None else None,
        "sequence": status.active_sequence,
        "crc": status.active_crc,
        "stage": status.stage or None,
        "green": sorted(group for group, aspect in status.aspects.items() if aspect is Aspect.GREEN),
        "epoch": status.epoch,
    }
