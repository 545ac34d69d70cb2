"""The HTTP side: what each address answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from plans.junction import Junction
from plans.sealed import RequestAction, RequestReason
from signalctl.journal import Journal
from signalctl.metrics import Metrics
from signalctl.metrics_observer import MetricsObserver
from signalctl.strategy import Alternative, StageDecision
from signalctl.tick import RefusalNote, Tick
from signalctl.web.app import make_app
from signalctl.web.geometry import describe_geometry
from signalctl.web.live import LiveState


@pytest.fixture
def live(crossroads: Junction) -> LiveState:
    """A live state that has seen nothing yet."""
    return LiveState(
        "city",
        {"J1": crossroads},
        "adaptive",
        MetricsObserver(Metrics(CollectorRegistry()), "city", {"J1": crossroads}, "adaptive"),
    )


@pytest.fixture
def ready() -> dict[str, bool]:
    """Conditions of readiness, to be changed by tests."""
    return {"loop_ticks": True, "broker_connected": True}


@pytest.fixture
def client(tmp_path: Path, crossroads: Junction, live: LiveState, ready: dict[str, bool]) -> Iterator[TestClient]:
    """The application with a small journal."""
    journal = Journal(tmp_path / "j.sqlite")
    journal.append(5.0, "decided", "J1", {"stage": "S1"})
    journal.close()
    app = make_app(
        site="city",
        junctions={"J1": crossroads},
        live=live,
        metrics=live._figures.metrics,
        geometry=describe_geometry({"J1": crossroads}, {"main": ["J1"]}, None),
        readiness=lambda: ready,
        journal=tmp_path / "j.sqlite",
    )
    with TestClient(app) as client:
        yield client


def test_page_and_its_parts_are_served_from_here(client: TestClient) -> None:
    """The page needs nothing from elsewhere, and says so in its policy."""
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    for part in ("main.js", "map.js", "panels.js", "timespace.js", "corridor_axis.js", "colours.js", "page.css"):
        assert client.get(f"/static/{part}").status_code == 200, part


def test_readiness_names_the_condition_that_fails(client: TestClient, ready: dict[str, bool]) -> None:
    """Ready is 200; a broker that is gone makes it 503 and is named, while the process is still alive."""
    assert client.get("/readyz").status_code == 200
    ready["broker_connected"] = False
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["conditions"]["broker_connected"] is False
    assert client.get("/healthz").status_code == 200


def test_journal_is_read_in_order_and_unknown_junctions_are_named(client: TestClient) -> None:
    """Records come with their hash; an unknown junction is answered with those that exist."""
    records = client.get("/api/v1/journal").json()
    assert records[0]["body"] == {"stage": "S1"}
    assert len(records[0]["hash"]) == 64
    answer = client.get("/api/v1/junctions/J9")
    assert answer.status_code == 404
    assert "J1" in answer.json()["detail"]
    assert client.get("/api/v1/journal?limit=0").status_code == 422


def test_metrics_are_prometheus_text(client: TestClient) -> None:
    """The exposition names our metrics."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "signalctl_person_delay_seconds_total" in answer.text


def test_live_socket_sends_each_tick(client: TestClient, live: LiveState, make_tick: Callable[..., Tick]) -> None:
    """Whoever is connected gets the snapshot of the next tick."""
    with client.websocket_connect("/api/v1/live") as socket:
        client.portal.call(live.record, make_tick(1234.0))
        assert socket.receive_json()["t"] == 1234.0
    assert not live._listeners


def test_every_api_path_is_documented(client: TestClient) -> None:
    """OpenAPI lists what the page uses."""
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/v1/site", "/api/v1/geometry", "/api/v1/state", "/api/v1/decisions", "/api/v1/journal"} <= set(paths)


def test_the_newest_second_of_a_junction_is_explained(
    client: TestClient, live: LiveState, make_tick: Callable[..., Tick]
) -> None:
    """What was seen, decided and why, the alternatives with their unit, gate and controller, at one address."""
    assert client.get("/api/v1/decisions/J1").json() == {}
    assert client.get("/api/v1/decisions/J9").status_code == 404
    other = Alternative("S2", RequestAction.GO, 4, 31.25)
    decision = StageDecision(
        "J1", "S1", RequestAction.HOLD, RequestReason.TRAFFIC, "two on north come", 12.5, (other,), "person-seconds"
    )
    note = RefusalNote("J1", "gate", "minimum_green", "J1/groups/K1", "5 s", "3 s")
    live.record(make_tick(stage_decisions={"J1": decision}, refusals=(note,)))
    told = client.get("/api/v1/decisions/J1").json()
    assert told["seen"]["queues_veh"] == {"e": 2.0}
    assert told["seen"]["crossings"]["F1"]["longest_wait_s"] == 4.0
    assert told["seen"]["not_believed"] == {"T1": "silent"}
    assert (told["decision"]["cost"], told["decision"]["unit"]) == (12.5, "person-seconds")
    assert told["decision"]["alternatives"] == [{"stage": "S2", "action": "go", "after_s": 4, "cost": 31.25}]
    assert told["refused"][0]["code"] == "minimum_green"
    assert client.get("/api/v1/decisions").json()[-1]["alternatives"][0]["cost"] == 31.2
