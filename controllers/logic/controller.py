"""The field controller: what the centre, a technician and a reader of its status can do with running signals."""

from controllers import codec
from controllers.codec import Command, Lease, StageRequest, StagingPage
from controllers.driver import ControllerMode, FieldStatus, PlanState
from controllers.logic.compiled import ALL_RED
from controllers.logic.events import EventCode
from controllers.logic.execution import CabinetSwitch, SignalExecution
from controllers.logic.lease import PLAN_LEVEL, STAGE_LEVEL
from controllers.logic.planlife import RELEASE
from controllers.refusals import Refusal, RefusalCode
from plans.junction import Aspect

COMMAND_AGE_S = 30
ALARM_CONFLICT, ALARM_CLOCK, ALARM_STEP = 1, 2, 4


class FieldController(SignalExecution):
    """A signal controller: `FieldController(config, utc_s)` is one that has just been switched on.

    `tick` moves it to the next whole second; between ticks central values are written, and judged for the second to
    come. Whatever it refuses is counted and named, and changes nothing.

    Raises:
        ConfigurationError: a local plan breaks the controller's own rules, or there are more groups or stages than
            the register map holds.
    """

    # What it says of itself

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
        out_of_step = not self._by_request and self.in_step_in_s() > 0
        return (
            ALARM_CONFLICT * (self.conflict_trips > 0) | ALARM_CLOCK * (self.clock_jumps > 0) | ALARM_STEP * out_of_step
        )

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

    # What a technician or an officer does at the cabinet

    def set_switch(self, switch: CabinetSwitch) -> None:
        """Turn the cabinet's switch; leaving flash or dark goes through all red."""
        was_failsafe = self._is_failsafe()
        self.switch = switch
        if self._is_failsafe():
            self._fail_safe(self.elapsed_s, self.utc_s)
            self._monitor.lamps_were_cut()
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
        self._monitor.forget_traffic()
        self._start_at = now + self.config.startup_all_red_s
