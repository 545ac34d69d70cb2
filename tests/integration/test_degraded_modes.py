"""Each way in which a part can fail has its defined behaviour and its metric; tried with real processes."""

import asyncio
import json
import time
from typing import Any

import pytest

from controllers.driver import ControllerMode
from plans.junction import Aspect
from plans.schema import load_site
from signalctl.journal import read_records, verify_journal

pytestmark = [pytest.mark.peer, pytest.mark.slow]

CENTRAL = ("central_plan", "central_stage")
LOCAL = (ControllerMode.FALLBACK, ControllerMode.LOCAL_FIXED)


async def test_a_silent_detector_is_reported_and_replaced(city: Any) -> None:
    """The loop that falls silent is named in metrics and on the page; control goes on centrally."""
    await city.until(lambda: _is(city, 1.0, "detector_healthy", junction="J1", detector="De"), "a healthy detector")
    city.silent.add("De")
    await city.until(lambda: _is(city, 0.0, "detector_healthy", junction="J1", detector="De"), "the silence noticed")
    assert await city.metric("detector_healthy", junction="J1", detector="Dn") == 1.0
    assert "De" in (await city.junctions())["J1"]["unhealthy"]
    assert (await city.junctions())["J1"]["mode"] in CENTRAL
    city.silent.clear()
    await city.until(lambda: _is(city, 1.0, "detector_healthy", junction="J1", detector="De"), "it is trusted again")


async def test_a_broker_that_is_gone_and_back(city: Any) -> None:
    """Without a broker the service says so and is not ready; the central plans run on, at their nominal times."""
    city.kill("broker")
    await city.until(lambda: _is(city, 0.0, "broker_connected"), "the loss noticed")
    assert json.loads(await city.fetch("/readyz"))["conditions"]["broker_connected"] is False
    ticks = await city.metric("ticks_total")
    await asyncio.sleep(12.0)
    assert await city.metric("ticks_total") >= ticks + 10, "the loop goes on"
    assert all(one["mode"] in CENTRAL for one in (await city.junctions()).values()), "beyond the lease of 10 s"

    async def nominal() -> bool:
        return all(one["mode"] == "central_plan" for one in (await city.junctions()).values())

    await city.until(nominal, "no stage requests without sight")
    city.start("broker")
    await city.until(lambda: _is(city, 1.0, "broker_connected"), "the broker found again")
    assert await city.metric("broker_reconnects_total") >= 1.0
    received = await city.metric("messages_total", kind="loop")
    await asyncio.sleep(3.0)
    assert await city.metric("messages_total", kind="loop") > received


async def test_a_controller_that_is_gone_and_back(city: Any) -> None:
    """J2's controller dies: J1 does not notice; J2 is taken over again after its restart."""
    city.kill("J2")
    await city.until(lambda: _is(city, 0.0, "controller_up", junction="J2"), "the loss noticed")
    before = await city.metric("ticks_total")
    await asyncio.sleep(5.0)
    assert await city.metric("ticks_total") >= before + 4
    assert (await city.junctions())["J1"]["confirmed"]
    assert await city.metric("controller_up", junction="J1") == 1.0
    city.start("J2")
    await city.until(lambda: city.confirmed("J1", "J2"), "J2 under its central plan again")
    assert await city.metric("controller_up", junction="J2") == 1.0


async def test_a_killed_service_leaves_the_street_safe_and_a_new_one_takes_over(city: Any) -> None:
    """After `kill -9` each controller runs its own plan in step with UTC; a new service has a higher epoch."""
    site = load_site(city.site_file)
    epochs = {name: (await city.ask_controller(name)).epoch for name in ("J1", "J2")}
    city.kill("service")
    killed = time.monotonic()

    async def all_local() -> bool:
        return all([(await city.ask_controller(name)).mode in LOCAL for name in ("J1", "J2")])

    await city.until(all_local, "both on their local plan", site.control.lease_s + 4)
    assert time.monotonic() - killed <= site.control.lease_s + 4

    async def in_step() -> bool:
        shown = [await city.ask_controller(name) for name in ("J1", "J2")]
        return all(status.plan_second == (status.utc_s - 4) % 30 for status in shown) and all(
            abs(status.utc_s - time.time()) < 2 for status in shown
        )

    await city.until(in_step, "both on the same clock", 5.0)

    city.start("service")
    seen: list[dict[str, Aspect]] = []

    async def taken_over() -> bool:
        seen.append(dict((await city.ask_controller("J1")).aspects))
        return await city.confirmed("J1", "J2")

    await city.until(taken_over, "plans confirmed by the new service", 60.0)
    for name in ("J1", "J2"):
        status = await city.ask_controller(name)
        assert status.epoch > epochs[name]
        assert status.conflict_trips == 0
    assert all(not (one["K1"] is Aspect.GREEN and one["K2"] is Aspect.GREEN) for one in seen)
    assert any(Aspect.GREEN in one.values() for one in seen), "no all-red restart during the takeover"
    city.processes["service"].terminate()
    assert city.processes["service"].wait(15) == 0, "a service that is asked to end ends with status 0"
    count, breaks = verify_journal(city.folder / "journal.sqlite")
    assert count > 0
    assert breaks == []
    events = [record.body.get("event") for record in read_records(city.folder / "journal.sqlite", limit=100_000)]
    assert events.count("start") == 2, "both lives of the service stand in one chain"


async def _is(city: Any, value: float, name: str, **labels: str) -> bool:
    found: float | None = await city.metric(name, **labels)
    return found == value
