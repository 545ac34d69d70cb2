"""Lanes are changed inside junctions, and inside them the wish to keep right grows as on a street, as in SUMO."""

from collections import defaultdict
from pathlib import Path

import pytest

from sim.network import load_network
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import cross

pytestmark = pytest.mark.sumo
TYPE = '<vType id="t" sigma="0" speedFactor="1" speedDev="0" maxSpeed="5"/>'
HEADWAY_S, VEHICLES = 8, 12
Row = tuple[int, str, float]


def _scenario(folder: Path, net: Path) -> Path:
    """Straight on from the left lane, each starting a little further on than the one before."""
    vehicles = "".join(
        f'<vehicle id="v{i}" type="t" depart="{HEADWAY_S * i}" departPos="{150 + 2 * i}" departSpeed="max"'
        ' departLane="1">'
        '<route edges="wm me"/></vehicle>'
        for i in range(VEHICLES)
    )
    (folder / "t.rou.xml").write_text(f"<routes>{TYPE}{vehicles}</routes>")
    config = folder / "t.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="t.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{HEADWAY_S * VEHICLES + 30}"/></time></configuration>'
    )
    return config


def _where(make: Maker, config: Path, letters: str) -> tuple[list[Row], int]:
    """Second, lane and position of everybody, and how many used two lanes of the junction."""
    plant, rows = make(config, 1), list[Row]()
    inside = defaultdict[int, set[str]](set)
    try:
        while not plant.finished:
            plant.step({"m": letters} if letters else {})
            state = plant.state()
            lanes = [plant.lane_ids[lane] for lane in state.lane.tolist()]
            for vehicle, lane in zip(state.vehicle_id.tolist(), lanes, strict=True):
                inside[vehicle] |= {lane} if lane.startswith(":") else set()
            at = sorted(zip(lanes, state.position_m.tolist(), strict=True))
            rows += [(round(plant.time_s), lane, position) for lane, position in at]
    finally:
        plant.close()
    return rows, sum(len(lanes) > 1 for lanes in inside.values())


@pytest.mark.parametrize(("kind", "changes"), [("traffic_light", True), ("right_before_left", False)])
def test_keeping_right_goes_on_inside_a_junction_unless_who_comes_in_gives_way(
    tmp_path: Path, kind: str, changes: bool
) -> None:
    """Second by second where SUMO's vehicles are; some change beside each other's ways, but not where all give way."""
    net = cross(tmp_path, kind=kind)
    signals = load_network(net).signal_links.get("m")
    letters = "G" * (max(signals) + 1) if signals else ""
    config = _scenario(tmp_path, net)
    (ours, hops), (theirs, _) = (_where(make, config, letters) for make in (embedded, sumo))
    assert [row[:2] for row in ours] == [row[:2] for row in theirs]
    assert [row[2] for row in ours] == pytest.approx([row[2] for row in theirs], abs=0.05)
    assert (hops > 0) == changes
