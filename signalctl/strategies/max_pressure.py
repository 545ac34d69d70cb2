"""Max pressure: the stage whose queues push hardest, less what a change costs and what already stands downstream."""

from collections.abc import Mapping
from functools import partial

from controllers.driver import FieldStatus
from detectors.picture import JunctionPicture, Picture
from plans.junction import Junction, Mode
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan
from plans.transition import transition
from signalctl.strategies.claims import Claims
from signalctl.strategies.conduct import PlanKeeper, Scope, changing, decide_each, overdue, scope_of
from signalctl.strategies.parameters import MaxPressureParameters
from signalctl.strategy import PERSONS_SERVED, Alternative, Decisions, StageDecision


class MaxPressure:
    """Varaiya's max pressure (2013) with finite reach, head-of-line blocking and the loss of each change."""

    name = "max-pressure"

    def __init__(
        self, junctions: Mapping[str, Junction], persons: Mapping[Mode, float], parameters: MaxPressureParameters
    ) -> None:
        self._junctions = junctions
        self._parameters = parameters
        self._car = persons[Mode.CAR]
        self._claims = {id: Claims.of(junction, persons) for id, junction in junctions.items()}
        self._plans = PlanKeeper(junctions, "Open frames: queues decide which stage runs.")

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        return self._junctions

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """One stage decision for every junction that listens."""
        queues = {lane.lane: lane.queue_veh for one in picture.junctions.values() for lane in one.lanes.values()}
        decide = partial(self._decide_junction, queues=queues)
        stages = decide_each(self._junctions, picture, field, plans, decide)
        return Decisions(stages, self._plans.decisions(plans))

    def _decide_junction(
        self,
        junction: Junction,
        plan: TimingPlan,
        picture: JunctionPicture,
        status: FieldStatus,
        queues: Mapping[str, float],
    ) -> StageDecision | None:
        scope = scope_of(junction, plan, status)
        if scope is None:
            return changing(junction.id, status)
        due = overdue(scope)
        if due is not None:
            return due
        held = self._pressure(scope, picture, scope.stage, queues)
        pushes = {
            name: self._pressure(scope, picture, name, queues) * self._kept(scope, name) for name in scope.ready_s
        }
        ranked = sorted(pushes, key=lambda name: (-pushes[name], name))
        others = tuple(Alternative(name, RequestAction.GO, scope.ready_s[name], -pushes[name]) for name in ranked)
        best = ranked[0] if ranked else scope.stage
        if best == scope.stage or pushes[best] <= max(held, 0.0) or not scope.ready(best):
            why = f"Stage {scope.stage} stays: its pressure is {held:.1f}"
            why += f", the next best {best} pushes {pushes[best]:.1f}." if best != scope.stage else "."
            return StageDecision(
                junction.id,
                scope.stage,
                RequestAction.HOLD,
                RequestReason.TRAFFIC,
                why,
                -held,
                others[:2],
                PERSONS_SERVED,
            )
        why = f"To stage {best}: its pressure of {pushes[best]:.1f} is over {held:.1f} of stage {scope.stage}."
        stay = Alternative(scope.stage, RequestAction.HOLD, 1, -held)
        return StageDecision(
            junction.id,
            best,
            RequestAction.GO,
            RequestReason.TRAFFIC,
            why,
            -pushes[best],
            tuple(sorted((stay, *others[1:2]), key=lambda one: one.cost)),
            PERSONS_SERVED,
        )

    def _kept(self, scope: Scope, stage: str) -> float:
        """Part of the next period that is left for traffic after the change."""
        loss_s = transition(scope.junction, scope.stage, stage).duration_s + self._parameters.startup_s
        return max(0.0, 1.0 - loss_s / self._parameters.period_s)

    def _pressure(self, scope: Scope, picture: JunctionPicture, stage: str, queues: Mapping[str, float]) -> float:
        """What waits for the stage within reach, less what stands on the exits' own queues."""
        junction, claims = scope.junction, self._claims[scope.junction.id]
        groups = junction.stages[stage].groups
        shown = stage == scope.stage
        pressure = claims.vehicles(picture, groups, self._parameters.reach_m, shown=shown)
        # in the order of the movements: sums of floats depend on theirs
        exits = dict.fromkeys(movement.exit_lane for movement in junction.movements if movement.group in groups)
        pressure -= self._parameters.downstream_ratio * self._car * sum(queues.get(lane, 0.0) for lane in exits)
        return pressure + (0.0 if shown else claims.people(picture, groups))
