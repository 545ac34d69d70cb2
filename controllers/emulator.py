"""Serves field controllers over Modbus TCP: the emulated cabinet that the driver talks to.

The logic is ticked by somebody else (`controllers.ticker` in real time, a simulator in lock-step); this file only
answers requests between ticks.
"""

from asyncio import Server
from collections.abc import Mapping
from types import TracebackType
from typing import Self, cast

from pymodbus.constants import ExcCodes
from pymodbus.datastore import ModbusServerContext
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from controllers.logic import FieldController
from controllers.registers import BLOCKS, READ_LIMIT
from controllers.registerserver import ModbusFault, RegisterError, RegisterServer

ANY_UNIT = 0
_SPACE = max(block.end for block in BLOCKS)
_FAULTS = {
    ModbusFault.FUNCTION: ExcCodes.ILLEGAL_FUNCTION,
    ModbusFault.ADDRESS: ExcCodes.ILLEGAL_ADDRESS,
    ModbusFault.VALUE: ExcCodes.ILLEGAL_VALUE,
}


class _ForeignFunction(ModbusPDU):
    """A request with a function code that the map does not use: exception 01."""

    async def datastore_update(self, context: ModbusServerContext, device_id: int) -> ModbusPDU:
        """Refuse, whatever device is meant."""
        del context, device_id
        return ExceptionResponse(self.function_code, ExcCodes.ILLEGAL_FUNCTION)


class _Read(ReadHoldingRegistersRequest):
    """FC3 that answers a bad register count with exception 03 instead of a frame that nobody understands."""

    def decode(self, data: bytes) -> None:
        """Read address and count."""
        self.address, self.count = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")

    async def datastore_update(self, context: ModbusServerContext, device_id: int) -> ModbusPDU:
        """Judge the count, then read."""
        if not 1 <= self.count <= READ_LIMIT:
            return ExceptionResponse(self.function_code, ExcCodes.ILLEGAL_VALUE)
        return await super().datastore_update(context, device_id)


class _ReadInput(_Read):
    """FC4, likewise."""

    function_code = 4


_REQUESTS: list[type[ModbusPDU]] = [
    _Read,
    _ReadInput,
    *(
        type(f"_Function{code}", (_ForeignFunction,), {"function_code": code})
        for code in range(1, 128)
        if code not in (3, 4, 16)
    ),
]


def _device(unit: int, registers: RegisterServer) -> SimDevice:
    """A pymodbus device that asks the register server.

    pymodbus wants a coroutine function as `action`; it never waits, for one that does mixes up replies.
    """

    async def action(
        function: int,
        start: int,
        address: int,
        count: int,
        current: list[int],
        new: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        try:
            if new is None:
                first = address - start
                current[first : first + count] = registers.read(function, address, count)
            else:
                registers.write(function, address, [int(word) for word in new])
        except RegisterError as error:
            return _FAULTS[error.fault]
        return None

    return SimDevice(unit, SimData(0, count=_SPACE, values=0, datatype=DataType.REGISTERS), action=action)


def _absent(unit: int) -> SimDevice:
    """Answers for units that nobody has given a controller: exception 0B, as a gateway does."""

    async def action(*_: object) -> ExcCodes | None:
        return ExcCodes.GATEWAY_NO_RESPONSE

    return SimDevice(unit, SimData(0, count=_SPACE, values=0, datatype=DataType.REGISTERS), action=action)


class Emulator:
    """One Modbus TCP server: a single controller that answers to any unit id, or several by their unit ids.

    Usage: `async with Emulator(controller, "127.0.0.1", 0) as emulator: emulator.port`.
    """

    def __init__(
        self, controllers: FieldController | Mapping[int, FieldController], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        units = {ANY_UNIT: controllers} if isinstance(controllers, FieldController) else dict(controllers)
        self.registers = {unit: RegisterServer(controller) for unit, controller in units.items()}
        self.host = host
        self._asked_port = port
        self._server: ModbusTcpServer | None = None
        self._listener: Server | None = None

    @property
    def port(self) -> int:
        """Where it listens; the system's choice when 0 was asked for."""
        if self._listener is None:
            raise RuntimeError("the emulator does not listen")
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the address is taken."""
        devices = [_device(unit, registers) for unit, registers in self.registers.items()]
        if ANY_UNIT not in self.registers:
            devices.append(_absent(ANY_UNIT))
        server = ModbusTcpServer(devices, address=(self.host, self._asked_port), custom_pdu=_REQUESTS)
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            raise OSError(f"{self.host}:{self._asked_port}: expected a free address to listen on") from error
        self._server = server
        self._listener = cast(Server, server.transport)
        # a restarted controller takes its old port again
        self._asked_port = self.port

    async def stop(self) -> None:
        """Stop listening and drop every connection, as a controller without power does."""
        if self._server is not None and self._listener is not None:
            listener = self._listener
            await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus gives it no types
            await listener.wait_closed()
        self._server = self._listener = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
