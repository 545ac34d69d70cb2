"""Which lane somebody departs on who leaves that to the simulation (`best_prob`, SUMO's default), as in SUMO."""

from itertools import product
from pathlib import Path

import pytest

from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import cross

pytestmark = pytest.mark.sumo
FACTORS = (0.8, 1.0, 1.2)
Ahead = tuple[int, float] | None  # position, and share of the limit it wishes to drive; nobody

AHEAD: tuple[Ahead, ...] = (None, *product((40, 80), FACTORS))


def _config(folder: Path, net: Path) -> Path:
    """For every pair of vehicles ahead on the two lanes somebody who departs beside them, each on an arm to itself."""
    types = "".join(f'<vType id="t{f}" sigma="0" speedFactor="{f}" speedDev="0"/>' for f in FACTORS)
    route, vehicles = '<route edges="sm mn"/>', ""
    for k, pair in enumerate(product(AHEAD, AHEAD)):
        depart_s = 100 * k
        for lane, ahead in enumerate(pair):
            if ahead is not None:
                at = f'departLane="{lane}" departPos="{ahead[0]}" departSpeed="10"'
                vehicles += f'<vehicle id="a{k}.{lane}" type="t{ahead[1]}" depart="{depart_s}" {at}>{route}</vehicle>'
        vehicles += f'<vehicle id="v{k}" type="t1.0" depart="{depart_s}">{route}</vehicle>'
    (folder / "r.rou.xml").write_text(f"<routes>{types}{vehicles}</routes>")
    config = folder / "r.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="r.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{100 * len(AHEAD) ** 2}"/></time></configuration>'
    )
    return config


def _departures(make: Maker, config: Path) -> dict[str, str]:
    """The lane that each of them is on at first."""
    plant, lanes = make(config, 1), dict[str, str]()
    try:
        while not plant.finished:
            plant.step({"m": "G" * len(plant.displayed("m"))})
            state = plant.state()
            for vehicle, lane in zip(state.vehicle_id.tolist(), state.lane.tolist(), strict=True):
                name = plant.vehicle_name(vehicle)
                if name.startswith("v"):
                    lanes.setdefault(name, plant.lane_ids[lane])
    finally:
        plant.close()
    return lanes


def test_the_lane_with_most_room_is_taken_but_none_left_of_somebody_faster(tmp_path: Path) -> None:
    """Beside all pairs of slower, equal and faster vehicles nearer and further ahead."""
    config = _config(tmp_path, cross(tmp_path))
    theirs = _departures(sumo, config)
    assert len(theirs) == len(AHEAD) ** 2
    assert set(theirs.values()) == {"sm_0", "sm_1"}
    assert _departures(embedded, config) == theirs
