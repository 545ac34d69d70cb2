"""Driver and emulator over real sockets: the whole conversation, and everything that breaks on the way."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterator

import pytest

from controllers.codec import Status
from controllers.driver import ControllerMode, Driver, DriverError, PlanState, PushResult
from controllers.emulator import Emulator
from controllers.inprocess import InProcessDriver
from controllers.logic import FieldController
from controllers.modbus import ModbusDriver
from controllers.registerserver import RegisterServer
from controllers.session import Session
from plans.sealed import GateSeal, RequestAction, RequestReason, SafePlan, SafeRequest, TransitionMode
from tests.controllers.samples import KEY, make_controller, make_plan, run, sample_junction

SEAL = GateSeal()


def safe_plan(
    controller: FieldController, *, green_s: int = 20, is_open: bool = True, hash_change: int = 0
) -> SafePlan:
    """A plan with the gate's stamp."""
    plan = make_plan(controller.config.junction, [("A", green_s), ("C", 12), ("B", 15)], is_open=is_open)
    return SafePlan(plan, controller.safety_hash ^ hash_change, TransitionMode.SHORT_WAY, SEAL)


def go(stage: str) -> SafeRequest:
    """A stage request with the gate's stamp."""
    return SafeRequest("J1", stage, RequestAction.GO, RequestReason.TRAFFIC, 5, 1, SEAL)


def modbus_driver(port: int, **changes: object) -> ModbusDriver:
    """A driver for the sample junction's controller."""
    options: dict[str, object] = {"key": KEY, "site": "site", "master": 77, **changes}
    return ModbusDriver(sample_junction(), "127.0.0.1", port, **options)  # type: ignore[arg-type]


@pytest.fixture
def controller() -> FieldController:
    """A controller in step with its local plan."""
    controller = make_controller()
    run(controller, 100)
    return controller


@pytest.fixture(params=["modbus", "in process"])
async def driver(request: pytest.FixtureRequest, controller: FieldController) -> AsyncIterator[Driver]:
    """Both drivers: they must behave alike."""
    if request.param == "modbus":
        async with Emulator(controller) as emulator:
            over_tcp = modbus_driver(emulator.port)
            yield over_tcp
            await over_tcp.close()
    else:
        inside = InProcessDriver(controller)
        yield inside
        await inside.close()


async def push(driver: Driver, controller: FieldController, plan: SafePlan | None = None) -> PushResult:
    """Push now, for an hour."""
    report = await driver.push_plan(
        plan or safe_plan(controller), activate_at_utc_s=controller.utc_s, expires_utc_s=controller.utc_s + 3600
    )
    return report.result


async def test_plan_is_confirmed_by_read_back(driver: Driver, controller: FieldController) -> None:
    """A push is PENDING until the status block shows the plan active, then CONFIRMED without being sent again."""
    await driver.connect()
    await driver.heartbeat(0.0)
    assert await push(driver, controller) is PushResult.PENDING
    assert await push(driver, controller) is PushResult.PENDING
    run(controller, 2)
    status = await driver.read_status()
    assert (status.mode, status.plan_state) == (ControllerMode.CENTRAL_PLAN, PlanState.ACTIVE)
    report = await driver.push_plan(
        safe_plan(controller), activate_at_utc_s=controller.utc_s, expires_utc_s=controller.utc_s + 3600
    )
    assert (report.result, report.sequence) == (PushResult.CONFIRMED, status.active_sequence)
    assert controller.rejects == 0


async def test_both_ways_of_reading_agree(driver: Driver, controller: FieldController) -> None:
    """What is read through registers and what the logic says of itself is the same, second by second."""
    await driver.connect()
    await driver.heartbeat(0.0)
    await push(driver, controller)
    for _ in range(90):
        run(controller, 1)
        assert await driver.read_status() == controller.status()


async def test_requests_reach_the_street(driver: Driver, controller: FieldController) -> None:
    """A stage request starts its transition in the next second."""
    await driver.connect()
    await driver.heartbeat(0.0)
    await push(driver, controller)
    for _ in range(100):
        run(controller, 1)
        await driver.heartbeat(0.0)
        status = await driver.read_status()
        if status.stage == "A" and status.time_in_stage_s == 9:
            break
    await driver.request_stage(go("C"))
    run(controller, 1)
    assert (await driver.read_status()).next_stage == "C"


async def test_refusals_come_in_the_controllers_own_words(driver: Driver, controller: FieldController) -> None:
    """A refused push says code and element; without a lease it is refused as well."""
    await driver.connect()
    unleased = await driver.push_plan(safe_plan(controller), activate_at_utc_s=0, expires_utc_s=2**32 - 1)
    assert (unleased.result, unleased.code) == (PushResult.REJECTED, "no_lease")
    await driver.heartbeat(0.0)
    at = controller.utc_s
    report = await driver.push_plan(safe_plan(controller, hash_change=1), activate_at_utc_s=at, expires_utc_s=at + 900)
    assert (report.result, report.code, report.element) == (PushResult.REJECTED, "safety_hash", "")
    short = await driver.push_plan(safe_plan(controller, green_s=4), activate_at_utc_s=at, expires_utc_s=at + 900)
    assert (short.result, short.code, short.element) == (PushResult.REJECTED, "min_green", "K1")
    assert (await driver.read_status()).plan_state is PlanState.REJECTED


async def test_release(driver: Driver, controller: FieldController) -> None:
    """Release brings the local plan back."""
    await driver.connect()
    await driver.heartbeat(0.0)
    await push(driver, controller)
    run(controller, 2)
    await driver.release()
    run(controller, 1)
    assert (await driver.read_status()).plan_state is PlanState.RELEASED


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"site": "elsewhere"}, "identity site"), ({"key": KEY}, "identity safety_hash")],
)
async def test_identity_is_checked(controller: FieldController, changes: dict[str, object], message: str) -> None:
    """Another site, or another safety configuration in the cabinet, is no controller of ours."""
    async with Emulator(controller) as emulator:
        driver = modbus_driver(emulator.port, **changes)
        if "key" in changes:
            foreign = sample_junction(max_red_s=299)
            driver = ModbusDriver(foreign, "127.0.0.1", emulator.port, key=KEY, site="site")
        with pytest.raises(DriverError, match=message):
            await driver.connect()
        await driver.close()


async def test_restarted_service_adopts_what_runs(controller: FieldController) -> None:
    """A new process takes the next epoch, leaves its own plan running, and no green is stopped."""
    async with Emulator(controller) as emulator:
        first = modbus_driver(emulator.port, master=1001)
        await first.connect()
        await first.heartbeat(0.0)
        await push(first, controller)
        run(controller, 3)
        await first.close()
        before = await _status(emulator)
        second = modbus_driver(emulator.port, master=1002)
        await second.connect()
        await second.heartbeat(0.0)
        assert second.epoch == first.epoch + 1
        assert await push(second, controller) is PushResult.CONFIRMED
        after = await _status(emulator)
        assert (after.active_sequence, after.active_crc) == (before.active_sequence, before.active_crc)
        run(controller, 1)
        assert controller.mode is ControllerMode.CENTRAL_PLAN
        await second.close()


async def test_two_masters_do_not_pull_to_and_fro(controller: FieldController) -> None:
    """The predecessor that is still alive learns that it lost the lease, and does not take it back."""
    async with Emulator(controller) as emulator:
        first, second = modbus_driver(emulator.port, master=1), modbus_driver(emulator.port, master=2)
        for driver in (first, second):
            await driver.connect()
            await driver.heartbeat(0.0)
        with pytest.raises(DriverError, match="lease refused, master 0x2"):
            await first.heartbeat(0.0)
        with pytest.raises(DriverError, match="master 0x2 holds the lease"):
            await first.connect()
        await second.heartbeat(0.0)
        run(controller, 40)
        await first.connect()
        await first.heartbeat(0.0)
        assert first.epoch > second.epoch
        for driver in (first, second):
            await driver.close()


async def _status(emulator: Emulator) -> Status:
    return emulator.registers[0].status()


async def test_controller_gone_and_back(controller: FieldController) -> None:
    """A controller without power is an error within a second, retried with growing pauses, and found again."""
    emulator = Emulator(controller)
    await emulator.start()
    driver = modbus_driver(emulator.port)
    await driver.connect()
    await driver.read_status()
    await emulator.stop()
    with pytest.raises(DriverError):
        await driver.read_status()
    assert not driver.reachability().connected
    with pytest.raises(DriverError):
        await driver.connect()
    await emulator.start()
    for _ in range(50):
        with contextlib.suppress(DriverError):
            await driver.connect()
            break
        await asyncio.sleep(0.05)
    assert (await driver.read_status()).junction == "J1"
    reach = driver.reachability()
    assert (reach.connected, reach.reconnects) == (True, 1)
    assert reach.errors >= 1
    await driver.close()
    await emulator.stop()


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
