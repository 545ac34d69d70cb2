"""The running service records by itself, says so in its metrics, and does not record where the site says so."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from controllers.inprocess import InProcessDriver
from controllers.logic import ControllerConfig, FieldController
from detectors.local import LocalSource
from plans.site import RecordingLimits, Site
from signalctl.journal import store
from signalctl.recording.player import Replayed
from signalctl.recording.replay import Wish, play
from signalctl.recording.store import RecordingReader
from signalctl.service import Service, ServiceOptions
from tests.recording_samples import BEGIN_UTC_S, two_junctions

SECONDS = 12


class Stepping:
    """A clock that is at the next second as soon as somebody waits for it, with the controllers; then it ends."""

    def __init__(self, controllers: list[FieldController], stop: asyncio.Event) -> None:
        self._controllers, self._stop = controllers, stop
        self._now_utc_s = float(BEGIN_UTC_S)

    def now_utc_s(self) -> float:
        return self._now_utc_s

    async def wait_until(self, utc_s: float) -> None:
        self._now_utc_s = utc_s
        for controller in self._controllers:
            controller.tick(int(utc_s))
        if utc_s >= BEGIN_UTC_S + SECONDS:
            self._stop.set()


def make_service(site: Site, folder: Path) -> tuple[Service, asyncio.Event]:
    """A service with its field controllers in this process, and the event that its clock sets after some seconds."""
    controllers = [
        FieldController(
            ControllerConfig(junction, dict(site.plans[name]), lambda _utc_s: "day", site=site.id), BEGIN_UTC_S
        )
        for name, junction in site.junctions.items()
    ]
    stop = asyncio.Event()
    service = Service(
        site,
        strategy="max-pressure",
        source=LocalSource(),
        drivers=[InProcessDriver(controller) for controller in controllers],
        clock=Stepping(controllers, stop),
        options=ServiceOptions(journal=folder / "j.db", port=0),
    )
    return service, stop


@pytest.mark.parametrize(("hours", "recorded"), [(48.0, SECONDS), (0.0, 0)])
async def test_the_service_records_by_itself(tmp_path: Path, hours: float, recorded: int) -> None:
    """Every finished tick can be replayed; with no hours to keep, nothing is recorded and nothing else changes."""
    site = replace(two_junctions(), recording=RecordingLimits(hours, 100))
    service, stop = make_service(site, tmp_path)
    await asyncio.wait_for(service.run(stop), 100)
    registry: CollectorRegistry = service.metrics.registry
    corridor = next(iter(site.junctions.values())).corridor
    labels = {"site": site.id, "corridor": corridor}
    assert registry.get_sample_value("signalctl_recording_active", labels) == float(recorded > 0)
    assert (registry.get_sample_value("signalctl_recording_bytes_total", labels) or 0.0) / 100 >= recorded - 1
    assert registry.get_sample_value("signalctl_recording_failures_total", labels) == 0.0
    if recorded:
        found = await asyncio.to_thread(_played, tmp_path / "j.db")
        assert len(found) >= recorded - 1  # the second in which the service is told to end may not be finished
        assert all(one.difference is None for one in found)


def _played(path: Path) -> list[Replayed]:
    everything = Wish(float("-inf"), float("inf"))
    with RecordingReader(path) as reader:
        return [one for one in play(reader, reader.spans(), everything) if isinstance(one, Replayed)]


async def test_a_service_starts_and_controls_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started again by whatever watches over it: the street is controlled, and the failure is told once in the log."""

    def full(_path: Path) -> sqlite3.Connection:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(store, "_connect", full)
    monkeypatch.setattr(store, "RETRY_S", 0.01)
    site = two_junctions()
    with capture_logs() as logs:
        service, stop = make_service(site, tmp_path)
        await asyncio.wait_for(service.run(stop), 100)
    registry: CollectorRegistry = service.metrics.registry
    labels = {"site": site.id, "corridor": next(iter(site.junctions.values())).corridor}
    assert (registry.get_sample_value("signalctl_ticks_total", labels) or 0.0) >= SECONDS - 1
    assert (registry.get_sample_value("signalctl_journal_write_errors_total", labels) or 0.0) > 1
    errors = [entry["event"] for entry in logs if entry["log_level"] == "error"]
    assert errors == [
        "journal cannot be written; control goes on",
        "usual traffic cannot be read; control begins without",
    ]
