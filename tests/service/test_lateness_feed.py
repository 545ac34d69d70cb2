"""The reader of lateness against a real HTTP server: it delivers, survives outages and says how it does."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prometheus_client import CollectorRegistry

from detectors.readings import TransitKind, TransitReading
from plans.transit import LatenessFeed
from signalctl import lateness_feed
from signalctl.errors import UsageError
from signalctl.lateness_feed import LatenessReader, fetch_octets
from signalctl.lateness_observer import LatenessObserver
from signalctl.metrics import Metrics
from signalctl.tick import Tick

gtfs = pytest.importorskip("google.transit.gtfs_realtime_pb2")
NOW_S = 1_700_000_000
BUS = TransitReading("J1", "bus", float(NOW_S), TransitKind.NEW)


def trips(delay_s: int) -> bytes:
    """A feed in which the bus is so late."""
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = NOW_S
    update = message.entity.add(id="1").trip_update
    update.trip.trip_id, update.vehicle.id, update.delay = "T", "bus", delay_s
    return bytes(message.SerializeToString())


class Operator:
    """An operator's server on a port of its own; what it answers can be changed."""

    def __init__(self) -> None:
        self.body, self.status = trips(60), 200
        self.headers: dict[str, str] = {}
        self.asked = 0
        operator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                operator.asked += 1
                operator.headers = dict(self.headers)
                self.send_response(operator.status)
                self.send_header("Content-Length", str(len(operator.body)))
                self.end_headers()
                self.wfile.write(operator.body)

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/trips"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def operator() -> Iterator[Operator]:
    """A server that says that the bus is a minute late."""
    one = Operator()
    yield one
    one.server.shutdown()
    one.server.server_close()


@contextlib.asynccontextmanager
async def running(reader: LatenessReader) -> AsyncIterator[None]:
    """Keep the reader's task running, looking again at once."""
    task = asyncio.create_task(reader.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    async with asyncio.timeout(20.0):
        while not condition():  # noqa: ASYNC110 - a value in another thread offers no event to wait for
            await asyncio.sleep(0.02)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateness_feed, "LONGEST_WAIT_S", 0.05)


@pytest.mark.usefixtures("_impatient")
async def test_lateness_comes_and_outages_pass(operator: Operator) -> None:
    """A minute late; then errors and nonsense, which leave the last word as it is; then two minutes, by itself."""
    reader = LatenessReader(LatenessFeed(operator.url, operator.url))
    async with running(reader):
        await until(lambda: reader.board.lateness_s(BUS, NOW_S) == 60.0)
        assert reader.state.up
        operator.status = 503
        await until(lambda: reader.state.errors >= 2)
        assert not reader.state.up
        assert "503" in reader.state.detail
        operator.status, operator.body = 200, b"<html>no feed</html>"
        await until(lambda: "FeedMessage" in reader.state.detail)
        assert reader.board.lateness_s(BUS, NOW_S) == 60.0
        operator.body = trips(120)
        await until(lambda: reader.board.lateness_s(BUS, NOW_S) == 120.0)
        assert reader.state.up


async def test_headers_come_from_the_environment(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is sent with each look and never stands in the site file; without it the service does not start."""
    monkeypatch.setenv("FEED_KEY", "secret")
    reader = LatenessReader(LatenessFeed(operator.url, headers={"X-Api-Key": "FEED_KEY"}))
    async with running(reader):
        await until(lambda: reader.state.up)
    assert operator.headers["X-Api-Key"] == "secret"
    monkeypatch.delenv("FEED_KEY")
    with pytest.raises(UsageError, match="environment variable FEED_KEY: expected the value of an HTTP header"):
        LatenessReader(LatenessFeed(operator.url, headers={"X-Api-Key": "FEED_KEY"}))


def test_size_is_bounded(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends without end is cut off."""
    monkeypatch.setattr(lateness_feed, "MAX_OCTETS", 1000)
    operator.body = b"x" * 100_000
    with pytest.raises(OSError, match="expected at most 1000 octets"):
        fetch_octets(operator.url, {})


def test_a_server_that_is_not_there_is_an_os_error() -> None:
    """Nobody listens: the error is of the kind that is tried again."""
    with pytest.raises(OSError, match="refused"):
        fetch_octets("http://127.0.0.1:9/", {})


async def test_the_feed_shows_in_metrics(make_tick: Callable[..., Tick], operator: Operator) -> None:
    """Whether it answers, for how many trips it knows something fresh, and how often it failed."""
    metrics = Metrics(CollectorRegistry())
    reader = LatenessReader(LatenessFeed(operator.url))
    observer = LatenessObserver(metrics, "s", ["main"], reader)
    async with running(reader):
        await until(lambda: reader.state.up)
    reader.state.errors = 3
    observer.record(make_tick(float(NOW_S)))
    observer.record(make_tick(float(NOW_S)))
    text = metrics.exposition().decode()
    assert 'signalctl_lateness_feed_up{corridor="main",site="s"} 1.0' in text
    assert 'signalctl_lateness_trips{corridor="main",site="s"} 1.0' in text
    assert 'signalctl_lateness_feed_errors_total{corridor="main",site="s"} 3.0' in text
