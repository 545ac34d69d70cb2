"""The embedded engine on the shipped model: everybody moves, nobody passes red, on foot or on wheels."""

from pathlib import Path

import numpy as np
import pytest

import sim.scenarios
from sim.engine import EmbeddedPlant
from sim.plant import RoadMode
from sim.scenario import load_scenario

CONFIG = Path(sim.scenarios.__file__).parent / "rheinstrasse" / "rheinstrasse.am.sumocfg"


@pytest.fixture(scope="module")
def plant() -> EmbeddedPlant:
    """Four minutes of the morning peak are over."""
    plant = EmbeddedPlant(load_scenario(CONFIG), seed=1)
    for _ in range(240):
        plant.step({})
    return plant


def test_all_kinds_of_road_users_are_under_way(plant: EmbeddedPlant) -> None:
    """Cars, buses, bicycles and people move on the street."""
    state = plant.state()
    modes = {RoadMode(mode) for mode in state.mode.tolist()}
    assert {RoadMode.CAR, RoadMode.BUS, RoadMode.BICYCLE} <= modes
    assert state.ped_id.size > 10
    assert state.speed_mps.mean() > 1.0
    west, south, east, north = plant.scenario.network.location.conv_boundary
    for x, y in ((state.x_m, state.y_m), (state.ped_x_m, state.ped_y_m)):
        assert west - 5 <= x.min() <= x.max() <= east + 5
        assert south - 5 <= y.min() <= y.max() <= north + 5


def test_people_step_onto_a_crossing_only_at_green(plant: EmbeddedPlant) -> None:
    """Whoever is newly on a signalised crossing had green in that second."""
    entered = 0
    walking = on_crossing(plant)
    for _ in range(120):
        plant.step({})
        now = on_crossing(plant)
        for person in now.keys() - walking.keys():
            tls, link = now[person]
            assert plant.displayed(plant.tls_ids[tls])[link] in "Gg"
            entered += 1
        walking = now
    assert entered > 5


def on_crossing(plant: EmbeddedPlant) -> dict[int, tuple[int, int]]:
    """Signal and link of everybody who walks on a signalised crossing."""
    state = plant.state()
    rows = np.flatnonzero((state.ped_tls >= 0) & ~state.ped_waiting)
    return {int(state.ped_id[i]): (int(state.ped_tls[i]), int(state.ped_link[i])) for i in rows}


def test_vehicles_pass_stop_lines_only_without_red(plant: EmbeddedPlant) -> None:
    """Whoever leaves the lane before a signal did not have red."""
    before: dict[int, tuple[int, int, int]] = {}
    passed = 0
    for _ in range(90):
        plant.step({})
        state = plant.state()
        lanes = dict(zip(state.vehicle_id.tolist(), state.lane.tolist(), strict=True))
        for vehicle, (lane, tls, link) in before.items():
            gone_in = vehicle in lanes and lanes[vehicle] != lane and plant.lane_ids[lanes[vehicle]].startswith(":")
            if gone_in and not plant.lane_ids[lane].startswith(":"):
                assert plant.displayed(plant.tls_ids[tls])[link] not in "ru"
                passed += 1
        rows = np.flatnonzero((state.tls >= 0) & (state.tls_distance_m < 20))
        before = {
            int(state.vehicle_id[i]): (int(state.lane[i]), int(state.tls[i]), int(state.tls_link[i]))
            for i in rows
            if abs(plant.scenario.network.lanes[plant.lane_ids[state.lane[i]]].length_m - state.position_m[i])
            <= state.tls_distance_m[i] + 0.01
        }
    assert passed > 20
