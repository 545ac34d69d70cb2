"""Radar objects become lanes: followed, smoothed, and led from upstream to the stop line."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.radar import COAST_S, RadarLanes
from detectors.readings import RadarObject
from plans.junction import Junction, Mode

RED = {"n_0": False, "n_1": False, "e_0": False}
GREEN = dict.fromkeys(RED, True)


def car(lane: str, distance_m: float, speed_mps: float = 0.0) -> RadarObject:
    """A car on a lane."""
    return RadarObject(lane, distance_m, speed_mps, Mode.CAR)


def test_the_turn_is_known_only_where_there_is_one(junction: Junction) -> None:
    """A lane with one movement gives it away; on a lane with two ways the turn is unknown."""
    views = RadarLanes(junction).update([car("n_0", 10.0), car("e_0", 20.0)], 1.0, RED)
    assert views["n_0"].movement.tolist() == [0]
    assert views["e_0"].movement.tolist() == [-1]


def test_a_missed_object_stays_for_a_moment(junction: Junction) -> None:
    """A vehicle that one scene misses is where it would have driven to; one that stays away is gone."""
    lanes = RadarLanes(junction)
    lanes.update([car("e_0", 100.0, 10.0)], 1.0, RED)
    lanes.update([car("e_0", 90.0, 10.0)], 1.0, RED)
    missed = lanes.update([], 1.0, RED)["e_0"]
    assert missed.distance_m.tolist() == [80.0]
    assert missed.passed == 0
    found = lanes.update([car("e_0", 70.0, 10.0)], 1.0, RED)["e_0"]
    assert found.distance_m.tolist() == [70.0]
    assert found.arrived == 0.0  # the same one, not a new one
    for _ in range(int(COAST_S) + 1):
        gone = lanes.update([], 1.0, RED)["e_0"]
    assert gone.distance_m.size == 0


def test_noise_does_not_make_a_standing_vehicle_move(junction: Junction) -> None:
    """Speed noise of 0.5 m/s on a vehicle whose place does not change is noise; its wait goes on."""
    lanes = RadarLanes(junction)
    random = np.random.default_rng(1)
    for _ in range(31):
        view = lanes.update([car("n_0", 1.0, abs(random.normal(0.0, 0.5)))], 1.0, RED)["n_0"]
    assert view.speed_mps.tolist() == [0.0]
    assert view.waiting_s.tolist() == [30.0]


def test_who_crosses_is_counted_and_who_is_missed_at_red_is_not(junction: Junction) -> None:
    """A moving vehicle that is gone at the line has passed; one that stood there at red was missed."""
    lanes = RadarLanes(junction)
    lanes.update([car("e_0", 14.0, 10.0)], 1.0, GREEN)
    assert lanes.update([], 1.0, GREEN)["e_0"].passed == 0
    assert lanes.update([], 1.0, GREEN)["e_0"].passed == 1
    standing = RadarLanes(junction)
    for _ in range(3):
        standing.update([car("e_0", 1.0)], 1.0, RED)
    view = standing.update([], 1.0, RED)["e_0"]
    assert (view.passed, view.distance_m.tolist()) == (0, [1.0])


def test_a_head_that_sets_off_at_green_leaves_no_ghost(junction: Junction) -> None:
    """Who stood at the line and is gone for two seconds of green has left; its ghost must not block the lane."""
    lanes = RadarLanes(junction)
    for _ in range(3):
        lanes.update([car("e_0", 1.0), car("e_0", 8.0)], 1.0, GREEN)
    lanes.update([car("e_0", 6.0, 2.0)], 1.0, GREEN)
    view = lanes.update([car("e_0", 2.0, 4.0)], 1.0, GREEN)["e_0"]
    assert view.distance_m.tolist() == [2.0]
    assert view.passed == 1


def test_vehicles_of_a_feeder_are_dealt_by_share_and_stay_where_they_were_dealt(junction: Junction) -> None:
    """Three of four go to the through lane (share 0.75); no vehicle flickers between lanes while it comes nearer."""
    lanes = RadarLanes(junction)
    platoon = [car("north_0", 100.0 + 12.0 * number, 10.0) for number in range(8)]
    first = lanes.update(platoon, 1.0, RED)
    assert (first["n_0"].distance_m.size, first["n_1"].distance_m.size) == (6, 2)
    nearer = lanes.update([found._replace(distance_m=found.distance_m - 10.0) for found in platoon], 1.0, RED)
    assert np.allclose(nearer["n_1"].distance_m, first["n_1"].distance_m - 10.0)


def test_a_vehicle_is_moved_to_the_lane_where_it_is_seen(junction: Junction) -> None:
    """What is seen on an approach lane counts there, whatever was guessed before; and shares learn from it."""
    lanes = RadarLanes(junction)
    for _ in range(60):
        lanes.update([car("north_0", 65.0, 10.0)], 1.0, GREEN)
        view = lanes.update([car("n_1", 55.0, 10.0)], 1.0, GREEN)
        assert view["n_1"].distance_m.tolist() == [55.0]
        assert view["n_0"].distance_m.size == 0
        for distance_m in (45.0, 35.0, 25.0, 15.0, 5.0):
            lanes.update([car("n_1", distance_m, 10.0)], 1.0, GREEN)
        lanes.update([], 1.0, GREEN)
    platoon = [car("north_0", 100.0 + 12.0 * number, 10.0) for number in range(8)]
    assert lanes.update(platoon, 1.0, RED)["n_1"].distance_m.size >= 6


def test_lanes_that_are_not_ours_are_ignored(junction: Junction) -> None:
    """A radar that looks further than our approaches changes nothing."""
    views = RadarLanes(junction).update([car("elsewhere", 10.0)], 1.0, RED)
    assert all(view.distance_m.size == 0 for view in views.values())


def test_who_turns_off_on_the_way_stops_to_count(junction: Junction) -> None:
    """Vehicles that vanish from the lane upstream time and again are no longer expected at the stop line."""
    lanes = RadarLanes(junction)
    for _ in range(60):
        for distance_m in (130.0, 120.0, 110.0, 100.0):
            lanes.update([car("north_0", distance_m, 10.0)], 1.0, RED)
        for _ in range(int(COAST_S) + 1):
            views = lanes.update([], 1.0, RED)
    expected = 0
    for _ in range(20):
        views = lanes.update([car("north_0", 130.0, 10.0)], 1.0, RED)
        expected += sum(view.distance_m.size for view in views.values())
        for _ in range(int(COAST_S) + 1):
            lanes.update([], 1.0, RED)
    assert expected <= 4


def test_a_change_of_lanes_at_the_mouth_of_an_approach_is_one_vehicle(junction: Junction) -> None:
    """From the lane upstream to a pocket that it does not lead to within a second: the same vehicle, and a lesson."""
    pocket = replace(junction.lanes["n_1"], feeders=())
    lanes = RadarLanes(replace(junction, lanes={**junction.lanes, "n_1": pocket}))
    for _ in range(60):
        lanes.update([car("north_0", 65.0, 10.0)], 1.0, GREEN)
        view = lanes.update([car("n_1", 55.0, 10.0)], 1.0, GREEN)["n_1"]
        assert (view.distance_m.tolist(), view.arrived) == ([55.0], 0.0)
        for distance_m in (45.0, 35.0, 25.0, 15.0, 5.0):
            lanes.update([car("n_1", distance_m, 10.0)], 1.0, GREEN)
        lanes.update([], 1.0, GREEN)
    views = lanes.update([car("north_0", 65.0, 10.0)], 1.0, GREEN)
    assert views["n_1"].distance_m.tolist() == [65.0]


def test_nobody_drives_through_a_standing_vehicle(junction: Junction) -> None:
    """An echo that stands at the line while traffic crosses is left out; a queue that waits for its turn is not."""
    lanes = RadarLanes(junction)
    echo = car("n_0", 1.0)
    for _ in range(4):
        for distance_m in (34.0, 24.0, 14.0, 4.0):
            lanes.update([echo, car("n_0", distance_m, 10.0)], 1.0, GREEN)
        for _ in range(2):
            view = lanes.update([echo], 1.0, GREEN)["n_0"]
    assert (view.distance_m.size, lanes.phantoms) == (0, 1)
    queue = RadarLanes(junction)
    for _ in range(200):
        view = queue.update([car("n_0", 1.0), car("n_0", 8.5)], 1.0, GREEN)["n_0"]
    assert (view.distance_m.tolist(), queue.phantoms) == ([1.0, 8.5], 0)


def test_who_drives_over_the_loop_does_not_bring_back_an_echo(junction: Junction) -> None:
    """Covered for a second at green the loop feels traffic; covered for three, or at red, somebody stands there."""
    lanes, echo = RadarLanes(junction), [car("n_0", 1.0)]
    for _ in range(10):
        lanes.update(echo, 1.0, GREEN, stop_lines={"n_0": False})
    sizes = []
    for covered in (True, False, False, True, True, False, True, True, True):
        view = lanes.update(echo, 1.0, GREEN, stop_lines={"n_0": covered})["n_0"]
        sizes.append(view.distance_m.size)
    assert sizes == [0] * 8 + [1]


def test_no_queue_that_sets_off_and_builds_again_is_taken_for_an_echo(junction: Junction) -> None:
    """Vehicles stop at the same places in every red and creep on in a jam: all of them are there in every second."""
    lanes, random = RadarLanes(junction), np.random.default_rng(1)
    places_m = 1.0 + 7.5 * np.arange(12)
    for _ in range(12):
        for _ in range(20):
            red = [car("n_0", place_m, abs(random.normal(0.0, 0.3))) for place_m in places_m]
            view = lanes.update(red, 1.0, RED)["n_0"]
            assert np.count_nonzero(view.distance_m <= places_m[-1] + 0.5) == places_m.size
        driven_m = np.zeros(places_m.size)
        while (driven_m < 7.5).any():  # one crosses, and all draw up: the wave runs through the queue
            ahead_m = np.concatenate(([7.5], driven_m[:-1]))
            step_m = np.where(ahead_m > 1.0, np.minimum(2.5, 7.5 - driven_m), 0.0)
            driven_m = driven_m + step_m
            moved = [
                car("n_0", float(place_m), float(speed_mps))
                for place_m, speed_mps in zip(places_m - driven_m, step_m, strict=True)
                if place_m > 0.0
            ]
            moved.append(car("n_0", float(places_m[-1] + 7.5), 0.0))
            lanes.update(moved, 1.0, GREEN)


def test_who_does_not_use_a_free_road_at_green_is_not_there(junction: Junction) -> None:
    """Three echoes in a row, green, and a loop at the stop line that is free: one after the other is left out."""
    lanes = RadarLanes(junction)
    echoes = [car("n_0", 1.0), car("n_0", 8.0), car("n_0", 15.0)]
    for _ in range(25):
        view = lanes.update(echoes, 1.0, GREEN, stop_lines={"n_0": False})["n_0"]
    assert view.distance_m.size == 0
    view = lanes.update(echoes, 1.0, RED, stop_lines={"n_0": True})["n_0"]
    assert view.distance_m.tolist() == [1.0]  # the loop says that somebody has come


def test_a_loop_that_feels_nobody_who_crosses_disproves_nobody(junction: Junction) -> None:
    """After three who crossed unfelt it is broken: who then waits at green, for a gap, is there."""
    lanes = RadarLanes(junction)
    lanes.update([], 1.0, GREEN, stop_lines={"n_0": True})
    for _ in range(3):
        for distance_m in (34.0, 24.0, 14.0, 4.0):
            lanes.update([car("n_0", distance_m, 10.0)], 1.0, GREEN, stop_lines={"n_0": False})
        lanes.update([], 1.0, GREEN, stop_lines={"n_0": False})
    for _ in range(25):
        view = lanes.update([car("n_0", 1.0), car("n_0", 8.0)], 1.0, GREEN, stop_lines={"n_0": False})["n_0"]
    assert view.distance_m.tolist() == [1.0, 8.0]


def test_who_stands_where_a_working_loop_feels_nobody_is_not_there(junction: Junction) -> None:
    """At red as well, where nobody drove up: but a loop that never felt anybody proves nothing, and it may miss one."""
    lanes, echo = RadarLanes(junction), [car("n_0", 1.0)]
    for _ in range(10):
        view = lanes.update(echo, 1.0, RED, stop_lines={"n_0": False})["n_0"]
    assert view.distance_m.size == 1
    lanes.update(echo, 1.0, RED, stop_lines={"n_0": True})
    for _ in range(4):
        view = lanes.update(echo, 1.0, RED, stop_lines={"n_0": False})["n_0"]
    assert view.distance_m.size == 0
    real = RadarLanes(junction)
    for place_m in (31.0, 21.0, 11.0, 4.0, *[1.0] * 10):
        scene = [car("n_0", place_m, 10.0 if place_m > 10.0 else 0.0)]
        view = real.update(scene, 1.0, RED, stop_lines={"n_0": place_m == 4.0})["n_0"]
    assert view.distance_m.size == 1


def test_a_place_that_was_disproved_goes_on_showing_one_too_many(junction: Junction) -> None:
    """Traffic that stops beside the echo and drives off does not take it along: of two there one is left out."""
    lanes, echo = RadarLanes(junction), car("n_0", 1.0)
    lanes.update([echo], 1.0, GREEN, stop_lines={"n_0": True})
    for _ in range(6):
        lanes.update([echo], 1.0, GREEN, stop_lines={"n_0": False})
    for cycle in range(3):
        for place_m in (41.0, 31.0, 21.0, 11.0, 4.0, 1.4, 1.4, 1.4):
            speed_mps = 10.0 if place_m > 10.0 else 0.0
            here = place_m < 5.0
            scene = [echo, car("n_0", place_m, speed_mps)]
            view = lanes.update(scene, 1.0, RED, stop_lines={"n_0": here})["n_0"]
            assert view.distance_m.size == 1, (cycle, place_m)
        for _ in range(3):
            view = lanes.update([echo], 1.0, GREEN, stop_lines={"n_0": False})["n_0"]
        assert view.distance_m.size == 0
    for _ in range(12):
        lanes.update([], 1.0, RED, stop_lines={"n_0": False})
    view = lanes.update([car("n_0", 1.0)], 1.0, RED, stop_lines={"n_0": True})["n_0"]
    assert view.distance_m.size == 1  # the echo is gone, and its place is like any other


def test_who_waits_on_the_loop_at_green_for_a_gap_is_there(junction: Junction) -> None:
    """A turn that gives way covers the loop; it counts as long as it stands there."""
    lanes = RadarLanes(junction)
    for _ in range(120):
        view = lanes.update([car("n_0", 1.0)], 1.0, GREEN, stop_lines={"n_0": True})["n_0"]
    assert view.distance_m.tolist() == [1.0]


def test_a_queue_whose_way_is_not_known_is_uncertain(junction: Junction) -> None:
    """Four who stand upstream and may go either way say less of both lanes than four at the stop line say of one."""
    near, far = RadarLanes(junction), RadarLanes(junction)
    for _ in range(3):
        here = near.update([car("n_0", 1.0 + 7.5 * number) for number in range(4)], 1.0, RED)
        there = far.update([car("north_0", 62.0 + 7.5 * number) for number in range(4)], 1.0, RED)
    assert here["n_0"].queue_variance < 0.2
    assert here["n_1"].queue_variance < 0.05
    assert min(there["n_0"].queue_variance, there["n_1"].queue_variance) > 0.7


@pytest.mark.parametrize(
    ("halting", "mode", "stays"), [((), Mode.BUS, 0), (("e_0",), Mode.BUS, 1), (("e_0",), Mode.CAR, 0)]
)
def test_a_bus_at_its_stop_is_no_echo(junction: Junction, halting: tuple[str, ...], mode: Mode, stays: int) -> None:
    """On green with a free stop line ahead who stands for long is not there, unless a bus has said that it halts."""
    lanes = RadarLanes(junction)
    lanes.update([RadarObject("e_0", 1.0, 0.0, Mode.CAR)], 1.0, RED, stop_lines={"e_0": True})
    for _ in range(30):
        view = lanes.update(
            [RadarObject("e_0", 14.0, 0.0, mode)], 1.0, GREEN, stop_lines={"e_0": False}, halting=halting
        )["e_0"]
    assert view.distance_m.size == stays
