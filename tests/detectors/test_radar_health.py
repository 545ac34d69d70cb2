"""Radars that freeze, lose objects or show what cannot be are found; honest ones are left alone."""

import numpy as np
import pytest

from detectors.health import DetectorWatch
from detectors.picture import Health
from detectors.readings import RadarObject
from plans.junction import Mode
from tests.detectors.health_samples import RADAR, T0, Watched, radar


def test_a_frozen_radar_picture_is_stuck() -> None:
    """A scene that repeats to the last digit for a minute is a photograph; an empty road may repeat for ever."""
    watched = Watched(RADAR)
    scene = (RadarObject("a", 10.0, 0.1, Mode.CAR), RadarObject("a", 17.0, 0.2, Mode.CAR))
    for second in range(90):
        watched.see(radar(second, *scene))
    assert watched.health is Health.STUCK_ON
    empty = Watched(RADAR)
    assert all(empty.see(radar(second)) for second in range(600))


@pytest.mark.parametrize("found", [RadarObject("a", 10.0, 90.0, Mode.CAR), RadarObject("a", -50.0, 1.0, Mode.CAR)])
def test_a_radar_with_impossible_objects_is_not_believed(found: RadarObject) -> None:
    """Nobody drives 300 km/h to a stop line, or stands far behind it."""
    watched = Watched(RADAR)
    assert not any(watched.see(radar(second, found)) for second in range(5))
    assert watched.health is Health.IMPOSSIBLE


def test_a_frozen_picture_of_moving_traffic_is_found_at_once() -> None:
    """Who moves is elsewhere a second later: a scene with somebody moving that repeats is no scene."""
    frozen = Watched(RADAR)
    scene = (RadarObject("a", 60.0, 9.0, Mode.CAR), RadarObject("a", 5.0, 0.1, Mode.CAR))
    for second in range(7):
        frozen.see(radar(second, *scene))
    assert frozen.health is Health.STUCK_ON


def test_a_scene_that_stands_still_while_somebody_crosses_is_frozen() -> None:
    """A queue at red may look alike for a while; who is counted over the stop line meanwhile would have changed it."""
    frozen = Watched(RADAR)
    scene = (RadarObject("a", 5.0, 0.1, Mode.CAR), RadarObject("a", 12.0, 0.2, Mode.CAR))
    for second in range(10):
        assert frozen.see(radar(second, *scene))
    for second in range(10, 14):
        frozen.see(radar(second, *scene), others=float(second % 2))
    assert frozen.health is Health.STUCK_ON


def test_a_doubtful_scene_is_left_out_before_there_is_a_verdict() -> None:
    """A repeated scene of moving traffic is not used from its first repetition on: nobody is where it shows them."""
    watched = Watched(RADAR)
    scene = (RadarObject("a", 60.0, 9.0, Mode.CAR),)
    assert watched.see(radar(0, *scene))
    assert not watched.see(radar(1, *scene))
    assert watched.health is Health.OK
    assert watched.see(radar(2, RadarObject("a", 42.0, 9.0, Mode.CAR)))


def test_a_queue_does_not_vanish_within_a_second() -> None:
    """All gone at once is doubted at once, and a fault as soon as two have crossed that the radar did not see."""
    watched = DetectorWatch(RADAR, approach_lanes={"a": 200.0})
    queue = [RadarObject("a", 30.0 + 7.5 * number, 0.1, Mode.CAR) for number in range(3)]
    assert watched.observe(radar(0, *queue), T0, 1.0, green=False, others_veh=0.0)
    for second in range(1, 5):
        assert not watched.observe(radar(second), T0 + second, 1.0, green=False, others_veh=0.0)
        assert watched.health is Health.OK
    for second in range(5, 7):
        watched.observe(radar(second), T0 + second, 1.0, green=True, others_veh=1.0)
    assert watched.health is Health.STUCK_OFF


def drive(watched: DetectorWatch, kept: float, seconds: int = 120, seed: int = 1) -> Health:
    """Cars every 4 s down a lane of 150 m, each seen with probability `kept` in each second; the health at the end."""
    random = np.random.default_rng(seed)
    for second in range(seconds):
        places = [150.0 - 12.0 * age for age in range(second % 4, 13, 4)]
        seen = [RadarObject("a", place_m, 12.0, Mode.CAR) for place_m in places if random.random() < kept]
        watched.observe(radar(second, *seen), T0 + second, 1.0, green=True, others_veh=0.0)
    return watched.health


@pytest.mark.parametrize("seed", range(5))
def test_a_radar_that_loses_objects_on_the_way_miscounts(seed: int) -> None:
    """Two per cent missed in each second are usual, a half is a fault; and a good spell heals it."""
    watched = DetectorWatch(RADAR, approach_lanes={"a": 200.0})
    assert drive(watched, 0.98, seed=seed) is Health.OK
    blind = DetectorWatch(RADAR, approach_lanes={"a": 200.0})
    assert drive(blind, 0.5, seed=seed) is Health.MISCOUNTS
    for second in range(120, 400):
        places = [150.0 - 12.0 * age for age in range(second % 4, 13, 4)]
        scene = [RadarObject("a", place_m, 12.0, Mode.CAR) for place_m in places]
        blind.observe(radar(second, *scene), T0 + second, 1.0, green=True, others_veh=0.0)
    assert blind.health is Health.OK


def test_who_turns_off_upstream_is_no_fault_of_the_radar() -> None:
    """Vehicles may leave lanes that do not end at the stop line; their radar is believed."""
    assert drive(DetectorWatch(RADAR, approach_lanes={"b": 200.0}), 0.5) is Health.OK


def test_a_radar_that_sees_nobody_while_loops_count_is_soon_stuck_off() -> None:
    """A radar looks far up the road: a few vehicles over the loops of its lanes are enough."""
    watched = Watched(RADAR)
    for second in range(12):
        watched.see(radar(second), others=1.0)
    assert watched.health is Health.STUCK_OFF
