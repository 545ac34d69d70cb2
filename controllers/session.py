"""A service's conversation with one field controller over its registers: lease, plans, requests, status.

The steps of a plan's life are the same whether the registers lie behind Modbus TCP or in this process; only the link
differs.
"""

from dataclasses import replace
from typing import Protocol

from controllers import registers
from controllers.codec import (
    CodecError,
    Command,
    Identity,
    Lease,
    StageRequest,
    Status,
    action_word,
    meaning,
    sign_command,
    sign_request,
)
from controllers.driver import DriverError, FieldStatus, PlanState, PushReport, PushResult
from controllers.field_status import field_status
from controllers.logic.lease import STAGE_LEVEL
from controllers.logic.planlife import ACTIVATE, RELEASE, VERIFY
from controllers.refusals import Refusal, RefusalCode
from controllers.register_block import Block
from controllers.sequence import next_sequence
from controllers.wire import StagedPlan, number_of, staged_plan
from plans.junction import Junction
from plans.sealed import SafePlan, SafeRequest
from plans.timing import TimingPlan

TORN_READ_TRIES = 4


class RegisterLink(Protocol):
    """Reads and writes registers of one controller."""

    async def read(self, function: int, address: int, count: int) -> list[int]:
        """FC3 or FC4. Raises DriverError."""
        ...

    async def write(self, address: int, words: list[int]) -> None:
        """FC16. Raises DriverError."""
        ...


class Session:
    """One master's conversation with one controller; `epoch` is the master's term, higher after every takeover."""

    def __init__(
        self,
        link: RegisterLink,
        junction: Junction,
        *,
        safety_hash: int,
        key: bytes,
        site: str,
        master: int,
        epoch: int,
        lease_s: int,
    ) -> None:
        self._link = link
        self._junction = junction
        self._safety_hash = safety_hash
        self._key = key
        self._site = site
        self._master = master
        self.epoch = epoch
        self._lease_s = lease_s
        self._heartbeat = 0
        self._counter = 0
        self._active_seen = 0
        self._sequence = 0  # of the last plan that was staged
        self._pushed: tuple[int, int] | None = None  # (sequence, content CRC)
        self._was_master = False
        self._takes_on_demand = True

    async def check_identity(self) -> Identity:
        """Is it the controller that we think it is, with the safety configuration that we know?

        Raises:
            DriverError: names what differs.
        """
        identity = Identity.from_words(await self._read(registers.IDENTITY))
        expected = {
            "magic": registers.MAGIC,
            "map_version": registers.MAP_VERSION,
            "site": number_of(self._site),
            "junction": number_of(self._junction.id),
            "safety_hash": self._safety_hash,
        }
        for name, value in expected.items():
            got = getattr(identity, name)
            if got != value:
                raise DriverError(f"{self._junction.id}: identity {name}: expected {value:#x}, got {got:#x}")
        self._takes_on_demand = bool(identity.capabilities & registers.ON_DEMAND_CAPABILITY)
        return identity

    async def take_over(self) -> None:
        """After connecting: go on from the controller's own counters, in a higher epoch than another master's.

        The first connection takes over from whoever was there, for that is a predecessor. Later ones do not take the
        controller back from a successor: two masters must not pull it to and fro.

        Raises:
            DriverError: a successor holds the lease.
        """
        status = await self.raw_status()
        if status.master == self._master and status.epoch == self.epoch:
            self._counter = status.request_counter
        else:
            if self._was_master and status.epoch > self.epoch and status.master not in (0, self._master):
                raise DriverError(
                    f"{self._junction.id}: master {status.master:#x} holds the lease in epoch {status.epoch}, "
                    f"after ours {self.epoch}"
                )
            self.epoch = max(self.epoch, status.epoch + 1)
            self._counter = 0
        self._was_master = True
        self._heartbeat = status.heartbeat_echo

    async def heartbeat(self) -> None:
        """Take or renew the lease, and see that the controller has accepted it.

        Raises:
            DriverError: it has not; another master was faster.
        """
        await self._write(registers.LEASE, self.next_lease().to_words())
        status = await self.raw_status()
        if (status.master, status.epoch) != (self._master, self.epoch):
            raise DriverError(
                f"{self._junction.id}: lease refused, master {status.master:#x} holds it in epoch {status.epoch}"
            )

    def next_lease(self) -> Lease:
        """The lease as it is written next, with a heartbeat that has grown."""
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        return Lease(self._master, self.epoch, self._lease_s, self._heartbeat, self._active_seen, STAGE_LEVEL)

    async def raw_status(self) -> Status:
        """Block B, untorn."""
        for _ in range(TORN_READ_TRIES):
            status = Status.from_words(await self._read(registers.STATUS))
            if status.generation == status.generation_end:
                self._active_seen = status.active_sequence
                return status
        raise DriverError(f"{self._junction.id}: status changed during each of {TORN_READ_TRIES} reads")

    async def status(self) -> FieldStatus:
        """Blocks B and C of the same generation."""
        for _ in range(TORN_READ_TRIES):
            status = await self.raw_status()
            words = await self._link.read(4, registers.GROUPS.address, len(self._junction.groups))
            again = await self._link.read(4, registers.STATUS.address, 1)
            if again[0] == status.generation:
                try:
                    return field_status(self._junction, status, words, takes_on_demand=self._takes_on_demand)
                except CodecError as error:
                    raise DriverError(f"{self._junction.id}: {error}") from error
        raise DriverError(f"{self._junction.id}: groups changed during each of {TORN_READ_TRIES} reads")

    async def push(self, plan: SafePlan, activate_at_utc_s: int, expires_utc_s: int) -> PushReport:
        """Stage, read back, verify, activate, confirm.

        A plan that already runs (or waits for its switch point) is left alone: a restarted service must not stop a
        green that is right. A controller that knows no stages on demand gets the plan without them.
        """
        left_out = () if self._takes_on_demand else tuple(entry.stage for entry in plan.plan.on_demand)
        timing = replace(plan.plan, on_demand=()) if left_out else plan.plan
        report = await self._push(plan, timing, activate_at_utc_s, expires_utc_s)
        if not left_out:
            return report
        note = f"without {', '.join(left_out)}: the controller knows no stages on demand"
        return replace(report, detail=f"{report.detail}; {note}" if report.detail else note)

    async def _push(self, plan: SafePlan, timing: TimingPlan, activate_at_utc_s: int, expires_utc_s: int) -> PushReport:
        status = await self.raw_status()
        sequence = next_sequence(status.last_sequence, status.staged_sequence, self._sequence)
        wire = staged_plan(
            self._junction,
            timing,
            sequence=sequence,
            activate_at_utc_s=activate_at_utc_s,
            expires_utc_s=expires_utc_s,
            safety_hash=plan.safety_hash,
            transition=plan.transition,
        )
        known = self._already(status, wire)
        if known is not None:
            return known
        self._sequence = sequence
        for page in wire.to_pages():
            words = page.to_words()
            await self._write(registers.STAGING, words)
            if await self._read(registers.STAGING) != words:
                return PushReport(PushResult.MISMATCH, sequence, detail=f"page {page.number} reads back differently")
        crc = page.crc
        for code, reached in (
            (VERIFY, (PlanState.VERIFIED,)),
            (ACTIVATE, (PlanState.ARMED, PlanState.ACTIVE)),
        ):
            before = status
            await self._command(code, sequence, crc, status.utc)
            status = await self.raw_status()
            if status.plan_state not in reached or (status.staged_sequence, status.staged_crc) != (sequence, crc):
                return self._refused(before, status, sequence)
        self._pushed = (sequence, wire.content_crc())
        confirmed = (status.active_sequence, status.active_crc) == (sequence, crc)
        return PushReport(PushResult.CONFIRMED if confirmed else PushResult.PENDING, sequence)

    def _already(self, status: Status, wire: StagedPlan) -> PushReport | None:
        """The plan runs, and for at least half the time that is asked for; or it waits for its switch point."""
        content = wire.content_crc()
        needed_until = wire.activate_at + (wire.expires - wire.activate_at) // 2
        if status.active_sequence and status.active_content == content and status.active_expires >= needed_until:
            return PushReport(PushResult.CONFIRMED, status.active_sequence, detail="runs already")
        if status.plan_state == PlanState.ARMED and self._pushed == (status.staged_sequence, content):
            return PushReport(PushResult.PENDING, status.staged_sequence, detail="waits for its switch point")
        return None

    def _refused(self, before: Status, status: Status, sequence: int) -> PushReport:
        """The controller's own words for it."""
        if status.plan_state == PlanState.REJECTED and status.staged_sequence == sequence:
            code, element = status.plan_reject_code, status.plan_reject_element
        elif status.rejects != before.rejects:
            code, element = status.reject_code, status.reject_element
        else:
            return PushReport(PushResult.MISMATCH, sequence, detail=f"plan state is {status.plan_state}")
        try:
            refusal = Refusal(meaning(RefusalCode, "reject_code", code), element)
        except CodecError as error:  # a newer controller's: it is a refusal all the same
            return PushReport(PushResult.REJECTED, sequence, f"code_{code}", str(element or ""), str(error))
        return PushReport(PushResult.REJECTED, sequence, refusal.name, refusal.element_name(self._junction))

    def sign(self, request: SafeRequest) -> StageRequest:
        """The request as it goes over the wire, under the next counter."""
        self._counter += 1
        return sign_request(
            StageRequest(
                counter=self._counter,
                epoch=self.epoch,
                stage=self._junction.stage_order.index(request.stage) + 1,
                action=action_word(request.action, request.reason),
                valid=request.valid_s,
                request_id=request.reference & 0xFFFF,
            ),
            self._key,
        )

    async def request(self, request: SafeRequest) -> None:
        """Write a stage request."""
        await self._write(registers.STAGE_REQUEST, self.sign(request).to_words())

    async def release(self) -> None:
        """Give control back to the local plan."""
        status = await self.raw_status()
        await self._command(RELEASE, 0, 0, status.utc)

    async def _command(self, code: int, sequence: int, crc: int, utc_s: int) -> None:
        command = sign_command(Command(code, sequence, crc, self.epoch, utc_s), self._key)
        await self._write(registers.COMMAND, command.to_words())

    async def _read(self, block: Block) -> list[int]:
        return await self._link.read(block.functions[0], block.address, block.words)

    async def _write(self, block: Block, words: list[int]) -> None:
        await self._link.write(block.address, words)
