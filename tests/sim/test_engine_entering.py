"""Entering among others as in SUMO: at which speed, when, and on which lane."""

import pytest

from benchmarks.engine.capacity import Crossroads, make_crossroads
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.sumo_programs import program

pytestmark = pytest.mark.sumo
SECONDS = 12
TYPES = "".join(
    f'<vType id="{name}" sigma="0" speedFactor="{factor}" speedDev="0" lcSpeedGain="0" lcKeepRight="0"/>'
    for name, factor in {"slow": 0.5, "fast": 1.2}.items()
)


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> Crossroads:
    """Two lanes on every arm."""
    program("netconvert")
    return make_crossroads(tmp_path_factory.mktemp("entering"))


def _places(make: Maker, at: Crossroads, vehicles: str) -> list[tuple[float, str, float, float]]:
    """Second, lane, position and speed of everybody who is on the road."""
    (at.folder / "e.rou.xml").write_text(f"<routes>{TYPES}{vehicles}</routes>")
    config = at.folder / "e.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="c.net.xml"/><route-files value="e.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{SECONDS}"/></time></configuration>'
    )
    plant, rows = make(config, 1), list[tuple[float, str, float, float]]()
    try:
        while not plant.finished:
            plant.step({})
            state = plant.state()
            lanes = (plant.lane_ids[lane] for lane in state.lane.tolist())
            here = zip(lanes, state.position_m.round(1).tolist(), state.speed_mps.round(1).tolist(), strict=True)
            rows += sorted((plant.time_s, *row) for row in here)
    finally:
        plant.close()
    return rows


def _enter_alike(at: Crossroads, vehicles: str) -> bool:
    ours, theirs = (_places(make, at, vehicles) for make in (embedded, sumo))
    return [row[:2] for row in ours] == [row[:2] for row in theirs] and ours == [pytest.approx(row) for row in theirs]


@pytest.mark.parametrize("wish", ["", 'departSpeed="avg"', 'departSpeed="last"', 'departSpeed="max"'])
def test_who_enters_behind_a_slow_car_waits_for_room_at_its_speed(crossroads: Crossroads, wish: str) -> None:
    """Only `max` is lowered to what is safe; the speed of those on the lane is taken, or nobody enters yet."""
    slow = '<vehicle id="a" type="slow" depart="0" departLane="1"><route edges="wm me"/></vehicle>'
    fast = f'<vehicle id="b" type="fast" depart="1" departLane="1" {wish}><route edges="wm me"/></vehicle>'
    assert _enter_alike(crossroads, slow + fast)


def test_who_likes_to_drive_fast_enters_an_empty_lane_at_its_limit(crossroads: Crossroads) -> None:
    """The mean speed of an empty lane is its limit, as in SUMO, whatever the driver's own factor."""
    assert _enter_alike(
        crossroads, '<vehicle id="a" type="fast" depart="0" departLane="1"><route edges="wm me"/></vehicle>'
    )


@pytest.mark.parametrize("wish", ["best", "free", "allowed"])
def test_who_may_choose_enters_on_the_lane_with_most_room(crossroads: Crossroads, wish: str) -> None:
    """Two cars far down one lane leave more room than one that is near on the other."""
    before = "".join(
        f'<vehicle id="a{i}" type="slow" depart="0" departLane="{lane}" departPos="{position_m}" departSpeed="max">'
        f'<route edges="wm me"/></vehicle>'
        for i, (lane, position_m) in enumerate([(2, 40), (1, 110), (1, 90)])
    )
    choosing = f'<vehicle id="b" type="fast" depart="1" departLane="{wish}"><route edges="wm me"/></vehicle>'
    assert _enter_alike(crossroads, before + choosing)
