"""A real Prometheus, scraping one process and answering queries: the judge of every expression that we ship."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deploy.expressions import RULES, Expression
from tests.ports import own_port

START_TIMEOUT_S = 30.0


class Prometheus:
    """Talks to a running Prometheus on loopback."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **parameters: str) -> Any:
        """The `data` of one call of its HTTP API."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{parameters}: {json.load(error)['error']}") from error

    def samples(self, promql: str) -> list[dict[str, Any]]:
        """What an instant query gives now; a value that is not a number (0 / 0) is no data."""
        return [one for one in self.get("query", query=promql)["result"] if one["value"][1] != "NaN"]

    def wait_for_scrapes(self, count: int, timeout_s: float) -> None:
        """Return when the service has been scraped well `count` times."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            counted = self.samples('sum_over_time(up{job="signalctl"}[1h])')
            if counted and float(counted[0]["value"][1]) >= count:
                return
            time.sleep(0.2)
        targets = [(one["scrapeUrl"], one["lastError"]) for one in self.get("targets")["activeTargets"]]
        raise TimeoutError(f"expected {count} good scrapes in {timeout_s} s, targets say {targets}")

    def without_data(self, expressions: Iterable[Expression]) -> list[str]:
        """Where the expressions stand that give nothing."""
        return [f"{one.where}: {one.promql}" for one in expressions if not self.samples(one.promql)]

    def wait_for_data(self, expressions: Sequence[Expression], timeout_s: float) -> list[str]:
        """What `without_data` still says when everything has given data once, or the time is over."""
        deadline = time.monotonic() + timeout_s
        left = list(expressions)
        while left and time.monotonic() < deadline:
            left = [one for one in left if not self.samples(one.promql)]
            time.sleep(1.0)
        return self.without_data(left)

    def firing(self, severity: str) -> list[str]:
        """Names of the alerts of this severity that fire."""
        return [
            alert["labels"]["alertname"]
            for alert in self.get("alerts")["alerts"]
            if alert["state"] == "firing" and alert["labels"]["severity"] == severity
        ]


@contextmanager
def running_prometheus(program: str, target: str, folder: Path) -> Iterator[Prometheus]:
    """Prometheus with our rules, scraping `target` (host:port) each second, its data in `folder`."""
    config = folder / "prometheus.yml"
    rules = "".join(f"  - {path}\n" for path in RULES)
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files:\n{rules}"
        f"scrape_configs:\n  - job_name: signalctl\n    static_configs: [{{targets: ['{target}']}}]\n"
    )
    address = f"127.0.0.1:{own_port()}"
    log = folder / "prometheus.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
                "--log.level=warn",
            ],
            stdout=output,
            stderr=output,
        )
        try:
            _wait_until_ready(address, process, log)
            yield Prometheus(address)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{address}/-/ready", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Prometheus did not get ready at {address}: {log.read_text()}")
