"""The loop: plans are believed when they are read back, and one junction's trouble stays its own."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from controllers import registerserver
from controllers.driver import CENTRAL_MODES, ControllerMode, DriverError, FieldStatus, PushReport, Reachability
from controllers.inprocess import InProcessDriver
from controllers.logic import ControllerConfig, FieldController
from detectors.builder import PictureBuilder
from detectors.local import LocalSource
from detectors.picture import Picture
from plans.junction import Aspect, Junction, Stage
from plans.sealed import RequestAction, RequestReason, SafePlan, SafeRequest
from plans.timing import OnDemandStage, TimingPlan
from signalctl.clock import ManualClock
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


async def test_a_plan_counts_as_active_only_when_it_is_read_back(crossroads: Junction, plan: TimingPlan) -> None:
    """After the push the controller needs its switch point; until the status block shows it, no plan is active."""
    street = Street(crossroads, plan)
    await street.run(150)
    first_push = next(index for index, tick in enumerate(street.ticks) if "J1" in tick.pushes)
    first_active = next(index for index, tick in enumerate(street.ticks) if "J1" in tick.active_plans)
    assert first_active >= first_push
    for tick in street.ticks[first_push:]:
        central = tick.field["J1"].mode in CENTRAL_MODES
        assert ("J1" in tick.active_plans) == central
    assert street.ticks[-1].active_plans["J1"].id == "central"
    assert sum("J1" in tick.pushes for tick in street.ticks) == 1, "a plan that runs is not sent again"


async def test_plans_for_many_junctions_are_sent_over_several_seconds(
    crossroads: Junction, plan: TimingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than a few in one tick; the others follow in the next ones, and nobody is left out."""
    monkeypatch.setattr("signalctl.loop.MOST_PLANS", 1)
    street = Street(crossroads, plan)
    await street.run(150)
    pushes = [tuple(tick.pushes) for tick in street.ticks if tick.pushes]
    assert pushes[:2] == [("J1",), ("J2",)]
    assert {name: found.id for name, found in street.ticks[-1].active_plans.items()} == {
        "J1": "central",
        "J2": "central",
    }


async def test_stage_requests_move_the_street(crossroads: Junction, plan: TimingPlan) -> None:
    """A strategy that always wants S2 gets it, and keeps it beyond its nominal 20 s."""

    def wish(name: str, status: FieldStatus) -> StageDecision:
        stage_is = status.stage == "S2"
        action = RequestAction.HOLD if stage_is else RequestAction.GO
        return StageDecision(name, "S2", action, RequestReason.TRAFFIC, "test")

    street = Street(crossroads, plan, wish)
    await street.run(200)
    greens = [tick.field["J1"].aspects["K2"] is Aspect.GREEN for tick in street.ticks]
    longest = max(len(run) for run in "".join("g" if green else "r" for green in greens).split("r"))
    assert longest > 40


class OverRegisters(InProcessDriver):
    """Reads the status as one over Modbus does, with what the identity block says of the controller."""

    async def read_status(self) -> FieldStatus:
        return await self.session.status()


@pytest.mark.parametrize("knows", [True, False])
async def test_stages_on_demand_where_the_controller_knows_them(
    crossroads: Junction, plan: TimingPlan, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    """They are pushed, requested and shown; for a controller that knows none the same plan runs without them."""
    if not knows:
        monkeypatch.setattr(registerserver, "CAPABILITIES", 0b1011)

    def wish(name: str, status: FieldStatus) -> StageDecision | None:
        if name != "J1" or status.stage != "S2":
            return None
        return StageDecision(name, "X", RequestAction.GO, RequestReason.TRAFFIC, "test")

    rich = replace(crossroads, stages={**crossroads.stages, "X": Stage("X", frozenset({"K1"}))})
    street = Street(rich, replace(plan, on_demand=(OnDemandStage("X", 0, plan.cycle_s),)), wish)
    street.loop = street.make_loop(J1=OverRegisters(street.controllers["J1"]))
    await street.run(200)
    assert sum("J1" in tick.pushes for tick in street.ticks) == 1, "a plan that runs is not sent again"
    push = next(tick.pushes["J1"] for tick in street.ticks if "J1" in tick.pushes)
    assert ("without X" in push.detail) is not knows
    last = street.ticks[-1]
    assert len(last.active_plans["J1"].on_demand) == (1 if knows else 0)
    assert last.field["J1"].takes_on_demand is knows
    shown = {tick.field["J1"].stage for tick in street.ticks if "J1" in tick.field}
    assert ("X" in shown) is knows
    refused = {note.code for tick in street.ticks for note in tick.refusals if note.junction == "J1"}
    assert ("stage_not_in_plan" in refused) is not knows


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


@pytest.mark.parametrize("trouble", ["", "down", "broken"])
async def test_drivers_that_never_wait_need_no_task_of_their_own(
    crossroads: Junction, plan: TimingPlan, trouble: str
) -> None:
    """What is read, sent and told of failures is the same as with one for each call."""
    ran = []
    for immediate in (False, True):
        street = Street(crossroads, plan)
        failing = Failing(street.drivers["J2"])
        failing.immediate = street.drivers["J1"].immediate = immediate
        street.loop = street.make_loop(J2=failing)
        for _ in range(2):
            await street.run(50)
            failing.trouble = trouble
        ran.append(street.ticks)
        assert any("J1" in tick.pushes for tick in street.ticks)
        assert ("J2" in street.ticks[-1].field) is not bool(trouble)
    for alone, together in zip(*ran, strict=True):
        assert (alone.field, alone.active_plans, alone.pushes, alone.failures, alone.links) == (
            together.field,
            together.active_plans,
            together.pushes,
            together.failures,
            together.links,
        )


@pytest.mark.parametrize("trouble", ["down", "broken", "slow"])
async def test_trouble_at_one_junction_leaves_the_other_alone(
    crossroads: Junction, plan: TimingPlan, trouble: str
) -> None:
    """J2 fails for 40 s: J1's ticks go on in time; J2 falls back by itself and is taken over again afterwards."""
    street = Street(crossroads, plan)
    failing = Failing(street.drivers["J2"])
    street.loop = street.make_loop(J2=failing)
    await street.run(130)
    assert "J2" in street.ticks[-1].active_plans
    failing.trouble = trouble
    begun, before = time.perf_counter(), len(street.ticks)
    await street.run(40)
    assert time.perf_counter() - begun < 40 * 0.25
    during = street.ticks[before:]
    assert all("J1" in tick.field and "J1" in tick.active_plans for tick in during)
    assert "J2" not in during[-1].field
    assert street.controllers["J2"].mode in (ControllerMode.FALLBACK, ControllerMode.LOCAL_FIXED)
    if trouble == "broken":
        assert any(failure.junction == "J2" for tick in during for failure in tick.failures)
    failing.trouble = ""
    await asyncio.sleep(0.6)
    await street.run(130)
    assert "J2" in street.ticks[-1].active_plans


async def test_a_strategy_that_fails_leaves_the_plans_in_charge(crossroads: Junction, plan: TimingPlan) -> None:
    """An exception in the strategy is recorded, and the time-of-day plan still gets pushed."""

    def wish(name: str, status: FieldStatus) -> StageDecision:
        raise ZeroDivisionError("a defect in the strategy")

    street = Street(crossroads, plan, wish)
    await street.run(150)
    assert all(tick.failures[0].step == "decide" for tick in street.ticks if tick.field)
    assert street.ticks[-1].active_plans["J1"].id == "central"


async def test_what_the_gate_refuses_is_noted_and_not_sent(crossroads: Junction, plan: TimingPlan) -> None:
    """A stage that does not exist never reaches the controller."""
    street = Street(
        crossroads,
        plan,
        lambda name, _status: StageDecision(name, "S9", RequestAction.GO, RequestReason.TRAFFIC, "test"),
    )
    await street.run(150)
    last = street.ticks[-1]
    assert {note.origin for note in last.refusals} == {"gate"}
    assert not last.requested
    assert all(controller.rejects == 0 for controller in street.controllers.values())


async def test_run_skips_missed_seconds_and_follows_a_clock_set_back(crossroads: Junction, plan: TimingPlan) -> None:
    """The loop never repeats a second to catch up; after the clock went back it ticks at the new time."""
    street = Street(crossroads, plan)
    clock = ManualClock(100.4)
    stop = asyncio.Event()
    running = asyncio.create_task(street.loop.run(clock, stop))

    async def show(utc_s: float) -> None:
        await clock.set(utc_s)
        await asyncio.sleep(0.02)

    await asyncio.sleep(0.02)
    for utc_s in (101.0, 102.0, 107.5, 108.0, 50.0, 51.0):
        await show(utc_s)
    assert [tick.utc_s for tick in street.ticks] == [101.0, 102.0, 107.0, 108.0, 51.0]
    assert street.ticks[2].lateness_s == pytest.approx(4.5)
    stop.set()
    await show(200.0)
    await asyncio.wait_for(running, 1.0)


async def test_without_sight_the_plans_nominal_times_run(crossroads: Junction, plan: TimingPlan) -> None:
    """Fifteen seconds after the source was lost no stage is requested any more, until it is back."""
    street = Street(
        crossroads,
        plan,
        lambda name, status: StageDecision(
            name, status.stage or "S1", RequestAction.HOLD, RequestReason.TRAFFIC, "test"
        ),
    )
    await street.run(130)
    assert street.ticks[-1].stage_decisions
    sighted = street.loop.source.statistics()
    street.loop.source.statistics = lambda: replace(sighted, connected=False)  # type: ignore[method-assign]
    await street.run(15)
    assert street.ticks[-1].stage_decisions
    await street.run(10)
    assert not street.ticks[-1].stage_decisions
    assert street.ticks[-1].field["J1"].mode is ControllerMode.CENTRAL_PLAN
    street.loop.source.statistics = lambda: sighted  # type: ignore[method-assign]
    await street.run(1)
    assert street.ticks[-1].stage_decisions
