"""Following a plan's nominal times, and getting back into step with it by legal transitions alone."""

from controllers.logic.compiled import ALL_RED, CompiledJunction, CompiledPlan
from plans.sealed import TransitionMode

STAY = -2


class PlanFollower:
    """Says for each second which stage the plan wants next.

    In step, a stage is left exactly when the plan says. Out of step (another stage shows than the plan wants, after
    requests, a start, a plan change or a fallback) the way back is one of three:

    - SHORT_WAY: go to the stage that the plan wants now if it can still get its minimum, else stay until the next
      one is due, or the frame of this one ends. Takes less than one cycle.
    - DWELL: stay until the cycle's first stage is due. Takes at most one cycle.
    - ADD_ONLY: stay until the plan itself reaches this stage, so that no green is cut short. At most one cycle.

    A stage that is shown on demand is always left the short way.
    """

    def __init__(self, compiled: CompiledJunction) -> None:
        self._compiled = compiled
        self.mode = TransitionMode.SHORT_WAY

    def target(self, plan: CompiledPlan, stage: int, second: int) -> int:
        """The stage to go to at this plan second, or STAY."""
        entry = plan.wanted[second]
        wanted = plan.stages[entry]
        if stage == wanted:
            self.mode = TransitionMode.SHORT_WAY
            return STAY
        if stage != ALL_RED and self._waits(plan, stage, entry, second):
            return STAY
        return self._short_way(plan, stage, second, entry)

    def _waits(self, plan: CompiledPlan, stage: int, entry: int, second: int) -> bool:
        if stage in plan.on_demand:
            return False
        if self.mode is TransitionMode.DWELL:
            return entry != 0 and not self._due(plan, stage, 0, (-second) % plan.cycle_s)
        return self.mode is TransitionMode.ADD_ONLY and stage in plan.stages

    def _due(self, plan: CompiledPlan, stage: int, entry: int, until_start_s: int) -> bool:
        """Whether a transition that begins now completes no earlier than the entry's nominal start."""
        change = self._compiled.transitions[stage][plan.stages[entry]]
        return change is not None and until_start_s <= change.duration_s

    def _short_way(self, plan: CompiledPlan, stage: int, second: int, entry: int) -> int:
        left_s = plan.left_s[second]
        change = self._compiled.transitions[stage][plan.stages[entry]]
        closed = stage != ALL_RED and not plan.room_s[stage][second]
        if change is not None:
            room_s = left_s - change.duration_s
            if closed:
                # its latest end has come: the wanted stage may still fit into its own frame
                room_s = max(room_s, plan.room_s[change.target][(second + change.duration_s) % plan.cycle_s])
            if room_s >= plan.need_s[entry]:
                return plan.stages[entry]
        following = (entry + 1) % len(plan.stages)
        upcoming = plan.stages[following]
        if stage == upcoming:
            return STAY
        if stage == ALL_RED or closed or self._due(plan, stage, following, left_s + plan.lead_s[following]):
            return upcoming
        return STAY

    def in_step_in_s(self, plan: CompiledPlan, stage: int, second: int) -> int:
        """About how long until stages are in step with the plan again; 0 when they are."""
        entry = plan.wanted[second]
        if stage == plan.stages[entry]:
            return 0
        if self.mode is TransitionMode.DWELL and stage not in plan.on_demand:
            return (-second) % plan.cycle_s
        return plan.left_s[second]
