"""`signalctl run`: reads a site file, opens its links, and serves until it is told to end."""

import asyncio
import contextlib
import json
from collections.abc import Callable, MutableMapping
from pathlib import Path

import structlog

from controllers.pool import make_drivers
from detectors.mqtt import MqttSource
from detectors.reporting import ReportingTable
from detectors.tasks import end_tasks
from plans.policy import Policy
from plans.site import Site
from signalctl.clock import Clock, SystemClock
from signalctl.demo.clock_follower import StreetClock
from signalctl.demo.figures import StreetFigures, figures_topic
from signalctl.demo.topics import clock_topic, done_topic, encode, road_topic
from signalctl.errors import UsageError
from signalctl.lateness_feed import LatenessReader
from signalctl.recording.start import SiteSource
from signalctl.service import Service, ServiceOptions
from signalctl.stopping import stop_on_signals

log = structlog.get_logger(__name__)


async def run_site(
    site_file: Path,
    *,
    strategy: str | None,
    policy: Policy | None = None,
    host: str | None,
    port: int | None,
    follow_street: bool,
) -> None:
    """Control the site of `site_file` until SIGINT or SIGTERM.

    Raises:
        UsageError: the site file lacks what a running service needs.
    """
    site_source = await asyncio.to_thread(SiteSource.read, site_file, policy)
    site = site_source.site()
    if site.mqtt is None:
        raise UsageError(f"{site_file}: mqtt: expected the broker's address, got none")
    without = [name for name in site.junctions if name not in site.controllers]
    if without:
        raise UsageError(
            f"{site_file}: controllers: expected an address for each junction, got none for {', '.join(without)}"
        )
    listeners: dict[str, Callable[[bytes], None]] = {}
    table = ReportingTable(site.transit, site.junctions)
    source = MqttSource(site.id, site.mqtt, uplinks=site.uplinks, table=table, listeners=listeners)
    clock: Clock = _street_clock(site, source, listeners) if follow_street else SystemClock()
    lateness = LatenessReader(site.transit.lateness) if site.transit.lateness is not None else None
    service = Service(
        site,
        strategy=strategy or site.control.strategy.value,
        source=source,
        drivers=make_drivers(site, site_file.parent),
        clock=clock,
        options=ServiceOptions(
            journal=site_file.parent / site.store,
            host=host or site.web.host,
            port=site.web.port if port is None else port,
            network=site_file.parent / site.network if site.network else None,
            site_source=site_source,
        ),
        publish_state=source.publish_state,
        publish_sign=source.publish_sign,
        lateness=lateness,
    )
    if follow_street:
        _show_street(site, service, listeners)
    stop = stop_on_signals()
    listening = [asyncio.create_task(source.run(), name="mqtt")]
    if lateness is not None:
        listening.append(asyncio.create_task(lateness.run(), name="lateness"))
    try:
        await service.run(stop)
    finally:
        for error in await end_tasks(listening):
            raise error


def _street_clock(
    site: Site, source: MqttSource, listeners: MutableMapping[str, Callable[[bytes], None]]
) -> StreetClock:
    """The clock of a simulated street, that the service keeps step with."""
    clock = StreetClock(lambda second: source.publish(done_topic(site.id), encode({"t": second})))
    listeners[clock_topic(site.id)] = clock.on_message
    return clock


def _show_street(site: Site, service: Service, listeners: MutableMapping[str, Callable[[bytes], None]]) -> None:
    """What only a simulated street knows, for page and metrics: everybody's place, and the figures by mode."""

    def show(payload: bytes) -> None:
        with contextlib.suppress(ValueError):
            service.live.road = json.loads(payload)

    listeners[road_topic(site.id)] = show
    listeners[figures_topic(site.id)] = StreetFigures(service.metrics, site.id, site.junctions).on_message
