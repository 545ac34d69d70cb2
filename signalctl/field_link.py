"""One junction's conversation with its field controller: one call at a time, whatever the others do.

A call that misses the tick's deadline is not cancelled, because a cancelled Modbus request may be answered later and be
taken for the next one's reply. It goes on, and until it ends the junction is busy: its ticks are skipped and counted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from controllers.driver import (
    CENTRAL_MODES,
    Driver,
    DriverError,
    FieldStatus,
    PlanState,
    PushReport,
    PushResult,
    Reachability,
)
from plans.sealed import SafePlan, SafeRequest
from plans.timing import TimingPlan

HEARTBEAT_S = 5.0
STATUS_VALID_S = 3.0
PLAN_VALID_S = 6 * 3600
PLAN_RENEW_S = 3600
PLAN_RETRY_S = 10.0
ON_ITS_WAY = (PlanState.STAGED, PlanState.VERIFIED, PlanState.ARMED)


class FieldLink:
    """Keeps what is known of one controller, and brings plans and requests to it."""

    def __init__(self, driver: Driver, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.driver = driver
        self.heartbeat_s = heartbeat_s
        self.junction = driver.junction
        self.immediate = bool(getattr(driver, "immediate", False))
        """Whether the driver says that it never waits: its calls need no task and no deadline."""
        self.status: FieldStatus | None = None
        self.skipped = 0
        self.last_error = ""
        self.failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None
        self._connected = False
        self._heartbeat_utc_s = float("-inf")
        self._status_utc_s = float("-inf")
        self._pushed: SafePlan | None = None
        self._pushed_sequence = -1
        self._expires_utc_s = 0
        self._retry_plan_utc_s = float("-inf")

    @property
    def busy(self) -> bool:
        """Whether a call of an earlier tick has not come back."""
        return self._task is not None and not self._task.done()

    def reachability(self) -> Reachability:
        """State of the link as the driver sees it."""
        return self.driver.reachability()

    def fresh_status(self, utc_s: float) -> FieldStatus | None:
        """The controller's own word, unless it is too old to be believed."""
        return self.status if abs(utc_s - self._status_utc_s) <= STATUS_VALID_S else None

    def active_plan(self, utc_s: float) -> TimingPlan | None:
        """The plan that the controller has confirmed to run by its status block, never what was merely sent."""
        status = self.fresh_status(utc_s)
        if status is None or self._pushed is None or status.mode not in CENTRAL_MODES:
            return None
        if status.active_sequence != self._pushed_sequence:
            return None
        plan = self._pushed.plan
        return plan if status.takes_on_demand or not plan.on_demand else replace(plan, on_demand=())

    def plan_wanted(self, plan: TimingPlan, utc_s: float) -> bool:
        """Whether `plan` has to be sent: another runs, or none, or its time runs out. After a refusal, not at once."""
        if 0 <= self._retry_plan_utc_s - utc_s <= PLAN_RETRY_S:
            return False
        if self._pushed is None or (self._pushed.plan is not plan and self._pushed.plan != plan):
            return True
        status = self.fresh_status(utc_s)
        lost = (
            status is not None
            and status.active_sequence != self._pushed_sequence
            and status.plan_state not in ON_ITS_WAY
        )
        return lost or self._expires_utc_s - utc_s < PLAN_RENEW_S

    def postpone_plan(self, utc_s: float) -> None:
        """Note that the plan was refused, here or there: it is tried again after a while."""
        self._retry_plan_utc_s = utc_s + PLAN_RETRY_S

    async def refresh(self, utc_s: float) -> None:
        """Connect where needed, renew the lease when due, and read what the controller says of itself."""
        if not self._connected:
            await self.driver.connect()
            self._connected = True
            self._heartbeat_utc_s = float("-inf")
        if not 0 <= utc_s - self._heartbeat_utc_s < self.heartbeat_s:
            await self.driver.heartbeat(utc_s)
            self._heartbeat_utc_s = utc_s
        await self._read(utc_s)

    async def deliver(self, utc_s: float, plan: SafePlan | None, request: SafeRequest | None) -> PushReport | None:
        """Send what the gate let pass, then read back what came of it."""
        report = None
        if plan is not None:
            expires = int(utc_s) + PLAN_VALID_S
            report = await self.driver.push_plan(plan, activate_at_utc_s=int(utc_s), expires_utc_s=expires)
            if report.result in (PushResult.CONFIRMED, PushResult.PENDING):
                self._pushed, self._pushed_sequence, self._expires_utc_s = plan, report.sequence, expires
            else:
                self.postpone_plan(utc_s)
        if request is not None:
            await self.driver.request_stage(request)
        await self._read(utc_s)
        return report

    async def run(self, call: Callable[[], Awaitable[None]], deadline_s: float) -> None:
        """Run `call` as this link's only task, and wait for it until the deadline at most.

        Raises:
            Exception: what an earlier or this call raised beyond the ways in which links are known to fail.
        """
        if self.immediate:
            await self._guarded(call)
        elif self.busy:
            self.skipped += 1
            return
        else:
            self._task = asyncio.ensure_future(self._guarded(call))
            await asyncio.wait({self._task}, timeout=deadline_s)
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """End the conversation; the controller falls back by itself at the end of its lease."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=2.0)
        await self.driver.close()
        self._connected = False

    async def _guarded(self, call: Callable[[], Awaitable[None]]) -> None:
        self.last_error = ""
        try:
            await call()
        except DriverError as error:
            self.last_error = str(error) or type(error).__name__
            self._connected = False
        except Exception as error:
            self.failure = error
            self._connected = False

    async def _read(self, utc_s: float) -> None:
        self.status = await self.driver.read_status()
        self._status_utc_s = utc_s
