"""Radars that miss vehicles are found by the loops of their stop line, and are used for those whom they show."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from detectors.balance import FlowBalance
from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.health import DetectorWatch
from detectors.picture import Health, JunctionPicture
from detectors.readings import LoopReading, RadarObject, RadarReading
from detectors.signal_view import SignalView
from detectors.source import Batch
from plans.junction import Aspect, Detector, DetectorKind, Junction, Mode

RADAR = Detector("R", DetectorKind.RADAR, "a")
SPEED_MPS, SIGHT_M = 12.0, 144.0
Scene = list[RadarObject]
Sight = Callable[[Scene], Scene]


def everybody(scene: Scene) -> Scene:
    """All who are there."""
    return scene


def every_second(scene: Scene) -> Scene:
    """Half of those who are there, as a radar that miscounts."""
    return scene[::2]


class Road:
    """Platoons down one or two lanes with a loop at each stop line: every 40 s eight vehicles, 2 s apart."""

    def __init__(self, lanes: Sequence[str] = ("a", "b"), seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self.lanes = lanes

    def at(self, second: int) -> tuple[Scene, dict[str, int]]:
        """Who is on the road, but for the 2 % that are missed at random, and how many have just crossed."""
        scene, counts = [], dict.fromkeys(self.lanes, 0)
        for number, lane in enumerate(self.lanes):
            starts = [40 * wave + 2 * place + number for wave in range(second // 40 + 1) for place in range(8)]
            for start in starts:
                place_m = SIGHT_M - SPEED_MPS * (second - start) - 5 * start % SPEED_MPS
                counts[lane] += -SPEED_MPS < place_m <= 0.0
                if 0.0 < place_m <= SIGHT_M and self._random.random() > 0.02:
                    speed_mps = abs(SPEED_MPS + self._random.normal(0.0, 0.5))
                    scene.append(RadarObject(lane, place_m, speed_mps, Mode.CAR))
        return sorted(scene), counts


def watch(road: Road, sight: Sight, seconds: int, factor: int = 1) -> DetectorWatch:
    """The radar after so many seconds; loops say `factor` times what crossed."""
    watched = DetectorWatch(RADAR, approach_lanes=dict.fromkeys(road.lanes, 200.0))
    listen(watched, road, sight, range(seconds), factor)
    return watched


def listen(watched: DetectorWatch, road: Road, sight: Sight, seconds: range, factor: int = 1) -> bool:
    """Whether the last scene may be used."""
    usable = False
    for second in seconds:
        scene, counts = road.at(second)
        said = RadarReading("J", "R", 1000.0 + second, second, tuple(sight(scene)))
        told = {lane: factor * count for lane, count in counts.items()}
        usable = watched.observe(said, 1000.0 + second, 1.0, green=True, others_veh=0.0, counts=told)
    return usable


@pytest.mark.parametrize("seed", range(5))
def test_a_radar_that_shows_every_second_vehicle_is_found_and_used_for_those(seed: int) -> None:
    """Named within five minutes of platoons; whom it shows is there, so its scenes go on to be used."""
    watched = watch(Road(seed=seed), every_second, 300)
    assert watched.health is Health.MISCOUNTS
    assert watched.sees_part
    assert listen(watched, Road(seed=seed), every_second, range(300, 310))


@pytest.mark.parametrize("lanes", [("a",), ("a", "b")])
@pytest.mark.parametrize("seed", range(5))
def test_a_radar_that_misses_two_per_cent_is_believed(lanes: tuple[str, ...], seed: int) -> None:
    """An hour of honest scenes raises no doubt."""
    road, watched = Road(lanes, seed), DetectorWatch(RADAR, approach_lanes=dict.fromkeys(lanes, 200.0))
    for begin in range(0, 3600, 60):
        listen(watched, road, everybody, range(begin, begin + 60))
        assert watched.health is Health.OK


def test_a_loop_that_counts_twice_does_not_accuse_the_radar() -> None:
    """On one lane it is word against word, and the radar's objects come and go no more than they should."""
    assert watch(Road(("a",)), everybody, 900, factor=2).health is Health.OK


def test_a_radar_that_was_mended_is_believed_again() -> None:
    """Old scenes fade by traffic, and a good spell heals."""
    road = Road()
    watched = watch(road, every_second, 300)
    listen(watched, road, everybody, range(300, 900))
    assert watched.health is Health.OK


def test_who_stands_and_cyclists_are_no_traffic() -> None:
    """The speed noise of a queue at red is no flow, and a loop for motor vehicles counts no bicycles."""
    balance, random = FlowBalance({"a": 200.0}), np.random.default_rng(1)
    for second in range(600):
        queue = [RadarObject("a", 7.5 * n, abs(random.normal(0.0, 0.5)), Mode.CAR) for n in range(8)]
        balance.take([*queue, RadarObject("a", 30.0, 5.0, Mode.BICYCLE)], {"a": int(second % 15 == 0)}, 1.0)
    assert balance.shown_ratio < 0.2


def test_a_lane_without_a_believed_loop_tells_nothing() -> None:
    """Neither its vehicles nor its silence speak for or against the radar."""
    balance = FlowBalance({"a": 200.0, "b": 200.0})
    road = Road()
    for second in range(900):
        scene, counts = road.at(second)
        balance.take([found for found in scene if found.lane == "a"], {"a": counts["a"]}, 1.0)
    assert balance.shown_ratio == pytest.approx(1.0, abs=0.1)
    assert not balance.falls_short(flickers=True)


def test_nothing_follows_from_whom_a_half_blind_radar_does_not_show(junction: Junction) -> None:
    """Its lane keeps its vehicles and loses its confidence: demand is not learned from half, no bus is held missing."""
    junctions = equip({"J1": junction}, Detection.RADAR)
    builder, road = PictureBuilder(junctions), Road(("n_0", "n_1"))
    green = SignalView(dict.fromkeys(junction.groups, Aspect.GREEN))
    pictures: list[JunctionPicture] = []
    for second in range(400):
        scene, counts = road.at(second)
        t_s = 1000.0 + second
        said = [RadarReading("J1", "n.radar", t_s, second, tuple(every_second(scene)))]
        for lane, count in counts.items():
            said.append(LoopReading("J1", f"{lane}.stop", t_s, second, count, 0.5 * count, present=False))
        pictures.append(builder.update(t_s, Batch(tuple(said)), {"J1": green}).junctions["J1"])
    assert pictures[-1].health["n.radar"] is Health.MISCOUNTS
    lanes = [pictures[second].lanes[lane] for second in range(360, 400) for lane in ("n_0", "n_1")]
    assert {lane.confidence_ratio for lane in lanes} == {0.25}
    assert any(lane.distance_m.size for lane in lanes)
    assert all(lane.presence is None for lane in lanes)
