"""The service's one clock: its loop ticks by it, and its gate judges by it how old a controller's word is."""

import asyncio
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from controllers.driver import FieldStatus
from controllers.inprocess import InProcessDriver
from controllers.logic import ControllerConfig, FieldController
from detectors.local import LocalSource
from plans.calendar import WEEKDAYS, Calendar, CalendarEntry
from plans.junction import Junction
from plans.site import Site
from plans.timing import TimingPlan
from signalctl.journal import read_records
from signalctl.service import Service, ServiceOptions

BEGIN_UTC_S = 1_736_121_600
SECONDS = 20


class Late(InProcessDriver):
    """A driver in front of a controller whose clock is ten seconds behind the service's."""

    async def read_status(self) -> FieldStatus:
        status = await super().read_status()
        return replace(status, utc_s=status.utc_s - 10)


def site_of(junction: Junction, plan: TimingPlan) -> Site:
    """One junction with one plan, all week."""
    week = (CalendarEntry(frozenset(WEEKDAYS), time(0), "day"),)
    plans = {junction.id: {"day": plan}}
    return Site("city", "City", "UTC", {junction.id: junction}, plans, Calendar("UTC", week))


class Stepping:
    """A clock that is at the next second as soon as somebody waits for it, with the controller; then it ends."""

    def __init__(self, controller: FieldController, stop: asyncio.Event) -> None:
        self._controller, self._stop = controller, stop
        self._now_utc_s = float(BEGIN_UTC_S)

    def now_utc_s(self) -> float:
        return self._now_utc_s

    async def wait_until(self, utc_s: float) -> None:
        self._now_utc_s = utc_s
        self._controller.tick(int(utc_s))
        if utc_s >= BEGIN_UTC_S + SECONDS:
            self._stop.set()


@pytest.mark.parametrize(
    ("driver", "refused", "is_pushed"), [(Late, {"status_stale"}, False), (InProcessDriver, set(), True)]
)
async def test_the_injected_clock_is_the_gate_s_clock(
    crossroads: Junction,
    plan: TimingPlan,
    tmp_path: Path,
    driver: type[InProcessDriver],
    refused: set[str],
    is_pushed: bool,
) -> None:
    """A controller whose status is ten seconds old by the service's clock gets no plan; one that is fresh does."""
    local = replace(plan, id="local", offset_s=0)
    controller = FieldController(
        ControllerConfig(crossroads, {"local": local}, lambda _utc_s: "local", site="city"), BEGIN_UTC_S
    )
    stop = asyncio.Event()
    journal = tmp_path / "journal.sqlite"
    service = Service(
        site_of(crossroads, plan),
        strategy="fixed",
        source=LocalSource(),
        drivers=[driver(controller)],
        clock=Stepping(controller, stop),
        options=ServiceOptions(journal=journal, port=0),
    )
    await asyncio.wait_for(service.run(stop), 60)
    records = read_records(journal)
    assert {record.body["code"] for record in records if record.kind == "refused"} == refused
    assert any(record.kind == "pushed" for record in records) is is_pushed
