"""The running service records by itself, says so in its metrics, and does not record where the site says so."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from controllers.inprocess import InProcessDriver
from controllers.logic import ControllerConfig, FieldController
from detectors.local import LocalSource
from plans.site import RecordingLimits
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


@pytest.mark.parametrize(("hours", "recorded"), [(48.0, SECONDS), (0.0, 0)])
async def test_the_service_records_by_itself(tmp_path: Path, hours: float, recorded: int) -> None:
    """Every finished tick can be replayed; with no hours to keep, nothing is recorded and nothing else changes."""
    site = replace(two_junctions(), recording=RecordingLimits(hours, 100))
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
        options=ServiceOptions(journal=tmp_path / "j.db", port=0),
    )
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
