"""SUMO as a plant."""

import sys
from pathlib import Path

import numpy as np
import pytest

from sim.emissions import EmissionMeter, emission_rates_gps
from sim.network import load_network
from sim.plant import RoadMode, Trip
from sim.sumo_plant import SumoPlant
from sim.sumo_start import SumoError, SumoMissingError
from sim.sumo_tripinfo import read_tripinfo
from sim.tripinfo_file import write_tripinfo
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import cross, demand

pytestmark = pytest.mark.sumo
pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A crossroads with crossings, five minutes of cars and people."""
    net = cross(tmp_path, "--sidewalks.guess", "--crossings.guess")
    return demand(tmp_path, net, vehicles_per_hour=250, people=True)


def run(plant: SumoPlant) -> list[Trip]:
    """Run to the end under the network's own programme."""
    try:
        while not plant.finished:
            plant.step({})
    finally:
        plant.close()
    return list(plant.trips())


def test_same_seed_gives_the_same_trips_and_another_seed_others(scenario: Path) -> None:
    """Runs depend on the seed and on nothing else."""
    first, second, other = (run(SumoPlant(scenario, seed=seed)) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_everybody_loaded_is_accounted_for(scenario: Path) -> None:
    """Unfinished and never inserted vehicles have records, and delay counts their wait for insertion."""
    trips = run(SumoPlant(scenario, seed=1))
    vehicles = [trip for trip in trips if trip.mode == RoadMode.CAR]
    assert len(vehicles) == 6 * round(250 * 300 / 3600)
    assert any(trip.arrival_s < 0 for trip in vehicles)
    assert all(trip.depart_s <= 300 for trip in trips)
    assert any(trip.mode == RoadMode.PEDESTRIAN for trip in trips)


def people_before_red(tmp_path: Path) -> tuple[Path, str]:
    """A scenario with six people who come to a crossing, others who would come after its end, and red for all."""
    net = cross(tmp_path, "--sidewalks.guess", "--crossings.guess")
    config = demand(tmp_path, net, vehicles_per_hour=0, end=110)
    walk = '<walk edges="nm me" arrivalPos="30"/>'
    flow = f'<personFlow id="{{}}" departPos="190" begin="{{}}" end="{{}}" {{}}>{walk}</personFlow>'
    flows = flow.format("now", 0, 60, 'period="10"') + flow.format("later", 120, 300, 'period="10"')
    (tmp_path / "d.rou.xml").write_text(f"<routes>{flows}</routes>")
    letters = "r" * len(load_network(net).tl_logics["m"].phases[0].state)
    return config, letters


def test_signals_show_their_programme_before_the_first_step(scenario: Path) -> None:
    """On both plants the letters of the begin."""
    shown = []
    for make in (embedded, sumo):
        plant = make(scenario, 1)
        shown.append(plant.displayed("m"))
        plant.close()
    assert shown[0] == shown[1] == load_network(scenario.parent / "cross.net.xml").tl_logics["m"].phases[0].state


@pytest.mark.parametrize("make", [embedded, sumo])
def test_people_have_a_signal_while_they_wait_or_cross(tmp_path: Path, make: Maker) -> None:
    """Not while they come nearer: under red, whoever has one waits."""
    config, letters = people_before_red(tmp_path)
    plant = make(config, 1)
    waited = 0
    try:
        while not plant.finished:
            plant.step({"m": letters})
            state = plant.state()
            assert not np.any((state.ped_tls >= 0) & ~state.ped_waiting)
            waited += np.count_nonzero((state.ped_tls >= 0) & (state.ped_link >= 0))
    finally:
        plant.close()
    assert waited > 60


def test_people_count_alike_on_both_plants(tmp_path: Path) -> None:
    """Whoever has set off has a record, with the wait so far where it stands at a kerb; who is to come has none."""
    config, letters = people_before_red(tmp_path)
    found = []
    for make in (embedded, sumo):
        plant = make(config, 1)
        while not plant.finished:
            plant.step({"m": letters})
        plant.close()
        found.append({trip.id: trip for trip in plant.trips()})
    ours, theirs = found
    assert set(ours) == set(theirs)
    assert len(ours) == 6
    for name, trip in ours.items():
        assert trip.arrival_s == theirs[name].arrival_s == -1.0
        assert trip.delay_s > 10.0
        assert theirs[name].delay_s == pytest.approx(trip.delay_s, abs=10.0)


def test_red_stops_everybody_and_handing_back_lets_them_go(scenario: Path) -> None:
    """Letters that are set are shown; a signal that is no longer named runs the network's programme again."""
    plant = SumoPlant(scenario, seed=1)
    try:
        links = len(plant.displayed("m"))
        for _ in range(60):
            plant.step({"m": "r" * links})
            assert plant.displayed("m") == "r" * links
        assert plant.statistics().arrived == 0
        waiting = plant.state()
        assert np.count_nonzero(waiting.speed_mps < 0.1) >= 4
        own = load_network(scenario.parent / "cross.net.xml").tl_logics["m"]
        for _ in range(90):
            plant.step({})
        assert plant.displayed("m") in {phase.state for phase in own.phases}
        assert plant.statistics().arrived > 0
    finally:
        plant.close()


def test_state_names_the_signal_ahead(scenario: Path) -> None:
    """A vehicle on the approach sees the link that its route takes; distance shrinks to the stop line; then none."""
    plant = SumoPlant(scenario, seed=1)
    try:
        for _ in range(40):
            plant.step({})
        state = plant.state()
        on_approach = np.array([plant.lane_ids[lane] in {"nm_1", "nm_2", "sm_1", "sm_2"} for lane in state.lane])
        assert on_approach.any()
        assert all(plant.tls_ids[tls] == "m" for tls in state.tls[on_approach])
        network = load_network(scenario.parent / "cross.net.xml")
        for row in np.flatnonzero(on_approach):
            (connection,) = network.signal_links["m"][int(state.tls_link[row])]
            assert connection.from_edge == plant.lane_ids[state.lane[row]].rsplit("_", 1)[0]
            left_m = network.lanes[plant.lane_ids[state.lane[row]]].length_m - state.position_m[row]
            assert state.tls_distance_m[row] == pytest.approx(left_m, abs=0.5)
        leaving = np.array([plant.lane_ids[lane].startswith("m") for lane in state.lane])
        assert all(state.tls[leaving] == -1)
    finally:
        plant.close()


def test_people_wait_at_the_crossing_of_their_way(scenario: Path) -> None:
    """A person at the kerb names signal and link of the crossing, waits longer each second, and counts in the trip.

    A wait is told from its first second on, as 0: whoever comes presses the button then.
    """
    plant = SumoPlant(scenario, seed=1)
    longest, told = 0.0, set[float]()
    crossings = {
        index
        for index, links in load_network(scenario.parent / "cross.net.xml").signal_links["m"].items()
        if any("_c" in link.to_edge for link in links)
    }
    links = len(plant.displayed("m"))
    try:
        for _ in range(120):
            plant.step({"m": "r" * links})
            state = plant.state()
            here = state.ped_waiting
            assert set(state.ped_link[here]) <= crossings
            told |= set(state.ped_waiting_s[here].tolist())
            longest = max(longest, float(state.ped_waiting_s[here].max(initial=0.0)))
    finally:
        plant.close()
    assert longest > 20
    assert min(told) == 0.0
    waits = [trip.max_wait_s for trip in plant.trips() if trip.mode == RoadMode.PEDESTRIAN]
    assert max(waits) == longest + plant.step_s


def test_trips_may_be_read_before_the_end(scenario: Path) -> None:
    """While it runs, everybody seen so far has a record that agrees with SUMO's own to within a step's time."""
    plant = SumoPlant(scenario, seed=1)
    try:
        while not plant.finished:
            plant.step({})
        so_far = {trip.id: trip for trip in plant.trips() if trip.mode == RoadMode.CAR}
    finally:
        plant.close()
    final = {trip.id: trip for trip in plant.trips() if trip.mode == RoadMode.CAR}
    assert set(so_far) == set(final)
    for name, trip in final.items():
        assert so_far[name].delay_s == pytest.approx(trip.delay_s, abs=1.5)
        assert so_far[name].co2_g == trip.co2_g


def test_second_plant_is_refused_while_one_is_open(scenario: Path) -> None:
    """There is one libsumo, and it holds one simulation per process; closing makes room."""
    plant = SumoPlant(scenario, seed=1)
    try:
        with pytest.raises(SumoError, match="one SumoPlant per process"):
            SumoPlant(scenario, seed=2)
    finally:
        plant.close()
    SumoPlant(scenario, seed=2).close()


def test_wrong_letters_and_unknown_signals_are_refused(scenario: Path) -> None:
    """The error says what was expected and what came."""
    plant = SumoPlant(scenario, seed=1)
    try:
        with pytest.raises(SumoError, match="expected 20 letters, got 'G'"):
            plant.step({"m": "G"})
        with pytest.raises(SumoError, match="signal 'x'"):
            plant.step({"x": "G"})
    finally:
        plant.close()


def test_broken_scenario_is_named(tmp_path: Path) -> None:
    """SUMO's own reason reaches the caller with the file's name."""
    config = tmp_path / "broken.sumocfg"
    config.write_text('<configuration><input><net-file value="missing.net.xml"/></input></configuration>')
    with pytest.raises(SumoError, match=r"broken\.sumocfg: SUMO: .*missing"):
        SumoPlant(config)


def test_emissions_agree_with_sumos_own_model(scenario: Path) -> None:
    """Our rate is that of SUMO's default class for the same kind, speed and acceleration, braking included."""
    import libsumo

    kinds = {"passenger": RoadMode.CAR, "truck": RoadMode.TRUCK, "bus": RoadMode.BUS, "emergency": RoadMode.EMERGENCY}
    (scenario.parent / "d.rou.xml").write_text(
        "<routes>"
        + "".join(f'<vType id="{kind}" vClass="{kind}"/>' for kind in kinds)
        + "".join(
            f'<flow id="{a}{kind}" type="{kind}" from="{a}m" to="m{b}" begin="0" end="120" period="8"/>'
            for a, b, kind in zip("nsew", "swne", kinds, strict=True)
        )
        + "</routes>"
    )
    plant = SumoPlant(scenario, seed=1)
    compared, cut = dict.fromkeys(kinds, 0), 0
    try:
        for _ in range(150):
            plant.step({})
            for name in libsumo.vehicle.getIDList():
                kind = libsumo.vehicle.getVehicleClass(name)
                speed, acceleration = libsumo.vehicle.getSpeed(name), libsumo.vehicle.getAcceleration(name)
                ours = emission_rates_gps(np.array([kinds[kind]], np.int8), np.array([speed]), np.array([acceleration]))
                theirs = libsumo.vehicle.getCO2Emission(name), libsumo.vehicle.getNOxEmission(name)
                assert 1000 * ours[0][0] == pytest.approx(theirs[0], rel=1e-3, abs=0.5), (kind, speed, acceleration)
                assert 1000 * ours[1][0] == pytest.approx(theirs[1], rel=1e-3, abs=0.01), (kind, speed, acceleration)
                compared[kind] += 1
                cut += theirs[0] == 0.0
    finally:
        plant.close()
    assert min(compared.values()) > 50
    assert cut > 50


def test_meter_adds_up_what_the_trips_emitted(scenario: Path) -> None:
    """The meter that both plants share agrees with the plant's own sums, but for each vehicle's first second."""
    plant, meter = SumoPlant(scenario, seed=1), EmissionMeter()
    try:
        while not plant.finished:
            meter.update(plant.state())
            plant.step({})
        meter.update(plant.state())
    finally:
        plant.close()
    assert meter.co2_g == pytest.approx(sum(trip.co2_g for trip in plant.trips()), rel=0.02)
    assert meter.nox_g == pytest.approx(sum(trip.nox_g for trip in plant.trips()), rel=0.02)
    assert meter.co2_g > 1000


def test_written_tripinfo_reads_back(scenario: Path, tmp_path: Path) -> None:
    """What we write in SUMO's shape says the same as SUMO's own file, to its two decimals."""
    trips = run(SumoPlant(scenario, seed=1))
    write_tripinfo(trips, tmp_path / "trips.xml")
    again = read_tripinfo(tmp_path / "trips.xml", 300.0, lambda _name, kind: RoadMode[kind.upper()])
    assert [trip.id for trip in again] == [trip.id for trip in trips]
    for ours, theirs in zip(again, trips, strict=True):
        assert ours.delay_s == pytest.approx(theirs.delay_s, abs=0.02)
        assert (ours.mode, ours.inserted, ours.stops) == (theirs.mode, theirs.inserted, theirs.stops)


def test_missing_extra_is_named(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without libsumo the error names the extra to install."""
    monkeypatch.setitem(sys.modules, "libsumo", None)
    with pytest.raises(SumoMissingError, match=r"signalctl\[sumo\]"):
        SumoPlant(scenario)
