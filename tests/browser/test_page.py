"""The page in a real browser: it draws, it lists, it follows, and it says when it hears nothing."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from prometheus_client import CollectorRegistry

from plans.junction import Junction
from plans.sealed import RequestAction, RequestReason
from signalctl.metrics import Metrics
from signalctl.metrics_observer import MetricsObserver
from signalctl.strategy import Alternative, StageDecision
from signalctl.tick import Tick
from signalctl.web.app import make_app
from signalctl.web.live import LiveState
from tests.ports import own_port

pytestmark = pytest.mark.peer


class _Served:
    """The application on a thread of its own, with a handle to make ticks."""

    def __init__(self, crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
        self.crossroads, self.make_tick = crossroads, make_tick
        figures = MetricsObserver(Metrics(CollectorRegistry()), "city", {"J1": crossroads}, "adaptive")
        self.live = LiveState("city", {"J1": crossroads}, "adaptive", figures)
        self.live.broker_connected = True
        geometry = {
            "lanes": [
                {"shape": [[-100, 0], [0, 0]], "width_m": 3.2, "kind": "road"},
                {"shape": [[0, 80], [0, 0]], "width_m": 3.2, "kind": "bicycle"},
            ],
            "areas": [[[-5, -5], [5, -5], [5, 5], [-5, 5]]],
            "stop_lines": [{"junction": "J1", "groups": ["K1"], "x": -6, "y": 0, "heading": 0, "width_m": 3.2}],
            "crossings": [{"junction": "J1", "group": "F1", "shape": [[-8, -4], [-8, 4]], "width_m": 4}],
            "positions": {"J1": [0, 0]},
            "corridors": {
                "main": [{"junction": "J1", "name": "First", "distance_m": 0, "forward": ["K1"], "backward": []}]
            },
        }
        app = make_app(
            site="city",
            junctions={"J1": crossroads},
            live=self.live,
            metrics=figures.metrics,
            geometry=geometry,
            readiness=lambda: {"loop_ticks": True},
        )
        self.port = own_port()
        self.server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", ws="websockets-sansio")
        )
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        with contextlib.suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.server.serve())

    def tick(self, utc_s: float, **changes: Any) -> None:
        """Make one tick, on the server's own thread."""
        self.live.road = {
            "t": utc_s,
            "vehicles": [[1, -40 + utc_s % 40, 0, 90, 0], [2, 0, 30, 180, 4]],
            "people": [[-9, -5]],
            "comparison": {
                "baseline": "the hand-made plans",
                "modes": {"car": {"persons": 10, "delay_s": 9.0, "baseline_s": 12.0}},
            },
        }
        self.loop.call_soon_threadsafe(self.live.record, self.make_tick(utc_s, **changes))

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def served(crossroads: Junction, make_tick: Callable[..., Tick]) -> Iterator[_Served]:
    """The running application."""
    one = _Served(crossroads, make_tick)
    yield one
    one.stop()


@pytest.fixture
def page(browser: Browser, served: _Served) -> Iterator[Page]:
    """The page, with every complaint of the browser taken for a failure."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://127.0.0.1:{served.port}/")
    assert _holds(page, "document.querySelectorAll('#map-legend b').length > 0", 20)
    yield page
    page.close()
    assert complaints == []


def _holds(page: Page, condition: str, timeout_s: float) -> bool:
    """Whether a condition comes to hold; asked from outside, for the page's policy forbids evaluation inside."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if page.evaluate(f"() => Boolean({condition})"):
            return True
        time.sleep(0.05)
    return False


def _tick_until(served: _Served, page: Page, condition: str, first_utc_s: float = 2000.0) -> None:
    """Ticks until a condition holds in the page; the first ones may come before its socket is open."""
    for second in range(50):
        served.tick(first_utc_s + second)
        if _holds(page, condition, 0.3):
            return
    pytest.fail(f"never in the page: {condition}")


def test_the_page_lists_junctions_decisions_and_comparison(served: _Served, page: Page) -> None:
    """Table, chosen junction, newest decision with its reason, and the comparison stand there after a tick."""
    _tick_until(served, page, "document.querySelectorAll('#rows tr').length === 1")
    assert page.inner_text("#site") == "city"
    assert "central stage" in page.inner_text("#rows")
    assert "two vehicles wait on east" in page.inner_text("#decisions")
    assert "-25 %" in page.inner_text("#comparison")
    assert "Failing detectors: T1" in page.inner_text("#detail")
    assert page.inner_text("#controllers") == "1 of 1 connected, 1 confirmed"


def test_the_newest_decisions_show_what_else_was_weighed(served: _Served, page: Page) -> None:
    """Under a decision stand its alternatives with their cost, that of the decision, and the unit."""
    other = Alternative("S2", RequestAction.GO, 4, 31.25)
    decision = StageDecision(
        "J1", "S1", RequestAction.HOLD, RequestReason.TRAFFIC, "two on north come", 12.5, (other,), "person-seconds"
    )
    shown = "document.querySelector('#decisions').textContent.includes('instead go S2 after 4 s')"
    end = time.monotonic() + 20
    while not page.evaluate(f"() => {shown}") and time.monotonic() < end:
        served.tick(1000.0, stage_decisions={"J1": decision})
        time.sleep(0.2)
    assert "instead go S2 after 4 s: 31.2 against 12.5 person-seconds" in page.inner_text("#decisions")
    assert "31.2 against 12.5 person-seconds" in page.inner_text("#detail")


def test_the_map_draws_roads_vehicles_and_signals(served: _Served, page: Page) -> None:
    """The canvas holds the colours of road, car, bicycle and a green signal."""
    _tick_until(served, page, "document.querySelectorAll('#rows tr').length === 1")
    for second in range(3):
        served.tick(2100.0 + second)
        page.wait_for_timeout(100)
    colours = page.evaluate(
        """() => {
          const found = new Set();
          for (const id of ["map", "close"]) {
            const canvas = document.getElementById(id);
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            for (let i = 0; i < data.length; i += 4) found.add(data[i] + "," + data[i + 1] + "," + data[i + 2]);
          }
          return [...found];
        }"""
    )
    expected = {"road": "58,68,79", "car": "207,216,224", "bicycle": "126,224,195", "green": "53,196,106"}
    assert {name for name, colour in expected.items() if colour not in colours} == set()


def test_the_page_says_when_the_service_is_silent(served: _Served, page: Page) -> None:
    """After five seconds without a snapshot a banner says that what is shown is old, and goes away afterwards."""
    _tick_until(served, page, "document.querySelectorAll('#rows tr').length === 1")
    assert _holds(page, "!document.getElementById('banner').hidden", 20)
    assert "own plans" in page.inner_text("#banner")
    _tick_until(served, page, "document.getElementById('banner').hidden", 2200.0)


def test_text_from_outside_is_never_markup(served: _Served, page: Page) -> None:
    """A name that looks like HTML is shown as text."""
    evil = "<img src=x onerror=document.title='taken'>"
    decision = served.make_tick().stage_decisions["J1"]
    for second in range(3):
        served.tick(
            2300.0 + second, stage_decisions={"J1": type(decision)("J1", evil, decision.action, decision.reason, evil)}
        )
        page.wait_for_timeout(150)
    assert _holds(page, "document.querySelectorAll('#decisions li').length > 0", 10)
    assert evil in page.inner_text("#decisions")
    assert page.title() == "signalctl"
