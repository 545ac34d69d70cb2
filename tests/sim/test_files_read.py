"""Readers of SUMO's files."""

import gzip
import re
from pathlib import Path

import pytest

from sim.flows import expand
from sim.network import load_network
from sim.road_graph import RoutingRules
from sim.routing import NoRouteError, Router
from sim.scenario import load_scenario
from sim.sumo_files import SumoFileError
from tests.sim.one_street import period, street_net, write_street

NET = street_net(
    98,
    4,
    98,
    10,
    {"G": 20, "y": 3, "r": 7},
    offset_s=10,
    permits_in='disallow="tram"',
    permits_out='allow="bus passenger"',
)
ROUTES = """<routes>
    <vType id="slow" vClass="bus" maxSpeed="5"/>
    <trip id="t" depart="00:00:05" from="in" to="out"/>
    <vehicle id="v" type="slow" depart="2"><route edges="in out"/>
        <stop lane="out_0" endPos="50" duration="20"/></vehicle>
    <flow id="f" begin="10" end="20" period="5" from="in" to="out"/>
</routes>
"""


def write_scenario(folder: Path, net: str = NET, routes: str = ROUTES, options: str = "") -> Path:
    """A scenario of one signal in a folder."""
    return write_street(folder, net, routes, period(0, 60) + options)


def test_a_net_keeps_lanes_links_and_programmes(tmp_path: Path) -> None:
    """What the net file says about lanes, links, right of way and signals can be asked for."""
    write_scenario(tmp_path)
    net = load_network(tmp_path / "s.net.xml")
    assert net.lanes["in_0"].permissions >= {"bus", "bicycle"}
    assert "tram" not in net.lanes["in_0"].permissions
    assert net.lanes["out_0"].permissions == {"bus", "passenger"}
    (link,) = net.signal_links["m"][0]
    assert (link.from_lane, link.to_lane, link.via) == ("in_0", "out_0", ":m_0_0")
    assert net.link_positions["m", 0] is link
    assert net.via_lanes(link) == (":m_0_0",)
    assert [net.tl_logics["m"].state_at(t) for t in (10, 30, 33, 40, 9)] == ["G", "y", "r", "G", "r"]


def test_a_fixed_programme_runs_its_phases_as_next_says(tmp_path: Path) -> None:
    """Phases that nobody comes back to are left out, and the programme goes where `next` points."""
    phases = "".join(
        f'<phase duration="{seconds}" state="{letter}"{onward}/>'
        for seconds, letter, onward in (
            (9, "o", ""), (20, "G", ' next="3"'), (50, "s", ""), (3, "y", ""), (7, "r", ' next="1 2"'), (9, "O", "")
        )
    )  # fmt: skip
    write_scenario(tmp_path, re.sub(r"<phase .*(?=</tlLogic>)", phases, NET, flags=re.DOTALL))
    logic = load_network(tmp_path / "s.net.xml").tl_logics["m"]
    assert [(phase.duration_s, phase.state, phase.next) for phase in logic.phases] == [
        (20, "G", ()), (3, "y", ()), (7, "r", ())
    ]  # fmt: skip


def test_a_jump_to_a_phase_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """`next` names a phase of the programme, else file and line are told."""
    write_scenario(tmp_path, NET.replace('state="y"', 'state="y" next="3"'))
    with pytest.raises(SumoFileError, match=r"s.net.xml:\d+: <phase>: next: expected numbers of phases, 0 to 2, got 3"):
        load_network(tmp_path / "s.net.xml")


def test_a_folder_with_a_packed_net_is_read(tmp_path: Path) -> None:
    """A folder stands for its only configuration, and gzip is recognised by content."""
    write_scenario(tmp_path)
    (tmp_path / "s.net.xml").write_bytes(gzip.compress(NET.encode()))
    scenario = load_scenario(tmp_path)
    vehicles, persons = expand(scenario.demand, scenario.begin_s, scenario.end_s)
    assert [(v.id, v.depart_s) for v in vehicles] == [("v", 2.0), ("t", 5.0), ("f.0", 10.0), ("f.1", 15.0)]
    assert vehicles[0].type.length_m == 12.0
    assert vehicles[0].type.max_speed_mps == 5.0
    assert (vehicles[0].stops[0].start_m, vehicles[0].stops[0].end_m) == (40.0, 50.0)
    assert not persons
    assert (scenario.end_s, scenario.step_s, scenario.time_to_teleport_s) == (60.0, 1.0, 300.0)


def test_names_of_files_may_have_blanks(tmp_path: Path) -> None:
    """Commas stand between files, as in SUMO; blanks and umlauts belong to their names."""
    config = write_scenario(tmp_path)
    (tmp_path / "s.net.xml").rename(tmp_path / "Große Bleiche.net.xml")
    (tmp_path / "s.rou.xml").rename(tmp_path / "am Morgen.rou.xml")
    (tmp_path / "more buses.rou.xml").write_text('<routes><trip id="b" depart="9" from="in" to="out"/></routes>')
    text = config.read_text().replace("s.net.xml", "Große Bleiche.net.xml")
    config.write_text(text.replace("s.rou.xml", "am Morgen.rou.xml, more buses.rou.xml"), encoding="utf-8")
    assert {"t", "v", "b"} <= {one.vehicle.id for one in load_scenario(config).demand.vehicles}


def test_a_way_follows_the_permissions_of_lanes(tmp_path: Path) -> None:
    """A class that a lane shuts out is not routed over it."""
    scenario = load_scenario(write_scenario(tmp_path))
    router = Router(scenario.network)
    types = scenario.demand.types
    assert router.route("in", "out", types["DEFAULT_VEHTYPE"]) == ("in", "out")
    with pytest.raises(NoRouteError, match="bicycle"):
        router.route("in", "out", types["DEFAULT_BIKETYPE"])


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('length="98" shape="0,0 98,0"', 'length="x" shape="0,0 98,0"', 7, "length: expected a number, got 'x'"),
        ('to="m" priority', 'to="q" priority', 6, "to: expected an existing junction, got 'q'"),
        ('disallow="tram"', 'disallow="horse"', 7, "expected SUMO's vehicle classes, got 'horse'"),
        ('state="y"', 'state="k"', 13, "expected letters of"),
        ('type="static"', 'type="NEMA"', 12, "expected one of actuated, delay_based, static, got 'NEMA'"),
        (
            'to="out" fromLane="0" toLane="0" via',
            'to="out" fromLane="0" toLane="3" via',
            20,
            "expected an existing lane",
        ),
        ('response="0"', 'response="00"', 18, "expected 1 bits"),
        ("</net>", "<spiral/></net>", 22, "does not know"),
    ],
)
def test_an_error_in_a_net_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    """Whatever is wrong is found by file, line and attribute."""
    assert old in NET
    write_scenario(tmp_path, net=NET.replace(old, new))
    with pytest.raises(SumoFileError, match=rf"s\.net\.xml:{line}: .*{message}"):
        load_network(tmp_path / "s.net.xml")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('maxSpeed="5"', 'carFollowModel="EIDM"', 2, "expected one of Krauss, IDM, got 'EIDM'"),
        ('maxSpeed="5"', 'wings="2"', 2, "wings: this attribute is not simulated here"),
        (
            'from="in" to="out"/>\n    <vehicle',
            'from="on" to="out"/>\n    <vehicle',
            3,
            "expected an edge of",
        ),
        ('type="slow" depart', 'type="fast" depart', 4, "type: expected a vType defined before, got 'fast'"),
        ('endPos="50"', 'endPos="500"', 5, "expected 0 <= startPos <= endPos <= 98 m"),
        ("<trip", '<container id="c" depart="0"/><trip', 3, "this element is not simulated here"),
        ('period="5"', 'period="-5"', 6, "expected more than 0 s"),
        ('id="v" type', 'id="t" type', 4, "expected each vehicle once"),
    ],
)
def test_an_error_in_the_demand_names_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    """Demand that cannot be simulated is refused by name."""
    assert old in ROUTES
    config = write_scenario(tmp_path, routes=ROUTES.replace(old, new))
    with pytest.raises(SumoFileError, match=rf"s\.rou\.xml:{line}: .*{message}"):
        load_scenario(config)


@pytest.mark.parametrize(
    ("option", "accepted"),
    [
        ('<lateral-resolution value="0.8"/>', False),
        ('<lateral-resolution value="-1"/>', True),
        ('<tls.all-off value="true"/>', False),
        ('<railsignal-moving-block value="true"/>', False),
        ('<time-to-teleport value="-1"/>', True),
        ('<device.rerouting.period value="60"/>', False),
        ('<device.rerouting.period value="0"/>', True),
        ('<device.rerouting.bike-speeds value="true"/>', False),
        ('<device.rerouting.adaptation-interval value="5"/>', True),
        ('<device.rerouting.adaptation-weight value="0.5"/>', False),
        ('<weights.random-factor value="1.5"/>', False),
        ('<weights.turnaround-penalty value="9"/>', True),
    ],
)
def test_an_option_that_changes_traffic_is_modelled_or_refused(tmp_path: Path, option: str, accepted: bool) -> None:
    """A configuration never runs as something else than it says."""
    config = write_scenario(tmp_path, options=f"<processing>{option}</processing>")
    if accepted:
        load_scenario(config)
    else:
        with pytest.raises(SumoFileError, match=r"s\.sumocfg:1: .*simulated here"):
            load_scenario(config)


def test_how_ways_are_chosen_is_read(tmp_path: Path) -> None:
    """Options of SUMO's rerouting device; smoothing over no steps at all is refused."""
    device = "device.rerouting."
    options = f'<{device}adaptation-steps value="90"/><{device}adaptation-interval value="0:00:02"/>'
    options += f'<{device}pre-period value="30"/>'
    rules = load_scenario(write_scenario(tmp_path, options=f"<routing>{options}</routing>")).routing
    assert rules == RoutingRules(adaptation_steps=90, adaptation_interval_s=2.0, pre_period_s=30.0)
    config = write_scenario(tmp_path, options=f'<routing><{device}adaptation-steps value="0"/></routing>')
    with pytest.raises(SumoFileError, match=r"s\.sumocfg:1: .*expected a number above 0, got 0"):
        load_scenario(config)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    """Half a gzip file and half an XML file say so."""
    (tmp_path / "half.net.xml.gz").write_bytes(gzip.compress(NET.encode())[:100])
    with pytest.raises(SumoFileError, match="damaged gzip"):
        load_network(tmp_path / "half.net.xml.gz")
    (tmp_path / "half.net.xml").write_text(NET[:300])
    with pytest.raises(SumoFileError, match=r"half\.net\.xml:\d+: not well-formed"):
        load_network(tmp_path / "half.net.xml")
