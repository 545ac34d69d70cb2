"""Running plans second by second: which plan, which stage, and a watch over what is shown."""

from collections.abc import Mapping
from enum import Enum

from controllers.driver import PlanState
from controllers.logic.compiled import ALL_RED, CompiledJunction, CompiledPlan
from controllers.logic.config import ControllerConfig
from controllers.logic.display import SignalDisplay
from controllers.logic.events import EventCode, EventRing
from controllers.logic.following import STAY, PlanFollower
from controllers.logic.judgement import judge_plan
from controllers.logic.lease import LeaseKeeper
from controllers.logic.localplans import compile_local_plans
from controllers.logic.monitor import ConflictMonitor
from controllers.logic.planlife import PlanLife
from controllers.logic.redlimit import RedLimit
from controllers.logic.requests import RequestDesk
from controllers.refusals import Refusal, RefusalCode
from controllers.wire import StagedPlan
from plans.junction import Aspect
from plans.sealed import RequestAction

CLOCK_TOLERANCE_S = 2


class CabinetSwitch(Enum):
    """The switch inside the cabinet door; anything but AUTOMATIC shuts the centre out."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    FLASH = "flash"
    DARK = "dark"


class SignalExecution:
    """Moves the signals from second to second.

    Levels, each falling back to the one below: stage requests (5 s) inside the frame of a central plan (lease) on top
    of the local time-of-day plan, all on UTC. All durations count the controller's own seconds, so a clock that jumps
    moves only the plan second: the way back into step is one of legal transitions.
    """

    def __init__(self, config: ControllerConfig, utc_s: int) -> None:
        config.check_size()
        self.config = config
        self.compiled = CompiledJunction(config.junction)
        self.safety_hash = config.safety_hash
        self.utc_s = utc_s
        self.elapsed_s = 0
        self.generation = 0  # grows with every tick and every write
        self.events = EventRing()
        self.display = SignalDisplay(self.compiled, 0, self.events)
        self.lease = LeaseKeeper()
        self.plan_life = PlanLife(self._check_plan, self._compile)
        self.switch = CabinetSwitch.AUTOMATIC
        self.clock_synchronised = True
        self.newest_refusal = Refusal(RefusalCode.NONE)
        self.rejects = self.fallbacks = self.conflict_trips = self.clock_jumps = 0
        self.refusals: dict[RefusalCode, int] = {}
        self._local = compile_local_plans(self.compiled, config.local_plans, self.safety_hash)
        self._limit = RedLimit(self.compiled, self.display, self._local.values())
        self.requests = RequestDesk(self.compiled, self.display, self._limit)
        self._follower = PlanFollower(self.compiled)
        self._monitor = ConflictMonitor(self.compiled.table, self.display)
        self._faulty = False
        self._falling_back = False
        self._by_request = False
        self._manual_step = False
        self._start_at = config.startup_all_red_s
        self._aspects: Mapping[str, Aspect] = {}
        self._aspects_version = -1
        self._look_up_local(utc_s)
        self.plan = self._due
        self._limit.follow(self.plan)
        self._limit.check_start(max(1, config.startup_all_red_s))
        self._switch_by: int | None = None
        self.events.add(EventCode.POWER_RESTORED, config.boots, utc_s)

    # What the street sees

    def aspects(self) -> Mapping[str, Aspect]:
        """What each group shows during this second."""
        if self._aspects_version != self.display.version:
            self._aspects_version = self.display.version
            self._aspects = dict(zip(self.compiled.groups, self.display.aspects, strict=True))
        return self._aspects

    def time_in_aspect(self) -> Mapping[str, int]:
        """Seconds for which each group has shown it."""
        now = self.elapsed_s
        return {group: now - since for group, since in zip(self.compiled.groups, self.display.since, strict=True)}

    @property
    def plan_second(self) -> int:
        """Second in the running plan's cycle."""
        return self.plan.second(self.utc_s + self.config.reference_s)

    def in_step_in_s(self) -> int:
        """About how long until the stages are in step with the plan; 0 when they are, or no plan is followed."""
        if self.switch is not CabinetSwitch.AUTOMATIC or self._faulty:
            return 0
        running = self.display.running
        stage = self.display.stage if running is None else running.target
        return self._follower.in_step_in_s(self.plan, stage, self.plan_second)

    # Time

    def tick(self, utc_s: int) -> None:
        """Move on to this whole second of UTC.

        The next second is the rule; a call for the same second does nothing; one that is up to 2 s late makes up for
        each second. Any other step is a clock that jumped: one second passes here, and the plan second follows the
        new time.
        """
        step_s = utc_s - self.utc_s
        if step_s == 0:
            return
        if 1 < step_s <= CLOCK_TOLERANCE_S:
            self._second(utc_s - 1)
        elif step_s != 1:
            self.clock_jumps += 1
            self.events.add(EventCode.CLOCK_UPDATED, abs(step_s), utc_s)
            self._look_up_local(utc_s)
        self._second(utc_s)

    def _second(self, utc_s: int) -> None:
        self.utc_s = utc_s
        self.generation += 1
        now = self.elapsed_s = self.elapsed_s + 1
        self._expire(now, utc_s)
        display = self.display
        if not self._faulty and self.switch not in (CabinetSwitch.FLASH, CabinetSwitch.DARK):
            display.step(now, utc_s)
            if display.running is None and now >= self._start_at:
                self._decide(now, utc_s)
        refusal = self._monitor.second(cut=self._is_failsafe())
        if refusal is not None and not self._faulty:
            self._trip(refusal, now, utc_s)

    def _expire(self, now: int, utc_s: int) -> None:
        """Levels end: the lease by own seconds, the plan by UTC."""
        if self.lease.ended(now):
            self.events.add(EventCode.LEASE_ENDED, 0, utc_s)
            self._fall_back(PlanState.EXPIRED)
        elif self.plan_life.expired(utc_s):
            self._fall_back(PlanState.EXPIRED)
        if utc_s % 60 == 0:
            self._look_up_local(utc_s)

    def _look_up_local(self, utc_s: int) -> None:
        """A due plan that the cabinet does not hold is replaced by its first one: signals never stop for want of it."""
        self._due = self._local.get(self.config.plan_due(utc_s), next(iter(self._local.values())))

    def _fall_back(self, state: PlanState) -> None:
        """Discard every central value and go on with the local plan on the same clock."""
        central = self.plan is self.plan_life.active
        self.requests.clear()
        self._by_request = False
        self.plan_life.discard(state)
        if not central:
            return
        if state is PlanState.EXPIRED:
            self.fallbacks += 1
            self._falling_back = True
        self._look_up_local(self.utc_s)
        self._run_plan(self._due)

    def _run_plan(self, plan: CompiledPlan) -> None:
        self.plan = plan
        self._limit.follow(plan)
        self._switch_by = None
        self._follower.mode = plan.wire.transition
        self.events.add(EventCode.PATTERN_CHANGE, plan.wire.sequence & 0xFFFF, self.utc_s)

    # Deciding

    def _decide(self, now: int, utc_s: int) -> None:
        """Choose this second's stage: red limit first, then a valid request, then the plan's nominal times."""
        self._change_plan(now, utc_s)
        display = self.display
        second = self.plan.second(utc_s + self.config.reference_s)
        if self.switch is CabinetSwitch.MANUAL:
            self._decide_manually(now, utc_s, second)
            return
        asked = self._asked(now, second)
        self._by_request = asked is not None
        if asked is None and display.stage == self.plan.stages[self.plan.wanted[second]]:
            self._falling_back = False
        wish = self._follower.target(self.plan, display.stage, second) if asked is None else asked
        self._go(self._limit.choose(wish, now), now, utc_s)

    def _asked(self, now: int, second: int) -> int | None:
        """The stage that a valid request asks for, None to follow the plan."""
        requests = self.requests
        action = requests.wish(now)
        if action is RequestAction.NONE or self.plan is not self.plan_life.active:
            return None
        # judged again: the request was accepted for an earlier second
        if requests.judge(action, requests.stage, self.plan, now, second) is not None:
            requests.clear()
            return None
        return requests.stage

    def _go(self, target: int, now: int, utc_s: int) -> None:
        display = self.display
        if target in (STAY, display.stage):
            return
        change = self.compiled.transitions[display.stage][target]
        if change is not None and display.blocked(change, now) is None:
            display.start(change, now, utc_s)

    def _decide_manually(self, now: int, utc_s: int, second: int) -> None:
        """An officer's button: hold the stage until pressed, then go to the plan's next one."""
        if self.display.stage == ALL_RED:
            self._go(self.plan.stages[self.plan.wanted[second]], now, utc_s)
        elif self._manual_step:
            stages = self.plan.stages
            at = stages.index(self.display.stage) if self.display.stage in stages else -1
            self._go(stages[(at + 1) % len(stages)], now, utc_s)
            self._manual_step = self.display.running is None and len(stages) > 1

    def _change_plan(self, now: int, utc_s: int) -> None:
        """Switch to an armed or newly due plan at a switch point: where its frame allows the stage that shows.

        After a whole cycle of the running plan without one, it switches in any stage.
        """
        life = self.plan_life
        armed = life.armed
        if armed is not None and armed.wire.activate_at <= utc_s:
            waiting = armed
        elif life.active is None and self._due is not self.plan:
            waiting = self._due
        else:
            self._switch_by = None
            return
        if self._switch_by is None:
            self._switch_by = now + self.plan.cycle_s
        second = waiting.second(utc_s + self.config.reference_s)
        stage = self.display.stage
        if stage == ALL_RED or waiting.room_s[stage][second] or now >= self._switch_by:
            if waiting is armed:
                life.activated()
                self._falling_back = False
            self._run_plan(waiting)

    # Failing safe

    def _trip(self, refusal: Refusal, now: int, utc_s: int) -> None:
        """The monitor has seen what must not be: out of service until a technician has looked at it."""
        self.conflict_trips += 1
        self._faulty = True
        self.events.add(EventCode.CONFLICT_TRIP, refusal.element, utc_s)
        self._note(refusal)
        self._fail_safe(now, utc_s)
        self._monitor.forget_traffic()

    def _is_failsafe(self) -> bool:
        return self._faulty or self.switch in (CabinetSwitch.FLASH, CabinetSwitch.DARK)

    def _fail_safe(self, now: int, utc_s: int) -> None:
        """Side roads flash amber, everything else is dark; central values are gone."""
        dark = self.switch is CabinetSwitch.DARK and not self._faulty
        self._fall_back(PlanState.EXPIRED)
        self._falling_back = False
        self.display.show_all(
            [
                Aspect.FLASHING_AMBER if name in self.config.flashing and not dark else Aspect.DARK
                for name in self.compiled.groups
            ],
            now,
            utc_s,
        )
        self.events.add(EventCode.FLASH_STATUS, int(not dark), utc_s)

    def _note(self, refusal: Refusal | None) -> Refusal | None:
        self.generation += 1
        if refusal is not None:
            self.newest_refusal = refusal
            self.rejects += 1
            self.refusals[refusal.code] = self.refusals.get(refusal.code, 0) + 1
            self.events.add(EventCode.REFUSED + refusal.code, refusal.element, self.utc_s)
        return refusal

    # Plans

    def _check_plan(self, plan: StagedPlan) -> Refusal | None:
        return judge_plan(
            self.compiled,
            plan,
            safety_hash=self.safety_hash,
            clock_synchronised=self.clock_synchronised,
            cycle_step_s=self.config.cycle_step_s,
            running=self.plan,
            showing=self.display.stage if self.display.running is None else self.display.running.target,
            local_plans=self._local.values(),
        )

    def _compile(self, plan: StagedPlan) -> CompiledPlan:
        return CompiledPlan(self.compiled, plan)
