"""A real Prometheus scrapes the service's metrics and finds data behind every shipped expression."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import pytest
from prometheus_client import start_http_server

from signalctl.metrics import Metrics
from tests.deploy.expressions import alert_expressions, dashboard_expressions, without_comparison
from tests.deploy.prometheus_peer import running_prometheus
from tests.deploy.sample_junction import fill

pytestmark = pytest.mark.peer


@pytest.fixture
def busy_service() -> Iterator[WSGIServer]:
    """A process whose metrics move, served on a free port."""
    metrics = Metrics()
    fill(metrics)
    server, serving = start_http_server(0, "127.0.0.1", registry=metrics.registry)
    stop = threading.Event()

    def keep_busy() -> None:
        while not stop.wait(0.2):
            fill(metrics)

    worker = threading.Thread(target=keep_busy)
    worker.start()
    yield server
    stop.set()
    worker.join()
    server.shutdown()
    serving.join()
    server.server_close()


def test_every_expression_gives_data(
    require_program: Callable[[str], str], busy_service: WSGIServer, tmp_path: Path
) -> None:
    """With every metric in use, no panel is empty and no alert is blind."""
    expressions = dashboard_expressions() + [without_comparison(one) for one in alert_expressions()]
    target = f"127.0.0.1:{busy_service.server_port}"
    with running_prometheus(require_program("prometheus"), target, tmp_path) as prometheus:
        prometheus.wait_for_scrapes(4, timeout_s=30)
        empty = prometheus.without_data(expressions)
        assert empty == []
        assert not prometheus.samples("signalctl_no_such_metric"), "an empty answer would go unnoticed"
