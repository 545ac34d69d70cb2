"""The service: everything that controls one site, put together, started and ended in order."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from controllers.driver import Driver
from detectors.source import Source
from plans.site import Site
from signalctl.assembly import assemble
from signalctl.clock import Clock
from signalctl.errors import UsageError
from signalctl.field_link import HEARTBEAT_S
from signalctl.garbage import rarely_collected
from signalctl.gating_observer import GatingObserver
from signalctl.journal import Journal
from signalctl.journal_observer import JournalObserver
from signalctl.lateness_feed import LatenessReader
from signalctl.lateness_observer import LatenessObserver
from signalctl.link_log import LinkLog
from signalctl.metrics import Metrics
from signalctl.metrics_observer import MetricsObserver
from signalctl.recording.codec import CodecError
from signalctl.recording.recorder import Recorder
from signalctl.recording.start import SiteSource, make_recorder, source_of
from signalctl.recording.taps import Taps
from signalctl.rollout import compile_kernels
from signalctl.source_observer import SourceObserver
from signalctl.state_publisher import StatePublisher
from signalctl.strategies.usual_traffic import UsualTraffic
from signalctl.tick import Tick, TickObserver
from signalctl.usual_counts import UsualCounts, read_usual
from signalctl.web.app import make_app
from signalctl.web.geometry import describe_geometry
from signalctl.web.live import LiveState
from sim.network import load_network

log = structlog.get_logger(__name__)

STALE_TICK_S = 5.0
HEARTBEATS_PER_LEASE = 3


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """Where one service process keeps its journal and what it shows; `site_source` is what its site was read from."""

    journal: Path
    host: str = "127.0.0.1"
    port: int = 8080
    network: Path | None = None
    site_source: SiteSource | None = None


class Service:
    """One site under control: loop, journal, metrics, page."""

    def __init__(
        self,
        site: Site,
        *,
        strategy: str,
        source: Source,
        drivers: Sequence[Driver],
        clock: Clock,
        options: ServiceOptions,
        publish_state: Callable[[str, Mapping[str, Any]], None] | None = None,
        publish_sign: Callable[[str, Mapping[str, Any]], None] | None = None,
        lateness: LatenessReader | None = None,
    ) -> None:
        self.site = site
        self.clock = clock
        self.options = options
        self.metrics = Metrics()
        corridors = sorted({junction.corridor for junction in site.junctions.values()})
        self._journal_labels = [(site.id, corridors[0])]
        self._journal_down = False
        self.journal = Journal(
            options.journal, patient=True, on_write=self._journal_written, on_error=self._journal_failed
        )
        self.figures = MetricsObserver(self.metrics, site.id, site.junctions, strategy)
        self.live = LiveState(site.id, site.junctions, strategy, self.figures)
        self._last_tick_at = float("-inf")
        self._journal_dropped = 0
        observers: list[TickObserver] = [
            self.figures,
            SourceObserver(self.metrics, site.id, corridors, source, self.live),
            JournalObserver(self.journal),
            self.live,
            self,
        ]
        if site.gating:
            observers.append(
                GatingObserver(self.metrics, site.id, site.gating, site.junctions, self.journal, publish_sign)
            )
        if lateness is not None:
            observers.append(LatenessObserver(self.metrics, site.id, corridors, lateness))
        if publish_state is not None:
            observers.append(StatePublisher(site.junctions, publish_state))
        self._taps = taps = Taps()
        self._recorder: Recorder | None = None
        self.loop = assemble(
            site,
            strategy=strategy,
            source=source,
            drivers=drivers,
            now_utc_s=taps.clock(clock.now_utc_s),
            lateness=taps.board(lateness.board) if lateness is not None else None,
            observers=observers,
            usual=self._usual_so_far(),
            heartbeat_s=min(HEARTBEAT_S, site.control.lease_s / HEARTBEATS_PER_LEASE),
        )
        self.loop.observers.append(LinkLog(self.loop.links))
        if self.loop.history is not None:
            self.loop.observers.append(UsualCounts(options.journal, self.loop.history))
        self._listener = listen(options.host, options.port)
        self._server: uvicorn.Server | None = None

    def record(self, tick: Tick) -> None:
        """Note that the loop lives, and how much the journal has to catch up."""
        self._last_tick_at = time.monotonic()
        for labels in self._journal_labels:
            self.metrics.journal_queue.labels(*labels).set(self.journal.waiting)
            lost = self.journal.dropped - self._journal_dropped
            self._journal_dropped += lost
            self.metrics.journal_dropped.labels(*labels).inc(lost)
            self.metrics.recording_active.labels(*labels).set(self._recorder is not None and self._recorder.active)
        if tick.failures:
            log.warning("tick with failures", failures=[f"{one.junction}:{one.step}" for one in tick.failures])

    def readiness(self) -> Mapping[str, bool]:
        """What must hold for the service to be fit to control."""
        links = self.loop.links.values()
        return {
            "loop_ticks": time.monotonic() - self._last_tick_at < STALE_TICK_S,
            "broker_connected": self.loop.source.statistics().connected,
            "a_controller_answers": any(link.reachability().connected for link in links),
            "journal_writes": self.journal.writes,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and control until `stop`; then end in order: loop, links, page, journal."""
        page = f"http://{self.options.host}:{self._listener.getsockname()[1]}/"
        log.info("service starts", site=self.site.id, strategy=self.loop.strategy.name, page=page)
        begin = {"event": "start", "strategy": self.loop.strategy.name}
        self.journal.append(self.clock.now_utc_s(), "service", "", begin)
        web = asyncio.create_task(self._serve(), name="web")
        control = asyncio.create_task(self._control(stop), name="loop")
        ended = asyncio.create_task(stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait({web, control, ended}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {ended}:
                task.result()
        finally:
            stop.set()
            control.cancel()
            ended.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await control
            await self.loop.close()
            if self._server is not None:
                self._server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await web
            if self._recorder is not None:
                await asyncio.to_thread(self._recorder.close)
            self.journal.append(self.clock.now_utc_s(), "service", "", {"event": "stop"})
            self.journal.close()

    async def _control(self, stop: asyncio.Event) -> None:
        """The loop, once there is machine code for its decisions: to compile anew takes half a minute."""
        await asyncio.to_thread(compile_kernels)
        self._begin_recording()
        with rarely_collected():
            await self.loop.run(self.clock, stop)

    def _begin_recording(self) -> None:
        """Make every second from now on replayable; a recording that cannot begin is no reason not to control."""
        if self.site.recording.hours <= 0:
            return
        try:
            self._recorder = make_recorder(
                self.options.journal,
                self.loop,
                self.options.site_source or source_of(self.site),
                self.site.recording,
                taps=self._taps,
                journal=self.journal,
                on_write=self._second_recorded,
                on_failure=self._recording_failed,
            )
        except CodecError as error:
            log.error("recording cannot begin; control goes on", error=str(error))
            self._recording_failed(error)
        else:
            self.loop.observers.append(self._recorder)

    def _usual_so_far(self) -> UsualTraffic | None:
        """What earlier days have taught; a store that cannot be read is no reason not to control."""
        try:
            return read_usual(self.options.journal, self.site.junctions)
        except UsageError as error:
            log.error("usual traffic cannot be read; control begins without", error=str(error))
            return None

    async def _serve(self) -> None:
        network = load_network(self.options.network) if self.options.network is not None else None
        corridors = {name: [stop.junction for stop in one.stops] for name, one in self.site.corridors.items()}
        app = make_app(
            site=self.site.id,
            junctions=self.site.junctions,
            live=self.live,
            metrics=self.metrics,
            geometry=describe_geometry(self.site.junctions, corridors, network),
            readiness=self.readiness,
            journal=self.options.journal,
        )
        config = uvicorn.Config(
            app,
            host=self.options.host,
            port=self.options.port,
            log_level="warning",
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        await self._server.serve(sockets=[self._listener])

    def _journal_written(self, count: int) -> None:
        if self._journal_down:
            self._journal_down = False
            log.info("journal is written again")
        for labels in self._journal_labels:
            self.metrics.journal_records.labels(*labels).inc(count)

    def _second_recorded(self, octets: int, wall_s: float) -> None:
        for labels in self._journal_labels:
            self.metrics.recording_octets.labels(*labels).inc(octets)
            self.metrics.recording_wall.labels(*labels).inc(wall_s)

    def _recording_failed(self, _error: Exception) -> None:
        for labels in self._journal_labels:
            self.metrics.recording_failures.labels(*labels).inc()

    def _journal_failed(self, error: Exception) -> None:
        report = log.debug if self._journal_down else log.error
        self._journal_down = True
        report("journal cannot be written; control goes on", error=str(error))
        for labels in self._journal_labels:
            self.metrics.journal_errors.labels(*labels).inc()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything else starts.

    Raises:
        UsageError: the port is in use or may not be used.
    """
    try:
        return socket.create_server((host, port), backlog=100)
    except OSError as error:
        raise UsageError(f"web: expected a port to listen on, got {host}:{port}: {error.strerror}") from error


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the service decides when to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
