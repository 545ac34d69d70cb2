"""The gate's step of a tick: what of the decisions may be sent to the controllers in this second."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controllers.driver import FieldStatus
from plans.sealed import RequestAction, SafePlan, SafeRequest
from plans.timing import TimingPlan
from signalctl.field_link import FieldLink
from signalctl.gate import Gate, Refusal
from signalctl.gate.gate import TAKES_PLANS
from signalctl.strategy import Decisions
from signalctl.tick import JunctionFailure, RefusalNote
from signalctl.troubles import Troubles

MOST_PLANS = 16
"""Plans judged and sent in one second. When the programme changes everywhere, the others follow in the next seconds: a
controller waits for its own switch point anyway, and no tick has to wait for a thousand plans."""


@dataclass
class Passed:
    """What may be sent, by junction; what was refused; and of each link that was asked whether it wants the plan."""

    plans: dict[str, SafePlan] = field(default_factory=dict)
    requests: dict[str, SafeRequest] = field(default_factory=dict)
    refusals: list[RefusalNote] = field(default_factory=list)
    plan_wanted: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the gate judges by: the second, what is due, what controllers say, and which plans they run."""

    utc_s: float
    due: Mapping[str, TimingPlan]
    field: Mapping[str, FieldStatus]
    active: Mapping[str, TimingPlan]


def let_through(
    gate: Gate,
    links: Mapping[str, FieldLink],
    decisions: Decisions,
    seen: Seen,
    troubles: Troubles,
    failures: list[JunctionFailure],
) -> Passed:
    """Judge each junction's decisions. A refused one becomes "keep what runs" plus a reason."""
    passed = Passed()
    room = MOST_PLANS
    for name, link in links.items():
        status = seen.field.get(name)
        if status is None or link.busy:
            continue
        with troubles.caught(name, "gate", failures):
            running = seen.active.get(name)
            wanted = decisions.plans[name].plan if name in decisions.plans else seen.due.get(name)
            if wanted is not None and room and not _changing(status):
                passed.plan_wanted[name] = link.plan_wanted(wanted, seen.utc_s)
            if wanted is not None and passed.plan_wanted.get(name, False):
                room -= 1
                verdict = gate.check_plan(wanted, running, status)
                if isinstance(verdict, Refusal):
                    link.postpone_plan(seen.utc_s)
                    passed.refusals.append(_note(name, verdict))
                else:
                    passed.plans[name] = verdict
            decision = decisions.stages.get(name)
            if decision is not None and running is not None and decision.action is not RequestAction.NONE:
                answer = gate.check_request(decision, status, running)
                if isinstance(answer, Refusal):
                    passed.refusals.append(_note(name, answer))
                else:
                    passed.requests[name] = answer
    return passed


def _changing(status: FieldStatus) -> bool:
    """Whether stages change just now, or the controller starts: a new plan waits until one is complete."""
    return not status.stage and status.mode in TAKES_PLANS


def _note(junction: str, refusal: Refusal) -> RefusalNote:
    return RefusalNote(junction, "gate", refusal.code.value, refusal.element, refusal.expected, refusal.got)
