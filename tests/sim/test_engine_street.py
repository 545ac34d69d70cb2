"""The embedded engine on one signalised street: what must hold whatever happens."""

from pathlib import Path

import numpy as np
import pytest

from sim.engine import EmbeddedPlant
from sim.plant import Plant
from sim.scenario import load_scenario
from tests.sim.one_street import period, street_net, write_street

NET = street_net(198, 4, 198, 13.89, {"G": 20, "y": 3, "r": 37})
ROUTES = """<routes>
    <vType id="bus" vClass="bus"/>
    <flow id="f" begin="0" end="240" period="5" from="in" to="out" departSpeed="max"/>
    <vehicle id="b" type="bus" depart="30"><route edges="in out"/>
        <stop lane="out_0" startPos="80" endPos="100" duration="20"/></vehicle>
</routes>
"""


@pytest.fixture
def plant(tmp_path: Path) -> EmbeddedPlant:
    """A street with a signal at 198 m, 48 cars and a bus that stops behind it."""
    return build(tmp_path)


def build(folder: Path, seed: int = 1) -> EmbeddedPlant:
    """The same street for any seed."""
    write_street(folder, NET, ROUTES, period(0, 600))
    return EmbeddedPlant(load_scenario(folder), seed=seed)


def run(plant: Plant, steps: int) -> None:
    """So many steps under the network's own programme."""
    for _ in range(steps):
        plant.step({})


def test_nobody_gets_lost(plant: EmbeddedPlant) -> None:
    """Whoever was loaded has arrived, drives, or waits to enter: always."""
    while not plant.finished:
        plant.step({})
        figures = plant.statistics()
        assert figures.inserted == figures.arrived + figures.running
        assert figures.loaded >= figures.inserted
    assert plant.statistics().arrived == 49
    assert len(plant.trips()) == 49
    assert all(trip.arrival_s > trip.depart_s for trip in plant.trips())


def test_vehicles_never_overlap(plant: EmbeddedPlant) -> None:
    """On a lane the rear of the one ahead stays before the front of the next."""
    for _ in range(300):
        plant.step({})
        state = plant.state()
        for lane in set(state.lane.tolist()):
            rows = np.flatnonzero(state.lane == lane)
            rows = rows[np.argsort(state.position_m[rows])]
            rears = state.position_m[rows[1:]] - state.length_m[rows[1:]]
            assert np.all(rears >= state.position_m[rows[:-1]] - 1e-6)


def test_nobody_passes_a_red_signal(plant: EmbeddedPlant) -> None:
    """With the signal red for good, nobody is ever behind the stop line, and the queue stands before it."""
    for _ in range(120):
        plant.step({"m": "r"})
        names = [plant.lane_ids[i] for i in plant.state().lane]
        assert set(names) <= {"in_0"}
    state = plant.state()
    assert state.speed_mps.max() < 0.1
    assert 0.5 <= state.tls_distance_m.min() <= 2.0
    assert plant.displayed("m") == "r"


def test_the_same_seed_gives_the_same_traffic(tmp_path: Path) -> None:
    """A seed fixes everything; another seed changes it."""
    plants = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        (tmp_path / name).mkdir()
        plants.append(build(tmp_path / name, seed))
    for plant in plants:
        run(plant, 150)
    first, second, other = (plant.state() for plant in plants)
    assert np.array_equal(first.position_m, second.position_m)
    assert np.array_equal(first.speed_mps, second.speed_mps)
    assert not np.array_equal(first.position_m, other.position_m)


def test_a_bus_stands_at_its_stop(plant: EmbeddedPlant) -> None:
    """The bus halts inside its stop for its dwell; standing there is no time loss of traffic."""
    halts = 0
    while not plant.finished:
        plant.step({})
        state = plant.state()
        bus = np.flatnonzero(state.length_m == 12.0)
        if bus.size and plant.lane_ids[state.lane[bus[0]]] == "out_0" and state.speed_mps[bus[0]] == 0.0:
            assert 79.0 <= state.position_m[bus[0]] <= 100.1
            halts += 1
    assert 19 <= halts <= 23


def test_wrong_signals_are_refused(plant: EmbeddedPlant) -> None:
    """An unknown signal, a wrong length and an unknown letter are named."""
    with pytest.raises(KeyError, match="'q'"):
        plant.step({"q": "r"})
    for letters in ("", "rr"):
        with pytest.raises(ValueError, match=f"expected 1 letters, got {len(letters)}"):
            plant.step({"m": letters})
    with pytest.raises(ValueError, match="expected letters of"):
        plant.step({"m": "x"})


def test_a_red_light_costs_what_it_should(tmp_path: Path) -> None:
    """A single free car loses about the red that it meets, and nothing at green."""
    plant = build(tmp_path)
    run(plant, 12)
    free = plant.trips()[0]
    assert free.depart_delay_s == 0.0
    while not plant.finished:
        plant.step({})
    first = plant.trips()[0]
    assert first.time_loss_s < 6.0
    assert max(trip.time_loss_s for trip in plant.trips()) > 30.0


def test_the_timetable_of_a_route_with_a_name_counts_from_the_departure(tmp_path: Path) -> None:
    """As in SUMO: on a named route it leaves 80 s after its departure, on a route of its own 80 is a time of day."""
    stop = '<stop lane="out_0" startPos="80" endPos="100" duration="5" until="80"/>'
    routes = (
        f'<routes><route id="r" edges="in out">{stop}</route><vehicle id="named" depart="120" route="r"/>'
        f'<vehicle id="own" depart="360"><route edges="in out">{stop}</route></vehicle></routes>'
    )
    write_street(tmp_path, street_net(198, 4, 198, 13.89, {"G": 60}), routes, period(0, 600))
    plant = EmbeddedPlant(load_scenario(tmp_path))
    run(plant, 600)
    named, own = plant.trips()
    assert 80.0 < named.arrival_s - named.depart_s < 100.0
    assert own.arrival_s - own.depart_s < 60.0
