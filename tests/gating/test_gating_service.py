"""From the air station's message to the sign and the signal: the whole service with a gated site."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from controllers.inprocess import InProcessDriver
from controllers.logic import FieldController
from detectors.local import LocalSource
from detectors.messages import decode
from detectors.readings import AirReading, ExactReading
from plans.schema import parse_site
from plans.site import Site
from signalctl.demo.street import make_controllers
from signalctl.journal import read_records
from signalctl.recording.player import Replayed
from signalctl.recording.replay import Wish, play
from signalctl.recording.store import RecordingReader
from signalctl.service import Service, ServiceOptions
from tests.gating.test_site_gating import SITE

BEGIN_UTC_S, SECONDS = 1_736_121_600, 260
WRITING_S = 0.02
"""For the recorder's thread in each second: a recording that lags by two minutes ends."""


class Street:
    """A clock that is at the next second soon after somebody waits for it, with controllers, detectors and the air."""

    def __init__(
        self, controllers: Mapping[str, FieldController], source: LocalSource, site: Site, stop: asyncio.Event
    ) -> None:
        self._controllers, self._source, self._site, self._stop = controllers, source, site, stop
        self._now_utc_s = float(BEGIN_UTC_S)
        self.greens: list[bool] = []

    def now_utc_s(self) -> float:
        return self._now_utc_s

    async def wait_until(self, utc_s: float) -> None:
        self._now_utc_s = utc_s
        for controller in self._controllers.values():
            controller.tick(int(utc_s))
        self.greens.append(self._controllers["G"].aspects()["in"].name == "GREEN")
        self._source.put(self._seen(utc_s, name) for name in self._site.junctions)
        if int(utc_s) % 10 == 0:
            said = decode("signalctl/v1/town/air/ring", b'{"t": %d, "seq": 1, "no2_ugm3": 120.5}' % int(utc_s))
            assert isinstance(said, AirReading)
            self._source.put([said])
        if utc_s >= BEGIN_UTC_S + SECONDS:
            self._stop.set()
        await asyncio.sleep(WRITING_S)

    def _seen(self, utc_s: float, junction: str) -> ExactReading:
        """One vehicle far away on the junction's first lane, everything else empty."""
        whole, real = np.zeros(1, np.int32), np.full(1, 150.0)
        return ExactReading(
            junction, utc_s, whole, real, real / 15.0, whole, np.zeros(1, np.int8), np.ones(1, np.int64)
        )


async def test_bad_air_reaches_sign_and_signal(tmp_path: Path) -> None:
    """The gate's green gets shorter, drivers are told why, every place that shows it knows, and replays agree."""
    text = SITE.replace("off_ugm3: 70.5", "off_ugm3: 70.5, on_after_s: 20, inflow_ratio: 0.5")
    site, source, stop = parse_site(text).site, LocalSource(), asyncio.Event()
    controllers = make_controllers(site, BEGIN_UTC_S)
    street = Street(controllers, source, site, stop)
    signs: list[tuple[str, dict[str, Any]]] = []
    service = Service(
        site,
        strategy="fixed",
        source=source,
        drivers=[InProcessDriver(controller) for controller in controllers.values()],
        clock=street,
        options=ServiceOptions(journal=tmp_path / "j.sqlite", port=0),
        publish_sign=lambda area, body: signs.append((area, dict(body))),
    )
    await asyncio.wait_for(service.run(stop), 120)
    assert [(area, body["on"], body["text"]) for area, body in signs][:2] == [
        ("old_town", False, ""),
        ("old_town", True, "Zufluss dosiert: Luftreinhaltung"),
    ]
    assert signs[1][1]["causes"] == ["air"]
    assert service.live.snapshot["gating"][0]["by_air"] is True
    assert (
        b'signalctl_gating_on{area="old_town",cause="air",corridor="",site="town"} 1.0' in service.metrics.exposition()
    )
    records = read_records(tmp_path / "j.sqlite")
    assert any(record.kind == "gating" and record.body["by_air"] for record in records)
    assert any(record.kind == "decided" and record.body.get("reason") == "gating" for record in records)
    assert not [record for record in records if record.kind == "refused"]
    replayed = await asyncio.to_thread(_played, tmp_path / "j.sqlite")
    assert len(replayed) >= SECONDS - 1
    assert [one.difference for one in replayed if one.difference is not None] == []
    assert 14 <= sum(street.greens[-80:]) <= 22, "half of the 35 s that the plan gives in a cycle"


def _played(journal: Path) -> list[Replayed]:
    with RecordingReader(journal) as reader:
        wish = Wish(float(BEGIN_UTC_S), float(BEGIN_UTC_S + SECONDS))
        return [one for one in play(reader, reader.spans(), wish) if isinstance(one, Replayed)]
