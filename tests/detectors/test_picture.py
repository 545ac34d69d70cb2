"""The picture: what follows from readings, across lanes and junctions, and what cannot disturb it."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.picture import Health, JunctionPicture
from detectors.readings import AirReading, ButtonReading, ExactReading, LoopReading, RadarObject, RadarReading, Reading
from detectors.signal_view import SignalView
from detectors.source import Batch
from plans.junction import Aspect, Feeder, Junction, Lane, Mode, Movement, Turn

T0 = 1000.0
GREEN = SignalView({"K1": Aspect.GREEN, "K2": Aspect.RED, "F1": Aspect.RED})


def exact(second: int, *vehicles: tuple[int, int, float, float, int]) -> ExactReading:
    """`vehicles` are (id, lane, distance, speed, movement)."""
    rows = np.array(sorted(vehicles, key=lambda v: (v[1], v[2])), np.float64).reshape(-1, 5)
    return ExactReading(
        "J1",
        T0 + second,
        rows[:, 1].astype(np.int32),
        rows[:, 2],
        rows[:, 3],
        rows[:, 4].astype(np.int32),
        np.zeros(len(rows), np.int8),
        rows[:, 0].astype(np.int64),
    )


class Seen:
    """A builder that is fed one second after the other."""

    def __init__(self, *junctions: Junction, detection: Detection = Detection.RADAR) -> None:
        self.junctions = equip({junction.id: junction for junction in junctions}, detection)
        self.builder = PictureBuilder(self.junctions)
        self.second = -1

    def see(self, *readings: Reading, signals: SignalView = GREEN, junction: str = "J1") -> JunctionPicture:
        """The next second's picture of one junction."""
        self.second += 1
        picture = self.builder.update(T0 + self.second, Batch(tuple(readings)), dict.fromkeys(self.junctions, signals))
        assert picture.utc_s == T0 + self.second
        return picture.junctions[junction]

    def radar(self, *objects: RadarObject, junction: str = "J1", approach: str = "n") -> RadarReading:
        """A scene of the coming second."""
        second = self.second + 1
        return RadarReading(junction, f"{approach}.radar", T0 + second, second, objects)


def test_waiting_passed_and_queue_follow_vehicles_by_id(junction: Junction) -> None:
    """Who stands collects waiting time over all halts; who is gone at the line has passed; others vanished."""
    seen = Seen(junction, detection=Detection.PERFECT)
    for second in range(11):
        picture = seen.see(exact(second, (1, 0, 1.0, 0.0, 0), (2, 0, 9.0, 0.0, 0), (3, 2, 180.0, 10.0, 2)))
    lane = picture.lanes["n_0"]
    assert lane.waiting_s.tolist() == [10.0, 10.0]
    assert (lane.queue_veh, lane.queue_m) == (2.0, 16.5)
    assert lane.head_still_s == 10.0  # K1 is green, and nobody moves
    moved = seen.see(exact(11, (2, 0, 3.0, 5.0, 0)))
    assert moved.lanes["n_0"].passed == 1
    assert moved.lanes["e_0"].passed == 0  # it was 180 m away
    assert moved.lanes["n_0"].waiting_s.tolist() == [10.0]
    assert moved.lanes["n_0"].head_still_s == 0.0
    assert seen.see(exact(12, (2, 0, 2.9, 0.1, 0))).lanes["n_0"].waiting_s.tolist() == [11.0]


def test_a_head_is_only_still_at_green(junction: Junction) -> None:
    """Standing at red is no sign of trouble; standing in the second row is not the head."""
    seen = Seen(junction, detection=Detection.PERFECT)
    for second in range(5):
        picture = seen.see(exact(second, (1, 2, 1.0, 0.0, 2), (2, 0, 9.5, 0.0, 0)))
    assert picture.lanes["e_0"].head_still_s == 0.0
    assert picture.lanes["n_0"].head_still_s == 0.0


def test_average_demand_is_learned(junction: Junction) -> None:
    """After an hour the average of arrivals is what came, whatever was assumed at first."""
    seen = Seen(junction, detection=Detection.PERFECT)
    for second in range(3600):
        picture = seen.see(exact(second, (second // 10, 0, 150.0 - 13.0 * (second % 10), 13.0, 0)))
    assert picture.lanes["n_0"].arrival_vph == pytest.approx(360.0, rel=0.03)
    assert picture.lanes["e_0"].arrival_vph < 5.0


def test_an_exit_is_seen_through_the_neighbours_radar(junction: Junction) -> None:
    """The neighbour's approach lane is our exit: when its queue reaches back to us, the exit is blocked."""
    neighbour = replace(
        junction,
        id="J2",
        lanes={
            "s_0": Lane("s_0", "s", 90.0, 13.9),
            "q_0": Lane("q_0", "q", 30.0, 13.9, feeders=(Feeder("w_0", 35.0, 60.0),)),
        },
        movements=(
            Movement("a", "s_0", "K1", Turn.STRAIGHT, "out_0", link=0),
            Movement("b", "q_0", "K1", Turn.STRAIGHT, "out_0", link=1),
        ),
    )
    seen = Seen(junction, neighbour)

    def scene(s_m: float, w_m: float, speed_mps: float) -> tuple[RadarReading, RadarReading]:
        return (
            seen.radar(RadarObject("s_0", s_m, speed_mps, Mode.CAR), junction="J2", approach="s"),
            seen.radar(RadarObject("w_0", w_m, speed_mps, Mode.CAR), junction="J2", approach="q"),
        )

    seen.see(*scene(82.0, 60.0, 0.0))
    assert seen.see(*scene(82.0, 60.0, 0.0)).blocked_exits == {"s_0"}
    for _ in range(5):
        beyond = seen.see(*scene(40.0, 88.0, 0.0))
    assert beyond.blocked_exits == {"w_0"}


def test_one_junctions_readings_do_not_touch_another(junction: Junction) -> None:
    """Detectors with the same name at two junctions are two detectors; unknown junctions are counted, not seen."""
    seen = Seen(junction, replace(junction, id="J2"))
    picture = seen.see(
        seen.radar(RadarObject("n_0", 5.0, 0.0, Mode.CAR), junction="J2"),
        seen.radar(RadarObject("n_0", 5.0, 0.0, Mode.CAR), junction="J9"),
        AirReading("Parcusstraße", T0, 1, 40.0),
    )
    assert picture.lanes["n_0"].distance_m.size == 0
    assert seen.builder.unknown == {"J9": 1}
    assert seen.builder.air["Parcusstraße"].no2_ugm3 == 40.0


def test_a_silent_radar_loses_its_lanes_and_gets_them_back(junction: Junction) -> None:
    """Lanes of a silent radar are estimated with less confidence; those of another radar are not touched."""
    seen = Seen(junction)
    objects = RadarObject("n_0", 5.0, 0.0, Mode.CAR)

    def east() -> RadarReading:
        return seen.radar(RadarObject("e_0", 50.0, 0.0, Mode.CAR), approach="e")

    for _ in range(5):
        picture = seen.see(seen.radar(objects), east())
    assert picture.lanes["n_0"].confidence_ratio == 0.9
    red = SignalView(dict.fromkeys(GREEN.aspects, Aspect.RED))
    for _ in range(10):
        picture = seen.see(east(), signals=red)
    assert picture.health["n.radar"] is Health.SILENT
    assert picture.lanes["n_0"].confidence_ratio == 0.2
    assert picture.lanes["n_0"].distance_m.size >= 1  # who stood there at the end of seeing still stands there
    assert picture.lanes["e_0"].confidence_ratio == 0.9
    for _ in range(35):
        picture = seen.see(seen.radar(objects), east(), signals=red)
    assert picture.health["n.radar"] is Health.OK
    assert picture.lanes["n_0"].confidence_ratio == 0.9
    assert picture.lanes["n_0"].distance_m.tolist() == [5.0]


def test_a_message_on_another_kinds_topic_is_not_taken(junction: Junction) -> None:
    """A loop's message under a radar's name is as good as silence."""
    seen = Seen(junction)
    for second in range(10):
        picture = seen.see(LoopReading("J1", "n.radar", T0 + second, second, 1, 0.5, True))
    assert picture.health["n.radar"] is Health.SILENT


def test_crossings_hear_their_buttons(junction: Junction) -> None:
    """A press at a group's button opens that group's request."""
    seen = Seen(junction)
    assert not seen.see(ButtonReading("J1", "F1.button", T0, 0, False)).crossings["F1"].requested
    assert seen.see(ButtonReading("J1", "F1.button", T0 + 1, 1, True)).crossings["F1"].requested
    assert seen.see().crossings["F1"].requested


def test_without_signals_nothing_counts_as_green(junction: Junction) -> None:
    """When the controller cannot be heard, no head is said to be still at green."""
    seen = Seen(junction, detection=Detection.PERFECT)
    for second in range(6):
        picture = seen.see(exact(second, (1, 0, 1.0, 0.0, 0)), signals=SignalView())
    assert picture.lanes["n_0"].head_still_s == 0.0
