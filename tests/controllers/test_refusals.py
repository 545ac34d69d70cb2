"""What a controller refuses from the centre, each code by its own seeded fault: writes, leases, commands, requests."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from controllers.driver import PlanState
from controllers.logic import CabinetSwitch
from controllers.refusals import DESCRIPTIONS, RefusalCode
from controllers.registerserver import RegisterError, RegisterServer
from plans.sealed import RequestAction
from tests.controllers.samples import (
    ABORT,
    ACTIVATE,
    VERIFY,
    Master,
    make_controller,
    make_plan,
    run,
    run_until_stage,
    sample_junction,
)
from tests.controllers.seeded import GREENS, central, reached, ready, verify, wire


def test_partial_write() -> None:
    """A part of a whole block gets an exception, is counted, and changes nothing."""
    master = ready()
    server = RegisterServer(master.controller)
    before = server.read(3, 0x1100, 118)
    for address, count in ((0x1100, 117), (0x1101, 117), (0x1101, 1)):
        with pytest.raises(RegisterError):
            server.write(16, address, [7] * count)
    assert server.read(3, 0x1100, 118) == before
    reached(master.controller.newest_refusal, RefusalCode.PARTIAL_WRITE, 2)


def test_staging_faults() -> None:
    """A damaged, foreign or misnumbered page never becomes a staged plan."""
    master = ready()
    controller = master.controller
    page = wire(master).to_pages()[0]
    reached(controller.write_staging(replace(page, crc=page.crc ^ 1)), RefusalCode.BAD_CRC)
    assert controller.status().plan_state is PlanState.REJECTED
    reached(controller.write_staging(replace(page, payload=(9, *page.payload[1:]))), RefusalCode.BAD_CRC)
    reached(controller.write_staging(replace(page, magic=1)), RefusalCode.BAD_FORMAT)
    reached(controller.write_staging(replace(page, page=0)), RefusalCode.BAD_FORMAT)
    reached(controller.write_staging(replace(page, map_version=2)), RefusalCode.MAP_VERSION)
    reached(verify(master, wire(master, offset=500)), RefusalCode.BAD_FORMAT)


def test_lease_faults() -> None:
    """Out of range, older, another master's, too low a level, given back."""
    master = ready()
    reached(master.lease(121), RefusalCode.LEASE_RANGE)
    reached(master.lease(30, 3), RefusalCode.LEASE_RANGE)
    reached(Master(master.controller, master=0).lease(), RefusalCode.LEASE_RANGE)
    reached(Master(master.controller, master=5, epoch=1).lease(), RefusalCode.OTHER_MASTER)
    reached(Master(master.controller, epoch=0).lease(), RefusalCode.OLDER_EPOCH)
    plan = wire(master)
    master.stage(plan)
    reached(master.command(VERIFY, plan, epoch=0), RefusalCode.OLDER_EPOCH)
    reached(master.command(VERIFY, plan, epoch=2), RefusalCode.OTHER_MASTER)
    master.lease(30, 0)
    reached(master.command(VERIFY, plan), RefusalCode.LEVEL_NOT_REQUESTED)
    master.lease(0)
    reached(master.command(VERIFY, plan), RefusalCode.NO_LEASE)


def test_command_faults() -> None:
    """Steps out of order, of another plan, too old, or not signed with this key."""
    master = ready()
    plan = wire(master)
    reached(master.command(VERIFY, plan), RefusalCode.WRONG_STATE)
    reached(master.command(ABORT), RefusalCode.WRONG_STATE)
    assert master.stage(plan) is None
    reached(master.command(ACTIVATE, plan), RefusalCode.WRONG_STATE)
    reached(master.command(VERIFY, plan, crc=1), RefusalCode.WRONG_STATE)
    reached(master.command(9, plan), RefusalCode.WRONG_STATE)
    reached(master.command(VERIFY, plan, utc=master.controller.utc_s - 31), RefusalCode.STALE)
    master.key = b"somebody else's key"
    reached(master.command(VERIFY, plan), RefusalCode.BAD_HMAC)
    reached(master.request(RequestAction.GO, "A"), RefusalCode.BAD_HMAC)


@pytest.mark.parametrize("switch", [CabinetSwitch.MANUAL, CabinetSwitch.FLASH, CabinetSwitch.DARK])
def test_mode_shuts_the_centre_out(switch: CabinetSwitch) -> None:
    """With the cabinet's switch off automatic, nothing central is accepted."""
    master = ready()
    plan = wire(master)
    master.stage(plan)
    master.controller.set_switch(switch)
    master.lease()
    master.stage(plan)
    reached(master.command(VERIFY, plan), RefusalCode.MODE)
    reached(master.request(RequestAction.GO, "A"), RefusalCode.MODE)


def test_sequence_must_be_newer() -> None:
    """An old plan cannot be played back."""
    master = ready()
    central(master)
    run(master.controller, 100)
    master.lease()
    reached(verify(master, wire(master, sequence=1)), RefusalCode.SEQUENCE_NOT_NEWER)


def test_one_activation_a_cycle() -> None:
    """A second activation waits for a cycle to pass."""
    master = ready()
    central(master)
    reached(master.push(wire(master, offset=9)), RefusalCode.ACTIVATION_RATE)
    run(master.controller, 80)
    master.lease()
    assert master.push(wire(master, offset=9)) is None


def test_clock_must_be_synchronised() -> None:
    """Without a trusted clock only a plan that needs none is accepted."""
    master = ready()
    master.controller.set_clock_synchronised(False)
    reached(verify(master, wire(master, is_open=False)), RefusalCode.CLOCK)
    assert verify(master, wire(master, is_open=True)) is None


def test_step_too_large() -> None:
    """The cycle changes by no more than the configured step."""
    master = ready(cycle_step_s=5)
    plan = make_plan(master.controller.config.junction, [("A", 37), ("B", 15), ("C", 10)], is_open=True)
    reached(verify(master, master.wire(plan)), RefusalCode.STEP_TOO_LARGE)


def test_request_faults() -> None:
    """Each way in which a stage request is wrong."""
    master = ready()
    reached(master.request(RequestAction.GO, "B"), RefusalCode.WRONG_STATE)
    controller = central(master)
    run_until_stage(controller, "A")
    reached(master.request(RequestAction.GO, "B"), RefusalCode.MIN_GREEN)
    run(controller, 8)
    reached(master.request(RequestAction.GO, "B", 6), RefusalCode.REQUEST_RANGE)
    reached(master.request(RequestAction.GO, "B", raw_action=3 << 8), RefusalCode.REQUEST_RANGE)
    reached(master.request(RequestAction.GO, 9), RefusalCode.UNKNOWN_ELEMENT, 9)
    reached(master.request(RequestAction.GO, "B", counter=master.counter - 5), RefusalCode.COUNTER_NOT_NEWER)
    master.lease(30, 1)
    reached(master.request(RequestAction.GO, "B"), RefusalCode.LEVEL_NOT_REQUESTED)
    master.lease(30, 2)
    assert master.request(RequestAction.GO, "B") is None
    run(controller, 1)
    reached(master.request(RequestAction.GO, "C"), RefusalCode.IN_TRANSITION, 3)
    assert controller.rejects == sum(controller.refusals.values()) > 0


def test_request_outside_of_the_frame() -> None:
    """The plan's frame does not hold the stage at its arrival."""
    master = ready()
    controller = central(master, is_open=False)
    run_until_stage(controller, "A")
    run(controller, 10)
    reached(master.request(RequestAction.GO, "B"), RefusalCode.OUTSIDE_FRAME, 2)


def test_request_while_starting() -> None:
    """No request while all is red at the start."""
    master = ready()
    controller = central(master)
    controller.display.show_all(list(controller.display.aspects), controller.elapsed_s, controller.utc_s)
    reached(master.request(RequestAction.GO, "B"), RefusalCode.STARTING)


def test_request_that_would_keep_others_red_too_long() -> None:
    """A GO after which a mandatory group could not be served in time."""
    controller = make_controller(sample_junction(max_red_s=75))
    run(controller, 100)
    master = Master(controller)
    master.lease(120)
    assert master.push(master.wire(make_plan(controller.config.junction, GREENS, is_open=True))) is None
    for _ in range(200):
        master.lease(120)
        stage = controller.status().stage
        other = {"A": "B", "B": "A"}.get(stage)
        if other:
            refusal = master.request(RequestAction.GO, other)
            if refusal is not None and refusal.code is RefusalCode.MAX_RED:
                reached(refusal, RefusalCode.MAX_RED, 3)
                return
        run(controller, 1)
    raise AssertionError("stage C was never in danger")


def test_every_code_has_a_description_and_a_test() -> None:
    """Every code is described, and the tests of refusals reach each of them."""
    assert set(DESCRIPTIONS) == set(RefusalCode)
    texts = [file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_refusals*.py")]
    tested = {code for text in texts for code in re.findall(r"RefusalCode\.([A-Z_]+)", text)}
    assert {code.name for code in RefusalCode} - {"NONE"} <= tested
