"""What simulated detectors say, against what is true on the street."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from detectors.equipment import Detection, equip
from detectors.messages import decode
from detectors.readings import (
    ButtonReading,
    ExactReading,
    LoopReading,
    RadarReading,
    Reading,
    TransitKind,
    TransitReading,
)
from plans.junction import DetectorKind, Junction, Mode
from sim.plant import RoadMode
from sim.sensors import Sensors, to_messages

RunStreet = Callable[..., Iterator[Any]]


def sensors_of(junction: Junction, street: Any, detection: Detection, seed: int = 1) -> Sensors:
    """Sensors of one level for the street's junction."""
    return Sensors(equip({junction.id: junction}, detection), street, detection, seed)


def test_each_level_has_its_detectors(street_junction: Junction) -> None:
    """Perfect has none on the road, radar one per approach and stop-line loops, loops two per lane; buttons always."""
    kinds = {
        detection: Counter(d.kind for d in equip({"J": street_junction}, detection)["J"].detectors.values())
        for detection in Detection
    }
    button, loop, radar = DetectorKind.BUTTON, DetectorKind.LOOP, DetectorKind.RADAR
    assert kinds[Detection.PERFECT] == {button: 1}
    assert kinds[Detection.RADAR] == {button: 1, radar: 1, loop: 2}
    assert kinds[Detection.LOOPS] == {button: 1, loop: 8}  # per lane: stop line and advance, for cars and bicycles
    advance = equip({"J": street_junction}, Detection.LOOPS)["J"].detectors["n_0.advance"]
    assert 40.0 <= advance.distance_m <= 80.0


def test_a_site_keeps_its_own_detectors(street_junction: Junction) -> None:
    """Where the site file names a detector for a task, no second one is invented; other levels' ones are left out."""
    own = equip({"J": street_junction}, Detection.LOOPS)["J"].detectors["n_0.stop"]
    mine = dataclasses.replace(own, id="D17", distance_m=2.0)
    detectors = equip({"J": dataclasses.replace(street_junction, detectors={"D17": mine})}, Detection.LOOPS)[
        "J"
    ].detectors
    assert detectors["D17"] == mine
    assert "n_0.stop" not in detectors
    at_radar = equip({"J": dataclasses.replace(street_junction, detectors=detectors)}, Detection.RADAR)["J"].detectors
    assert "n_0.advance" not in at_radar
    assert "D17" in at_radar


def test_perfect_detection_tells_everything_within_200_m(
    street_junction: Junction, run_street: RunStreet, street: Any
) -> None:
    """Each vehicle's distance, speed and movement, also far upstream; ordered by lane and distance."""
    sensors = sensors_of(street_junction, street, Detection.PERFECT)
    seen = 0
    for second in run_street(120):
        (reading,) = [r for r in sensors.read(second.state, 0.0) if isinstance(r, ExactReading)]
        truth = sorted((lane, d, v) for lane, d, v in second.cars if d <= 200.0)
        assert reading.lane.tolist() == [lane for lane, _, _ in truth]
        assert reading.distance_m.tolist() == [d for _, d, _ in truth]
        assert reading.speed_mps.tolist() == [v for _, _, v in truth]
        assert reading.movement.tolist() == reading.lane.tolist()
        seen += len(truth)
    assert seen > 200


def test_who_stands_in_the_wrong_lane_counts_where_it_stands(street_junction: Junction, street: Any, car: Any) -> None:
    """A vehicle that still has to change lanes blocks the lane where it stands; one that drives will have changed."""
    sensors = sensors_of(street_junction, street, Detection.PERFECT)
    street.cars = [car(1, 0, 50.0, 0.0), car(2, 0, 80.0, 12.0), car(3, 0, 20.0, 12.0)]
    state = street.state()
    all_want_lane_1 = dataclasses.replace(state, tls_link=np.ones_like(state.tls_link))
    (reading,) = [r for r in sensors.read(all_want_lane_1, 0.0) if isinstance(r, ExactReading)]
    assert reading.movement.tolist() == [1, 1, 1]
    lanes = dict(zip(reading.vehicle_id.tolist(), reading.lane.tolist(), strict=True))
    assert lanes == {1: 0, 2: 1, 3: 0}


def test_perfect_detection_sees_a_full_exit(street_junction: Junction, street: Any, car: Any) -> None:
    """An exit whose first metres are taken by somebody who stands is blocked; one that moves does not block."""
    sensors = sensors_of(street_junction, street, Detection.PERFECT)
    street.cars = [car(1, 0, -22.0, 0.0), car(2, 1, -22.0, 5.0)]
    (reading,) = [r for r in sensors.read(street.state(), 0.0) if isinstance(r, ExactReading)]
    assert reading.blocked_exits == {"s_0"}


def test_radar_misses_two_in_a_hundred_and_errs_by_half_a_metre_per_second(
    street_junction: Junction, run_street: RunStreet, street: Any
) -> None:
    """Noise is as the interface defines it: 2 % missed, 0.5 m/s, within 150 m, also on the lane upstream."""
    sensors = sensors_of(street_junction, street, Detection.RADAR)
    truth = objects = 0
    errors: list[float] = []
    lanes: set[str] = set()
    for second in run_street(900):
        (reading,) = [r for r in sensors.read(second.state, 0.0) if isinstance(r, RadarReading)]
        near = {round(d, 6): v for _, d, v in second.cars if d <= 150.0}
        truth += sum(1 for _, d, _ in second.cars if d <= 150.0)
        objects += len(reading.objects)
        lanes |= {found.lane for found in reading.objects}
        errors += [
            found.speed_mps - near[round(found.distance_m, 6)]
            for found in reading.objects
            if near[round(found.distance_m, 6)] > 5.0
        ]
    assert lanes == {"n_0", "n_1", "up_0", "up_1"}
    assert 1.0 - objects / truth == pytest.approx(0.02, abs=0.005)
    assert np.std(errors) == pytest.approx(0.5, rel=0.1)
    assert abs(np.mean(errors)) < 0.05


@pytest.mark.parametrize("end", ["stop", "advance"])
def test_loops_count_every_vehicle_once(
    street_junction: Junction, run_street: RunStreet, street: Any, end: str
) -> None:
    """Over half an hour loops count what crosses the stop line, but for 1 % of misses and who is on the way."""
    sensors = sensors_of(street_junction, street, Detection.LOOPS)
    crossed = counted = 0
    for second in run_street(1800, flow_vph=500.0):
        crossed += second.crossed
        for reading in sensors.read(second.state, second.state.time_s):
            if isinstance(reading, LoopReading) and reading.detector.rpartition(".")[2].startswith((end, "bicycle")):
                is_advance = reading.detector.endswith("advance")
                counted += reading.count * (is_advance == (end == "advance"))
    assert crossed > 400
    assert counted == pytest.approx(crossed, rel=0.02, abs=12)


def test_bicycles_are_seen_by_their_own_loops_only(street_junction: Junction, street: Any, car: Any) -> None:
    """A bicycle over the car loop is not counted there, a car over the bicycle loop neither."""
    sensors = sensors_of(street_junction, street, Detection.LOOPS, seed=5)
    street.cars = [car(1, 0, 8.0, 4.0, RoadMode.BICYCLE, 1.8), car(2, 1, 8.0, 4.0)]
    counts: Counter[str] = Counter()
    for _ in range(6):
        for reading in sensors.read(street.state(), street.time_s):
            if isinstance(reading, LoopReading):
                counts[reading.detector] += reading.count
        street.step(green=True)
    assert {detector: count for detector, count in counts.items() if count} == {"n_0.bicycle": 1, "n_1.stop": 1}


def test_a_queue_covers_the_stop_line_loop(street_junction: Junction, street: Any, car: Any) -> None:
    """Who stands at the line is present with full occupancy and not counted before it leaves."""
    sensors = sensors_of(street_junction, street, Detection.LOOPS)
    street.cars = [car(1, 0, 1.5, 0.0)]
    sensors.read(street.state(), 0.0)
    for green, count, occupancy in ((False, 0, 1.0), (False, 0, 1.0), (True, 1, 1.0)):
        street.step(green)
        readings = {r.detector: r for r in sensors.read(street.state(), 0.0) if isinstance(r, LoopReading)}
        assert (readings["n_0.stop"].count, readings["n_0.stop"].present) == (count, True)
        assert readings["n_0.stop"].occupancy_ratio == pytest.approx(occupancy)


def test_buttons_are_pressed_and_presence_counts(street_junction: Junction, street: Any) -> None:
    """Who comes to the kerb presses at once and again later; at perfect level the detector says how many wait."""
    by_button = sensors_of(street_junction, street, Detection.LOOPS)
    by_presence = sensors_of(street_junction, street, Detection.PERFECT)
    pressed = []
    street.people_s = [0.0, 0.0]
    for _ in range(12):
        (button,) = [r for r in by_button.read(street.state(), 0.0) if isinstance(r, ButtonReading)]
        (presence,) = [r for r in by_presence.read(street.state(), 0.0) if isinstance(r, ButtonReading)]
        assert button.waiting is None
        assert presence.waiting == 2
        pressed.append(button.pressed)
        street.step(green=False)
    assert [second for second, press in enumerate(pressed) if press] == [0, 10]


def test_who_turns_to_another_crossing_presses_there_at_once(street_junction: Junction, street: Any) -> None:
    """People go by another crossing of the corner when theirs stays red; the wait goes on, the press is new."""
    sensors = sensors_of(street_junction, street, Detection.LOOPS)
    elsewhere = 0

    def pressed(waited_s: float, link: int) -> bool:
        street.people_s = [waited_s]
        state = dataclasses.replace(street.state(), ped_link=np.array([link], np.int32))
        (button,) = [r for r in sensors.read(state, 0.0) if isinstance(r, ButtonReading)]
        return button.pressed

    assert [pressed(0.0, elsewhere), pressed(1.0, elsewhere), pressed(2.0, 2), pressed(3.0, 2)] == [
        False,
        False,
        True,
        False,
    ]


def test_a_bus_checks_in_updates_and_checks_out(street_junction: Junction, street: Any, car: Any) -> None:
    """Request at 130 m or 30 s ahead, updates on the way, check-out when the stop line is passed; cars never ask."""
    sensors = sensors_of(street_junction, street, Detection.RADAR)
    street.cars = [car(7, 0, 200.0, 13.0, RoadMode.BUS, 12.0), car(8, 1, 200.0, 13.0)]
    said: list[tuple[float, TransitReading]] = []
    for _ in range(25):
        street.step(green=True)
        distance_m = next((c.distance_m for c in street.cars if c.id == 7), -1e9)
        said += [(distance_m, r) for r in sensors.read(street.state(), street.time_s) if isinstance(r, TransitReading)]
    kinds = [reading.kind for _, reading in said]
    assert kinds[0] is TransitKind.NEW
    assert kinds[-1] is TransitKind.CHECK_OUT
    assert set(kinds[1:-1]) == {TransitKind.UPDATE}
    assert {(r.id, r.group, r.movement, r.mode) for _, r in said} == {("v7", "K1", "m0", Mode.BUS)}
    first_m, first = said[0]
    assert 130.0 < first_m <= 200.0  # 30 s ahead comes first at this speed
    assert first.eta_s == pytest.approx(first_m / 13.0, rel=0.01)
    assert said[-1][0] < 0.0


def test_a_bus_announces_when_its_doors_will_have_closed(street_junction: Junction, street: Any, car: Any) -> None:
    """With a stop before the line it comes as much later, and tells at once that it has closed its doors."""
    sensors = sensors_of(street_junction, street, Detection.RADAR)
    street.cars = [car(7, 0, 40.0, 0.0, RoadMode.BUS, 12.0, halt_s=20.0)]
    (asks,) = [r for r in sensors.read(street.state(), 100.0) if isinstance(r, TransitReading)]
    assert (asks.kind, asks.halts) == (TransitKind.NEW, True)
    assert asks.eta_s == pytest.approx(20.0 + 8.3 / 1.2 + (40.0 - 0.5 * 8.3**2 / 1.2) / 8.3)
    assert not any(isinstance(r, TransitReading) for r in sensors.read(street.state(), 101.0))
    street.cars[0].halt_s = 0.0
    (closed,) = [r for r in sensors.read(street.state(), 102.0) if isinstance(r, TransitReading)]
    assert (closed.kind, closed.halts, closed.eta_s) == (TransitKind.UPDATE, False, 40.0 / 5.0)


def test_noise_depends_on_the_seed_and_not_on_the_order(
    street_junction: Junction, run_street: RunStreet, street: Any
) -> None:
    """One seed says the same although the plant lists its vehicles in another order; another seed differs."""

    def shuffled(state: Any, seed: int) -> Any:
        order = np.random.default_rng(seed).permutation(state.vehicle_id.size)
        rows = {f.name: getattr(state, f.name) for f in dataclasses.fields(state)}
        return dataclasses.replace(
            state, **{n: v[order] for n, v in rows.items() if n != "time_s" and not n.startswith("ped_")}
        )

    def said(seed: int, order: int) -> list[Reading]:
        sensors = sensors_of(street_junction, street, Detection.RADAR, seed)
        return [
            r for second in run_street(90) for r in sensors.read(shuffled(second.state, order), second.state.time_s)
        ]

    assert said(1, 1) == said(1, 2)
    assert said(1, 1) != said(2, 1)


def test_readings_become_messages_and_come_back(street_junction: Junction, run_street: RunStreet, street: Any) -> None:
    """The demo's street speaks the same JSON over the same topics as real detectors."""
    sensors = sensors_of(street_junction, street, Detection.RADAR)
    for second in run_street(30):
        readings = sensors.read(second.state, 1_800_000_000.0 + second.state.time_s)
        for reading, (topic, payload) in zip(readings, to_messages("mainz", readings), strict=True):
            back = decode(topic, payload)
            assert type(back) is type(reading)
            assert (back.junction, back.detector, back.t_s) == (reading.junction, reading.detector, reading.t_s)


def test_a_junction_that_the_road_lacks_is_named(street_junction: Junction, street: Any) -> None:
    """A site that does not belong to the network is refused with both names."""
    other = dataclasses.replace(street_junction, id="K")
    with pytest.raises(ValueError, match=r"junction K: expected a signal .* got only \['J'\]"):
        sensors_of(other, street, Detection.RADAR)
