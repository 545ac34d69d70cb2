"""Single vehicles through a junction, second by second as in SUMO: where they slow down, wait and set off.

Nothing is left to chance (no dawdling, equal speed factors), so that positions must agree to the centimetre.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.engine.capacity import Crossroads, make_crossroads
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import cross, program

pytestmark = pytest.mark.sumo
SECONDS = 60
EXACT = '<vType id="t" sigma="0" speedFactor="1" speedDev="0" lcSpeedGain="0" lcKeepRight="0"/>'
LEFT, ONCOMING, RIGHT = "wm mn", "em mw", "wm ms"
SHIPPED = Path(__file__).parents[2] / "sim/scenarios/rheinstrasse/rheinstrasse.net.xml"
Row = tuple[int, str, float]
RIGHT_OVER_PEOPLE = "gGGgrrrrgGGgrrrrr{}rr"  # turns from the south give way; the letter is that of the eastern crossing


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> Crossroads:
    """Two lanes on every arm, with crossings."""
    program("netconvert")
    return make_crossroads(tmp_path_factory.mktemp("traces"))


def _scenario(folder: Path, vehicles: Sequence[tuple[float, str]]) -> Path:
    """Vehicles by departure and edges; each begins on the lane that suits it."""
    elements = "".join(
        f'<vehicle id="v{i}" type="t" depart="{depart_s}" departPos="100" departSpeed="max" departLane="best">'
        f'<route edges="{edges}"/></vehicle>'
        for i, (depart_s, edges) in enumerate(sorted(vehicles))
    )
    (folder / "t.rou.xml").write_text(f"<routes>{EXACT}{elements}</routes>")
    config = folder / "t.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="c.net.xml"/><route-files value="t.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{SECONDS}"/></time></configuration>'
    )
    return config


def _narrow_streets(folder: Path) -> None:
    """Two junctions with a car's length between them; at the first a side street gives way, at the second all turn."""
    nodes = {"w": (-200, 0), "a": (0, 0), "b": (18, 0), "s": (18, -200), "n": (0, 200)}
    placed = "".join(f'<node id="{name}" x="{x}" y="{y}"/>' for name, (x, y) in nodes.items())
    edges = "".join(
        f'<edge id="{way}" from="{way[0]}" to="{way[1]}" priority="{priority}" speed="13.89"/>'
        for way, priority in {"wa": 2, "ab": 2, "bs": 2, "na": 1}.items()
    )
    (folder / "c.nod.xml").write_text(f"<nodes>{placed}</nodes>")
    (folder / "c.edg.xml").write_text(f"<edges>{edges}</edges>")
    call = [program("netconvert"), "-n", "c.nod.xml", "-e", "c.edg.xml", "--no-turnarounds", "-o", "c.net.xml"]
    subprocess.run(call, check=True, capture_output=True, cwd=folder)


def _where(make: Maker, config: Path, letters: str, signal: str) -> list[Row]:
    """Second, lane and position of everybody, under letters that stay."""
    plant, rows = make(config, 1), list[Row]()
    try:
        while not plant.finished:
            plant.step({signal: letters} if letters else {})
            state = plant.state()
            lanes = (plant.lane_ids[lane] for lane in state.lane.tolist())
            at = sorted(zip(lanes, state.position_m.tolist(), strict=True))
            rows += [(round(plant.time_s), lane, position) for lane, position in at]
    finally:
        plant.close()
    return rows


def _drive_alike(config: Path, letters: str = "", signal: str = "m") -> bool:
    ours, theirs = (_where(make, config, letters, signal) for make in (embedded, sumo))
    same_lanes = [row[:2] for row in ours] == [row[:2] for row in theirs]
    return same_lanes and [row[2] for row in ours] == pytest.approx([row[2] for row in theirs], abs=0.05)


@pytest.mark.parametrize("letter", ["G", "g"])
@pytest.mark.parametrize("way", [LEFT, RIGHT])
def test_a_turn_over_an_empty_crossing_slows_down_where_it_does_in_sumo(
    crossroads: Crossroads, way: str, letter: str
) -> None:
    """With a green of its own it passes the crossing without slowing down; otherwise it is slow there too."""
    config = _scenario(crossroads.folder, [(1.0, way)])
    first, last = way.split()
    assert _drive_alike(config, crossroads.letters({(first, last): letter}))


@pytest.mark.parametrize(
    "oncoming", [(0.0,), (0.0, 3.0), (0.0, 2.0, 6.0), (0.0, 3.0, 8.0), (1.0, 3.0, 5.0, 11.0, 13.0)]
)
def test_who_waits_inside_sets_off_when_the_last_one_has_passed_as_in_sumo(
    crossroads: Crossroads, oncoming: Sequence[float]
) -> None:
    """Left turns that wait at the inner stop line do not creep towards vehicles that still cross their way."""
    config = _scenario(crossroads.folder, [(1.0, LEFT), (4.0, LEFT), *((depart_s, ONCOMING) for depart_s in oncoming)])
    assert _drive_alike(config, crossroads.letters({("wm", "mn"): "g", ("em", "mw"): "G"}))


def test_who_enters_on_a_free_lane_does_not_wait_for_those_whose_lane_is_full(crossroads: Crossroads) -> None:
    """Twelve left turns are due before a right turn, which enters on its own lane at its time, as in SUMO."""
    config = _scenario(crossroads.folder, [*[(1.0, LEFT)] * 12, (2.0, RIGHT)])
    assert _drive_alike(config, crossroads.letters({}))


@pytest.mark.parametrize("headway_s", [2, 3, 4])
@pytest.mark.parametrize("kept_waiting", [False, True])
def test_who_only_slows_down_for_a_turn_keeps_nobody_out_of_the_junction_behind(
    tmp_path: Path, headway_s: int, kept_waiting: bool
) -> None:
    """Cars that turn slowly after a lane with room for one follow each other as in SUMO, and so do those who wait."""
    _narrow_streets(tmp_path)
    cars = [(float(4 + headway_s * i), "wa ab bs") for i in range(5)]
    assert _drive_alike(_scenario(tmp_path, [*cars, *[(1.0, "na ab bs")] * kept_waiting]))


@pytest.mark.parametrize("start_m", [380, 390, 395, 400])
def test_a_right_turn_waits_for_the_bicycle_beside_it_as_in_sumo(tmp_path: Path, start_m: int) -> None:
    """Both come from one edge and are in the junction at once; the bicycle has the right of way and passes first."""
    bicycle = '<vType id="b" vClass="bicycle" maxSpeed="5" sigma="0" speedFactor="1" speedDev="0"/>'
    ends = ("b", start_m, "se_10_09 se_09_08"), ("t", 350, "se_10_09 w09_out")
    elements = "".join(
        f'<vehicle id="{kind}0" type="{kind}" depart="4" departPos="{position_m}" departSpeed="max" departLane="best">'
        f'<route edges="{edges}"/></vehicle>'
        for kind, position_m, edges in ends
    )
    (tmp_path / "b.rou.xml").write_text(f"<routes>{EXACT}{bicycle}{elements}</routes>")
    config = tmp_path / "b.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{SHIPPED}"/><route-files value="b.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{SECONDS}"/></time></configuration>'
    )
    assert _drive_alike(config, "rrrrrrrrgGgGGrrr", "j09_kaiserstrasse")


@pytest.mark.parametrize("letter", ["G", "r"])
@pytest.mark.parametrize("departs", [(6.0, 10.0, 14.0, 18.0, 22.0), (4.0, 5.5, 9.0, 11.0, 17.0)])
def test_right_turns_wait_for_people_who_come_to_a_green_crossing_only(
    tmp_path: Path, departs: Sequence[float], letter: str
) -> None:
    """Also for those who have only just come to the walking area before it; not for those who come to a red light."""
    net = cross(tmp_path, "--sidewalks.guess", "--crossings.guess")
    vehicles = [
        f'<vehicle id="v{d}" type="t" depart="{d}" departPos="100" departSpeed="max" departLane="best">'
        '<route edges="sm me"/></vehicle>'
        for d in departs
    ]
    walk = '<walk from="em" to="me" arrivalPos="60"/>'
    people = [f'<person id="p{d}" type="p" depart="{d}" departPos="170">{walk}</person>' for d in (0.0, 3.0, 18.0)]
    timed = sorted(zip((*departs, 0.0, 3.0, 18.0), vehicles + people, strict=True))
    on_foot = '<vType id="p" vClass="pedestrian" speedFactor="1" speedDev="0"/>'
    (tmp_path / "t.rou.xml").write_text(f"<routes>{EXACT}{on_foot}{''.join(row for _, row in timed)}</routes>")
    config = tmp_path / "t.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="t.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{SECONDS}"/></time></configuration>'
    )
    assert _drive_alike(config, RIGHT_OVER_PEOPLE.format(letter))


@pytest.mark.parametrize(
    "people",
    [
        ((26.0, False), (36.0, False)),
        ((15.0, True), (23.0, False), (38.0, True), (40.0, True)),
        ((26.0, False), (36.0, False), (43.0, False), (49.0, False)),
    ],
)
def test_people_and_left_turns_from_a_queue_give_way_to_each_other_as_in_sumo(
    crossroads: Crossroads, people: Sequence[tuple[float, bool]]
) -> None:
    """A vehicle on the crossing keeps people at the kerb; who is inside brakes for those who come to the kerb."""
    ways = {True: ("mn nm", 20, -20), False: ("nm mn", -20, 20)}
    elements = [
        (
            float(2 * i),
            f'<vehicle id="v{i}" type="t" depart="{2 * i}" departPos="200" departLane="best">'
            '<route edges="wm mn"/></vehicle>',
        )
        for i in range(14)
    ]
    for i, (depart_s, from_the_east) in enumerate(people):
        edges, first_m, last_m = ways[from_the_east]
        walk = f'<walk edges="{edges}" arrivalPos="{last_m}"/>'
        person = f'<person id="p{i}" type="p" depart="{depart_s}" departPos="{first_m}">{walk}</person>'
        elements.append((depart_s, person))
    on_foot = '<vType id="p" vClass="pedestrian" speedFactor="1" speedDev="0"/>'
    body = "".join(text for _, text in sorted(elements))
    folder = crossroads.folder
    (folder / "q.rou.xml").write_text(f"<routes>{EXACT}{on_foot}{body}</routes>")
    green = crossroads.letters({("wm", "mn"): "g", **crossroads.crossing_green("mn")})
    phases = f'<phase duration="29" state="{crossroads.letters({})}"/><phase duration="200" state="{green}"/>'
    (folder / "q.add.xml").write_text(
        f'<additional><tlLogic id="m" type="static" programID="q" offset="0">{phases}</tlLogic></additional>'
    )
    config = folder / "q.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="c.net.xml"/><route-files value="q.rou.xml"/>'
        '<additional-files value="q.add.xml"/></input>'
        f'<time><begin value="0"/><end value="{SECONDS + 20}"/></time></configuration>'
    )
    assert _drive_alike(config)
