"""Time-space diagrams: the way that the strongest stream takes, its vehicles and what its signals showed."""

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from signalctl.simulation import ways
from signalctl.simulation.time_space import SIGNAL_COLOURS, diagram, time_space_diagrams
from signalctl.simulation.ways import main_ways
from sim.engine import EmbeddedPlant
from sim.network import Network
from sim.outputs.trajectories import Trajectories, TrajectoryWriter, read_trajectories
from sim.outputs.watching import WatchedPlant
from sim.plant import RoadMode
from sim.scenario import load_scenario
from tests.sim.one_street import period, street_net, write_street

FLOW = """<routes>
    <vType id="bus" vClass="bus"/>
    <route id="r" edges="in out"/>
    <flow id="f" route="r" begin="0" end="200" period="10"/>
    <vehicle id="b" type="bus" route="r" depart="205"/>
</routes>"""


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, Network]:
    """Four minutes of a street with a signal: the trajectories and the network."""
    net = street_net(300, 20, 180, 10, {"G": 30, "y": 5, "r": 25})
    scenario = load_scenario(write_street(tmp_path, net, FLOW, period(0, 240)))
    bare = EmbeddedPlant(scenario, seed=1)
    plant = WatchedPlant(bare, [TrajectoryWriter(tmp_path / "t.npz", bare)])
    while plant.time_s < 240:
        plant.step({})
    plant.close()
    return tmp_path / "t.npz", scenario.network


def test_the_way_runs_through_the_junction(run: tuple[Path, Network]) -> None:
    """Edges in their order, the lane inside the junction between them, the stop line where the first edge ends."""
    file, network = run
    (way,) = main_ways(read_trajectories(file), network, 2)
    assert way.edges == ("in", "out")
    assert way.offset_m == {"in_0": 0.0, ":m_0_0": 300.0, "out_0": 320.0}
    assert way.length_m == 500.0
    assert [(line.tls, line.links, line.at_m) for line in way.stop_lines] == [("m", (0,), 300.0)]


def test_the_strongest_stream_is_followed_over_a_fork() -> None:
    """Three of four vehicles turn to b: a way is one stream, and not one vehicle's."""
    routes = [["a", "b", "d"], ["a", "b", "d"], ["a", "b"], ["a", "c"], ["b", "d"]]
    driven_on = Counter(edge for edges in routes for edge in edges)
    onward = Counter(pair for edges in routes for pair in pairwise(edges))
    assert ways._chain(driven_on, onward) == ["a", "b", "d"]


def test_everybody_is_drawn_once_and_stands_at_red(run: tuple[Path, Network]) -> None:
    """A line per vehicle in its mode's colour; the signal's line changes its colour with the signal."""
    file, network = run
    (figure,) = time_space_diagrams(file, network)
    drawn = ElementTree.fromstring(figure)
    lines = [line.attrib["stroke"] for line in drawn.iter("polyline")]
    assert len(lines) == 21
    assert len(set(lines)) == 2
    colours = [line.attrib["stroke"] for line in drawn.iter("line") if line.attrib.get("stroke-width") == "3"]
    expected = [SIGNAL_COLOURS[name] for name in ("green", "amber", "red")] * 4
    assert colours == expected
    assert "from in to out, 500 m" in figure
    assert {"car", "bus", "red"} <= set(re.findall(r"</svg>(\w+)</span>", figure))


def test_only_the_window_is_drawn(run: tuple[Path, Network]) -> None:
    """Nothing lies outside of the axes."""
    file, network = run
    paths = read_trajectories(file)
    (way,) = main_ways(paths, network, 1)
    drawn = ElementTree.fromstring(diagram(paths, way, 60.0, 120.0))
    points = [point.split(",") for line in drawn.iter("polyline") for point in line.attrib["points"].split()]
    x, y = (np.array(column, float) for column in zip(*points, strict=True))
    assert x.min() >= 56.0
    assert x.max() <= 900.0
    assert y.min() >= 0.0
    assert y.max() <= 520.0


def test_a_run_without_vehicles_has_no_diagram(tmp_path: Path) -> None:
    """Rather than an empty one."""
    scenario = load_scenario(
        write_street(tmp_path, street_net(300, 20, 180, 10, {"G": 30, "r": 30}), "<routes/>", period(0, 9))
    )
    bare = EmbeddedPlant(scenario, seed=1)
    plant = WatchedPlant(bare, [TrajectoryWriter(tmp_path / "t.npz", bare)])
    plant.step({})
    plant.close()
    assert time_space_diagrams(tmp_path / "t.npz", scenario.network) == []
    read: Trajectories = read_trajectories(tmp_path / "t.npz")
    assert RoadMode.CAR not in read.modes
