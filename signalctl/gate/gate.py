"""The safety gate: checks what a strategy wants against rules, frame and the field's own word, and seals what passes.

It shares no code with the field controller's own checks: those count seconds, these compare intervals. Whatever it
refuses means "keep what runs".
"""

from collections.abc import Callable, Mapping

from controllers.driver import CENTRAL_MODES, ControllerMode, FieldStatus
from plans.codes import Code
from plans.history import History
from plans.junction import Junction
from plans.plan_change import change_plan
from plans.rules import check_junction, check_plan, check_step, errors
from plans.safety_hash import safety_hash
from plans.sealed import GateSeal, RequestAction, SafePlan, SafeRequest, TransitionMode
from plans.site import ControlParameters
from plans.timing import Finding, TimingPlan
from signalctl.gate.past import ACT_AFTER_S, completed, history_of, stage_agrees
from signalctl.gate.refusal import Refusal
from signalctl.gate.requests import check_go, hold_for_s, skipped_on_foot
from signalctl.gate.skips import SkippedTurns
from signalctl.strategy import StageDecision

# the controller shows signals by a programme and listens to the centre
TAKES_PLANS = frozenset(
    {
        ControllerMode.LOCAL_FIXED,
        ControllerMode.LOCAL_ACTUATED,
        ControllerMode.CENTRAL_PLAN,
        ControllerMode.CENTRAL_STAGE,
        ControllerMode.FALLBACK,
    }
)
REMEMBERED_PLANS = 32


class Gate:
    """The one place that turns a decision into a `SafePlan` or a `SafeRequest`.

    A junction whose description breaks a rule gets neither. `clock` gives UTC seconds; with it a status that is older
    than `control.status_max_age_s` is refused as well.
    """

    def __init__(
        self,
        junctions: Mapping[str, Junction],
        control: ControlParameters | None = None,
        *,
        transition: TransitionMode = TransitionMode.SHORT_WAY,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.junctions = junctions
        self.control = control or ControlParameters()
        self.transition = transition
        self._clock = clock
        self._seal = GateSeal()
        self._broken = {
            name: found[0] for name, junction in junctions.items() if (found := errors(check_junction(junction)))
        }
        self._hashes = {name: safety_hash(junction) for name, junction in junctions.items()}
        self._checked: dict[str, set[TimingPlan]] = {name: set() for name in junctions}
        self._running: dict[str, TimingPlan] = {}  # the one of `_checked` that ran last: it need not be looked up
        self._skips = SkippedTurns()
        self._references = 0

    @property
    def broken(self) -> Mapping[str, Finding]:
        """The first error of each junction that the gate lets nothing through for."""
        return self._broken

    def check_plan(self, plan: TimingPlan, running: TimingPlan | None, status: FieldStatus) -> SafePlan | Refusal:
        """Whether `plan` may follow what runs: its own rules, the step from `running`, and a legal way into it."""
        refusal = self._check_status(plan.junction, status, TAKES_PLANS)
        if refusal is not None:
            return refusal
        junction = self.junctions[plan.junction]
        if not status.clock_synchronised:
            return Refusal(Code.CLOCK_NOT_SYNCHRONISED, junction.id, "a synchronised clock", "none")
        refusal = self._check_rules(junction, plan)
        if refusal is not None:
            return refusal
        if running is not None:
            control = self.control
            steps = check_step(running, plan, control.max_cycle_step_s, control.max_green_step_s)
            if steps:
                return Refusal.of(steps[0])
        history = history_of(junction, status)
        if history is None:
            return _unclear(junction, status)
        return self._check_way(junction, plan, status, history) or SafePlan(
            plan, self._hashes[junction.id], self.transition, self._seal
        )

    def check_request(
        self, decision: StageDecision, status: FieldStatus, active_plan: TimingPlan | None
    ) -> SafeRequest | Refusal:
        """Whether a stage may be held, or gone to, in the coming second under the plan that is confirmed to run."""
        refusal = self._check_status(decision.junction, status, CENTRAL_MODES)
        if refusal is not None:
            return refusal
        junction = self.junctions[decision.junction]
        if status.lease_left_s <= 0:
            return Refusal(Code.LEASE_LOST, junction.id, "a lease", "none left")
        if decision.action is RequestAction.NONE:
            return self._sealed(decision, self.control.request_valid_s)
        refusal = self._check_active(junction, decision.stage, active_plan)
        if refusal is not None or active_plan is None:
            return refusal or Refusal(Code.NO_ACTIVE_PLAN, junction.id, "an active plan", "none")
        self._skips.observe(status, active_plan)
        if status.stage == "":
            return self._under_way(junction, decision, status)
        history = history_of(junction, status)
        if history is None or status.stage not in junction.stages or not stage_agrees(junction, status, history):
            return _unclear(junction, status)
        if decision.stage == status.stage:
            held_s = hold_for_s(junction, status, active_plan, history, self.control.request_valid_s)
            return held_s if isinstance(held_s, Refusal) else self._sealed(decision, held_s)
        if decision.action is RequestAction.HOLD:
            element = f"{junction.id}/stages/{decision.stage}"
            return Refusal(Code.NOT_THE_CURRENT_STAGE, element, f"hold of {status.stage}", f"hold of {decision.stage}")
        return self._check_go(junction, decision, status, active_plan, history)

    def _check_go(
        self,
        junction: Junction,
        decision: StageDecision,
        status: FieldStatus,
        plan: TimingPlan,
        history: History,
    ) -> SafeRequest | Refusal:
        origin = self._skips.last_of_cycle(junction.id) if plan.entries_of(status.stage) else ""
        skipped = skipped_on_foot(junction, plan, origin, status.stage, decision.stage)
        twice = self._skips.twice(junction.id, skipped)
        if twice is not None:
            expected = "green before it is skipped again"
            return Refusal(
                Code.PEDESTRIANS_SKIPPED_TWICE, f"{junction.id}/groups/{twice}", expected, f"go to {decision.stage}"
            )
        refusal = check_go(junction, status, plan, history, decision.stage)
        if refusal is not None:
            return refusal
        self._skips.allow(junction.id, decision.stage, skipped)
        # one second: a move that is right now may be wrong later, and the next second decides anew
        return self._sealed(decision, 1 + ACT_AFTER_S)

    def _under_way(self, junction: Junction, decision: StageDecision, status: FieldStatus) -> SafeRequest | Refusal:
        """During a transition only its own target can be asked for."""
        if decision.stage == status.next_stage:
            return self._sealed(decision, 1 + ACT_AFTER_S)
        expected = f"the end of the transition to {status.next_stage}" if status.next_stage else "a stage"
        return Refusal(Code.IN_TRANSITION, f"{junction.id}/stages/{decision.stage}", expected, decision.stage)

    def _check_status(self, junction: str, status: FieldStatus, modes: frozenset[ControllerMode]) -> Refusal | None:
        if junction not in self.junctions or status.junction != junction:
            expected = "a junction of this site and its own status"
            return Refusal(Code.UNKNOWN_JUNCTION, junction, expected, f"a status of {status.junction}")
        if junction in self._broken:
            return Refusal.of(self._broken[junction])
        if status.mode not in modes:
            expected = " or ".join(sorted(mode.name.lower() for mode in modes))
            return Refusal(Code.MODE_FORBIDS, junction, expected, status.mode.name.lower())
        age_s = abs(self._clock() - status.utc_s) if self._clock is not None else 0.0
        if age_s > self.control.status_max_age_s:
            return Refusal(
                Code.STATUS_STALE, junction, f"a status of the last {self.control.status_max_age_s} s", f"{age_s:.1f} s"
            )
        return None

    def _check_rules(self, junction: Junction, plan: TimingPlan) -> Refusal | None:
        """The plan's own rules; a plan that passed stays passed, since it and its junction never change."""
        if self._running.get(junction.id) is plan:
            return None
        checked = self._checked[junction.id]
        if plan in checked:
            return None
        broken = errors(check_plan(junction, plan))
        if broken:
            return Refusal.of(broken[0])
        if len(checked) >= REMEMBERED_PLANS:
            checked.clear()
        checked.add(plan)
        return None

    def _check_way(self, junction: Junction, plan: TimingPlan, status: FieldStatus, history: History) -> Refusal | None:
        """A legal way from what shows into the plan must exist."""
        stage = status.stage or status.next_stage
        if stage not in junction.stages:
            return _unclear(junction, status)
        begin_s = status.utc_s + ACT_AFTER_S
        complete_s = status.utc_s - status.time_in_stage_s
        if not status.stage:
            complete_s = begin_s
            history = completed(junction, stage, begin_s, history)
        way = change_plan(junction, plan, self.transition, stage, complete_s, begin_s, history)
        return Refusal.of(way) if isinstance(way, Finding) else None

    def _check_active(self, junction: Junction, stage: str, plan: TimingPlan | None) -> Refusal | None:
        if plan is None:
            return Refusal(Code.NO_ACTIVE_PLAN, junction.id, "an active plan", "none")
        refusal = self._check_rules(junction, plan)
        if refusal is not None:
            return refusal
        self._running[junction.id] = plan
        if not plan.entries_of(stage):
            names = ", ".join(entry.stage for entry in plan.entries)
            return Refusal(Code.STAGE_NOT_IN_PLAN, f"{junction.id}/stages/{stage}", names, stage)
        return None

    def _sealed(self, decision: StageDecision, valid_s: int) -> SafeRequest:
        self._references += 1
        return SafeRequest(
            decision.junction, decision.stage, decision.action, decision.reason, valid_s, self._references, self._seal
        )


def _unclear(junction: Junction, status: FieldStatus) -> Refusal:
    expected = "aspects of every group that agree with the stage"
    return Refusal(Code.STATUS_UNCLEAR, junction.id, expected, f"stage {status.stage or '(none)'}")
