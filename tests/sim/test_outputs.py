"""What runs write on the embedded engine: loops, trajectories, and the calls that ask for them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalctl.errors import UsageError
from signalctl.scenarios import open_scenario
from signalctl.simulation.road import make_plant
from signalctl.simulation.spec import Outputs, RunSpec, parse_control
from sim.engine import EmbeddedPlant
from sim.outputs import trajectories
from sim.outputs.induction_loops import LoopWriter
from sim.outputs.loop import Loop, read_loop
from sim.outputs.trajectories import TrajectoryWriter, driven, read_trajectories
from sim.outputs.watching import Step, WatchedPlant
from sim.outputs.xml_file import XmlFile
from sim.plant import RoadState
from sim.scenario import load_scenario
from sim.sumo_files import SumoFileError
from sim.sumo_files.xml import read_xml
from tests.sim.one_street import period, street_net, write_street

ONE_CAR = """<routes>
    <vType id="car" sigma="0" speedFactor="1" speedDev="0" length="5"/>
    <route id="r" edges="in out"/>
    <vehicle id="one" type="car" route="r" depart="0" departPos="0" departSpeed="max"/>
    <vehicle id="two" type="car" route="r" depart="7" departPos="0" departSpeed="max"/>
</routes>"""


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """500 m at 10 m/s with a signal that is green, and two cars that drive along at that speed."""
    net = street_net(300, 20, 180, 10, {"G": 60})
    return write_street(tmp_path, net, ONE_CAR, period(0, 60))


def driven_past(config: Path, loop: Loop, target: Path) -> list[dict[str, float]]:
    """What a loop writes while the two cars drive."""
    scenario = load_scenario(config)
    bare = EmbeddedPlant(scenario, seed=1)
    file = XmlFile(target, "detector")
    plant = WatchedPlant(bare, [LoopWriter(file, [loop], scenario.network, bare.lane_ids, 0.0)])
    while not plant.finished:
        plant.step({})
    plant.close()
    file.close()
    rows = [element.attributes for element in read_xml(target, ("detector",))]
    return [{name: float(value) for name, value in row.items() if name != "id"} for row in rows]


def test_a_loop_sees_who_drives_over_it(street: Path, tmp_path: Path) -> None:
    """5 m at 10 m/s cover it for half a second each; flow, speeds and lengths follow."""
    rows = driven_past(street, Loop("d", "in_0", 203.0, 0.0, 40.0), tmp_path / "e1.xml")
    assert [(row["begin"], row["end"], row["nVehEntered"]) for row in rows[:1]] == [(0.0, 40.0, 2.0)]
    assert rows[0]["nVehContrib"] == 2
    assert rows[0]["flow"] == pytest.approx(2 / 40 * 3600)
    assert rows[0]["occupancy"] == pytest.approx(100 * 2 * 0.5 / 40, abs=0.01)
    assert rows[0]["speed"] == rows[0]["harmonicMeanSpeed"] == pytest.approx(10.0, abs=0.01)
    assert rows[0]["length"] == 5.0
    for row in rows[1:]:
        assert (row["nVehContrib"], row["speed"], row["occupancy"]) == (0, -1, 0)


@pytest.mark.parametrize(("lane", "at_m"), [(":m_0_0", 0.5), (":m_0_0", 19.5), ("out_0", 0.5), ("in_0", 299.5)])
def test_loops_see_who_drives_on_to_the_next_lane(street: Path, tmp_path: Path, lane: str, at_m: float) -> None:
    """A front that reaches the next lane, or the one after it, within one step has passed what lies between."""
    rows = driven_past(street, Loop("d", lane, at_m), tmp_path / "e1.xml")
    assert [row["nVehContrib"] for row in rows] == [2]
    assert rows[0]["speed"] == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ('lane="no_0" pos="1"', "lane: expected an existing lane"),
        ('lane="in_0" pos="301"', "pos: expected 0 to 300 m"),
        ('lane="in_0" pos="-1" length="2"', "length: expected at most 1 m"),
        ('lane="in_0" pos="1" vTypes="bus"', "vTypes: loops that look at some road users only"),
    ],
)
def test_wrong_loops_are_named_by_file_and_line(street: Path, tmp_path: Path, attributes: str, words: str) -> None:
    """As any other element of a scenario."""
    file = tmp_path / "d.add.xml"
    file.write_text(f'<additional>\n<e1Detector id="d" {attributes} file="x"/>\n</additional>')
    (element,) = read_xml(file, ("additional",))
    with pytest.raises(SumoFileError, match=rf"d.add.xml:2: <e1Detector id='d'>: {words}"):
        read_loop(element, load_scenario(street).network)


def test_detectors_of_a_scenario_without_any_are_refused() -> None:
    """Rather than written as an empty file."""
    spec = RunSpec("rheinstrasse", strategy=parse_control("fixed"), outputs=Outputs(detectors=Path("x.xml")))
    opened = open_scenario(spec.scenario)
    with pytest.raises(UsageError, match=r"--detectors: expected detectors in additional files of .*am.sumocfg"):
        make_plant(opened, spec, opened.site)


class Scripted:
    """A plant of which only the states of its steps are known."""

    begin_s, step_s = 100.0, 0.5
    lane_ids, tls_ids = ("a_0", "b_0", "c_0"), ("m",)

    def vehicle_name(self, vehicle_id: int) -> str:
        return f"vehicle {vehicle_id}"

    def displayed(self, _tls_id: str) -> str:
        return "Gr"


def state_of(time_s: float, rows: list[tuple[int, int, float, float]]) -> RoadState:
    """Vehicles with lane, position and speed."""
    columns = list(zip(*rows, strict=True)) or [()] * 4
    some = {name: np.zeros(len(rows)) for name in RoadState.__slots__ if name not in ("time_s",)}
    some |= {"vehicle_id": np.array(columns[0], np.int64), "lane": np.array(columns[1], np.int32)}
    some |= {"position_m": np.array(columns[2], float), "speed_mps": np.array(columns[3], float)}
    return RoadState(time_s, **{**some, "mode": np.ones(len(rows), np.int8), "length_m": np.full(len(rows), 7.5)})


row = st.tuples(st.integers(0, 2), st.floats(0, 9000), st.floats(0, 60))
steps = st.lists(st.dictionaries(st.integers(0, 6), row, max_size=6), min_size=1, max_size=12)


@settings(deadline=None)
@given(steps, st.integers(1, 5))
def test_trajectories_read_back(tmp_path_factory: pytest.TempPathFactory, given_steps: list, per_part: int) -> None:
    """Any vehicles anywhere, coming and going: every row comes back to a tenth, whatever the size of the parts."""
    path = tmp_path_factory.mktemp("paths") / "t.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectories, "STEPS_PER_PART", per_part)
        writer = TrajectoryWriter(path, Scripted())  # type: ignore[arg-type]
        for number, vehicles in enumerate(given_steps):
            begin_s = Scripted.begin_s + number * Scripted.step_s
            rows = [(vehicle, *where) for vehicle, where in vehicles.items()]
            writer.see(Step(begin_s, state_of(begin_s + Scripted.step_s, rows), ()))
        writer.close()
    read = read_trajectories(path)
    expected = {
        (f"vehicle {vehicle}", Scripted.begin_s + (number + 1) * Scripted.step_s): where
        for number, vehicles in enumerate(given_steps)
        for vehicle, where in vehicles.items()
    }
    found = {
        (read.names[vehicle], time_s): (lane, position_m, speed_mps)
        for vehicle, time_s, lane, position_m, speed_mps in zip(
            read.vehicle.tolist(),
            read.time_s.tolist(),
            read.lane.tolist(),
            read.position_m,
            read.speed_mps,
            strict=True,
        )
    }
    assert set(found) == set(expected)
    for key, (lane, position_m, speed_mps) in expected.items():
        assert found[key][0] == lane
        assert found[key][1:] == pytest.approx((position_m, speed_mps), abs=0.0501)
    assert all(np.all(np.diff(read.time_s[rows]) > 0) for _, rows in driven(read))
    assert len(list(driven(read))) == len({name for name, _ in expected})
    assert (read.signal_letters, read.signal_since_s.tolist()) == (["Gr"], [Scripted.begin_s])
    assert set(read.modes.tolist()) <= {1}
    assert set(read.lengths_m.tolist()) <= {7.5}


def test_trajectories_of_another_layout_are_refused(tmp_path: Path) -> None:
    """Rather than misread."""
    np.savez(tmp_path / "t.npz", layout=np.array(99))
    with pytest.raises(ValueError, match="layout: expected 1, got 99"):
        read_trajectories(tmp_path / "t.npz")


def test_trajectories_are_small(street: Path, tmp_path: Path) -> None:
    """A car that drives evenly takes next to nothing: what is stored is where it differs from where its speed leads."""
    bare = EmbeddedPlant(load_scenario(street), seed=1)
    plant = WatchedPlant(bare, [TrajectoryWriter(tmp_path / "t.npz", bare)])
    while not plant.finished:
        plant.step({})
    plant.close()
    read = read_trajectories(tmp_path / "t.npz")
    assert read.names == ["one", "two"]
    assert len(read.time_s) > 80
    with zipfile.ZipFile(tmp_path / "t.npz") as archive:
        columns = [archive.getinfo(f"0/{name}.npy").compress_size for name in ("faster_dmps", "off_dm")]
    assert sum(columns) < 2.5 * len(read.time_s) + 300
