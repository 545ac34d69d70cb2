"""The MQTT source against a real Mosquitto: it delivers, survives the broker's death, and notices silent denial."""

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest

from detectors.messages import encode
from detectors.mqtt import Canary, MqttSource
from detectors.readings import LoopReading
from detectors.tasks import end_tasks
from detectors.topics import Kind
from plans.site import MqttBroker
from tests.ports import own_port

pytestmark = pytest.mark.peer


class Mosquitto:
    """A broker on a port of its own that can be killed and started again."""

    def __init__(self, program: str, folder: Path, acl: str = "") -> None:
        self.port = own_port()
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false"]
        if acl:
            (folder / "acl").write_text(acl)
            (folder / "acl").chmod(0o600)
            lines.append(f"acl_file {folder / 'acl'}")
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text("\n".join([*lines, f"log_dest file {folder / 'log'}", "user root"]) + "\n")
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def mosquitto(require_program: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[[str], Mosquitto]]:
    """`mosquitto(acl)` starts a broker with these access rights (all, when empty)."""
    brokers: list[Mosquitto] = []

    def start(acl: str = "") -> Mosquitto:
        broker = Mosquitto(require_program("mosquitto"), tmp_path, acl)
        broker.start()
        brokers.append(broker)
        return broker

    yield start
    for broker in brokers:
        broker.kill()


@contextlib.asynccontextmanager
async def running(source: MqttSource) -> AsyncIterator[None]:
    """Keep the source's task running for the length of the block."""
    task = asyncio.create_task(source.run())
    try:
        yield
    finally:
        assert await end_tasks([task]) == []


async def until(condition: Callable[[], bool], patience_s: float = 15.0) -> None:
    """Wait for a condition that other processes bring about."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110 - a counter in another task offers no event to wait for
            await asyncio.sleep(0.02)


def source_on(broker: Mosquitto) -> MqttSource:
    """A source for site `s` with an impatient canary."""
    return MqttSource("s", MqttBroker("127.0.0.1", broker.port, tls=False), canary=Canary(every_s=0.2, patience_s=0.6))


async def send(broker: Mosquitto, *messages: tuple[str, bytes]) -> None:
    """Publish as a detector would."""
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)


async def test_messages_arrive_and_wrong_ones_are_counted(mosquitto: Callable[..., Mosquitto]) -> None:
    """What detectors publish is in the next drain, added up; what nobody can read is counted."""
    broker = mosquitto()
    source = source_on(broker)
    async with running(source):
        await until(lambda: source.statistics().connected)
        first = LoopReading("J", "a", 10.0, 1, 2, 1.0, True)
        second = LoopReading("J", "a", 11.0, 2, 1, 0.0, False)
        await send(broker, encode("s", first), encode("s", second), ("signalctl/v1/s/J/loop/a", b"junk"))
        await until(lambda: source.statistics().invalid == {"loop": 1})
        assert source.drain().readings == (LoopReading("J", "a", 11.0, 2, 3, 0.5, False, span_s=2.0),)
        assert source.statistics().received == {"loop": 2}
        assert source.denied() == frozenset()


async def test_what_arrives_can_be_recorded(mosquitto: Callable[..., Mosquitto]) -> None:
    """A tap hears every message as it came, wrong ones too, and no canaries."""
    broker = mosquitto()
    heard: list[tuple[str, bytes]] = []
    source = MqttSource(
        "s", MqttBroker("127.0.0.1", broker.port, tls=False), tap=lambda topic, payload: heard.append((topic, payload))
    )
    async with running(source):
        await until(lambda: source.statistics().connected)
        sent = [encode("s", LoopReading("J", "a", 10.0, 1, 2, 1.0, True)), ("signalctl/v1/s/J/loop/a", b"junk")]
        await send(broker, *sent)
        await until(lambda: len(heard) == 2)
    assert heard == sent


async def test_a_killed_broker_is_found_again(mosquitto: Callable[..., Mosquitto]) -> None:
    """After kill -9 of the broker the outage shows, and afterwards messages arrive without anybody's help."""
    broker = mosquitto()
    source = source_on(broker)
    async with running(source):
        await until(lambda: source.statistics().connected)
        broker.kill()
        await until(lambda: not source.statistics().connected)
        source.publish_state("J", {"stage": "old"})
        source.publish_state("J", {"stage": "1"})
        broker.start()
        await until(lambda: source.statistics().connected)
        assert source.statistics().reconnects == 1
        await send(broker, encode("s", LoopReading("J", "a", 10.0, 1, 2, 1.0, True)))
        await until(lambda: source.statistics().received == {"loop": 1})
        assert len(source.drain().readings) == 1
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("signalctl/v1/s/J/state")
            message = await asyncio.wait_for(anext(aiter(client.messages)), 5.0)
        assert message.retain
        assert json.loads(message.payload) == {"stage": "1"}  # type: ignore[arg-type]


async def test_a_denied_subscription_is_noticed(mosquitto: Callable[..., Mosquitto]) -> None:
    """The broker grants every subscription and never delivers loops: the canary tells, and names the kind."""
    acl = "topic write signalctl/#\n" + "".join(
        f"topic read signalctl/v1/s/{filter_}\n" for filter_ in ("+/radar/+", "+/button/+", "transit/#", "air/+")
    )
    broker = mosquitto(acl)
    source = source_on(broker)
    async with running(source):
        await until(lambda: source.denied() == {Kind.LOOP})
        statistics = source.statistics()
        assert statistics.connected
        assert statistics.detail == "not delivered: loop"


async def test_a_broker_that_delivers_nothing_is_not_connected(mosquitto: Callable[..., Mosquitto]) -> None:
    """A link without any right to read is an outage, although TCP and MQTT are up."""
    broker = mosquitto("topic write signalctl/#\n")
    source = source_on(broker)
    async with running(source):
        await until(lambda: source.statistics().detail.startswith("not delivered"))
        assert not source.statistics().connected


async def test_nothing_waits_for_an_absent_broker() -> None:
    """Without a broker, drains are empty at once and the reason is told."""
    source = MqttSource("s", MqttBroker("127.0.0.1", own_port(), tls=False))
    async with running(source):
        await until(lambda: source.statistics().detail != "not started")
        assert source.drain().readings == ()
        assert not source.statistics().connected


async def test_a_cancellation_that_gets_lost_is_repeated() -> None:
    """Whoever swallows the first one, as `wait_for` may when its answer comes too, is ended all the same."""
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60.0)
            except asyncio.CancelledError:
                lost += 1
                if lost > 1:
                    raise

    async def fails() -> None:
        raise OSError("the line is cut")

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(fails())]
    await asyncio.sleep(0.01)
    async with asyncio.timeout(10.0):
        (failure,) = await end_tasks(tasks)
    assert isinstance(failure, OSError)
    assert lost == 2
    assert all(task.done() for task in tasks)


async def test_a_defect_over_one_message_costs_that_message(mosquitto: Callable[..., Mosquitto]) -> None:
    """Others are heard, the connection stays, and the message is counted; else one sender could blind the service."""
    heard: list[bytes] = []

    def fail(payload: bytes) -> None:
        heard.append(payload)
        raise KeyError("a defect")

    broker = mosquitto()
    address = MqttBroker("127.0.0.1", broker.port, tls=False)
    source = MqttSource("s", address, listeners={"signalctl/v1/s/J1/loop/D": fail})
    good = encode("s", LoopReading("J1", "E", 1.0, 1, 0, 0.0, False))
    async with running(source):
        await until(lambda: source.statistics().connected)
        await send(broker, ("signalctl/v1/s/J1/loop/D", b"{}"), good)
        await until(lambda: source.statistics().received.get("loop") == 1)
    assert heard == [b"{}"]
    assert source.statistics().invalid == {"loop": 1}
    assert source.statistics().reconnects == 0


async def test_a_client_that_fails_in_a_way_of_its_own_is_made_anew(
    mosquitto: Callable[..., Mosquitto], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the library raises, the source does not end for good."""
    source = source_on(mosquitto())
    honest, failures = source._subscribe, [RuntimeError("not foreseen"), ValueError("nor this")]

    async def subscribe(client: aiomqtt.Client) -> None:
        if failures:
            raise failures.pop()
        await honest(client)

    monkeypatch.setattr(source, "_subscribe", subscribe)
    async with running(source):
        await until(lambda: source.statistics().connected)
