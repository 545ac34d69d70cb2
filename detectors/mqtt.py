"""Detector messages over MQTT: reconnects for ever, buffers newest-wins, and proves that subscriptions deliver.

A broker may accept a subscription and still never deliver (access control that is checked on delivery). So the source
publishes a canary into each of its own subscriptions every few seconds; a kind whose canary does not come back is
reported as denied.
"""

import asyncio
import contextlib
import json
import os
import ssl
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiomqtt
import structlog

from detectors import topics
from detectors.intake import Intake
from detectors.reporting import ReportingTable
from detectors.source import Batch, SourceStatistics
from detectors.tasks import end_tasks
from detectors.topics import Kind
from plans.site import MqttBroker, Uplink

log = structlog.get_logger(__name__)

MAX_INCOMING = 20_000
MAX_STATES = 10_000
RECONNECT_FIRST_S = 0.25
RECONNECT_LAST_S = 5.0


@dataclass(frozen=True, slots=True)
class Canary:
    """How often deliverability is proved, and after how long without proof it is denied."""

    every_s: float = 10.0
    patience_s: float = 25.0


class MqttSource:
    """A `Source` on a broker; `run` is its supervised task, everything else never waits.

    Args:
        site: The site's id, second level of its topics.
        broker: Address, encryption and the names of the environment variables that hold the credentials.
        uplinks: LoRaWAN devices that feed air stations; without any, uplinks are not subscribed to.
        table: What the reporting points of radio telegrams mean.
        canary: How deliverability is proved.
        listeners: Further topics and who takes their payloads, in one order with the readings.
        tap: Called with every detector message as it came, for a `Recorder`.
    """

    def __init__(
        self,
        site: str,
        broker: MqttBroker,
        *,
        uplinks: Sequence[Uplink] = (),
        table: ReportingTable | None = None,
        canary: Canary | None = None,
        listeners: Mapping[str, Callable[[bytes], None]] | None = None,
        tap: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._site = site
        self._broker = broker
        self._canary = canary or Canary()
        self._tap = tap
        self._client_id = broker.client_id or f"signalctl-{uuid.uuid4().hex[:12]}"
        self._filters = topics.subscriptions(site)
        self._with_uplinks = bool(uplinks)
        self._intake = Intake(uplinks, table)
        self._listeners: Mapping[str, Callable[[bytes], None]] = listeners if listeners is not None else {}
        self._outbox: dict[str, tuple[bytes, bool]] = {}
        self._outbox_filled = asyncio.Event()
        self._overflow = 0
        self._connects = 0
        self._linked = False
        self._detail = "not started"
        self._proved_s: dict[Kind, float] = {}
        self._asked_s = 0.0

    def drain(self) -> Batch:
        """Hand over what came since the last call."""
        return self._intake.buffer.drain()

    def statistics(self) -> SourceStatistics:
        """Totals so far; `connected` only while at least one kind of topic is proved to be delivered."""
        denied = self.denied()
        dropped = dict(self._intake.buffer.dropped)
        if self._overflow:
            dropped["any", "overflow"] = self._overflow
        return SourceStatistics(
            connected=self._linked and len(denied) < len(self._filters),
            received=dict(self._intake.buffer.received),
            invalid=dict(self._intake.invalid),
            dropped=dropped,
            reconnects=max(0, self._connects - 1),
            detail=self._detail if not denied else f"not delivered: {', '.join(sorted(denied))}",
        )

    def denied(self) -> frozenset[Kind]:
        """Kinds of topics whose canary has not come back for longer than patience allows."""
        if not self._linked:
            return frozenset()
        late_s = time.monotonic() - self._canary.patience_s
        return frozenset(kind for kind in self._filters if self._proved_s.get(kind, self._asked_s) < late_s)

    def publish_state(self, junction: str, state: Mapping[str, Any]) -> None:
        """Tell a junction's state, retained."""
        self.publish(topics.of_state(self._site, junction), _json(state), retain=True)

    def publish_sign(self, area: str, sign: Mapping[str, Any]) -> None:
        """Tell what the sign of a gated area shows, retained."""
        self.publish(topics.of_sign(self._site, area), _json(sign), retain=True)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send when the broker is there; until then only the newest payload of each topic is kept."""
        if topic in self._outbox or len(self._outbox) < MAX_STATES:
            self._outbox[topic] = (payload, retain)
            self._outbox_filled.set()

    async def run(self) -> None:
        """Stay connected until cancelled; an outage is one error in the log, its repeats are debug."""
        wait_s = RECONNECT_FIRST_S
        complained = False
        while True:
            try:
                async with self._client() as client:
                    self._connects += 1
                    await self._subscribe(client)
                    log.info("broker connected", host=self._broker.host, port=self._broker.port)
                    wait_s, complained = RECONNECT_FIRST_S, False
                    await self._serve(client)
            except Exception as error:  # whatever the client raises: without a source the service is blind for good
                self._detail = f"{type(error).__name__}: {error}"
                report = log.debug if complained else log.error
                trace = {} if isinstance(error, aiomqtt.MqttError | OSError) else {"exc_info": error}
                where = {"host": self._broker.host, "port": self._broker.port}
                report("broker lost, trying again", **where, why=self._detail, **trace)
                complained = True
            finally:
                self._linked = False
            await asyncio.sleep(wait_s)
            wait_s = min(2.0 * wait_s, RECONNECT_LAST_S)

    def _client(self) -> aiomqtt.Client:
        broker = self._broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            identifier=self._client_id,
            username=_from_environment(broker.username_env),
            password=_from_environment(broker.password_env),
            tls_context=tls_context(broker) if broker.tls else None,
            timeout=5.0,
            keepalive=10,
            queue_type=_counting_queue(self._count_overflow),
            max_queued_incoming_messages=MAX_INCOMING,
        )

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        filters = [*self._filters.values(), *([topics.UPLINKS] if self._with_uplinks else []), *self._listeners]
        for pattern in filters:
            granted = await client.subscribe(pattern, qos=1)
            refused = [code for code in granted if (code if isinstance(code, int) else code.value) >= 0x80]
            if refused:
                log.error("broker refuses a subscription", filter=pattern)
        self._proved_s = {}
        self._asked_s = time.monotonic()
        self._linked = True
        self._detail = "connected"

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Receive, prove and publish until one of them fails; then the others are stopped and the failure is told."""
        tasks = [
            asyncio.create_task(self._receive(client)),
            asyncio.create_task(self._sing(client)),
            asyncio.create_task(self._publish(client)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await end_tasks(tasks)

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            try:
                self._hear(message.topic.value, message.payload)
            except Exception as error:  # a defect of ours; the other senders are heard all the same
                self._intake.give_up(message.topic.value, error)

    def _hear(self, topic: str, payload: object) -> None:
        listener = self._listeners.get(topic)
        if listener is not None and isinstance(payload, bytes):
            listener(payload)
        elif topics.CANARY in topic:
            self._hear_canary(topic)
        elif isinstance(payload, bytes):
            self._intake.accept(topic, payload)
            if self._tap is not None:
                self._tap(topic, payload)

    def _hear_canary(self, topic: str) -> None:
        address = topics.parse(topic)
        if address is not None and topic == topics.of_canary(self._site, address.kind, self._client_id):
            self._proved_s[address.kind] = time.monotonic()

    async def _sing(self, client: aiomqtt.Client) -> None:
        told: frozenset[Kind] = frozenset()
        while True:
            for kind in self._filters:
                await client.publish(topics.of_canary(self._site, kind, self._client_id), b"{}", qos=1)
            await asyncio.sleep(self._canary.every_s)
            denied = self.denied()
            for kind in denied - told:
                log.error("topics are not delivered; check the broker's access rights", filter=self._filters[kind])
            told = denied

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            await self._outbox_filled.wait()
            self._outbox_filled.clear()
            while self._outbox:
                topic, entry = next(iter(self._outbox.items()))
                payload, retain = entry
                await client.publish(topic, payload, qos=1, retain=retain)
                if self._outbox.get(topic) is entry:
                    del self._outbox[topic]

    def _count_overflow(self) -> None:
        self._overflow += 1


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def tls_context(broker: MqttBroker) -> ssl.SSLContext:
    """Encryption with the broker's certificate checked, and our own shown when there is one."""
    context = ssl.create_default_context(cafile=broker.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file or None)
    return context


def _from_environment(name: str) -> str | None:
    if not name:
        return None
    with contextlib.suppress(KeyError):
        return os.environ[name]
    raise OSError(f"environment variable {name}: expected the broker's credential, got nothing")


def _counting_queue(on_full: Callable[[], None]) -> type[asyncio.Queue[aiomqtt.Message]]:
    """A queue that counts what it cannot take; the client itself would only log each."""

    class CountingQueue(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            if self.full():
                on_full()
            else:
                super().put_nowait(item)

    return CountingQueue
