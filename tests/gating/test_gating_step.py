"""Gating in the loop, and what the world hears of it: plans with open frames, metrics, journal, the sign."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from detectors.picture import Picture
from detectors.readings import AirReading
from detectors.topics import of_sign, parse
from plans.gating import AirTrigger
from plans.sealed import RequestAction, RequestReason
from signalctl.gating import GateState, Gating
from signalctl.gating_observer import GatingObserver
from signalctl.journal import Journal, read_records
from signalctl.metrics import Metrics
from signalctl.strategy import Decisions, PlanDecision
from signalctl.tick import Tick
from tests.gating.samples import JUNCTIONS, OPEN, PLAN, UTC_S, picture, protected_area, status

FIXED = Decisions({}, {"G": PlanDecision(PLAN, "Due.")})
AIR = AirTrigger(("ring",), on_after_s=0, off_after_s=0)


def step(gating: Gating, second: int, inside: int, stage: str, since_s: int, **other: Any) -> Decisions:
    """One second of a loop whose strategy only names the plan."""
    now = status(stage, since_s, second=second, plan_second=second % 80)
    active = {"G": other.pop("plan", OPEN)}
    return gating.apply(picture(second, inside, **other), {"G": now}, {"G": PLAN}, active, FIXED)


def test_a_plan_gets_open_frames_and_its_green_is_cut() -> None:
    """The strategy says nothing but the plan; the overfull area ends the gate's green early."""
    gating = Gating({"town": protected_area()}, JUNCTIONS)
    for second in range(70):
        found = step(gating, second, 30, "B", second + 1)
    assert found.plans["G"].plan == OPEN
    assert found.plans["G"].why == "Due. Frames open for the gate."
    assert gating.reports[0].gates[0].state is GateState.METERING
    for second in range(70, 110):
        found = step(gating, second, 30, "A", second - 69)
        if found.stages:
            break
    assert 4 <= second - 69 < 33
    assert found.stages["G"].reason is RequestReason.GATING
    assert (found.stages["G"].stage, found.stages["G"].action) == ("B", RequestAction.GO)


def test_nothing_is_asked_for_before_the_open_plan_runs() -> None:
    """Requests inside the old plan's fixed frames would only be refused."""
    gating = Gating({"town": protected_area()}, JUNCTIONS)
    for second in range(150):
        assert not step(gating, second, 30, "A", second + 1, plan=PLAN).stages


def test_without_a_word_from_the_controller_nothing_is_asked_for() -> None:
    """A junction that does not answer keeps what runs; the area's state goes on being known."""
    gating = Gating({"town": protected_area()}, JUNCTIONS)
    found = gating.apply(picture(0, 30), {}, {"G": PLAN}, {}, FIXED)
    assert not found.stages
    assert gating.reports[0].accumulation_veh == 30.0


def tick(seen: Picture, gating: Gating) -> Tick:
    """A tick that has nothing but gating to tell."""
    return Tick(seen.utc_s, 0.0, seen, {}, {}, {}, {}, {}, frozenset(), {}, gating=gating.reports)


def test_the_world_hears_what_is_gated_and_why(tmp_path: Path) -> None:
    """Metrics each second; journal and sign when something changes, the sign again every minute."""
    metrics, journal = Metrics(CollectorRegistry()), Journal(tmp_path / "j.db")
    signs: list[tuple[str, Mapping[str, Any]]] = []
    areas = {"town": protected_area(AIR)}
    gating = Gating(areas, JUNCTIONS)
    observer = GatingObserver(
        metrics, "s", areas, JUNCTIONS, journal, lambda area, body: signs.append((area, dict(body)))
    )
    for second in range(130):
        value = 50.0 if second < 40 else 95.0
        air = {"ring": AirReading("ring", float(UTC_S + second), second, value)}
        step(gating, second, 6, "A", second % 30, air=air)
        observer.record(tick(picture(second, 6), gating))
    journal.close()

    def value_of(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"signalctl_{name}", {"site": "s", "corridor": "", **labels})

    place = {"junction": "G", "area": "town", "gate": "west"}
    assert value_of("gating_on", area="town", cause="air") == 1
    assert value_of("gating_on", area="town", cause="traffic") == 0
    assert value_of("gating_accumulation_vehicles", area="town") == 6
    assert value_of("gating_target_vehicles", area="town") == 20
    assert value_of("air_no2_ugm3", area="town") == 95
    assert value_of("gate_state", **place) == GateState.METERING
    assert 0.2 < (value_of("gate_green_ratio", **place) or 0) < 0.4
    assert value_of("gate_queue_ratio", **place) == 0
    assert [(round(body["t"]) - UTC_S, body["on"], body["causes"], body["text"]) for _, body in signs] == [
        (0, False, [], ""),
        (40, True, ["air"], "Zufluss dosiert"),
        (100, True, ["air"], "Zufluss dosiert"),
    ]
    written = [record.body for record in read_records(tmp_path / "j.db") if record.kind == "gating"]
    assert [body["by_air"] for body in written] == [False, True]
    assert written[1]["gates"] == {"west": {"state": "metering", "why": "metered"}}
    assert "NO2 95 ug/m3" in written[1]["why"]


def test_the_signs_topic_is_nobody_elses() -> None:
    """The service's own topic is none that it hears detectors on."""
    assert of_sign("mainz", "old town/1") == "signalctl/v1/mainz/sign/old town%2F1"
    assert parse(of_sign("mainz", "old_town")) is None
