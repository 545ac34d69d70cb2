"""Which crossings people take to the opposite corner, against SUMO: the ones that are quickest by the lights."""

from collections import Counter
from pathlib import Path

import pytest

from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import cross

pytestmark = pytest.mark.sumo
END_S, EVERY_S, ARM_M = 900, 8, 200.0
NEAR_M = 5.0  # people so near to the middle line of an arm are on its crossing
WALKS = {"corner": "me", "across": "sm"}  # from the north-west corner: to the south-east, or down the western side


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crossroads with crossings; those over west and east are green together, and then those over north and south."""
    return cross(tmp_path_factory.mktemp("detours"), "--sidewalks.guess", "--crossings.guess")


def _config(net: Path, to: str, period_s: float) -> Path:
    walk = f'<walk from="nm" to="{to}" arrivalPos="30"/>'
    flow = f'<personFlow id="p" departPos="170" begin="0" end="{END_S - 100}" period="{period_s}">{walk}</personFlow>'
    (net.parent / "p.rou.xml").write_text(f"<routes>{flow}</routes>")
    config = net.parent / "p.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="p.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{END_S}"/></time></configuration>'
    )
    return config


def _arm(x_m: float, y_m: float) -> str:
    """The arm on whose crossing somebody is, if any."""
    east, north = x_m - ARM_M, y_m - ARM_M
    if abs(north) < NEAR_M and 5.0 < abs(east) < 15.0:
        return "w" if east < 0 else "e"
    if abs(east) < NEAR_M and 5.0 < abs(north) < 15.0:
        return "s" if north < 0 else "n"
    return ""


def _ways(make: Maker, config: Path) -> Counter[str]:
    """How many took which crossings, in their order."""
    plant, ways = make(config, 1), dict[int, str]()
    try:
        while not plant.finished:
            plant.step({})
            state = plant.state()
            for person, x, y in zip(state.ped_id.tolist(), state.ped_x_m.tolist(), state.ped_y_m.tolist(), strict=True):
                arm, way = _arm(x, y), ways.setdefault(person, "")
                if arm and not way.endswith(arm):
                    ways[person] = way + arm
    finally:
        plant.close()
    return Counter(ways.values())


@pytest.mark.parametrize("to", WALKS.values())
def test_people_take_the_crossings_that_are_green_as_in_sumo(net: Path, to: str) -> None:
    """Within 15 % of all people as many take each way, also the way round where the direct crossing shows red."""
    config = _config(net, to, EVERY_S)
    ours, theirs = _ways(embedded, config), _ways(sumo, config)
    people = sum(theirs.values())
    assert sum(ours.values()) == people
    for way in ours | theirs:
        assert ours[way] == pytest.approx(theirs[way], abs=0.15 * people), (way, ours, theirs)


def test_both_ways_to_the_opposite_corner_are_taken(net: Path) -> None:
    """Neither is shorter, and each is green first for half of the time."""
    ways = _ways(embedded, _config(net, WALKS["corner"], EVERY_S))
    assert min(ways["ne"], ways["ws"]) > 0.3 * sum(ways.values())
