"""The loop: plans are believed when they are read back, and what the strategy wants reaches the street."""

import asyncio
from dataclasses import replace

import pytest

from controllers import registerserver
from controllers.driver import CENTRAL_MODES, ControllerMode, FieldStatus
from controllers.inprocess import InProcessDriver
from plans.junction import Aspect, Junction, Stage
from plans.sealed import RequestAction, RequestReason
from plans.timing import OnDemandStage, TimingPlan
from signalctl.clock import ManualClock
from signalctl.strategy import StageDecision
from tests.service.loop_street import Street


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
    monkeypatch.setattr("signalctl.passage.MOST_PLANS", 1)
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
