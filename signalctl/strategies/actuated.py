"""Traffic-actuated control: a stage runs while vehicles keep coming, up to its maximum; idle stages are skipped."""

from collections.abc import Mapping

from controllers.driver import FieldStatus
from detectors.picture import JunctionPicture, Picture
from plans.junction import Junction, Mode
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan
from signalctl.strategies.claims import Claims
from signalctl.strategies.conduct import PlanKeeper, Scope, changing, decide_each, overdue, scope_of
from signalctl.strategies.parameters import ActuatedParameters
from signalctl.strategies.rest import Rest
from signalctl.strategy import PERSONS_SERVED, Alternative, Decisions, StageDecision


class Actuated:
    """Gap-out and max-out in the plan's order of stages."""

    name = "actuated"

    def __init__(
        self, junctions: Mapping[str, Junction], persons: Mapping[Mode, float], parameters: ActuatedParameters
    ) -> None:
        self._junctions = junctions
        self._parameters = parameters
        self._claims = {id: Claims.of(junction, persons) for id, junction in junctions.items()}
        self._rests = {id: Rest(junction, parameters.rest) for id, junction in junctions.items()}
        self._plans = PlanKeeper(
            junctions, "Open frames: detectors decide within the plan's order of stages.", on_demand=False
        )

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        return self._junctions

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """One stage decision for every junction that listens."""
        stages = decide_each(self._junctions, picture, field, plans, self._decide_junction)
        return Decisions(stages, self._plans.decisions(plans))

    def _decide_junction(
        self, junction: Junction, plan: TimingPlan, picture: JunctionPicture, status: FieldStatus
    ) -> StageDecision | None:
        self._rests[junction.id].observe(picture, status.utc_s)
        scope = scope_of(junction, plan, status, on_demand=False)
        if scope is None:
            return changing(junction.id, status)
        due = overdue(scope)
        if due is not None:
            return due
        resting = self._rests[junction.id].decide(scope, status.utc_s)
        if resting is not None:
            return resting
        target = self._next_with_demand(scope, plan, picture)
        if target is None:
            return self._decision(scope, picture, None, "nobody waits elsewhere")
        if not scope.ready(target):
            return self._decision(scope, picture, None, f"minimum greens before stage {target}")
        groups = junction.stages[scope.stage].groups
        longest_s = self._longest_green_s(plan, scope.stage)
        if status.time_in_stage_s >= longest_s:
            return self._decision(scope, picture, target, f"maximum green of {longest_s} s reached")
        if self._claims[junction.id].vehicles(picture, groups, self._extension_m(junction), shown=True) > 0.0:
            return self._decision(scope, picture, None, "vehicles keep coming")
        return self._decision(scope, picture, target, "gap in the traffic")

    def _extension_m(self, junction: Junction) -> float:
        """A vehicle within the extension time of the stop line keeps the green."""
        fastest_mps = max((lane.speed_mps for lane in junction.lanes.values()), default=0.0)
        return self._parameters.extension_s * fastest_mps

    def _longest_green_s(self, plan: TimingPlan, stage: str) -> int:
        nominal_s = max((item.green_s for item in plan.stages if item.stage == stage), default=0)
        return max(self._parameters.least_maximum_s, round(self._parameters.maximum_ratio * nominal_s))

    def _next_with_demand(self, scope: Scope, plan: TimingPlan, picture: JunctionPicture) -> str | None:
        """The next stage in the plan's order that would serve somebody whom the current one does not."""
        claims, current = self._claims[scope.junction.id], scope.junction.stages[scope.stage].groups
        names = [item.stage for item in plan.stages]
        at = names.index(scope.stage) if scope.stage in names else -1
        for step in range(1, len(names) + 1):
            name = names[(at + step) % len(names)]
            if name not in scope.ready_s:
                continue
            groups = scope.junction.stages[name].groups
            if claims.people(picture, groups - current) > 0.0:
                return name
            reach_m = self._parameters.reach_m
            both = claims.vehicles(picture, groups | current, reach_m, shown=False)
            if both > claims.vehicles(picture, current, reach_m, shown=True) and (
                claims.vehicles(picture, groups, reach_m, shown=False) > 0.0
            ):
                return name
        return None

    def _decision(self, scope: Scope, picture: JunctionPicture, target: str | None, why: str) -> StageDecision:
        """To `target`, or to stay; with the two other stages that most persons wait for."""
        chosen = target or scope.stage
        action = RequestAction.HOLD if target is None else RequestAction.GO
        words = f"Stage {scope.stage} stays: {why}." if target is None else f"To stage {target}: {why}."
        others = [self._alternative(scope, picture, name) for name in (scope.stage, *scope.ready_s) if name != chosen]
        best = tuple(sorted(others, key=lambda one: (one.cost, one.stage))[:2])
        cost = self._alternative(scope, picture, chosen).cost
        return StageDecision(
            scope.junction.id, chosen, action, RequestReason.TRAFFIC, words, cost, best, PERSONS_SERVED
        )

    def _alternative(self, scope: Scope, picture: JunctionPicture, stage: str) -> Alternative:
        """A stage with the persons whom it would serve."""
        claims, groups = self._claims[scope.junction.id], scope.junction.stages[stage].groups
        shown = stage == scope.stage
        served = claims.vehicles(picture, groups, self._parameters.reach_m, shown=shown)
        if shown:
            return Alternative(stage, RequestAction.HOLD, 1, -served)
        return Alternative(stage, RequestAction.GO, scope.ready_s[stage], -(served + claims.people(picture, groups)))
