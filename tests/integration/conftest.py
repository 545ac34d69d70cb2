"""A small city of real processes: Mosquitto, two field controllers over Modbus TCP, and the service."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from controllers.driver import FieldStatus
from controllers.modbus import ModbusDriver
from controllers.pool import controller_key
from plans.schema import load_site
from tests.ports import own_port

SITE = """\
site: testcity
name: Test city
timezone: UTC
store: journal.sqlite
mqtt: {{host: 127.0.0.1, port: {mqtt}, tls: false}}
web: {{port: {web}}}
control: {{strategy: {strategy}, lease_s: 10}}
corridors:
  main:
    name: Main
    junctions: [{{junction: J1, distance_m: 0}}, {{junction: J2, distance_m: 300}}]
calendar:
  week: [{{days: [mon, tue, wed, thu, fri, sat, sun], at: "00:00", plans: day}}]
junctions:
{junctions}"""

JUNCTION = """\
  {name}:
    name: {name}
    position_m: [{x}, 0]
    corridor: main
    groups:
      K1: {{kind: vehicle, min_green_s: 5}}
      K2: {{kind: vehicle, min_green_s: 5}}
    intergreens:
      K1: {{K2: 5}}
      K2: {{K1: 5}}
    stages:
      A: {{groups: [K1]}}
      B: {{groups: [K2]}}
    lanes:
      n: {{approach: north, length_m: 150, speed_mps: 13.9}}
      e: {{approach: east, length_m: 150, speed_mps: 13.9}}
    movements:
      n_s: {{lane: n, group: K1, turn: straight, exit_lane: s}}
      e_w: {{lane: e, group: K2, turn: straight, exit_lane: w}}
    detectors:
      Dn: {{kind: loop, lane: n, distance_m: 1}}
      De: {{kind: loop, lane: e, distance_m: 1}}
    controller: {{host: 127.0.0.1, port: {port}, unit: 1}}
    plans:
      day:
        cycle_s: 30
        offset_s: 4
        stages:
          - {{stage: A, green_s: 10, frame: open}}
          - {{stage: B, green_s: 10, frame: open}}
"""


@dataclass
class City:
    """Handles on the processes; each can be killed as in real life."""

    folder: Path
    mosquitto: str
    strategy: str
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sent: int = 0
    silent: set[str] = field(default_factory=set)
    publisher: asyncio.Task[None] | None = None

    @property
    def site_file(self) -> Path:
        return self.folder / "site.yaml"

    def write_site(self) -> None:
        self.ports = {name: own_port() for name in ("mqtt", "web", "J1", "J2")}
        junctions = "".join(
            JUNCTION.format(name=name, x=300 * index, port=self.ports[name]) for index, name in enumerate(("J1", "J2"))
        )
        text = SITE.format(mqtt=self.ports["mqtt"], web=self.ports["web"], strategy=self.strategy, junctions=junctions)
        self.site_file.write_text(text)
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.ports['mqtt']} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        )

    def start(self, name: str) -> None:
        """Start the broker, a controller (J1, J2) or the service."""
        python = [sys.executable, "-m", "signalctl"]
        commands = {
            "broker": [self.mosquitto, "-c", str(self.folder / "mosquitto.conf")],
            "service": [*python, "run", str(self.site_file)],
        }
        if name in ("J1", "J2"):
            listen = f"127.0.0.1:{self.ports[name]}"
            commands[name] = [*python, "controller", str(self.site_file), "--junction", name, "--listen", listen]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(commands[name], stdout=log, stderr=log, env=dict(os.environ))

    def kill(self, name: str) -> None:
        """End it at once, as `kill -9` does."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    async def fetch(self, path: str) -> Any:
        """Answer of the service's API, None while it does not answer; a 503 has a body too."""

        def get() -> Any:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['web']}{path}", timeout=3) as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.read().decode()
            except (urllib.error.URLError, OSError):
                return None

        return await asyncio.to_thread(get)

    async def metric(self, name: str, **labels: str) -> float | None:
        """Value of the one sample with these labels among its own."""
        text = await self.fetch("/metrics")
        for family in text_string_to_metric_families(text or ""):
            for sample in family.samples:
                if sample.name == f"signalctl_{name}" and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return None

    async def junctions(self) -> dict[str, Any]:
        """The newest snapshot by junction."""
        text = await self.fetch("/api/v1/state")
        found: dict[str, Any] = json.loads(text).get("junctions", {}) if text else {}
        return found

    async def until(self, condition: Callable[[], Any], what: str, timeout_s: float = 40.0) -> None:
        """Wait until an async condition holds; name what did not come."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if await condition():
                return
            ended = [name for name, one in self.processes.items() if one.poll() not in (None, 0, -signal.SIGKILL)]
            if ended:
                what = f"{what} (ended by itself: {', '.join(ended)})"
                break
            await asyncio.sleep(0.2)
        logs = "\n".join(f"--- {path.name}\n{path.read_text()[-2000:]}" for path in self.folder.glob("*.log"))
        pytest.fail(f"after {timeout_s:.0f} s still not: {what}\n{logs}")

    async def confirmed(self, *names: str) -> bool:
        """Whether the service has read back its plan from each of these controllers."""
        shown = await self.junctions()
        return all(shown.get(name, {}).get("confirmed") for name in names)

    async def ask_controller(self, name: str) -> FieldStatus:
        """What the controller says to an independent client, without taking any lease."""
        site = load_site(self.site_file)
        address = site.controllers[name]
        key = controller_key(address, self.folder, name)
        driver = ModbusDriver(site.junctions[name], address.host, address.port, key=key, site=site.id)
        try:
            await driver.connect()
            return await driver.read_status()
        finally:
            await driver.close()

    async def publish_detectors(self) -> None:
        """Both loops of both junctions, once a second, except the silent ones; reconnects to a broker that is back."""
        seq = 0
        while True:
            try:
                async with aiomqtt.Client("127.0.0.1", self.ports["mqtt"], timeout=2) as client:
                    while True:
                        seq += 1
                        for name in ("J1", "J2"):
                            for detector in ("Dn", "De"):
                                if detector not in self.silent:
                                    body = {
                                        "t": time.time(),
                                        "seq": seq,
                                        "count": seq % 2,
                                        "occupancy": 0.3,
                                        "present": False,
                                    }
                                    await client.publish(
                                        f"signalctl/v1/testcity/{name}/loop/{detector}", json.dumps(body), qos=1
                                    )
                                    self.sent += 1
                        await asyncio.sleep(1.0)
            except (aiomqtt.MqttError, OSError):
                await asyncio.sleep(0.3)


@pytest.fixture
async def city(tmp_path: Path, require_program: Callable[[str], str]) -> AsyncIterator[City]:
    """Everything started, both plans confirmed, detectors speaking."""
    one = City(tmp_path, require_program("mosquitto"), "adaptive")
    one.write_site()
    try:
        for name in ("broker", "J1", "J2", "service"):
            one.start(name)
        one.publisher = asyncio.create_task(one.publish_detectors())
        await one.until(lambda: one.confirmed("J1", "J2"), "plans confirmed on both controllers", 90.0)
        yield one
    finally:
        if one.publisher is not None:
            one.publisher.cancel()
            await asyncio.gather(one.publisher, return_exceptions=True)
        one.stop()
