"""The street's side of the broker: detector messages and the clock out, the service's echo in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import aiomqtt

from detectors.messages import encode as encode_reading
from detectors.readings import Reading
from detectors.tasks import end_tasks
from signalctl.demo.figures import figures_topic
from signalctl.demo.topics import clock_topic, decode_second, done_topic, encode, road_topic

MANY = 10_000
RECONNECT_S = 0.5


class StreetPublisher:
    """Publishes one second after the other, in order, at QoS 1.

    Like a detector in the field it outlives its broker: what cannot be sent is lost and counted, and the connection is
    made anew.
    """

    def __init__(self, site: str, port: int) -> None:
        self._site, self._port = site, port
        self._client: aiomqtt.Client | None = None
        self._done_utc_s = float("-inf")
        self._heard = asyncio.Event()
        self.published = 0
        self.lost = 0

    async def publish_second(
        self, utc_s: int, readings: Sequence[Reading], figures: object, road: object | None
    ) -> None:
        """Everything that the detectors say of this second and what only the street knows, then the second itself."""
        messages = [encode_reading(self._site, reading) for reading in readings]
        messages.append((figures_topic(self._site), encode(figures)))
        if road is not None:
            messages.append((road_topic(self._site), encode(road)))
        messages.append((clock_topic(self._site), encode({"t": utc_s})))
        await self._send(messages)

    async def announce(self, utc_s: int) -> None:
        """Say the second again, without readings: for a service that may not have listened yet."""
        await self._send([(clock_topic(self._site), encode({"t": utc_s}))])

    async def wait_done(self, utc_s: int, timeout_s: float) -> bool:
        """Whether the service has dealt with this second within `timeout_s` of the wall clock."""
        end = asyncio.get_running_loop().time() + timeout_s
        while self._done_utc_s < utc_s:
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            self._heard.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), left)
        return True

    async def run(self) -> None:
        """Stay connected and take the service's echoes, until cancelled."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                async with aiomqtt.Client(
                    "127.0.0.1",
                    self._port,
                    identifier="street",
                    max_queued_outgoing_messages=MANY,
                    max_inflight_messages=MANY,
                ) as client:
                    client.pending_calls_threshold = MANY
                    await client.subscribe(done_topic(self._site), qos=1)
                    self._client = client
                    await self._listen(client)
            self._client = None
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            second = decode_second(message.payload) if isinstance(message.payload, bytes) else None
            if second is not None:
                self._done_utc_s = second
                self._heard.set()

    async def _send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send in this order: the client queues in call order, and one connection delivers in that order."""
        client = self._client
        if client is None:
            self.lost += len(messages)
            return
        try:
            await asyncio.gather(*(client.publish(topic, payload, qos=1) for topic, payload in messages))
            self.published += len(messages)
        except aiomqtt.MqttError:
            self.lost += len(messages)
            self._client = None


@contextlib.asynccontextmanager
async def open_publisher(site: str, port: int) -> AsyncIterator[StreetPublisher]:
    """A publisher on the demo's broker, listening for echoes."""
    publisher = StreetPublisher(site, port)
    running = asyncio.create_task(publisher.run(), name="street publisher")
    try:
        yield publisher
    finally:
        for error in await end_tasks([running]):
            raise error
