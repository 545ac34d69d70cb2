"""The driver for a field controller behind Modbus TCP."""

import time
from collections.abc import Callable

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from controllers.driver import DriverError, FieldStatus, PushReport, Reachability
from controllers.session import Session
from plans.junction import Junction
from plans.safety_hash import safety_hash
from plans.sealed import SafePlan, SafeRequest

TIMEOUT_S = 1.0
CALL_DEADLINE_S = 5.0
BACKOFF_S = 0.1
BACKOFF_MAX_S = 5.0


class ModbusLink:
    """Registers behind Modbus TCP; one request in flight, a fresh connection after every failure of one.

    pymodbus would reconnect by itself, but on the old client a reply that comes late meets the next request; and its
    first connection is not repeated. So the reconnection, with doubling pauses, is done here.
    """

    def __init__(
        self,
        host: str,
        port: int,
        unit: int,
        call_deadline_s: float = CALL_DEADLINE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._call_deadline_s = call_deadline_s
        self._until_s = 0.0
        self._port = port
        self._unit = unit
        self._monotonic = monotonic
        self._client: AsyncModbusTcpClient | None = None
        self._pause_s = 0.0
        self._not_before_s = 0.0
        self.errors = 0
        self.connections = 0
        self.latency_s: float | None = None

    def begin_call(self) -> None:
        """A call of several requests begins: none of them is sent after its deadline."""
        self._until_s = self._monotonic() + self._call_deadline_s

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._client is not None and self._client.connected

    async def open(self) -> None:
        """Connect unless connected.

        Raises:
            DriverError: no connection, or the pause after the last failure is not over.
        """
        if self.connected:
            return
        self.close()
        wait_s = self._not_before_s - self._monotonic()
        if wait_s > 0:
            raise DriverError(f"{self._host}:{self._port}: next attempt to connect in {wait_s:.1f} s")
        client = AsyncModbusTcpClient(
            self._host, port=self._port, timeout=TIMEOUT_S, retries=0, reconnect_delay=0, reconnect_delay_max=0
        )
        if not await client.connect():
            client.close()
            self._failed()
            raise DriverError(f"{self._host}:{self._port}: no connection within {TIMEOUT_S:g} s")
        self._client = client
        self.connections += 1

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def read(self, function: int, address: int, count: int) -> list[int]:
        """FC3 or FC4."""
        client = self._open_client()
        read = client.read_holding_registers if function == 3 else client.read_input_registers
        began_s = self._monotonic()
        try:
            response = await read(address, count=count, device_id=self._unit)
        except ModbusException as error:
            raise self._lost(f"read {address:#06x}", error) from error
        self._answered(f"read {address:#06x}", response, began_s)
        words = list(response.registers)
        if len(words) != count:
            raise self._lost(f"read {address:#06x}", f"expected {count} registers, got {len(words)}")
        return words

    async def write(self, address: int, words: list[int]) -> None:
        """FC16."""
        client = self._open_client()
        began_s = self._monotonic()
        try:
            response = await client.write_registers(address, words, device_id=self._unit)
        except ModbusException as error:
            raise self._lost(f"write {address:#06x}", error) from error
        self._answered(f"write {address:#06x}", response, began_s)

    def _open_client(self) -> AsyncModbusTcpClient:
        if self._client is None or not self._client.connected:
            raise self._lost("request", "not connected")
        if self._monotonic() > self._until_s:
            self.errors += 1
            raise DriverError(f"{self._host}:{self._port}: the call took longer than {self._call_deadline_s:g} s")
        return self._client

    def _answered(self, what: str, response: ModbusPDU, began_s: float) -> None:
        self.latency_s = self._monotonic() - began_s
        if response.isError():
            self.errors += 1
            raise DriverError(f"{self._host}:{self._port}: {what}: exception {response.exception_code:02d}")
        self._pause_s = 0.0

    def _lost(self, what: str, why: object) -> DriverError:
        """No answer, or not the one to this question: the connection is given up with all that may still come."""
        self.close()
        self._failed()
        return DriverError(f"{self._host}:{self._port}: {what}: {why}")

    def _failed(self) -> None:
        self.errors += 1
        self._pause_s = min(max(2 * self._pause_s, BACKOFF_S), BACKOFF_MAX_S)
        self._not_before_s = self._monotonic() + self._pause_s


class ModbusDriver:
    """Drives one field controller.

    Each request has a deadline of 1 s, the first that misses it ends the call; a call of many slow requests ends at
    its own deadline. Nothing is cancelled on the way: a cancelled request's reply could meet the next request.
    """

    def __init__(
        self,
        junction: Junction,
        host: str,
        port: int,
        *,
        key: bytes,
        site: str,
        unit: int = 1,
        master: int = 1,
        epoch: int = 1,
        lease_s: int = 30,
        call_deadline_s: float = CALL_DEADLINE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.junction = junction.id
        self._link = ModbusLink(host, port, unit, call_deadline_s)
        self._session = Session(
            self._link,
            junction,
            safety_hash=safety_hash(junction),
            key=key,
            site=site,
            master=master,
            epoch=epoch,
            lease_s=lease_s,
        )
        self._clock = clock
        self._last_seen_utc_s: float | None = None

    @property
    def epoch(self) -> int:
        """This master's term, above what the controller had seen before it."""
        return self._session.epoch

    async def connect(self) -> None:
        """Connect, check identity and safety hash, and take the next epoch where another master was before."""
        self._link.begin_call()
        await self._link.open()
        await self._session.check_identity()
        await self._session.take_over()
        self._last_seen_utc_s = self._clock()

    async def close(self) -> None:
        """Close the link; the controller falls back by itself when its lease ends."""
        self._link.close()

    async def heartbeat(self, utc_s: float) -> None:  # noqa: ARG002  (the controller has its own clock)
        """Take or renew the lease."""
        self._link.begin_call()
        await self._session.heartbeat()

    async def read_status(self) -> FieldStatus:
        """Blocks B and C in one untorn read."""
        self._link.begin_call()
        status = await self._session.status()
        self._last_seen_utc_s = self._clock()
        return status

    async def push_plan(self, plan: SafePlan, *, activate_at_utc_s: int, expires_utc_s: int) -> PushReport:
        """Stage, read back, verify, activate, confirm."""
        self._link.begin_call()
        return await self._session.push(plan, activate_at_utc_s, expires_utc_s)

    async def request_stage(self, request: SafeRequest) -> None:
        """Write a stage request."""
        self._link.begin_call()
        await self._session.request(request)

    async def release(self) -> None:
        """Give control back to the local plan."""
        self._link.begin_call()
        await self._session.release()

    def reachability(self) -> Reachability:
        """State of the link."""
        return Reachability(
            connected=self._link.connected,
            last_seen_utc_s=self._last_seen_utc_s,
            errors=self._link.errors,
            reconnects=max(0, self._link.connections - 1),
            latency_s=self._link.latency_s,
        )
