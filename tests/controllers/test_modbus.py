"""Driver and emulator over real sockets: the whole conversation, and controllers that go and come back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from controllers.codec import Status
from controllers.driver import ControllerMode, Driver, DriverError, PlanState, PushResult
from controllers.emulator import Emulator
from controllers.inprocess import InProcessDriver
from controllers.logic import FieldController
from controllers.modbus import ModbusDriver
from plans.sealed import RequestAction, RequestReason, SafePlan, SafeRequest
from tests.controllers.drivers import SEAL, modbus_driver, safe_plan
from tests.controllers.samples import KEY, run, sample_junction


def go(stage: str) -> SafeRequest:
    """A stage request with the gate's stamp."""
    return SafeRequest("J1", stage, RequestAction.GO, RequestReason.TRAFFIC, 5, 1, SEAL)


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
