"""Puts the demo on stage: broker, street, controllers, service; moves the time; writes the result."""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from controllers.driver import CENTRAL_MODES
from controllers.emulator import Emulator
from detectors.equipment import Detection, equip
from plans.policy import Policy, with_policy
from plans.schema import dump_site
from plans.site import ControllerAddress, MqttBroker, Site, WebAddress
from signalctl.demo.broker import free_port, loopback_broker
from signalctl.demo.comparison import compare, person_delay
from signalctl.demo.figures import describe_street
from signalctl.demo.publisher import StreetPublisher, open_publisher
from signalctl.demo.service_process import ServiceProcess
from signalctl.demo.street import Street, road_for_page
from signalctl.errors import EXIT_FINDINGS, EXIT_OK, UsageError
from signalctl.scenarios import OpenScenario, find_config, open_scenario
from signalctl.service import listen
from signalctl.stopping import stop_on_signals
from sim.engine import EmbeddedPlant
from sim.sensors import Sensors

log = structlog.get_logger(__name__)

FIRST_ANSWER_S = 300.0  # a service that finds no compiled kernels makes them first
ANSWER_S = 5.0
GONE_PACE_S = 0.1
COMPARE_EVERY_S = 5
REPORT_EVERY_S = 60


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What `signalctl demo` was asked for; `speed` None is as fast as it goes."""

    scenario: str = "rheinstrasse"
    period: str | None = None
    strategy: str = "adaptive"
    policy: Policy | None = None
    speed: float | None = 1.0
    duration_s: int | None = None
    headless: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    seed: int = 1
    detection: str = "radar"
    json_file: Path | None = None
    journal: Path | None = None


def checked(options: DemoOptions) -> DemoOptions:
    """The options with a port that is free; what is wrong is told before anything is built.

    Raises:
        UsageError: No such scenario or period, or detection that MQTT does not carry.
        OSError: The port is in use.
    """
    if options.detection not in (Detection.RADAR.value, Detection.LOOPS.value):
        raise UsageError(f"--detection: expected radar or loops (what MQTT carries), got {options.detection!r}")
    find_config(options.scenario, options.period)
    options = replace(options, port=options.port or free_port())
    listen(options.host, options.port).close()
    return options


async def run_demo(options: DemoOptions) -> int:
    """Run the whole demo with checked options; returns the exit status."""
    detection = Detection(options.detection)
    opened = await asyncio.to_thread(open_scenario, options.scenario, options.period)
    stop = stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="signalctl-demo-") as place:
        folder = Path(place)
        async with contextlib.AsyncExitStack() as stack:
            broker, broker_port = await stack.enter_async_context(loopback_broker(folder))
            log.info("broker runs", broker=broker, port=broker_port)
            site = replace(opened.site, junctions=equip(opened.site.junctions, detection))
            if options.policy is not None:
                site = with_policy(site, options.policy)
            log.info("street is built", scenario=opened.name, junctions=len(site.junctions))
            play = await asyncio.to_thread(_Play, options, opened, site, detection)
            addresses = {}
            for name, controller in play.street.controllers.items():
                emulator = await stack.enter_async_context(Emulator(controller, "127.0.0.1", 0))
                addresses[name] = ControllerAddress(host="127.0.0.1", port=emulator.port)
            site_file = _write_site(folder, site, opened, addresses, broker_port, options)
            service = ServiceProcess(site_file, options.strategy, options.port)
            stack.push_async_callback(service.end)
            await service.start()
            publisher = await stack.enter_async_context(open_publisher(site.id, broker_port))
            if not await play.first_answer(publisher, service, stop):
                return EXIT_FINDINGS
            log.info("service answers", page=f"http://127.0.0.1:{options.port}/", pid=service.pid)
            await play.run(publisher, service, stop)
            result = await play.result(service, publisher)
    if options.json_file is not None:
        options.json_file.write_text(json.dumps(result, indent=2) + "\n")
    _summarise(result)
    breaches = sum(count for kind, count in result["safety"].items() if kind != "refused")
    return EXIT_FINDINGS if breaches else EXIT_OK


class _Play:
    """The street, its twin under the plans' nominal times, and the time they share."""

    def __init__(self, options: DemoOptions, opened: OpenScenario, site: Site, detection: Detection) -> None:
        self.options, self.site = options, site
        self.begin_s = opened.scenario.begin_s
        network = opened.scenario.network
        self.street = Street(EmbeddedPlant(opened.scenario, seed=options.seed), network, site)
        self.twin = Street(EmbeddedPlant(opened.scenario, seed=options.seed), network, site)
        self.sensors = Sensors(site.junctions, self.street.plant, detection, options.seed)
        self.name = opened.name
        self.comparison: Mapping[str, Any] | None = None
        self.missed = 0
        self._began = time.monotonic()
        self._gone_since: float | None = None
        self._answers = True

    @property
    def passed_s(self) -> float:
        """Simulated time since the begin."""
        return self.street.plant.time_s - self.begin_s

    async def first_answer(self, publisher: StreetPublisher, service: ServiceProcess, stop: asyncio.Event) -> bool:
        """Wait until the service has dealt with the first second."""
        end = time.monotonic() + FIRST_ANSWER_S
        while time.monotonic() < end and service.alive and not stop.is_set():
            await publisher.announce(self.street.utc_s)
            if await publisher.wait_done(self.street.utc_s, 0.5):
                self._began = time.monotonic()
                return True
        if not stop.is_set():
            log.error("the service does not answer", alive=service.alive, status=service.status)
        return False

    async def run(self, publisher: StreetPublisher, service: ServiceProcess, stop: asyncio.Event) -> None:
        """Second after second until the end, the duration, or `stop`."""
        duration_s = self.options.duration_s
        due = time.monotonic()
        while not stop.is_set() and not self.street.finished and (duration_s is None or self.passed_s < duration_s):
            utc_s = self.street.utc_s
            state = self.street.state()
            readings = self.sensors.read(state, float(utc_s))
            road = None if self.options.headless else road_for_page(state, self.comparison)
            figures = describe_street(state, self.street.violations(), self._speed())
            await publisher.publish_second(utc_s, readings, figures, road)
            due = await self._pace(publisher, service, utc_s, due)
            self.street.step()
            self.twin.step()
            if not stop.is_set():
                await self._supervise(service)
            self._report()

    def _speed(self) -> float:
        """Simulated seconds per second so far."""
        return self.passed_s / max(time.monotonic() - self._began, 1e-9)

    async def _pace(self, publisher: StreetPublisher, service: ServiceProcess, utc_s: int, due: float) -> float:
        """Give the service the time that the second has; returns when the next one is due.

        The street never runs ahead of a service that answers: where the machine cannot keep the speed that was asked
        for, the simulated time is slower. A service that has stopped answering is not waited for.
        """
        now = time.monotonic()
        due = now if self.options.speed is None else max(due + 1.0 / self.options.speed, now)
        patience_s = ANSWER_S if service.alive and self._answers else GONE_PACE_S
        self._answers = await publisher.wait_done(utc_s, max(due - now, patience_s))
        if not self._answers:
            self.missed += 1
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        return due

    async def _supervise(self, service: ServiceProcess) -> None:
        """A service that is gone comes back only after every controller has shown that it can do without."""
        if service.alive:
            self._gone_since = None
            return
        if self._gone_since is None:
            self._gone_since = self.passed_s
            log.warning("the service is gone; the controllers go on, on their own", status=service.status)
        if all(controller.mode not in CENTRAL_MODES for controller in self.street.controllers.values()):
            log.warning(
                "every controller runs its own plan; the service is started again",
                after_s=self.passed_s - self._gone_since,
            )
            await service.start()

    def _report(self) -> None:
        passed = int(self.passed_s)
        if passed % COMPARE_EVERY_S == 0:
            self.comparison = compare(self.street.plant.trips(), self.twin.plant.trips(), "the hand-made plans")
        if passed % REPORT_EVERY_S == 0:
            total = self.street.plant.statistics()
            central = sum(controller.mode in CENTRAL_MODES for controller in self.street.controllers.values())
            sys.stderr.write(
                f"  {passed:5d} s  {total.running:4d} on the road, {total.arrived:5d} arrived, "
                f"{central} of {len(self.street.controllers)} controllers under central control, {self._speed():.1f}x\n"
            )

    async def result(self, service: ServiceProcess, publisher: StreetPublisher) -> dict[str, Any]:
        """What happened, as `--json` writes it."""
        state = await service.fetch("/api/v1/state") or {}
        confirmed = state.get("junctions", {})
        statistics = self.street.plant.statistics()
        wall_s = time.monotonic() - self._began
        ours, twins = person_delay(self.street.plant.trips()), person_delay(self.twin.plant.trips())
        return {
            "scenario": self.name,
            "plant": "embedded",
            "strategy": self.options.strategy,
            "policy": self.site.policy.value,
            "detection": self.options.detection,
            "seed": self.options.seed,
            "begin": self.begin_s,
            "end": self.street.plant.time_s,
            "vehicles": {
                "loaded": statistics.loaded,
                "inserted": statistics.inserted,
                "running": statistics.running,
                "arrived": statistics.arrived,
            },
            "person_delay_s": round(ours["all"][1], 2),
            "by_mode": _by_mode(ours),
            "baseline": {"person_delay_s": round(twins["all"][1], 2), "by_mode": _by_mode(twins)},
            "controllers": {
                name: {
                    "mode": controller.mode.name.lower(),
                    "plan": confirmed.get(name, {}).get("plan"),
                    "confirmed": bool(confirmed.get(name, {}).get("confirmed")),
                    "sequence": controller.status().active_sequence,
                    "fallbacks": controller.fallbacks,
                    "rejects": controller.rejects,
                    "refusals": {code.name.lower(): count for code, count in controller.refusals.items()},
                }
                for name, controller in self.street.controllers.items()
            },
            "safety": {
                **self.street.violations_by_kind(),
                "refused": sum(controller.rejects for controller in self.street.controllers.values()),
            },
            "service": {"restarts": service.restarts, "seconds_without_answer": self.missed},
            "messages": publisher.published,
            "performance": {
                "wall_s": round(wall_s, 1),
                "real_time_factor": round(self.passed_s / max(wall_s, 1e-9), 2),
            },
        }


def _by_mode(figures: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, float]]:
    return {
        mode: {"persons": round(persons, 1), "delay_s": round(delay_s, 2)}
        for mode, (persons, delay_s) in figures.items()
        if mode != "all"
    }


def _write_site(
    folder: Path,
    site: Site,
    opened: OpenScenario,
    addresses: Mapping[str, ControllerAddress],
    broker_port: int,
    options: DemoOptions,
) -> Path:
    """The site file that the service of this demo runs with."""
    connected = replace(
        site,
        controllers=addresses,
        mqtt=MqttBroker(host="127.0.0.1", port=broker_port, tls=False),
        web=WebAddress(host=options.host, port=options.port),
        store=str(options.journal.resolve() if options.journal is not None else folder / "journal.sqlite"),
        network=str(opened.scenario.network.path.resolve()),
    )
    path = folder / "site.yaml"
    dump_site(connected, path)
    return path


def _summarise(result: Mapping[str, Any]) -> None:
    confirmed = sum(one["confirmed"] for one in result["controllers"].values())
    sys.stdout.write(
        f"{result['scenario']}, {result['strategy']}: {result['vehicles']['arrived']} arrived of "
        f"{result['vehicles']['loaded']}; plans confirmed on {confirmed} of {len(result['controllers'])} controllers; "
        f"person delay {result['person_delay_s']} s against {result['baseline']['person_delay_s']} s with the "
        f"hand-made plans; safety entries {sum(result['safety'].values())}; "
        f"{result['performance']['real_time_factor']} times real time\n"
    )
