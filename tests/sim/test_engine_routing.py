"""Trips choose their way as they depart, by how fast the edges have been in the last minutes, as in SUMO."""

import subprocess
from pathlib import Path

import pytest

from sim.engine import EmbeddedPlant
from sim.engine.warmup import NET
from sim.routing import NoRouteError, Router
from sim.scenario import load_scenario
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.one_street import period, write_street
from tests.sim.sumo_programs import program

TYPE = '<vType id="t" sigma="0" speedFactor="1" speedDev="0"/>'
ALWAYS = NET.replace('dir="s" state="m"', 'dir="s" state="M"')  # `one` is the faster way, and nothing waits behind it


def _trip(name: str, depart_s: int, more: str = "") -> str:
    return f'<trip id="{name}" type="t" depart="{depart_s}" from="in" to="out" departSpeed="max" {more}/>'


def _ways(make: Maker, config: Path, red_s: tuple[int, int] = (0, 0), signal: str = "") -> dict[str, str]:
    """By which of `one` and `other` everybody drives; a signal shows red meanwhile and green before and after."""
    plant, ways = make(config, 1), dict[str, str]()
    try:
        while not plant.finished:
            letter = "r" if red_s[0] <= plant.time_s < red_s[1] else "G"
            plant.step({signal: letter} if signal else {})
            state = plant.state()
            for vehicle, lane in zip(state.vehicle_id.tolist(), state.lane.tolist(), strict=True):
                edge = plant.lane_ids[lane].rpartition("_")[0]
                if edge in {"one", "other"}:
                    ways[plant.vehicle_name(vehicle)] = edge
    finally:
        plant.close()
    return ways


def test_a_way_that_jams_is_left_and_taken_again_when_it_has_cleared(tmp_path: Path) -> None:
    """Somebody stands on the faster way for five minutes."""
    stop = '<stop lane="one_0" endPos="90" duration="300"/>'
    halt = f'<vehicle id="halt" type="t" depart="100"><route edges="in one out"/>{stop}</vehicle>'
    departs = (0, 110, 300, 1000)
    trips = "".join(_trip(f"v{s}", s) for s in departs if s < 100)
    later = "".join(_trip(f"v{s}", s) for s in departs if s > 100)
    config = write_street(tmp_path, ALWAYS, f"<routes>{TYPE}{trips}{halt}{later}</routes>", period(0, 1200))
    ways = _ways(embedded, config)
    assert (ways["v0"], ways["v300"], ways["v1000"]) == ("one", "other", "one")


def test_two_runs_with_choice_are_the_same(tmp_path: Path) -> None:
    """Ways depend on the seed and nothing else."""
    trips = "".join(f'<trip id="v{s}" depart="{s}" from="in" to="out"/>' for s in range(300))
    config = write_street(tmp_path, ALWAYS, f"<routes>{trips}</routes>", period(0, 400))
    ways = _ways(embedded, config)
    assert set(ways.values()) == {"one", "other"}
    assert _ways(embedded, config) == ways


def test_giving_way_costs_what_the_configuration_says(tmp_path: Path) -> None:
    """With SUMO's penalty the longer way with priority is faster, without it the shorter one."""
    routes = f"<routes>{TYPE}{_trip('v', 0)}</routes>"
    assert _ways(embedded, write_street(tmp_path, NET, routes, period(0, 60))) == {"v": "other"}
    option = '<processing><weights.minor-penalty value="0"/></processing>'
    assert _ways(embedded, write_street(tmp_path, NET, routes, option + period(0, 60))) == {"v": "one"}


def test_a_trip_goes_over_its_stops(tmp_path: Path) -> None:
    """A stop on the slower way makes a trip take it."""
    trip = _trip("v", 0).replace("/>", '><stop lane="other_0" endPos="50" duration="5"/></trip>')
    config = write_street(tmp_path, ALWAYS, f"<routes>{TYPE}{trip}</routes>", period(0, 90))
    assert _ways(embedded, config) == {"v": "other"}


def test_a_trip_without_a_way_is_refused_by_name(tmp_path: Path) -> None:
    """Nothing leads back."""
    trip = '<trip id="back" depart="0" from="out" to="in"/>'
    scenario = load_scenario(write_street(tmp_path, NET, f"<routes>{trip}</routes>", period(0, 90)))
    with pytest.raises(NoRouteError, match=r"vehicle 'back': .*from 'out' to 'in'"):
        EmbeddedPlant(scenario)


def test_of_ways_that_cost_the_same_the_one_first_in_the_network_is_taken(tmp_path: Path) -> None:
    """As SUMO breaks ties."""
    equal = ALWAYS.replace('length="99"', 'length="96"')
    assert equal != ALWAYS
    scenario = load_scenario(write_street(tmp_path, equal, f"<routes>{TYPE}{_trip('v', 0)}</routes>", period(0, 60)))
    assert Router(scenario.network).route("in", "out", scenario.demand.types["t"]) == ("in", "one", "out")
    assert _ways(embedded, scenario.path) == {"v": "one"}


NODES = """<nodes>
    <node id="a" x="0" y="0"/><node id="m" x="300" y="0"/><node id="k" x="600" y="0" type="traffic_light"/>
    <node id="n" x="900" y="0"/><node id="b" x="1200" y="0"/>
</nodes>"""
EDGES = """<edges>
    <edge id="in" from="a" to="m" speed="13.89"/><edge id="one" from="m" to="k" speed="13.89"/>
    <edge id="two" from="k" to="n" speed="13.89"/><edge id="out" from="n" to="b" speed="13.89"/>
    <edge id="other" from="m" to="n" speed="13.89" shape="300,0 600,300 900,0"/>
</edges>"""
RED_S = (200, 500)


@pytest.fixture
def two_ways(tmp_path: Path) -> Path:
    """A straight way past a signal and a longer one around it."""
    (tmp_path / "n.nod.xml").write_text(NODES)
    (tmp_path / "n.edg.xml").write_text(EDGES)
    call = [program("netconvert"), "-n", str(tmp_path / "n.nod.xml"), "-e", str(tmp_path / "n.edg.xml")]
    subprocess.run([*call, "-o", str(tmp_path / "s.net.xml")], check=True, capture_output=True, timeout=60)
    return tmp_path


@pytest.mark.sumo
@pytest.mark.parametrize(
    ("depart_lane", "gap_s", "options"),
    [
        ("best_prob", 3, ""),
        ("best", 3, ""),
        ("best_prob", 8, ""),
        ("best", 3, '<device.rerouting.pre-period value="20"/><device.rerouting.adaptation-steps value="60"/>'),
        (
            "best_prob",
            8,
            '<device.rerouting.adaptation-interval value="5"/><device.rerouting.adaptation-steps value="20"/>',
        ),
    ],
)
def test_everybody_takes_the_way_that_sumo_gives_it(two_ways: Path, depart_lane: str, gap_s: int, options: str) -> None:
    """A signal is red for five minutes; every 3 s more want to depart than can, so that some choose again waiting."""
    lane = f'departLane="{depart_lane}"'
    vehicles = "".join(
        _trip(f"v{s}.{k}", s, lane) for s in range(0, 1200, gap_s) for k in range(2 if gap_s == 3 else 1)
    )
    net = (two_ways / "s.net.xml").read_text()
    section = f"<routing>{options}</routing>" if options else ""
    config = write_street(two_ways, net, f"<routes>{TYPE}{vehicles}</routes>", section + period(0, 1500))
    theirs, ours = _ways(sumo, config, RED_S, "k"), _ways(embedded, config, RED_S, "k")
    assert set(theirs.values()) == {"one", "other"}
    both = theirs.keys() & ours.keys()  # the last ones to enter before the end may be others
    assert len(both) >= 0.99 * len(theirs)
    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}
