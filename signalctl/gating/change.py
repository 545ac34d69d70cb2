"""What becomes of a junction's decision when gates refuse stages: the least change that keeps metered traffic out.

It only ever asks for what strategies may ask for as well (`conduct.scope_of`), leaves a junction alone whose longest
red is near, and does not keep people at a crossing waiting whom only a metered stage serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from controllers.driver import FieldStatus
from detectors.picture import JunctionPicture
from plans.junction import Aspect, Junction
from plans.sealed import RequestAction, RequestReason
from plans.table import plan_transitions, stage_starts
from plans.timing import TimingPlan
from plans.transition import transition
from signalctl.gate.past import ACT_AFTER_S
from signalctl.gating.metering import GateMeter, Order
from signalctl.strategies.conduct import Scope, scope_of
from signalctl.strategy import Alternative, StageDecision

WAIT_RESERVE_S = 10.0
"""People at a crossing are let in so long before their wait reaches the limit."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One junction with a gate, in this second.

    `plan` is the one that is confirmed to run; `held` tells whether gating held its stage against it until now.
    """

    junction: Junction
    plan: TimingPlan
    status: FieldStatus
    picture: JunctionPicture
    pedestrian_wait_s: float
    held: bool = False


def changed(
    situation: Situation, decision: StageDecision | None, orders: Sequence[tuple[GateMeter, Order]]
) -> StageDecision | None:
    """The decision that gates leave of the strategy's own; the same object where they have nothing against it."""
    junction, status = situation.junction, situation.status
    has_on_demand = bool(situation.plan.on_demand)
    scope = scope_of(junction, situation.plan, status, on_demand=has_on_demand)
    if scope is None or scope.urgent:
        return decision
    full = next(((meter, order) for meter, order in orders if order.is_full), None)
    if full is not None:
        return _let_go(situation, scope, decision, *full)
    refused = _refused(situation, scope, orders)
    if scope.stage in refused:
        return _leave(situation, scope, decision, refused)
    if decision is None:
        return _by_plan(situation, scope, refused)
    if decision.action is RequestAction.GO and decision.stage in refused:
        return _instead(scope, decision, refused)
    return decision


def _refused(situation: Situation, scope: Scope, orders: Sequence[tuple[GateMeter, Order]]) -> dict[str, str]:
    """Stages that must not show metered green, and why: by the gates' meters, but for people who have waited long."""
    junction = situation.junction
    refused: dict[str, str] = {}
    for name, stage in junction.stages.items():
        for meter, order in orders:
            if not stage.groups.intersection(meter.gate.groups):
                continue
            lead_s = 0 if name == scope.stage else transition(junction, scope.stage, name).duration_s
            why = meter.refuses(order, lead_s)
            if why:
                refused.setdefault(name, f"gate {meter.gate.id}: {why}")
    for group in _pressing(situation):
        ways = [name for name in scope.ready_s if group in junction.stages[name].groups]
        if ways and all(name in refused for name in ways):
            for name in ways:
                del refused[name]
    return refused


def _pressing(situation: Situation) -> list[str]:
    """Crossings that are red for somebody whose wait is near the limit."""
    return [
        one.group
        for one in situation.picture.crossings.values()
        if (one.requested or one.waiting > 0.0)
        and one.longest_wait_s >= situation.pedestrian_wait_s - WAIT_RESERVE_S
        and situation.status.aspects.get(one.group) is not Aspect.GREEN
    ]


def _let_go(
    situation: Situation, scope: Scope, decision: StageDecision | None, meter: GateMeter, order: Order
) -> StageDecision | None:
    """Green for a gate whose room is full: as soon as may be, and for its share of a cycle unless people wait long."""
    stages = situation.junction.stages
    wanted = [name for name, stage in stages.items() if stage.groups.issuperset(meter.gate.groups)]
    why = f"gate {meter.gate.id}: its queue is near the junction upstream"
    if scope.stage in wanted:
        stays = meter.has_green_left(order) and not _pressing(situation)
        return _hold(scope, decision, why) if stays else decision
    target = next((name for name in _offered(situation, decision) if name in wanted and name in scope.ready_s), None)
    if target is None or not scope.ready(target):
        return decision
    return _gating(scope, decision, target, RequestAction.GO, why)


def _offered(situation: Situation, decision: StageDecision | None) -> list[str]:
    """Stages in the order in which gating tries them: the strategy's next best, the plan's order, those on demand."""
    others = () if decision is None else (one.stage for one in decision.alternatives)
    after = _after(situation.plan, situation.status.stage)
    return [*others, *after, *(entry.stage for entry in situation.plan.on_demand)]


def _leave(
    situation: Situation, scope: Scope, decision: StageDecision | None, refused: Mapping[str, str]
) -> StageDecision | None:
    """Out of a stage whose metered green is used up: to where the strategy goes anyway, else to its next best."""
    if decision is not None and decision.action is RequestAction.GO and decision.stage not in refused:
        return decision
    offered = _offered(situation, decision)
    target = next((name for name in offered if name in scope.ready_s and name not in refused), None)
    if target is None:
        return decision
    why = refused[scope.stage]
    if not scope.ready(target):
        words = f"{why}; stage {target} follows as soon as minimum greens allow"
        return _gating(scope, decision, scope.stage, RequestAction.HOLD, words)
    return _gating(scope, decision, target, RequestAction.GO, why)


def _instead(scope: Scope, decision: StageDecision, refused: Mapping[str, str]) -> StageDecision:
    """The cheapest first step that was weighed and lets nobody in; else the stage that shows stays."""
    why = refused[decision.stage]
    for other in decision.alternatives:
        if other.action is RequestAction.HOLD:
            break
        if other.stage not in refused and other.stage in scope.ready_s and scope.ready(other.stage):
            return _gating(scope, decision, other.stage, RequestAction.GO, why)
    return _hold(scope, decision, why)


def _hold(scope: Scope, decision: StageDecision | None, why: str) -> StageDecision:
    return _gating(scope, decision, scope.stage, RequestAction.HOLD, why)


def _gating(scope: Scope, decision: StageDecision | None, stage: str, action: RequestAction, why: str) -> StageDecision:
    """The decision with its reason, and what the strategy wanted as the first alternative."""
    does = f"Stage {stage} stays" if action is RequestAction.HOLD else f"To stage {stage}"
    if decision is None:
        return StageDecision(scope.junction.id, stage, action, RequestReason.GATING, f"{does}: {why}.")
    own = Alternative(decision.stage, decision.action, 0, decision.cost)
    words = f"{does}: {why}. Without gating: {decision.why}"
    kept = (own, *(one for one in decision.alternatives if one.stage != stage))[:2]
    return replace(decision, stage=stage, action=action, reason=RequestReason.GATING, why=words, alternatives=kept)


def _after(plan: TimingPlan, stage: str) -> list[str]:
    """The cycle's stages in their order from the one after `stage` on."""
    names = [item.stage for item in plan.stages]
    at = names.index(stage) + 1 if stage in names else 0
    return names[at:] + names[:at]


def _by_plan(situation: Situation, scope: Scope, refused: Mapping[str, str]) -> StageDecision | None:
    """Where no strategy asks for stages: hold the plan where it would turn to a refused stage, and let go in time.

    A hold outlasts the second that it was asked in, so that what it kept back is asked for once it may come.
    """
    now, left_s = _wanted(situation, ACT_AFTER_S)
    soon, _ = _wanted(situation, ACT_AFTER_S + 1)
    for name in (now, soon):
        if name in refused:
            return _hold(scope, None, refused[name])
    room_s = left_s - transition(situation.junction, scope.stage, now).duration_s if now != scope.stage else 0
    if situation.held and scope.ready(now) and now in scope.ready_s and room_s >= _least_s(situation.junction, now):
        return _gating(scope, None, now, RequestAction.GO, "the share of its gate is due")
    return None


def _least_s(junction: Junction, stage: str) -> int:
    return max(junction.groups[group].min_green_s for group in junction.stages[stage].groups)


def _wanted(situation: Situation, ahead_s: int) -> tuple[str, int]:
    """The stage that the plan by itself wants in so many seconds, the way into it included, and until its end."""
    plan, second = situation.plan, situation.status.plan_second + ahead_s
    starts = stage_starts(situation.junction, plan)
    changes = plan_transitions(situation.junction, plan)
    for index, (item, start) in enumerate(zip(plan.stages, starts, strict=True)):
        lead_s = changes[index - 1].duration_s
        into_s = (second - start + lead_s) % plan.cycle_s
        if into_s < lead_s + item.green_s:
            return item.stage, lead_s + item.green_s - into_s
    return situation.status.stage, 0
