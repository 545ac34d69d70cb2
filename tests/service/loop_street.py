"""A street of two crossroads under the loop, with controllers, and drivers that fail when told to."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from controllers.driver import DriverError, FieldStatus, PushReport, Reachability
from controllers.inprocess import InProcessDriver
from controllers.logic import ControllerConfig, FieldController
from detectors.builder import PictureBuilder
from detectors.local import LocalSource
from detectors.picture import Picture
from plans.junction import Junction
from plans.sealed import SafePlan, SafeRequest
from plans.timing import TimingPlan
from signalctl.gate import Gate
from signalctl.loop import ControlLoop
from signalctl.strategy import Decisions, StageDecision
from signalctl.tick import Tick

BEGIN_UTC_S = 1_736_121_600


class Scripted:
    """A strategy that does what the test says."""

    name = "scripted"

    def __init__(
        self, junctions: Mapping[str, Junction], wish: Callable[[str, FieldStatus], StageDecision | None]
    ) -> None:
        self.junctions, self._wish = junctions, wish

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        wishes = {name: wish for name, status in field.items() if (wish := self._wish(name, status)) is not None}
        return Decisions(wishes, {})


class Street:
    """Two crossroads with their controllers, moved second by second together with the loop."""

    def __init__(
        self,
        crossroads: Junction,
        plan: TimingPlan,
        wish: Callable[[str, FieldStatus], StageDecision | None] = lambda _name, _status: None,
    ) -> None:
        self.junctions = {name: replace(crossroads, id=name) for name in ("J1", "J2")}
        self.plans = {name: replace(plan, id="central", junction=name) for name in self.junctions}
        local = {name: replace(plan, id="local", junction=name, offset_s=0) for name in self.junctions}
        self.controllers = {
            name: FieldController(
                ControllerConfig(junction, {"local": local[name]}, lambda _utc_s: "local", site="city"), BEGIN_UTC_S
            )
            for name, junction in self.junctions.items()
        }
        self.drivers: dict[str, InProcessDriver] = {
            name: InProcessDriver(controller) for name, controller in self.controllers.items()
        }
        self.ticks: list[Tick] = []
        self.wish = wish
        self.utc_s = BEGIN_UTC_S
        self.loop = self.make_loop()

    def make_loop(self, **drivers: object) -> ControlLoop:
        return ControlLoop(
            strategy=Scripted(self.junctions, lambda name, status: self.wish(name, status)),
            gate=Gate(self.junctions),
            drivers=list({**self.drivers, **drivers}.values()),  # type: ignore[arg-type]
            source=LocalSource(),
            builder=PictureBuilder(self.junctions),
            plans_due=lambda _utc_s: self.plans,
            observers=(self,),
            read_deadline_s=0.05,
            push_deadline_s=0.05,
        )

    def record(self, tick: Tick) -> None:
        self.ticks.append(tick)

    async def run(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.loop.tick(float(self.utc_s))
            self.utc_s += 1
            for controller in self.controllers.values():
                controller.tick(self.utc_s)


class Failing:
    """A driver in front of a real one that can be told to fail, hang, or break."""

    def __init__(self, driver: InProcessDriver) -> None:
        self.driver, self.junction = driver, driver.junction
        self.trouble: str = ""
        self.connects = 0
        self.immediate = False

    async def _maybe(self) -> None:
        if self.trouble == "down":
            raise DriverError("no answer")
        if self.trouble == "broken":
            raise RuntimeError("a defect in the driver")
        if self.trouble == "slow":
            await asyncio.sleep(0.5)

    async def connect(self) -> None:
        self.connects += 1
        await self._maybe()
        await self.driver.connect()

    async def close(self) -> None:
        await self.driver.close()

    async def heartbeat(self, utc_s: float) -> None:
        await self._maybe()
        await self.driver.heartbeat(utc_s)

    async def read_status(self) -> FieldStatus:
        await self._maybe()
        return await self.driver.read_status()

    async def push_plan(self, plan: SafePlan, *, activate_at_utc_s: int, expires_utc_s: int) -> PushReport:
        await self._maybe()
        return await self.driver.push_plan(plan, activate_at_utc_s=activate_at_utc_s, expires_utc_s=expires_utc_s)

    async def request_stage(self, request: SafeRequest) -> None:
        await self._maybe()
        await self.driver.request_stage(request)

    async def release(self) -> None:
        await self.driver.release()

    def reachability(self) -> Reachability:
        return self.driver.reachability()
