"""Which lane vehicles take where a signal shows something else to each of the lanes that lead on, as in SUMO."""

import random
from pathlib import Path

import pytest

from benchmarks.engine.capacity import Crossroads, make_crossroads
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import program

pytestmark = pytest.mark.sumo
TYPE = '<vType id="t" sigma="0" speedFactor="1" speedDev="0" lcKeepRight="0"/>'
SECONDS = 90


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> Crossroads:
    """Two lanes on every arm, both of which lead straight on."""
    program("netconvert")
    return make_crossroads(tmp_path_factory.mktemp("letters"))


def _letters(at: Crossroads, by_lane: tuple[str, str]) -> str:
    """What the signal shows when the lanes from the west get these letters straight on, from right to left."""
    links = at.network.signal_links["m"]
    state = ["r"] * (max(links) + 1)
    for index, connections in links.items():
        for connection in connections:
            if (connection.from_edge, connection.to_edge) == ("wm", "me"):
                state[index] = by_lane[int(connection.from_lane[-1]) - 1]
    return "".join(state)


def _scenario(folder: Path, depart_lane: str, seed: int) -> Path:
    draw = random.Random(seed)
    departs = sorted(draw.uniform(0, SECONDS / 2) for _ in range(8))
    vehicles = "".join(
        f'<vehicle id="v{i}" type="t" depart="{depart:.1f}" departSpeed="max" departLane="{depart_lane}">'
        '<route edges="wm me"/></vehicle>'
        for i, depart in enumerate(departs)
    )
    (folder / "t.rou.xml").write_text(f"<routes>{TYPE}{vehicles}</routes>")
    config = folder / "t.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="c.net.xml"/><route-files value="t.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{SECONDS}"/></time></configuration>'
    )
    return config


def _lanes(make: Maker, config: Path, first: str, later: str, switch_s: int) -> list[tuple[int, list[str]]]:
    """The lanes of everybody at every second, under letters that change once."""
    plant, rows = make(config, 1), []
    try:
        while not plant.finished:
            plant.step({"m": first if plant.time_s < switch_s else later})
            rows.append((round(plant.time_s), sorted(plant.lane_ids[lane] for lane in plant.state().lane.tolist())))
    finally:
        plant.close()
    return rows


@pytest.mark.parametrize("depart_lane", ["first", "2", "best"])
@pytest.mark.parametrize("by_lane", [("G", "r"), ("r", "G"), ("g", "G"), ("G", "g")])
def test_a_lane_that_has_priority_now_is_chosen_when_the_edge_is_entered(
    crossroads: Crossroads, depart_lane: str, by_lane: tuple[str, str]
) -> None:
    """Second by second on the same lanes as in SUMO, under letters that differ between two lanes straight on."""
    config = _scenario(crossroads.folder, depart_lane, 3)
    letters = _letters(crossroads, by_lane)
    ours, theirs = (_lanes(make, config, letters, letters, 0) for make in (embedded, sumo))
    assert ours == theirs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_judged_on_entering_holds_until_the_next_edge(crossroads: Crossroads, seed: int) -> None:
    """When the letters change places after half a minute, those who come later go elsewhere."""
    config = _scenario(crossroads.folder, "2", seed)
    first, later = _letters(crossroads, ("r", "G")), _letters(crossroads, ("G", "r"))
    ours, theirs = (_lanes(make, config, first, later, 20) for make in (embedded, sumo))
    assert ours == theirs
    both = {lane for _, lanes in ours for lane in lanes}
    assert {"wm_1", "wm_2"} <= both
