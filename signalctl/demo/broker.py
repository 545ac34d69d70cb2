"""A message broker for the demo, on loopback: Mosquitto where it is installed, else amqtt in this process."""

import asyncio
import contextlib
import random
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

START_S = 10.0
OWN_PORTS = range(20_000, 32_000)
_MOSQUITTO_PLACES = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")


class BrokerError(RuntimeError):
    """The broker did not start."""


def find_mosquitto() -> str | None:
    """Path of the Mosquitto broker; Debian keeps it outside a user's PATH."""
    return shutil.which("mosquitto") or next((place for place in _MOSQUITTO_PLACES if Path(place).exists()), None)


@contextlib.asynccontextmanager
async def loopback_broker(folder: Path, port: int | None = None) -> AsyncIterator[tuple[str, int]]:
    """A running broker; yields its name and port.

    Args:
        folder: where its configuration is written.
        port: port to listen on; a free one by default.

    Raises:
        BrokerError: it does not answer in time.
    """
    port = port or free_port()
    program = find_mosquitto()
    if program is not None:
        async with _mosquitto(program, folder, port):
            yield "mosquitto", port
    else:
        log.warning("Mosquitto is not installed; the embedded broker serves this demo")
        async with _amqtt(port):
            yield "amqtt", port


@contextlib.asynccontextmanager
async def _mosquitto(program: str, folder: Path, port: int) -> AsyncIterator[None]:
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n"
        "max_inflight_messages 0\nlog_type error\nlog_type warning\n"
    )
    process = await asyncio.create_subprocess_exec(
        program, "-c", str(settings), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _until_answers(port, process)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def _amqtt(port: int) -> AsyncIterator[None]:
    from amqtt.broker import Broker

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        await _until_answers(port, None)
        yield
    finally:
        await broker.shutdown()


async def _until_answers(port: int, process: asyncio.subprocess.Process | None) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + START_S
    while loop.time() < end:
        if process is not None and process.returncode is not None:
            raise BrokerError(f"the broker ended at once with status {process.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return
    raise BrokerError(f"the broker does not answer on port {port} after {START_S:.0f} s")


def free_port() -> int:
    """A port on loopback that nobody listens on just now, below those handed out for outgoing connections."""
    for port in random.sample(OWN_PORTS, len(OWN_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise BrokerError(f"expected a free port between {OWN_PORTS[0]} and {OWN_PORTS[-1]}, got none")
