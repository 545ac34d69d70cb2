"""Bicycles without a sublane model, as in SUMO: they ride in single file on a lane of any width; cars follow them."""

import subprocess
from pathlib import Path

import pytest

from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.one_street import period, write_street
from tests.sim.sumo_programs import program

pytestmark = pytest.mark.sumo
TYPES = '<vType id="b" vClass="bicycle" sigma="0" speedDev="0"/><vType id="c" sigma="0" speedDev="0"/>'
NODES = """<nodes>
    <node id="a" x="0" y="0"/><node id="m" x="300" y="0" type="traffic_light"/><node id="b" x="600" y="0"/>
</nodes>"""
RED_S = 60


def _street(folder: Path, lanes: int, width_m: float, kinds: str) -> Path:
    """A street with a signal, and one of these kinds every 3 s, again and again."""
    like = f'numLanes="{lanes}" width="{width_m}" speed="13.89"'
    edges = f'<edges><edge id="in" from="a" to="m" {like}/><edge id="out" from="m" to="b" {like}/></edges>'
    (folder / "n.nod.xml").write_text(NODES)
    (folder / "n.edg.xml").write_text(edges)
    call = [program("netconvert"), "-n", str(folder / "n.nod.xml"), "-e", str(folder / "n.edg.xml")]
    call += ["--no-turnarounds", "-o", str(folder / "s.net.xml")]
    subprocess.run(call, check=True, capture_output=True, timeout=60)
    vehicles = "".join(
        f'<vehicle id="{kinds[i % len(kinds)]}{i}" type="{kinds[i % len(kinds)]}" depart="{3 * i}" departSpeed="max">'
        '<route edges="in out"/></vehicle>'
        for i in range(40)
    )
    net = (folder / "s.net.xml").read_text()
    return write_street(folder, net, f"<routes>{TYPES}{vehicles}</routes>", period(0, 500))


def _passes(make: Maker, config: Path, lanes: int) -> dict[str, float]:
    """When everybody is behind the signal, which is red for the first minute."""
    plant, seen = make(config, 1), dict[str, float]()
    try:
        while not plant.finished:
            plant.step({"m": ("r" if plant.time_s < RED_S else "G") * lanes})
            state = plant.state()
            for vehicle, lane in zip(state.vehicle_id.tolist(), state.lane.tolist(), strict=True):
                if plant.lane_ids[lane].startswith("out"):
                    seen.setdefault(plant.vehicle_name(vehicle), plant.time_s)
    finally:
        plant.close()
    return seen


@pytest.mark.parametrize("kinds", ["b", "bccc"])
@pytest.mark.parametrize("lanes", [1, 2])
def test_bicycles_and_cars_behind_them_pass_a_signal_as_in_sumo(tmp_path: Path, lanes: int, kinds: str) -> None:
    """Second by second; a lane 3.5 m wide lets through what one of 1.5 m does, and a second lane lets cars pass."""
    passes = []
    for width_m in (1.5, 3.5):
        folder = tmp_path / str(width_m)
        folder.mkdir()
        config = _street(folder, lanes, width_m, kinds)
        theirs = _passes(sumo, config, lanes)
        assert len(theirs) == 40
        assert _passes(embedded, config, lanes) == theirs
        passes.append(theirs)
    assert passes[0] == passes[1]
    overtaken = sorted(passes[0], key=lambda name: int(name[1:])) != sorted(passes[0], key=lambda n: passes[0][n])
    assert overtaken == (lanes == 2 and kinds == "bccc")
