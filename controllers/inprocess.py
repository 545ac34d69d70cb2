"""The driver for a field controller that lives in the same process: simulation in lock-step, no real I/O."""

from controllers.driver import DriverError, FieldStatus, PushReport, Reachability
from controllers.logic import FieldController
from controllers.registerserver import RegisterError, RegisterServer
from controllers.session import Session
from plans.sealed import SafePlan, SafeRequest

MASTER = 1


class InProcessLink:
    """The registers of a controller in this process."""

    def __init__(self, server: RegisterServer) -> None:
        self._server = server

    async def read(self, function: int, address: int, count: int) -> list[int]:
        """Read registers."""
        try:
            return self._server.read(function, address, count)
        except RegisterError as error:
            raise DriverError(f"read {address:#06x}: {error}") from error

    async def write(self, address: int, words: list[int]) -> None:
        """Write registers with FC16."""
        try:
            self._server.write(16, address, words)
        except RegisterError as error:
            raise DriverError(f"write {address:#06x}: {error}") from error


class InProcessDriver:
    """Drives a `FieldController` through its registers, without ever waiting.

    What happens every few seconds (status, requests, heartbeat) takes a shorter way that skips the registers; tests
    hold that both ways say the same.
    """

    def __init__(
        self,
        controller: FieldController,
        *,
        master: int = MASTER,
        epoch: int = 1,
        lease_s: int = 30,
        immediate: bool = False,
    ) -> None:
        """With `immediate` the loop calls it in its turn, without a task and a deadline of its own."""
        config = controller.config
        self.controller = controller
        self.immediate = immediate
        self.junction = config.junction.id
        self.session = Session(
            InProcessLink(RegisterServer(controller)),
            config.junction,
            safety_hash=controller.safety_hash,
            key=config.key,
            site=config.site,
            master=master,
            epoch=epoch,
            lease_s=lease_s,
        )
        self._connected = False

    async def connect(self) -> None:
        """Check identity, and go on from the controller's counters."""
        await self.session.check_identity()
        await self.session.take_over()
        self._connected = True

    async def close(self) -> None:
        """Let go; the controller falls back when the lease ends."""
        self._connected = False

    async def heartbeat(self, utc_s: float) -> None:  # noqa: ARG002  (the controller has its own clock)
        """Renew the lease. Raises DriverError when the controller refuses it."""
        refusal = self.controller.write_lease(self.session.next_lease())
        if refusal is not None:
            raise DriverError(f"{self.junction}: lease refused: {refusal.name}")

    async def read_status(self) -> FieldStatus:
        """What really runs."""
        return self.controller.status()

    async def push_plan(self, plan: SafePlan, *, activate_at_utc_s: int, expires_utc_s: int) -> PushReport:
        """Stage, read back, verify, activate, confirm."""
        return await self.session.push(plan, activate_at_utc_s, expires_utc_s)

    async def request_stage(self, request: SafeRequest) -> None:
        """Ask for a stage in the coming second."""
        self.controller.stage_request(self.session.sign(request))

    async def release(self) -> None:
        """Back to the local plan."""
        await self.session.release()

    def reachability(self) -> Reachability:
        """Always within reach while connected."""
        return Reachability(self._connected, float(self.controller.utc_s))
