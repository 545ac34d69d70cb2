"""An independent Modbus master (mbpoll on libmodbus) against the emulated controller."""

import asyncio
import re
from collections.abc import Callable

import pytest

from controllers import registers
from controllers.codec import Status
from controllers.emulator import Emulator
from tests.controllers.samples import make_controller, run

pytestmark = pytest.mark.peer
VALUE = re.compile(r"^\[(\d+)\]:\s+0x([0-9A-F]{4})", re.MULTILINE)


async def mbpoll(program: str, port: int, *arguments: str) -> tuple[int, str]:
    """Run it once with protocol addresses; exit status and everything that it said."""
    process = await asyncio.create_subprocess_exec(
        program,
        *("-m", "tcp", "-p", str(port), "-0", "-1", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode or 0, output.decode(errors="replace")


async def test_mbpoll_reads_the_status_block(require_program: Callable[[str], str]) -> None:
    """Libmodbus reads block B, and it means what the controller says."""
    controller = make_controller()
    run(controller, 140)
    async with Emulator(controller) as emulator:
        block = registers.STATUS
        status, output = await mbpoll(
            require_program("mbpoll"),
            emulator.port,
            *("-t", "3:hex", "-r", str(block.address), "-c", str(block.words), "127.0.0.1"),
        )
        assert status == 0, output
        words = [int(word, 16) for _, word in VALUE.findall(output)]
        assert Status.from_words(words) == emulator.registers[0].status()


async def test_mbpoll_sees_a_partial_staging_write_refused(require_program: Callable[[str], str]) -> None:
    """A part of block G gets exception 03 and changes nothing; the whole block is taken."""
    controller = make_controller()
    run(controller, 140)
    async with Emulator(controller) as emulator:
        block = registers.STAGING
        values = [str(number) for number in range(1, block.words + 1)]
        where = ("-t", "4", "-r", str(block.address), "127.0.0.1")
        status, output = await mbpoll(require_program("mbpoll"), emulator.port, *where, *values[:-1])
        assert status != 0
        assert "Illegal data value" in output
        assert controller.plan_life.last_page is None
        assert controller.rejects == 1
        status, output = await mbpoll(require_program("mbpoll"), emulator.port, *where, *values)
        assert status == 0, output
        assert controller.plan_life.last_page is not None
        assert controller.plan_life.last_page.to_words()[:4] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-t", "0", "-r", "0"), "Illegal function"),  # FC1
        (("-t", "1", "-r", "0"), "Illegal function"),  # FC2
        (("-t", "3", "-r", "8192"), "Illegal data address"),
        (("-t", "4", "-r", "256"), "Illegal data address"),
    ],
)
async def test_mbpoll_sees_exceptions(
    require_program: Callable[[str], str], arguments: tuple[str, ...], words: str
) -> None:
    """Foreign function codes and unknown registers get their exceptions."""
    async with Emulator(make_controller()) as emulator:
        status, output = await mbpoll(require_program("mbpoll"), emulator.port, *arguments, "127.0.0.1")
        assert status != 0
        assert words in output
