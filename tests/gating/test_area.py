"""When an area is gated, when a gate opens in spite of it, and what happens when nothing is known."""

import pytest

from detectors.picture import PriorityRequest, RequestState
from detectors.readings import AirReading
from plans.gating import AirTrigger, nominal_ratio
from plans.junction import Mode
from signalctl.gating.area import AreaControl
from signalctl.gating.report import AreaReport, GateState
from tests.gating.samples import GATE, JUNCTIONS, PLAN, UTC_S, picture, protected_area

DUE = {"G": PLAN}
AIR = AirTrigger(("ring",), 80.0, 60.0, on_after_s=20, off_after_s=30, silent_s=100, inflow_ratio=0.5)


def run(control: AreaControl, begin: int, seconds: int, inside: int, **seen: object) -> AreaReport:
    """So many seconds with the same in sight; the last report."""
    for second in range(begin, begin + seconds):
        report = control.update(picture(second, inside, **seen), DUE)  # type: ignore[arg-type]
    return report


def gated() -> AreaControl:
    """An area that has been overfull for a while."""
    control = AreaControl(protected_area(), JUNCTIONS)
    run(control, 0, 60, 30)
    return control


def no2(second: int, value: float | None) -> dict[str, AirReading]:
    """The ring's station says so now."""
    return {"ring": AirReading("ring", float(UTC_S + second), second, value)}


def test_nothing_is_gated_while_there_is_room() -> None:
    """Below the threshold the gate has no bound."""
    report = run(AreaControl(protected_area(), JUNCTIONS), 0, 60, 12)
    assert (report.on, report.permitted_vph, report.accumulation_veh) == (False, None, 12.0)
    assert report.gates[0].state is GateState.OFF
    assert report.gates[0].green_ratio is None


def test_an_overfull_area_lets_in_less_and_less_down_to_minimum_greens() -> None:
    """The bound falls with every step, and stops where one minimum green per cycle is left."""
    control = gated()
    first = run(control, 60, 1, 30)
    later = run(control, 61, 600, 30)
    assert first.by_traffic
    assert first.gates[0].state is GateState.METERING
    assert first.permitted_vph is not None
    assert later.permitted_vph is not None
    assert later.permitted_vph <= first.permitted_vph
    assert later.gates[0].green_ratio == pytest.approx(5 / 80)


def test_gating_ends_when_the_area_is_empty_and_the_gate_lets_all_in() -> None:
    """Below the lower threshold, with nobody before the gate who would come at once."""
    control = gated()
    assert run(control, 60, 20, 4).by_traffic
    assert not run(control, 80, 10, 4).by_traffic


def test_gating_goes_on_while_the_permitted_inflow_is_used() -> None:
    """An area that is nearly empty is not flooded by the queue before its gate."""
    control = gated()
    report = run(control, 60, 120, 4, passed=1)
    assert report.by_traffic
    assert report.permitted_vph is not None


@pytest.mark.parametrize("confidence", [0.2, 0.0])
def test_an_unknown_accumulation_ends_gating_and_says_so(confidence: float) -> None:
    """For half a minute the last knowledge stands, then nobody is held back for what is not known."""
    control = gated()
    assert run(control, 60, 25, 30, confidence=confidence).by_traffic
    report = run(control, 85, 15, 30, confidence=confidence)
    assert not report.on
    assert report.accumulation_veh is None
    assert "accumulation unknown: 0% of the lanes are seen" in report.why
    assert run(control, 100, 15, 30).by_traffic


def test_a_gate_opens_as_its_room_fills_and_does_not_flutter() -> None:
    """From half of the room on it lets in more, near its end it asks for green; it meters again far below."""
    control = gated()
    metered = run(control, 60, 120, 30).gates[0]
    states = []
    for queue_m in (60, 100, 115, 130, 145, 155, 130, 110, 105, 90, 85):
        gate = run(control, 180 + 40 * len(states), 40, 30, queue_m=float(queue_m)).gates[0]
        states.append(gate.state)
        if gate.state is GateState.QUEUE:
            assert (gate.green_ratio or 0) > (metered.green_ratio or 0)
    names = [state.name for state in states]
    assert names == ["METERING"] * 2 + ["QUEUE"] * 3 + ["FULL"] * 2 + ["QUEUE"] * 4
    assert run(control, 1000, 40, 30, queue_m=70.0).gates[0].state is GateState.METERING


def test_a_full_room_asks_for_green() -> None:
    """A queue near the junction upstream goes first, but not into an area where nothing moves any more."""
    control = gated()
    gate = run(control, 60, 60, 22, queue_m=155.0).gates[0]
    assert gate.state is GateState.FULL
    assert run(control, 120, 1, 22, queue_m=120.0).gates[0].state is GateState.FULL
    assert run(control, 121, 1, 22, queue_m=100.0).gates[0].state is GateState.QUEUE
    jammed = run(control, 122, 60, 60, queue_m=190.0).gates[0]
    assert jammed.state is GateState.QUEUE
    assert jammed.permitted_vph == pytest.approx(1.15 * 600.0)


def test_a_junction_upstream_that_is_blocked_means_a_full_room() -> None:
    """Whatever the lane itself shows."""
    report = run(gated(), 60, 1, 22, blocked=frozenset({"in_0"}))
    assert report.gates[0].queue_ratio == 1.0
    assert report.gates[0].state in (GateState.FULL, GateState.QUEUE)


def test_a_bus_among_the_metered_opens_the_gate() -> None:
    """While its request is alive; a request of another group changes nothing."""
    bus = PriorityRequest("b", "G", "in", Mode.BUS, 7, 12.0)
    done = PriorityRequest("b", "G", "in", Mode.BUS, 7, 0.0, state=RequestState.COMPLETED)
    other = PriorityRequest("c", "G", "side", Mode.BUS, 7, 12.0)
    control = gated()
    gate = run(control, 60, 1, 30, requests=(bus,)).gates[0]
    assert (gate.state, gate.green_ratio) == (GateState.REQUEST, None)
    assert run(control, 61, 1, 30, requests=(done, other)).gates[0].state is GateState.METERING


def test_a_gate_whose_own_queue_is_unknown_stays_open() -> None:
    """Nobody is metered into a queue that nobody sees."""
    gate = run(gated(), 60, 1, 30, gate_confidence=0.2).gates[0]
    assert (gate.state, gate.queue_ratio, gate.green_ratio) == (GateState.BLIND, None, None)


def test_without_a_plan_due_a_gate_stays_open() -> None:
    """Its share could not be counted in anything."""
    report = gated().update(picture(60, 30), {})
    assert report.gates[0].state is GateState.NO_PLAN


def test_bad_air_lengthens_the_red_with_hysteresis() -> None:
    """On after its time above the upper value, off after its time below the lower one, and not before."""
    control = AreaControl(protected_area(AIR), JUNCTIONS)
    states = []
    for second in range(200):
        value = 90.0 if second < 50 else 70.0 if second < 100 else 50.0
        report = control.update(picture(second, 5, air=no2(second, value)), DUE)
        states.append(report.by_air)
        if report.by_air:
            assert not report.by_traffic
            assert report.gates[0].green_ratio == pytest.approx(0.5 * nominal_ratio(JUNCTIONS["G"], GATE, PLAN))
    assert [second for second in range(1, 200) if states[second] is not states[second - 1]] == [20, 130]


@pytest.mark.parametrize("value", [None, -80.0, 5000.0])
def test_a_station_without_a_usable_word_asks_for_nothing(value: float | None) -> None:
    """Faulty or missing values never hold anybody back."""
    control = AreaControl(protected_area(AIR), JUNCTIONS)
    for second in range(60):
        control.update(picture(second, 5, air=no2(second, 90.0)), DUE)
    report = control.update(picture(60, 5, air=no2(60, value)), DUE)
    assert (report.by_air, report.no2_ugm3) == (False, None)
    assert "no usable NO2 from ring" in report.why


def test_a_silent_station_ends_gating() -> None:
    """Its last value counts for its time, no longer."""
    control = AreaControl(protected_area(AIR), JUNCTIONS)
    states = [control.update(picture(second, 5, air=no2(min(second, 40), 90.0)), DUE).by_air for second in range(150)]
    assert [second for second in range(1, 150) if states[second] is not states[second - 1]] == [20, 141]
