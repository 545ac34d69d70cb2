"""One junction's trouble stays its own, and what fails for all of them leaves the plans in charge."""

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from controllers.driver import ControllerMode, FieldStatus
from detectors.readings import ButtonReading, TransitKind, TransitReading
from detectors.source import Batch
from plans.junction import Junction
from plans.sealed import RequestAction, RequestReason
from plans.timing import TimingPlan
from signalctl.metrics import Metrics
from signalctl.metrics_observer import MetricsObserver
from signalctl.strategy import StageDecision
from tests.service.loop_street import Failing, Street


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


def hold(name: str, status: FieldStatus) -> StageDecision:
    """Wants what shows."""
    return StageDecision(name, status.stage or "S1", RequestAction.HOLD, RequestReason.TRAFFIC, "test")


def fail(*_given: object, **_named: object) -> None:
    """A defect in the house's own code."""
    raise ZeroDivisionError("a defect")


def watched(street: Street) -> Metrics:
    """The metrics that the street's ticks are published in from now on."""
    metrics = Metrics(CollectorRegistry())
    street.loop.observers.append(MetricsObserver(metrics, "city", street.junctions, "scripted"))
    return metrics


def failures(metrics: Metrics, junction: str, step: str) -> float:
    """How many failures are published."""
    labels = {"site": "city", "corridor": "main", "junction": junction, "step": step}
    return metrics.registry.get_sample_value("signalctl_junction_failures_total", labels) or 0.0


async def test_a_junction_that_cannot_be_pictured_leaves_the_others_alone(
    crossroads: Junction, plan: TimingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not in the picture and keeps what runs; the others' ticks are whole; then it is seen again."""
    street = Street(crossroads, plan)
    await street.run(130)
    metrics = watched(street)
    with monkeypatch.context() as broken:
        broken.setattr(street.loop.builder._junctions["J2"], "update", fail)
        await street.run(20)
    for tick in street.ticks[-20:]:
        assert set(tick.picture.junctions) == {"J1"}
        assert [(one.junction, one.step) for one in tick.failures] == [("J2", "picture")]
        assert set(tick.active_plans) == {"J1", "J2"}
    assert (failures(metrics, "J1", "picture"), failures(metrics, "J2", "picture")) == (0.0, 20.0)
    await street.run(1)
    assert set(street.ticks[-1].picture.junctions) == {"J1", "J2"}
    assert not street.ticks[-1].failures


async def test_a_reading_that_fails_is_its_own_junctions_trouble(
    crossroads: Junction, plan: TimingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the batch is heard, from that junction too."""
    street = Street(crossroads, plan)
    at_s = float(street.utc_s)
    transit = TransitReading("J2", "bus", at_s, TransitKind.NEW, eta_s=10.0, group="K1")
    pressed = [ButtonReading(name, "T1", at_s, 1, pressed=True) for name in ("J1", "J2")]
    monkeypatch.setattr(street.loop.builder, "_with_lateness", fail)
    monkeypatch.setattr(street.loop.source, "drain", lambda: Batch((transit, *pressed)))
    await street.run(1)
    tick = street.ticks[-1]
    assert [(one.junction, one.step) for one in tick.failures] == [("J2", "picture")]
    assert [tick.picture.junctions[name].crossings["F1"].requested for name in ("J1", "J2")] == [True, True]


@pytest.mark.parametrize(("step", "broken"), [("picture", "update"), ("calendar", "plans_due")])
async def test_what_fails_for_all_leaves_the_plans_in_charge(
    crossroads: Junction, plan: TimingPlan, monkeypatch: pytest.MonkeyPatch, step: str, broken: str
) -> None:
    """The ticks go on, each junction counts the failure, and the plan that was due stays in force."""
    street = Street(crossroads, plan, hold)
    await street.run(130)
    metrics = watched(street)
    part = street.loop.builder if step == "picture" else street.loop
    monkeypatch.setattr(part, broken, fail)
    await street.run(20)
    for tick in street.ticks[-20:]:
        assert [(one.junction, one.step) for one in tick.failures] == [("", step)]
        assert {name: active.id for name, active in tick.active_plans.items()} == {"J1": "central", "J2": "central"}
    assert failures(metrics, "J1", step) == failures(metrics, "J2", step) == 20.0
