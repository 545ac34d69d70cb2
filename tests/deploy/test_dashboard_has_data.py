"""The dashboard in front of the running demo: a real Prometheus scrapes it, and no panel is empty."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.expressions import alert_expressions, dashboard_expressions, without_comparison
from tests.deploy.prometheus_peer import running_prometheus
from tests.ports import own_port

pytestmark = [pytest.mark.peer, pytest.mark.slow]

READY_TIMEOUT_S = 120.0
PATIENCE_S = 120.0  # a degree of saturation needs a whole cycle, and the machine may be busy
UNBORN = "signalctl_refusals_total"
"""Has too many codes to begin at zero: while nothing is refused, its alert has nothing to read."""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    """The demo as fast as it goes; gives host and port of its metrics."""
    port = own_port()
    command = [Path(sys.executable).with_name("signalctl"), "demo", "--headless", "--speed", "max", "--port", str(port)]
    log = tmp_path / "demo.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=tmp_path)
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the demo did not get ready at {url}: {log.read_text()[-3000:]}")


@pytest.mark.timeout(300)
def test_every_expression_gives_data_in_front_of_the_demo(
    demo: str, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    """Within two minutes of demo no panel is empty, no alert is blind, and none of severity critical fires."""
    alerts = [without_comparison(one) for one in alert_expressions() if UNBORN not in one.promql]
    expressions = dashboard_expressions() + alerts
    with running_prometheus(require_program("prometheus"), demo, tmp_path) as prometheus:
        prometheus.wait_for_scrapes(2, timeout_s=30)
        empty = prometheus.wait_for_data(expressions, PATIENCE_S)
        assert empty == [], "\n".join(empty)
        assert prometheus.firing("critical") == []
