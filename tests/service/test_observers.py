"""What ticks become: metrics, journal records and the page's snapshot."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from prometheus_client import CollectorRegistry

from controllers.driver import ControllerMode, PushReport, PushResult
from detectors.picture import PriorityRequest, RequestState
from plans.junction import Junction, Mode
from signalctl.journal import Journal, read_records
from signalctl.journal_observer import JournalObserver
from signalctl.metrics import Metrics
from signalctl.metrics_observer import MetricsObserver
from signalctl.state_publisher import StatePublisher
from signalctl.strategy import DebtTotals
from signalctl.tick import RefusalNote, Tick
from signalctl.web.live import LiveState

AT = {"site": "city", "corridor": "main", "junction": "J1"}


def _value(metrics: Metrics, name: str, **labels: str) -> float:
    value = metrics.registry.get_sample_value(f"signalctl_{name}", labels)
    assert value is not None, f"{name} {labels} is not published"
    return value


def _observer(crossroads: Junction) -> MetricsObserver:
    return MetricsObserver(Metrics(CollectorRegistry()), "city", {"J1": crossroads}, "adaptive")


def test_standing_vehicles_cost_their_persons_time(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """Two standing cars for two seconds with 1.3 persons each are 5.2 person-seconds; moving ones cost nothing."""
    observer = _observer(crossroads)
    observer.record(make_tick(1000.0))
    observer.record(make_tick(1002.0))
    assert abs(_value(observer.metrics, "person_delay_seconds_total", **AT, mode="car") - 5.2) < 1e-9
    assert _value(observer.metrics, "person_delay_seconds_total", **AT, mode="pedestrian") == 2.0


def test_arrivals_on_green_count_only_where_the_group_is_green(
    crossroads: Junction, make_tick: Callable[..., Tick]
) -> None:
    """North has green and one vehicle near plus one gone; east has red."""
    observer = _observer(crossroads)
    observer.record(make_tick(1000.0))
    assert _value(observer.metrics, "arrivals_on_green_total", **AT, approach="north") == 2.0
    assert _value(observer.metrics, "arrivals_total", **AT, approach="east") == 2.0
    assert _value(observer.metrics, "arrivals_on_green_total", **AT, approach="east") == 0.0


def test_debts_to_priority_are_published(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """What was charged, paid and written off grows by what is new; what is owed is what is left of it."""
    observer = _observer(crossroads)
    for totals in (DebtTotals(10.0, 0.0, 0.0), DebtTotals(30.0, 12.0, 5.0)):
        observer.record(make_tick(debts={"J1": totals}))
    assert _value(observer.metrics, "priority_debt_charged_seconds_total", **AT) == 30.0
    assert _value(observer.metrics, "priority_debt_paid_seconds_total", **AT) == 12.0
    assert _value(observer.metrics, "priority_debt_written_off_seconds_total", **AT) == 5.0
    assert _value(observer.metrics, "priority_debt_seconds", **AT) == 13.0


def test_a_siren_without_the_right_to_it_is_counted(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """A request that sounded a siren by a way that may not shows when it ends, once; others do not."""
    observer = _observer(crossroads)
    assert _value(observer.metrics, "sirens_downgraded_total", **AT) == 0.0
    plain = PriorityRequest("bus", "J1", "K1", Mode.BUS, 7, 0.0, state=RequestState.COMPLETED)
    siren = replace(plain, id="fire", mode=Mode.CAR, level=13, downgraded=True)
    tick = make_tick()
    seen = replace(tick.picture.junctions["J1"], requests=(siren,), ended=(plain, siren))
    observer.record(replace(tick, picture=replace(tick.picture, junctions={"J1": seen})))
    assert _value(observer.metrics, "sirens_downgraded_total", **AT) == 1.0


def test_a_silent_controller_is_down_and_a_refusal_is_counted(
    crossroads: Junction, make_tick: Callable[..., Tick]
) -> None:
    """Without status the controller is down; a gate's refusal appears with its code."""
    observer = _observer(crossroads)
    observer.record(make_tick())
    assert _value(observer.metrics, "controller_up", **AT) == 1.0
    note = RefusalNote("J1", "gate", "short_green", "K1", "5 s", "3 s")
    observer.record(make_tick(1001.0, field={}, active_plans={}, refusals=(note,), requested=frozenset()))
    assert _value(observer.metrics, "controller_up", **AT) == 0.0
    assert _value(observer.metrics, "refusals_total", **AT, origin="gate", code="short_green") == 1.0
    assert _value(observer.metrics, "stage_requests_total", **AT, action="go", result="refused") == 1.0


def test_a_pending_push_counts_as_confirmed_once_the_plan_is_read_back(
    crossroads: Junction, make_tick: Callable[..., Tick]
) -> None:
    """Pending at first, confirmed when the status block shows it, and only once."""
    observer = _observer(crossroads)
    pushed = {"J1": PushReport(PushResult.PENDING, 4)}
    observer.record(make_tick(1000.0, pushes=pushed, active_plans={}))
    assert _value(observer.metrics, "plan_pushes_total", **AT, result="confirmed") == 0.0
    for second in range(3):
        observer.record(make_tick(1001.0 + second))
    assert _value(observer.metrics, "plan_pushes_total", **AT, result="pending") == 1.0
    assert _value(observer.metrics, "plan_pushes_total", **AT, result="confirmed") == 1.0


def test_fallbacks_count_from_what_the_controller_adds(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """The controller's own counter may start anywhere; only its growth counts."""
    observer = _observer(crossroads)
    tick = make_tick()
    for fallbacks in (7, 7, 9):
        observer.record(replace(tick, field={"J1": replace(tick.field["J1"], fallbacks=fallbacks)}))
    assert _value(observer.metrics, "fallbacks_total", **AT) == 2.0


def test_journal_writes_news_and_not_repetition(
    tmp_path: Path, crossroads: Junction, make_tick: Callable[..., Tick]
) -> None:
    """The same tick twice gives one set of records; a changed mode gives one more."""
    journal = Journal(tmp_path / "j.sqlite")
    observer = JournalObserver(journal)
    tick = make_tick()
    observer.record(tick)
    observer.record(replace(tick, utc_s=1001.0))
    lost = replace(tick.field["J1"], mode=ControllerMode.FALLBACK)
    observer.record(replace(tick, utc_s=1002.0, field={"J1": lost}, active_plans={}))
    journal.close()
    kinds = [record.kind for record in read_records(tmp_path / "j.sqlite")]
    assert kinds.count("decided") == 1
    assert kinds.count("confirmed") == 2
    assert kinds.count("health") == 2
    decided = next(record for record in read_records(tmp_path / "j.sqlite") if record.kind == "decided")
    assert decided.body["why"].startswith("two vehicles wait on east")
    assert decided.body["seen"]["queues_veh"] == {"e": 2.0}


def test_the_page_shows_plan_only_when_it_is_confirmed(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """What was sent but is not active is not shown as running."""
    live = LiveState("city", {"J1": crossroads}, "adaptive", _observer(crossroads))
    live.record(make_tick())
    assert live.snapshot["junctions"]["J1"]["plan"] == "P1"
    live.record(make_tick(1001.0, active_plans={}))
    shown = live.snapshot["junctions"]["J1"]
    assert shown["plan"] is None
    assert shown["confirmed"] is False
    assert shown["unhealthy"] == ["T1"]


def test_a_listener_that_does_not_read_gets_the_newest(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """A slow browser misses snapshots instead of holding up the loop."""
    live = LiveState("city", {"J1": crossroads}, "adaptive", _observer(crossroads))
    queue = live.listen()
    for second in range(10):
        live.record(make_tick(1000.0 + second))
    got = [json.loads(queue.get_nowait())["t"] for _ in range(queue.qsize())]
    assert got == [1007.0, 1008.0, 1009.0]


def test_state_topic_tells_stage_groups_and_plan(make_tick: Callable[..., Tick], crossroads: Junction) -> None:
    """The published state names stage, groups and plan."""
    sent = []
    StatePublisher({"J1": crossroads}, lambda junction, state: sent.append((junction, state))).record(make_tick())
    junction, state = sent[0]
    assert junction == "J1"
    assert state["stage"] == "S1"
    assert state["groups"]["K1"] == "green"
    assert state["plan"] == "P1"


def test_phantoms_of_radars_are_published(crossroads: Junction, make_tick: Callable[..., Tick]) -> None:
    """How many are shown who are not there; none again when they are gone."""
    observer = _observer(crossroads)
    tick = make_tick(1000.0)
    for number in (2, 0):
        seen = replace(tick.picture.junctions["J1"], phantoms=number)
        observer.record(replace(tick, picture=replace(tick.picture, junctions={"J1": seen})))
        assert _value(observer.metrics, "phantoms", **AT) == number
