"""The field controller: one state machine that ticks once a second, obeys its own safety data and nothing else."""

from collections.abc import Mapping
from enum import Enum

from controllers import codec
from controllers.codec import Command, Lease, StagedPlan, StageRequest, StagingPage
from controllers.driver import ControllerMode, FieldStatus, PlanState
from controllers.logic.compiled import ALL_RED, CompiledJunction, CompiledPlan
from controllers.logic.config import ConfigurationError, ControllerConfig
from controllers.logic.display import SignalDisplay
from controllers.logic.events import EventCode, EventRing
from controllers.logic.following import STAY, PlanFollower
from controllers.logic.lease import PLAN_LEVEL, STAGE_LEVEL, LeaseKeeper
from controllers.logic.planlife import RELEASE, PlanLife
from controllers.logic.redlimit import RedLimit
from controllers.logic.requests import RequestDesk
from controllers.refusals import Refusal, RefusalCode
from controllers.registers import MAX_GROUPS, MAX_STAGES
from controllers.selfcheck import GreenWatch, check_plan, check_way_over
from controllers.wire import staged_plan
from plans.junction import Aspect
from plans.sealed import RequestAction

CLOCK_TOLERANCE_S = 2
COMMAND_AGE_S = 30
FAR_FUTURE_S = 0xFFFFFFFF

ALARM_CONFLICT, ALARM_CLOCK, ALARM_STEP = 1, 2, 4


class CabinetSwitch(Enum):
    """The switch inside the cabinet door; anything but AUTOMATIC shuts the centre out."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    FLASH = "flash"
    DARK = "dark"


class FieldController:
    """A signal controller.

    Levels, each falling back to the one below: stage requests (5 s) inside the frame of a central plan (lease) on top
    of the local time-of-day plan, all on UTC. `tick` moves it to the next whole second; between ticks the central
    values are written and judged for the second to come. All durations count the controller's own seconds, so a clock
    that jumps moves only the plan second: the way back into step is one of legal transitions.

    Raises:
        ConfigurationError: a local plan breaks the controller's own rules, or there are more groups or stages than
            the register map holds.
    """

    def __init__(self, config: ControllerConfig, utc_s: int) -> None:
        junction = config.junction
        if len(junction.groups) > MAX_GROUPS or len(junction.stages) > MAX_STAGES:
            raise ConfigurationError(
                f"{junction.id}: expected at most {MAX_GROUPS} groups and {MAX_STAGES} stages, "
                f"got {len(junction.groups)} and {len(junction.stages)}"
            )
        if not config.local_plans:
            raise ConfigurationError(f"{junction.id}: expected at least one local plan, got none")
        self.config = config
        self.compiled = CompiledJunction(junction)
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
        self._local = {name: self._compile_local(name) for name in config.local_plans}
        self._limit = RedLimit(self.compiled, self.display)
        self.requests = RequestDesk(self.compiled, self.display, self._limit)
        self._follower = PlanFollower(self.compiled)
        self._watch = GreenWatch(self.compiled.table)
        self._watch.forget_traffic()
        self._seen_version = 0
        self._faulty = False
        self._falling_back = False
        self._by_request = False
        self._manual_step = False
        self._start_at = config.startup_all_red_s
        self._aspects: Mapping[str, Aspect] = {}
        self._aspects_version = -1
        self._look_up_local(utc_s)
        self.plan = self._due
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
    def mode(self) -> ControllerMode:
        """Who decides."""
        if self._faulty:
            return ControllerMode.FAULT
        if self.switch is CabinetSwitch.MANUAL:
            return ControllerMode.MANUAL
        if self.switch is CabinetSwitch.FLASH:
            return ControllerMode.FLASH
        if self.switch is CabinetSwitch.DARK:
            return ControllerMode.DARK
        if self.plan is self.plan_life.active:
            return ControllerMode.CENTRAL_STAGE if self._by_request else ControllerMode.CENTRAL_PLAN
        return ControllerMode.FALLBACK if self._falling_back else ControllerMode.LOCAL_FIXED

    @property
    def plan_second(self) -> int:
        """Second in the running plan's cycle."""
        return self.plan.second(self.utc_s + self.config.reference_s)

    def status(self) -> FieldStatus:
        """What blocks B and C say, decoded."""
        display, life, now = self.display, self.plan_life, self.elapsed_s
        central = self.plan is life.active
        stages = self.compiled.stages
        running = display.running
        return FieldStatus(
            junction=self.config.junction.id,
            utc_s=self.utc_s,
            mode=self.mode,
            plan_state=life.state,
            active_sequence=self.plan.wire.sequence if central else 0,
            active_crc=life.active_crc,
            cycle_s=self.plan.cycle_s,
            plan_second=self.plan_second,
            stage=stages[display.stage] if running is None and display.stage != ALL_RED else "",
            next_stage=stages[running.target] if running is not None else "",
            time_in_stage_s=now - display.stage_since if running is None else 0,
            aspects=self.aspects(),
            time_in_aspect_s=self.time_in_aspect(),
            lease_left_s=float(self.lease.left_s(now)),
            heartbeat_echo=self.lease.heartbeat,
            epoch=self.lease.epoch,
            clock_synchronised=self.clock_synchronised,
            reject_code=int(self.newest_refusal.code),
            reject_element=self.newest_refusal.element,
            boots=self.config.boots,
            rejects=self.rejects,
            fallbacks=self.fallbacks,
            conflict_trips=self.conflict_trips,
            alarms=self.alarms,
        )

    @property
    def alarms(self) -> int:
        """Alarm bits of block B."""
        out_of_step = self.in_step_in_s() > 0 and not self._by_request
        return (
            ALARM_CONFLICT * (self.conflict_trips > 0) | ALARM_CLOCK * (self.clock_jumps > 0) | ALARM_STEP * out_of_step
        )

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
        if display.version != self._seen_version:
            self._seen_version = display.version
            self._watch_displayed(now, utc_s)
        else:
            self._watch.pause(1)

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
        in_step = asked is None and display.stage == self.plan.stages[self.plan.wanted[second]]
        if in_step:
            self._falling_back = False
        forced = self._limit.must_serve(now, self.plan if in_step else None, second)
        if forced is not None:
            target = forced
        elif asked is not None:
            target = asked
        else:
            target = self._follower.target(self.plan, display.stage, second)
        self._go(target, now, utc_s)

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

    # Watching what is shown

    def _watch_displayed(self, now: int, utc_s: int) -> None:
        """The conflict monitor: it knows the safety data and the lamps, not the logic that switches them."""
        refusal = self._watch.step(self._lamps(), cut=self._is_failsafe())
        if refusal is None or self._faulty:
            return
        self.conflict_trips += 1
        self._faulty = True
        self.events.add(EventCode.CONFLICT_TRIP, refusal.element, utc_s)
        self._note(refusal)
        self._fail_safe(now, utc_s)
        self._seen_version = self.display.version
        self._watch.forget_traffic()

    def _lamps(self) -> int:
        """Which groups really show green."""
        mask = 0
        for group, aspect in enumerate(self.display.aspects):
            if aspect is Aspect.GREEN:
                mask |= 1 << group
        return mask

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

    # What a technician or an officer does at the cabinet

    def set_switch(self, switch: CabinetSwitch) -> None:
        """Turn the cabinet's switch; leaving flash or dark goes through all red."""
        was_failsafe = self._is_failsafe()
        self.switch = switch
        if self._is_failsafe():
            self._fail_safe(self.elapsed_s, self.utc_s)
            self._seen_version = self.display.version
            self._watch.step(0, cut=True)
        elif was_failsafe:
            self._restart()
        elif switch is CabinetSwitch.MANUAL:
            self._fall_back(PlanState.EXPIRED)
            self._falling_back = False

    def press_manual_step(self) -> None:
        """In manual mode: go to the next stage as soon as it is safe."""
        self._manual_step = self.switch is CabinetSwitch.MANUAL

    def reset_fault(self) -> None:
        """A technician has looked at the fault; start again through all red."""
        if self._faulty:
            self._faulty = False
            if not self._is_failsafe():
                self._restart()

    def set_clock_synchronised(self, synchronised: bool) -> None:
        """Whether the clock has a trusted source."""
        self.clock_synchronised = synchronised

    def _restart(self) -> None:
        now = self.elapsed_s
        self.display.show_all([Aspect.RED] * len(self.compiled.groups), now, self.utc_s)
        self._seen_version = self.display.version
        self._watch.forget_traffic()
        self._start_at = now + self.config.startup_all_red_s

    # What the centre writes

    def write_lease(self, lease: Lease) -> Refusal | None:
        """Block F: take, renew or give back the lease."""
        epoch = self.lease.epoch
        held = self.lease.held()
        refusal = self.lease.write(lease, self.elapsed_s)
        if refusal is not None:
            return self._note(refusal)
        if lease.epoch > epoch:
            self.requests.new_epoch()
        if not held and self.lease.held():
            self.events.add(EventCode.LEASE_TAKEN, lease.epoch & 0xFFFF, self.utc_s)
        if lease.lease == 0 or lease.level < PLAN_LEVEL:
            self._fall_back(PlanState.RELEASED)
        elif lease.level < STAGE_LEVEL:
            self.requests.clear()
        return self._note(None)

    def write_staging(self, page: StagingPage) -> Refusal | None:
        """Block G: one page of a plan."""
        return self._note(self.plan_life.write_page(page))

    def command(self, command: Command) -> Refusal | None:
        """Block H: verify, activate, abort, release."""
        refusal = self._may_command(command)
        if refusal is None and command.code == RELEASE:
            self._fall_back(PlanState.RELEASED)
        elif refusal is None:
            refusal = self.plan_life.command(command, self.elapsed_s, self.utc_s, self.plan.cycle_s)
        return self._note(refusal)

    def _may_command(self, command: Command) -> Refusal | None:
        if not codec.authentic(command, self.config.key):
            return Refusal(RefusalCode.BAD_HMAC)
        if self.clock_synchronised and abs(command.utc - self.utc_s) > COMMAND_AGE_S:
            return Refusal(RefusalCode.STALE)
        if self._shut_out():
            return Refusal(RefusalCode.MODE)
        return self.lease.may(command.epoch, PLAN_LEVEL)

    def stage_request(self, request: StageRequest) -> Refusal | None:
        """Block T: a wish for the coming second."""
        return self._note(self._judge_request(request))

    def _judge_request(self, request: StageRequest) -> Refusal | None:
        if not codec.authentic(request, self.config.key):
            return Refusal(RefusalCode.BAD_HMAC)
        if self._shut_out():
            return Refusal(RefusalCode.MODE)
        refusal = self.lease.may(request.epoch, STAGE_LEVEL)
        if refusal is not None:
            return refusal
        if self.plan is not self.plan_life.active:
            return Refusal(RefusalCode.WRONG_STATE)
        if self.display.stage == ALL_RED and self.display.running is None:
            return Refusal(RefusalCode.STARTING)
        second = self.plan.second(self.utc_s + 1 + self.config.reference_s)
        return self.requests.write(request, self.plan, self.elapsed_s + 1, second)

    def partial_write(self, register_offset: int) -> None:
        """Somebody wrote a part of a whole block; nothing changed."""
        self._note(Refusal(RefusalCode.PARTIAL_WRITE, register_offset + 1))

    def _shut_out(self) -> bool:
        return self._faulty or self.switch is not CabinetSwitch.AUTOMATIC

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
        """The controller's own verdict on a central plan, and on the way to it from the running one."""
        if plan.safety_hash != self.safety_hash:
            return Refusal(RefusalCode.SAFETY_HASH)
        windows_open = all(stage.latest_end - stage.earliest_start >= plan.cycle for stage in plan.stages)
        if not self.clock_synchronised and not windows_open:
            return Refusal(RefusalCode.CLOCK)
        compiled = self.compiled
        refusal = check_plan(compiled.junction, compiled.table, compiled.legal, plan)
        if refusal is not None:
            return refusal
        if abs(plan.cycle - self.plan.cycle_s) > self.config.cycle_step_s:
            return Refusal(RefusalCode.STEP_TOO_LARGE)
        showing = self.display.stage if self.display.running is None else self.display.running.target
        running = {*self.plan.stages, showing} - {ALL_RED}
        return check_way_over(compiled.junction, compiled.table, sorted(running), plan, compiled.configured)

    def _compile(self, plan: StagedPlan) -> CompiledPlan:
        return CompiledPlan(self.compiled, plan)

    def _compile_local(self, name: str) -> CompiledPlan:
        junction = self.config.junction
        try:
            wire = staged_plan(
                junction,
                self.config.local_plans[name],
                sequence=0,
                activate_at_utc_s=0,
                expires_utc_s=FAR_FUTURE_S,
                safety_hash=self.safety_hash,
            )
        except KeyError as error:
            raise ConfigurationError(
                f"{junction.id} plan {name}: expected a stage of the junction, got {error}"
            ) from error
        refusal = check_plan(junction, self.compiled.table, self.compiled.legal, wire)
        if refusal is not None:
            raise ConfigurationError(
                f"{junction.id} plan {name}: expected a plan within the safety configuration, got "
                f"{refusal.name} at element {refusal.element}"
            )
        return CompiledPlan(self.compiled, wire, name)
