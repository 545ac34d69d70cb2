"""Programmes that react to traffic, without SUMO: what is refused, and what leaves the rest as it was."""

from pathlib import Path

import numpy as np
import pytest

from sim.engine import EmbeddedPlant
from sim.engine.reactive import ReactiveSignals
from sim.engine.signal_arrays import Signals, new_signals
from sim.engine.streets import build_streets
from sim.reactive.area_places import area_before
from sim.scenario import load_scenario
from sim.site_derivation import derive_site
from sim.sumo_control import SumoControl, with_control
from sim.sumo_files import SumoFileError
from tests.sim.one_street import period, street_net, write_street

NET = street_net(98, 4, 98, 10, {"G": 20, "y": 3, "r": 7})
CARS = (
    '<routes><vType id="car" sigma="0" speedFactor="1" speedDev="0"/><route id="r" edges="in out"/>'
    + "".join(f'<vehicle id="{n}" type="car" route="r" depart="{3 * n}" departSpeed="max"/>' for n in range(9))
    + "</routes>"
)


def street(folder: Path, kind: str = "actuated", *, inside: str = "", phase: str = "") -> Path:
    """100 m with a signal whose green lasts 5 to 40 s; `inside` the programme stands what is given, so in its phase."""
    net = NET.replace('type="static"', f'type="{kind}"').replace('duration="20"', f'duration="20" {phase}')
    assert kind in net
    at = net.index("<phase")
    return write_street(folder, net[:at] + inside + net[at:], CARS, period(0, 120))


def letters(config: Path, steps: int, signals: dict[str, str] | None = None) -> str:
    """What the signal shows in its first steps."""
    plant = EmbeddedPlant(load_scenario(config), seed=1)
    result = ""
    for _ in range(steps):
        plant.step(signals or {})
        result += plant.displayed("m")
    return result


@pytest.mark.parametrize("kind", ["actuated", "delay_based"])
def test_green_lasts_as_long_as_somebody_comes(tmp_path: Path, kind: str) -> None:
    """Longer than its least duration with cars every 3 s, and no longer than its longest."""
    busy = letters(street(tmp_path, kind, phase='minDur="10" maxDur="40"'), 60)
    green_s = busy.index("y")
    assert 20 < green_s <= 40
    assert busy[green_s : green_s + 10] == "yyyrrrrrrr"


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            "actuated",
            {"inside": '<param key="max-gap" value="soon"/>'},
            r"param 'max-gap': expected a number, got 'soon'",
        ),
        ("actuated", {"inside": '<param key="maxgap" value="3"/>'}, r"param 'maxgap': expected one of .*max-gap"),
        ("actuated", {"inside": '<param key="max-gap:out_0" value="3"/>'}, r"param 'max-gap:out_0': expected one of"),
        ("actuated", {"inside": '<param key="linkMaxDur:9" value="3"/>'}, r"param 'linkMaxDur:9': expected one of"),
        ("actuated", {"inside": '<param key="in_0" value="loop"/>'}, r"param 'in_0': expected an induction loop of an"),
        ("actuated", {"inside": '<param key="vTypes" value="bus"/>'}, r"vTypes': expected types .* got bus"),
        ("actuated", {"phase": 'minDur="5" maxDur="40" earlyTarget="c"'}, r"earlyTarget: 'c': expected a number"),
        (
            "actuated",
            {"inside": '<assignment id="c" check="1" value="z:x"/>'},
            r"value: 'z:x': z:x: expected an induction",
        ),
        (
            "delay_based",
            {"inside": '<param key="max-gap" value="3"/>'},
            r"param 'max-gap': expected one of .*detectorRange",
        ),
        ("delay_based", {"inside": '<param key="in_0" value="area"/>'}, r"param 'in_0': areas of one's own"),
    ],
)
def test_what_is_not_simulated_is_refused(tmp_path: Path, kind: str, given: dict[str, str], message: str) -> None:
    """By file and line, as soon as the programme has to run, and not where control leaves it no say."""
    config = street(tmp_path, kind, **given)
    with pytest.raises(SumoFileError, match=message) as told:
        letters(config, 1)
    assert ".net.xml:" in str(told.value)
    assert letters(config, 3, {"m": "G"}) == "GGG"


def test_a_controlled_signal_shows_what_it_is_told(tmp_path: Path) -> None:
    """The programme has no part in it, and begins when it is left alone."""
    config = street(tmp_path, phase='minDur="5" maxDur="40"')
    plant = EmbeddedPlant(load_scenario(config), seed=1)
    told = ["r"] * 30 + ["G"] * 20
    for second, letter in enumerate(told):
        plant.step({"m": letter})
        assert plant.displayed("m") == letter
        assert plant.programme("m", float(second)) == ("0", 0 if second % 30 < 20 else 1 if second % 30 < 23 else 2)
    plant.step({})
    assert plant.programme("m", 50.0) == ("0", 1)  # where the fixed programme would be 20 s into its cycle


def test_an_area_goes_on_upstream_where_its_lane_ends(tmp_path: Path) -> None:
    """Lanes inside the junction are part of it, and it ends where the road does."""
    network = load_scenario(street(tmp_path)).network
    short = area_before(network, "out_0", 50.0, 60.0)
    assert (short.lanes, short.length_m) == (("in_0", ":m_0_0", "out_0"), pytest.approx(60.0))
    assert short.offsets_m == pytest.approx((-92.0, 6.0, 10.0))
    long = area_before(network, "out_0", 50.0, 1000.0)
    assert (long.lanes, long.length_m) == (short.lanes, pytest.approx(152.0))


@pytest.mark.parametrize("control", [SumoControl.ACTUATED, SumoControl.DELAY_BASED])
def test_programmes_that_begin_later_stand_behind_those_that_run(control: SumoControl) -> None:
    """Signals left alone one after the other look at the same road, in the same phases, as all of them at once."""
    network = load_scenario(Path("sim/scenarios/rheinstrasse/rheinstrasse.am.sumocfg")).network
    network = with_control(network, derive_site(network).junctions.values(), control)
    streets, names = build_streets(network), list(network.programs)

    def begun(*released: int) -> Signals:
        reactive = ReactiveSignals(network, streets, (), (), 1.0)
        tables = new_signals([len(network.timetable(name)[0][1].phases[0].state) for name in names])
        for count in released:
            tables = reactive.begin(tables, 0.0, names[count:])
        return tables

    at_once, one_by_one = begun(len(names)), begun(*range(len(names) + 1))
    assert len(at_once.programme) > len(names) // 2
    for name, expected in at_once._asdict().items():
        np.testing.assert_array_equal(getattr(one_by_one, name), expected, err_msg=name)
