"""What goes wrong on the wire: late, slow and torn replies, exceptions, addresses."""

import asyncio
import contextlib
import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest

from controllers import registers
from controllers.driver import DriverError, PlanState, PushResult
from controllers.emulator import Emulator
from controllers.logic import FieldController
from controllers.modbus import ModbusDriver
from controllers.register_block import Block
from controllers.registerserver import RegisterServer
from controllers.session import Session
from tests.controllers.drivers import modbus_driver, safe_plan
from tests.controllers.samples import KEY, make_controller, run


async def test_late_reply_is_not_taken_for_the_next_one() -> None:
    """A reply after the deadline ends in the old connection; the next question gets its own answer."""
    delays = iter([1.3, 0.0, 0.0, 0.0])
    asked: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                transaction, _, _, unit, _, address, count = struct.unpack(">HHHBBHH", await reader.readexactly(12))
                asked.append(address)
                await asyncio.sleep(next(delays))
                # every register holds its own address, so a reply tells its question
                words = struct.pack(f">{count}H", *range(address, address + count))
                writer.write(struct.pack(">HHHBBB", transaction, 0, 3 + len(words), unit, 4, len(words)) + words)
                await writer.drain()
        writer.close()
        ended.release()

    ended = asyncio.Semaphore(0)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        driver = modbus_driver(server.sockets[0].getsockname()[1])
        link = driver._link
        link.begin_call()
        await link.open()
        with pytest.raises(DriverError):
            await link.read(4, 0x0000, 4)
        await asyncio.sleep(0.4)
        await link.open()
        assert await link.read(4, 0x0200, 2) == [0x0200, 0x0201]
        assert asked == [0x0000, 0x0200]
        await driver.close()
        for _ in range(2):
            await asyncio.wait_for(ended.acquire(), 5)


async def test_slow_controller_ends_the_call_at_its_deadline() -> None:
    """Replies that each come in time, but too slowly for the call as a whole, end it; the link stays open."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                transaction, _, _, unit, _, _, count = struct.unpack(">HHHBBHH", await reader.readexactly(12))
                await asyncio.sleep(0.3)
                words = bytes(2 * count)
                writer.write(struct.pack(">HHHBBB", transaction, 0, 3 + len(words), unit, 4, len(words)) + words)
                await writer.drain()
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        driver = modbus_driver(server.sockets[0].getsockname()[1], call_deadline_s=0.2)
        await driver._link.open()
        with pytest.raises(DriverError, match=r"the call took longer than 0\.2 s"):
            await driver.read_status()
        assert driver.reachability().connected
        await driver.close()
        await asyncio.wait_for(ended.wait(), 5)


async def test_hanging_controller_delays_no_other(controller: FieldController) -> None:
    """One controller that accepts and never answers costs its own call a second, and the others nothing."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        hung_up.set()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server, Emulator(controller) as emulator:
        stuck, good = modbus_driver(server.sockets[0].getsockname()[1]), modbus_driver(emulator.port)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        ended: dict[str, float] = {}

        async def connect(name: str, driver: ModbusDriver) -> None:
            with contextlib.suppress(DriverError):
                await driver.connect()
            ended[name] = loop.time() - begun

        await asyncio.gather(connect("stuck", stuck), connect("good", good))
        assert ended["good"] < ended["stuck"]
        assert ended["stuck"] >= 0.9
        assert good.reachability().connected
        await stuck.close()
        await good.close()
        await asyncio.wait_for(hung_up.wait(), 5)


class ScriptedLink:
    """A link that changes registers on their way: torn reads, and a memory that forgets."""

    def __init__(self, controller: FieldController, generations: Iterator[int], flip: int = 0) -> None:
        self.server = RegisterServer(controller)
        self.generations = generations
        self.flip = flip

    async def read(self, function: int, address: int, count: int) -> list[int]:
        words = self.server.read(function, address, count)
        if address == 0x0100:
            words[0] = next(self.generations)
        if address == 0x1100:
            words[30] ^= self.flip
        return words

    async def write(self, address: int, words: list[int]) -> None:
        self.server.write(16, address, words)


def session(link: ScriptedLink, controller: FieldController) -> Session:
    """A conversation over that link."""
    return Session(
        link,
        controller.config.junction,
        safety_hash=controller.safety_hash,
        key=KEY,
        site="site",
        master=1,
        epoch=1,
        lease_s=30,
    )


async def test_torn_reads_are_repeated(controller: FieldController) -> None:
    """A status whose two generations differ is read again; one that never settles is an error."""
    real = controller.generation & 0xFFFF
    torn_once = session(ScriptedLink(controller, iter([real - 1, real, real])), controller)
    assert (await torn_once.status()).stage == controller.status().stage
    groups_moved = session(ScriptedLink(controller, iter([real, real + 1, real, real])), controller)
    assert (await groups_moved.status()).stage == controller.status().stage
    always = session(ScriptedLink(controller, iter([real - 1] * 9)), controller)
    with pytest.raises(DriverError, match="during each of 4 reads"):
        await always.raw_status()


async def test_plan_that_reads_back_differently_is_not_activated(controller: FieldController) -> None:
    """One flipped bit in the read-back ends the push before anything is verified."""
    talk = session(ScriptedLink(controller, iter([controller.generation & 0xFFFF] * 3), flip=1), controller)
    report = await talk.push(safe_plan(controller), controller.utc_s, controller.utc_s + 900)
    assert report.result is PushResult.MISMATCH
    assert controller.status().plan_state is PlanState.STAGED


async def _exchange(port: int, pdu: bytes, unit: int = 1) -> bytes:
    """One raw request; the reply's PDU."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(struct.pack(">HHHB", 7, 0, len(pdu) + 1, unit) + pdu)
    transaction, _, length, _ = struct.unpack(">HHHB", await asyncio.wait_for(reader.readexactly(7), 5))
    assert transaction == 7
    reply = await reader.readexactly(length - 1)
    writer.close()
    await writer.wait_closed()
    return reply


async def test_exceptions_on_the_wire(controller: FieldController) -> None:
    """01 for every other function, 02 for registers that are not there, 03 for parts and counts, 0B for other units."""
    async with Emulator({1: controller}) as emulator:
        for function in range(1, 128):
            if function not in (3, 4, 16):
                reply = await _exchange(emulator.port, bytes([function, 0, 0, 0, 1]))
                assert reply == bytes([function | 0x80, 1]), function
        cases = {
            struct.pack(">BHH", 4, 0x0100, 65): 2,  # beyond the block's end
            struct.pack(">BHH", 4, 0x0400, 1): 2,  # between blocks
            struct.pack(">BHH", 4, 0xFFFF, 1): 2,
            struct.pack(">BHH", 3, 0x0100, 1): 2,  # input registers only
            struct.pack(">BHH", 4, 0x0300, 126): 3,
            struct.pack(">BHH", 4, 0x0100, 0): 3,
            struct.pack(">BHHB2H", 16, 0x1100, 2, 4, 1, 2): 3,  # part of a whole block
            struct.pack(">BHHBH", 16, 0x1175, 1, 2, 1): 3,
            struct.pack(">BHHBH", 16, 0x0100, 1, 2, 1): 2,  # read-only
            struct.pack(">BHHBH", 16, 0x1100, 1, 9, 1): 3,  # byte count is wrong
        }
        for request, code in cases.items():
            assert await _exchange(emulator.port, request) == bytes([request[0] | 0x80, code]), request.hex()
        assert await _exchange(emulator.port, struct.pack(">BHH", 4, 0, 1), unit=9) == bytes([0x84, 0x0B])
        assert controller.plan_life.last_page is None


async def test_several_units_behind_one_address() -> None:
    """Unit ids select sub-junctions that do not know of each other."""
    one, two = make_controller(), make_controller()
    run(one, 100)
    run(two, 50)
    async with Emulator({1: one, 2: two}) as emulator:
        drivers = [modbus_driver(emulator.port, unit=unit) for unit in (1, 2)]
        for driver in drivers:
            await driver.connect()
        times = [(await driver.read_status()).utc_s for driver in drivers]
        assert times == [one.utc_s, two.utc_s]
        await drivers[0].heartbeat(0.0)
        assert (one.lease.held(), two.lease.held()) == (True, False)
        for driver in drivers:
            await driver.close()


async def test_address_in_use_is_said(controller: FieldController) -> None:
    """A port that somebody else has is an OSError that names it."""
    async with Emulator(controller) as emulator:
        with pytest.raises(OSError, match=f"127.0.0.1:{emulator.port}: expected a free address"):
            await Emulator(controller, "127.0.0.1", emulator.port).start()


class StrangeLink(ScriptedLink):
    """A link to a controller that says something that is not in the register map."""

    def __init__(self, controller: FieldController, block: Block, register: str, value: int) -> None:
        super().__init__(controller, iter(()))
        self.block, self.register, self.value = block, register, value

    async def read(self, function: int, address: int, count: int) -> list[int]:
        words = self.server.read(function, address, count)
        if address == self.block.address and count > 1:
            words[self.block.address_of(self.register) - address] = self.value
        return words


@pytest.mark.parametrize(
    ("block", "register", "value", "told"),
    [
        (registers.STATUS, "mode", 9, "mode: expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, got 9"),
        (registers.STATUS, "plan_state", 77, "plan_state: expected one of 0, 1, 2, 3, 4, 5, 6, 7, got 77"),
        (registers.STATUS, "stage", 60, "stage: expected 0 to [1-9], got 60"),
        (registers.STATUS, "next_stage", 0xFFFF, "next_stage: expected 0 to [1-9], got 65535"),
        (registers.GROUPS, "group", 0xF000, "aspect: expected one of"),
    ],
)
async def test_words_that_are_not_in_the_map_are_the_controllers_fault(
    controller: FieldController, block: Block, register: str, value: int, told: str
) -> None:
    """They are named, and count as an answer that is none: the junction is not steered by them."""
    talk = session(StrangeLink(controller, block, register, value), controller)
    with pytest.raises(DriverError, match=told):
        await talk.status()


async def test_a_refusal_that_is_not_known_yet_is_a_refusal(controller: FieldController) -> None:
    """A newer controller's code stays a number, in the push as in the journal."""
    link = ScriptedLink(controller, iter([controller.generation & 0xFFFF] * 4))
    talk = session(link, controller)
    before = await talk.raw_status()
    after = replace(
        before, plan_state=PlanState.REJECTED.value, staged_sequence=5, plan_reject_code=999, plan_reject_element=3
    )
    report = talk._refused(before, after, 5)
    assert (report.result, report.code, report.element) == (PushResult.REJECTED, "code_999", "3")
