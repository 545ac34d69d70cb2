"""Lanes on edges of a few metres and behind them: who looks how far, and at whom, as in SUMO."""

import itertools
import subprocess
from pathlib import Path

import pytest

from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import program

pytestmark = pytest.mark.sumo
TYPE = (
    '<vType id="t" sigma="0" speedFactor="1" speedDev="0"/>'
    '<vType id="slow" sigma="0" speedFactor="1" speedDev="0" maxSpeed="7"/>'
)
Row = tuple[int, str, float]


def _net(folder: Path, nodes: str, edges: str, connections: str = "") -> Path:
    """A network of two lanes on every edge that names no other number."""
    (folder / "n.nod.xml").write_text(f"<nodes>{nodes}</nodes>")
    (folder / "n.edg.xml").write_text(f"<edges>{edges}</edges>")
    (folder / "n.con.xml").write_text(f"<connections>{connections}</connections>")
    call = [program("netconvert"), "-n", str(folder / "n.nod.xml"), "-e", str(folder / "n.edg.xml")]
    call += ["-x", str(folder / "n.con.xml"), "--no-turnarounds", "--junctions.join", "false"]
    subprocess.run([*call, "-o", str(folder / "n.net.xml")], check=True, capture_output=True, timeout=60)
    return folder / "n.net.xml"


def _node(name: str, x: float, y: float, kind: str = "priority") -> str:
    return f'<node id="{name}" x="{x}" y="{y}" type="{kind}"/>'


def _edge(start: str, end: str, lanes: int = 2, priority: int = 9) -> str:
    return f'<edge id="{start}{end}" from="{start}" to="{end}" numLanes="{lanes}" speed="13.89" priority="{priority}"/>'


def _config(folder: Path, vehicles: str, end: int) -> Path:
    (folder / "t.rou.xml").write_text(f"<routes>{TYPE}{vehicles}</routes>")
    config = folder / "t.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="n.net.xml"/><route-files value="t.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{end}"/></time></configuration>'
    )
    return config


def _where(make: Maker, config: Path) -> list[Row]:
    """Second, lane and position of everybody."""
    plant, rows = make(config, 1), list[Row]()
    try:
        while not plant.finished:
            plant.step({})
            state = plant.state()
            lanes = [plant.lane_ids[lane] for lane in state.lane.tolist()]
            at = sorted(zip(lanes, state.position_m.tolist(), strict=True))
            rows += [(round(plant.time_s), lane, position) for lane, position in at]
    finally:
        plant.close()
    return rows


def _same(config: Path) -> list[Row]:
    """Both drive alike; the rows."""
    ours, theirs = (_where(make, config) for make in (embedded, sumo))
    assert [row[:2] for row in ours] == [row[:2] for row in theirs]
    assert [row[2] for row in ours] == pytest.approx([row[2] for row in theirs], abs=0.05)
    return ours


def test_lanes_inside_a_bend_are_changed_only_where_they_are_equally_long(tmp_path: Path) -> None:
    """On the way round a corner one lane is longer; who would keep right there does so behind it."""
    _net(tmp_path, _node("w", -200, 0) + _node("m", 0, 0) + _node("s", 60, -200), _edge("w", "m") + _edge("m", "s"))
    vehicles = "".join(
        f'<vehicle id="v{i}" type="slow" depart="{8 * i}" departPos="{100 + 2 * i}" departSpeed="max" departLane="1">'
        '<route edges="wm ms"/></vehicle>'
        for i in range(40)
    )
    rows = _same(_config(tmp_path, vehicles, 400))
    assert {lane for _, lane, _ in rows} >= {":m_0_1", "ms_0", "ms_1"}


@pytest.mark.parametrize("short_m", [9.0, 14.0, 40.0])
def test_inside_a_junction_lanes_are_as_judged_where_the_last_step_on_an_edge_ended(
    tmp_path: Path, short_m: float
) -> None:
    """Through a row of junctions, on edges that may be passed within a step; who keeps right does so as in SUMO."""
    x, nodes, edges, route = 0.0, _node("a", 0, 0), "", []
    names = "abcdefghijklmn"
    for i, (start, end) in enumerate(itertools.pairwise(names)):
        x += 150.0 if i == 0 else short_m if i % 2 else 70.0
        nodes += _node(end, x, 0) + _node(f"{end}1", x, -60) + _node(f"{end}2", x, 60)
        edges += _edge(start, end) + _edge(end, f"{end}1", 1, 1) + _edge(end, f"{end}2", 1, 1)
        route.append(start + end)
    _net(tmp_path, nodes, edges)
    vehicles = "".join(
        f'<vehicle id="v{i}" type="{"slow" if i % 3 == 0 else "t"}" depart="{9 * i}" departPos="{5 + 37 * i % 140}"'
        f' departSpeed="max" departLane="1"><route edges="{" ".join(route)}"/></vehicle>'
        for i in range(60)
    )
    rows = _same(_config(tmp_path, vehicles, 620))
    assert any(lane.endswith("_0") for _, lane, _ in rows)


@pytest.mark.parametrize("headway_s", [5, 7, 8])
def test_who_crosses_beyond_a_short_edge_counts_as_a_leader_unless_a_light_is_red(
    tmp_path: Path, headway_s: int
) -> None:
    """Two lanes, a junction, a few metres and a crossroads with signals: lanes are chosen as in SUMO."""
    nodes = _node("w", -200, 0) + _node("a", -30, 0) + _node("b", -30, -150) + _node("m", 0, 0, "traffic_light")
    nodes += _node("e", 250, 0) + _node("n", 0, 200) + _node("s", 0, -200)
    edges = _edge("w", "a") + _edge("a", "m") + _edge("b", "a", 1, 1) + _edge("m", "e")
    edges += _edge("n", "m") + _edge("m", "s")
    _net(tmp_path, nodes, edges)
    departs = [(headway_s * i, f"{5 + 13 * i % 90}", i % 2, "wa am me") for i in range(30)]
    departs += [(2.5 * i, "5", i % 2, "nm ms") for i in range(int(headway_s * 12))]
    vehicles = "".join(
        f'<vehicle id="v{i}" type="t" depart="{depart:.1f}" departSpeed="max" departPos="{at}" departLane="{lane}">'
        f'<route edges="{way}"/></vehicle>'
        for i, (depart, at, lane, way) in enumerate(sorted(departs))
    )
    _same(_config(tmp_path, vehicles, 30 * headway_s + 60))


def test_wishes_are_forgotten_where_there_is_one_lane(tmp_path: Path) -> None:
    """Who slowed down for a turn on a single lane starts to look for its lane behind it as late as in SUMO."""
    nodes = _node("w", -300, 0) + _node("m", 0, 0) + _node("n", 0, 130) + _node("e", 200, 0) + _node("x", 0, 300)
    nodes += _node("y", -140, 130) + _node("z", 140, 130)
    edges = _edge("w", "m") + _edge("m", "e") + _edge("m", "n") + _edge("n", "x")
    edges += _edge("n", "y", 1) + _edge("n", "z", 1)
    _net(tmp_path, nodes, edges, '<connection from="wm" to="mn" fromLane="1" toLane="1"/>')
    vehicles = "".join(
        f'<vehicle id="v{i}" type="t" depart="{7 * i}" departPos="{3.7 * i:.1f}" departSpeed="max" departLane="1">'
        f'<route edges="wm mn n{"xz"[i % 2]}"/></vehicle>'
        for i in range(20)
    )
    rows = _same(_config(tmp_path, vehicles, 220))
    assert {"mn_0", "mn_1"} <= {lane for _, lane, _ in rows}
