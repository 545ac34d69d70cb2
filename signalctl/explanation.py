"""What one second looked like at one junction, and why: from a tick, live or replayed, to plain data and to words."""

from collections.abc import Iterator, Mapping
from typing import Any

from detectors.picture import Health, JunctionPicture
from plans.junction import Aspect
from signalctl.strategy import PlanDecision, StageDecision
from signalctl.tick import Tick

MUCH_WAITING_S = 1.0


def explain(tick: Tick, junction: str) -> dict[str, Any]:
    """What was seen, decided and let pass, and what gate and controller said; numbers are not rounded."""
    seen, decision, plan = (
        tick.picture.junctions.get(junction),
        tick.stage_decisions.get(junction),
        tick.plan_decisions.get(junction),
    )
    verdict = tick.verdicts.get(junction)
    return {
        "t": tick.utc_s,
        "junction": junction,
        "seen": explain_seen(seen) if seen is not None else None,
        "field": _field(tick, junction),
        "decision": explain_decision(decision) if decision is not None else None,
        "plan": explain_plan(plan) if plan is not None else None,
        "gate": {
            "plan": verdict is not None and verdict.plan,
            "request": verdict is not None and verdict.request,
            "valid_s": verdict.valid_s if verdict is not None else 0,
        },
        "refused": [
            {"by": one.origin, "code": one.code, "element": one.element, "expected": one.expected, "got": one.got}
            for one in tick.refusals
            if one.junction == junction
        ],
        "pushed": _pushed(tick, junction),
        "failures": [f"{one.step}: {one.error}" for one in tick.failures if one.junction in (junction, "")],
    }


def explain_decision(decision: StageDecision) -> dict[str, Any]:
    """A stage decision with its reason, its cost and the best alternatives."""
    return {
        "stage": decision.stage,
        "action": decision.action.name.lower(),
        "reason": decision.reason.name.lower(),
        "why": decision.why,
        "cost": decision.cost,
        "unit": decision.unit,
        "alternatives": [
            {"stage": one.stage, "action": one.action.name.lower(), "after_s": one.after_s, "cost": one.cost}
            for one in decision.alternatives
        ],
    }


def explain_plan(decision: PlanDecision) -> dict[str, Any]:
    """A plan decision with its reason, its cost and the best alternatives."""
    return {
        "plan": decision.plan.id,
        "cycle_s": decision.plan.cycle_s,
        "offset_s": decision.plan.offset_s,
        "why": decision.why,
        "cost": decision.cost,
        "unit": decision.unit,
        "alternatives": [{"what": one.what, "cost": one.cost} for one in decision.alternatives],
    }


def explain_seen(seen: JunctionPicture) -> dict[str, Any]:
    """Queues, waits, requests, full exits, and detectors that are not believed."""
    return {
        "queues_veh": {lane.lane: lane.queue_veh for lane in seen.lanes.values() if lane.queue_veh > 0.0},
        "longest_wait_s": {
            lane.lane: float(lane.waiting_s.max())
            for lane in seen.lanes.values()
            if lane.waiting_s.size and lane.waiting_s.max() >= MUCH_WAITING_S
        },
        "crossings": {
            one.group: {"persons": one.waiting, "longest_wait_s": one.longest_wait_s}
            for one in seen.crossings.values()
            if one.requested or one.waiting > 0.0
        },
        "requests": [
            {
                "id": one.id,
                "mode": one.mode.value,
                "line": one.line,
                "group": one.group,
                "eta_s": one.eta_s,
                "lateness_s": one.lateness_s,
                "persons": one.persons,
                "state": one.state.value,
            }
            for one in seen.requests
        ],
        "blocked_exits": sorted(seen.blocked_exits),
        "not_believed": {
            name: health.value for name, health in seen.health.items() if health not in (Health.OK, Health.UNKNOWN)
        },
    }


def in_words(told: Mapping[str, Any]) -> Iterator[str]:
    """The lines of an explanation, for people."""
    yield from _seen_in_words(told["seen"])
    yield f"  field: {_field_in_words(told['field'])}"
    yield from _plan_in_words(told["plan"])
    yield from _decision_in_words(told["decision"])
    yield f"  gate: {_gate_in_words(told)}"
    for one in told["refused"]:
        got = f": expected {one['expected']}, got {one['got']}" if one["expected"] or one["got"] else ""
        yield f"  refused by the {one['by']}: {one['code']} at {one['element']}{got}"
    if told["pushed"] is not None:
        yield f"  controller: plan {told['pushed']['result']}, sequence {told['pushed']['sequence']} " + " ".join(
            part for part in (told["pushed"]["code"], told["pushed"]["at"], told["pushed"]["detail"]) if part
        )
    for failure in told["failures"]:
        yield f"  failed: {failure}"


def _field(tick: Tick, junction: str) -> dict[str, Any] | None:
    """What the controller said when the decision was made."""
    status = tick.heard.field.get(junction)
    if status is None:
        return None
    active = tick.heard.active_plans.get(junction)
    return {
        "mode": status.mode.name.lower(),
        "plan": active.id if active is not None else None,
        "stage": status.stage,
        "next_stage": status.next_stage,
        "in_stage_s": status.time_in_stage_s,
        "green": sorted(group for group, aspect in status.aspects.items() if aspect is Aspect.GREEN),
        "busy": junction in tick.heard.busy,
    }


def _pushed(tick: Tick, junction: str) -> dict[str, Any] | None:
    report = tick.pushes.get(junction)
    if report is None:
        return None
    return {
        "result": report.result.value,
        "sequence": report.sequence,
        "code": report.code,
        "at": report.element,
        "detail": report.detail,
    }


def _seen_in_words(seen: Mapping[str, Any] | None) -> Iterator[str]:
    if seen is None:
        yield "  seen: nothing"
        return
    queues = ", ".join(f"{lane} {queue:.1f}" for lane, queue in seen["queues_veh"].items())
    yield f"  queues (vehicles): {queues or 'none'}"
    if seen["longest_wait_s"]:
        yield "  longest waits: " + ", ".join(f"{lane} {wait:.0f} s" for lane, wait in seen["longest_wait_s"].items())
    if seen["crossings"]:
        waits = (f"{g} {one['persons']:.1f} for {one['longest_wait_s']:.0f} s" for g, one in seen["crossings"].items())
        yield f"  waiting at crossings (persons): {', '.join(waits)}"
    for one in seen["requests"]:
        who = " ".join(part for part in (one["mode"], one["line"], one["id"]) if part)
        yield f"  request: {who} for {one['group']} in {one['eta_s']:.0f} s, {one['state']}"
    if seen["blocked_exits"]:
        yield f"  full exits: {', '.join(seen['blocked_exits'])}"
    if seen["not_believed"]:
        yield "  not believed: " + ", ".join(f"{name} ({health})" for name, health in seen["not_believed"].items())


def _field_in_words(field: Mapping[str, Any] | None) -> str:
    if field is None:
        return "the controller was not heard"
    stage = (
        f"stage {field['stage']} for {field['in_stage_s']} s" if field["stage"] else f"to stage {field['next_stage']}"
    )
    busy = ", still busy with an earlier call" if field["busy"] else ""
    return f"{field['mode'].replace('_', ' ')}, plan {field['plan'] or 'not confirmed'}, {stage}{busy}"


def _plan_in_words(plan: Mapping[str, Any] | None) -> Iterator[str]:
    if plan is None:
        return
    cost = f" Cost {plan['cost']:.2f} {plan['unit']}." if plan["unit"] else ""
    yield f"  plan: {plan['plan']}, cycle {plan['cycle_s']} s, offset {plan['offset_s']} s: {plan['why']}{cost}"
    for one in plan["alternatives"]:
        yield f"    instead {one['what']}: {one['cost']:.2f}, {one['cost'] - plan['cost']:+.2f}"


def _decision_in_words(decision: Mapping[str, Any] | None) -> Iterator[str]:
    if decision is None:
        yield "  decided: nothing; the plan goes on"
        return
    yield f"  decided: {decision['action']} {decision['stage']} ({decision['reason']}): {decision['why']}"
    if decision["unit"] and (decision["alternatives"] or decision["cost"]):
        yield f"    cost {decision['cost']:.2f} {decision['unit']}"
    for one in decision["alternatives"]:
        more = one["cost"] - decision["cost"]
        yield f"    instead {one['action']} {one['stage']} after {one['after_s']} s: {one['cost']:.2f}, {more:+.2f}"


def _gate_in_words(told: Mapping[str, Any]) -> str:
    passed = []
    if told["gate"]["plan"]:
        passed.append("the plan passed")
    if told["gate"]["request"]:
        passed.append(f"the request passed for {told['gate']['valid_s']} s")
    return ", ".join(passed) or "nothing passed"
