"""A whole day on the embedded engine: programmes follow the clock, and memory stays what it was."""

import tracemalloc
from pathlib import Path

import pytest

import sim.scenarios
from plans.schema import load_site
from sim.engine import EmbeddedPlant
from sim.engine.signals import SignalBoard
from sim.flows import expand
from sim.plant import RoadMode
from sim.scenario import Scenario, load_scenario
from sim.sumo_files import SumoFileError

FOLDER = Path(sim.scenarios.__file__).parent / "rheinstrasse"
DAY = FOLDER / "rheinstrasse.day.sumocfg"
HOUR_S = 3600
MONDAY_LOCAL_S = 4 * 86400 - HOUR_S  # Monday 1970-01-05 00:00 in Mainz, in seconds of UTC


@pytest.fixture(scope="module")
def day() -> Scenario:
    """The shipped day."""
    return load_scenario(DAY)


def test_signals_follow_the_sites_calendar(day: Scenario) -> None:
    """Around every change of programme, each signal shows the phase of the plan that the calendar names."""
    site = load_site(FOLDER / "site.yaml")
    names = tuple(day.network.programs)
    board = SignalBoard(day.network, names)
    seen = set()
    for hour in (0, 6, 10, 15, 20, 22):
        for second in range(hour * HOUR_S - 3, hour * HOUR_S + 3):
            if second < 0:
                continue
            board.show(float(second), {})
            due = site.plans_due(MONDAY_LOCAL_S + second)
            for name in names:
                program = next(p for p in day.network.programs[name] if p.program_id == due[name].id)
                assert board.shown(name, float(second)) == program.state_at(second)
                seen.add(program.program_id)
    assert seen == {"night", "am", "midday", "pm"}


@pytest.mark.sumo
def test_sumo_changes_programmes_in_the_same_second() -> None:
    """Both plants show the same letters before and after six o'clock."""
    sumo = pytest.importorskip("sim.sumo_plant")
    pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
    begin, end = 6 * HOUR_S - 20, 6 * HOUR_S + 40
    theirs = sumo.SumoPlant(DAY, seed=1, begin=begin, end=end)
    ours = EmbeddedPlant(load_scenario(DAY), seed=1, begin=begin, end=end)
    try:
        while not ours.finished:
            theirs.step({})
            ours.step({})
            assert [theirs.displayed(name) for name in ours.tls_ids] == [ours.displayed(n) for n in ours.tls_ids]
    finally:
        theirs.close()


def test_demand_follows_the_curve_of_the_day(day: Scenario) -> None:
    """The hour from seven has the morning peak's volume, the hour from three less than a twentieth of it."""
    peak, people = expand(day.demand, 7 * HOUR_S, 8 * HOUR_S, seed=1)
    night, _ = expand(day.demand, 3 * HOUR_S, 4 * HOUR_S, seed=1)
    driven = [vehicle for vehicle in peak if vehicle.type.mode in (RoadMode.CAR, RoadMode.TRUCK)]
    assert len(driven) == pytest.approx(4660, rel=0.05)
    assert len(people) == pytest.approx(3080, rel=0.06)
    assert 0 < len(night) < len(peak) / 12


@pytest.mark.slow
def test_memory_does_not_grow_while_the_day_passes(day: Scenario) -> None:
    """After the streets have filled, an hour of the morning peak leaves nothing behind."""
    plant = EmbeddedPlant(day, seed=1, begin=7 * HOUR_S, end=9 * HOUR_S)
    tracemalloc.start()
    try:
        held = []
        for minutes in (30, 60):
            while plant.time_s < 7 * HOUR_S + minutes * 60:
                plant.step({})
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert plant.statistics().arrived > 5000
    assert held[1] - held[0] < 20_000


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (
            '<WAUT id="w" startProg="0"/><wautJunction wautID="v" junctionID="m"/>',
            "wautID: expected a WAUT named before",
        ),
        ('<WAUT id="w" startProg="0"/><wautJunction wautID="w" junctionID="q"/>', "junctionID: expected a signal"),
        ('<WAUT id="w" startProg="7"/><wautJunction wautID="w" junctionID="m"/>', "programme: expected one of 0"),
        ('<WAUT id="w" startProg="0" period="9"/>', "period: expected one of id, refTime, startProg"),
        ('<WAUT id="w" startProg="0"><wautSwitch time="x" to="0"/></WAUT>', "time"),
    ],
)
def test_wrong_schedules_are_refused(tmp_path: Path, elements: str, message: str) -> None:
    """What a WAUT says wrong, or what is not simulated, is named with its line."""
    from tests.sim.one_street import street_net, write_street

    config = write_street(tmp_path, street_net(98, 4, 98, 13.89, {"G": 20, "r": 20}), "<routes/>")
    (tmp_path / "w.add.xml").write_text(f"<additional>\n{elements}</additional>")
    text = config.read_text().replace("</input>", '<additional-files value="w.add.xml"/></input>')
    config.write_text(text)
    with pytest.raises(SumoFileError, match=f"w.add.xml:2: .*{message}"):
        load_scenario(config)
