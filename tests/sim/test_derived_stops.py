"""Stops of buses and trams in a derived site: what SUMO's stopping places and timetables say."""

from pathlib import Path

import pytest

from plans.rules import check_site, errors
from plans.schema import dump_site, load_site
from sim.network import load_network
from sim.scenario import load_scenario
from sim.site_derivation import derive_site
from tests.sim.sumo_programs import cross

pytestmark = pytest.mark.sumo

STOPS = """<additional>
    <busStop id="mill" lane="nm_0" startPos="60" endPos="80"/>
    <busStop id="after" lane="ms_0" startPos="20" endPos="40"/>
    <parkingArea id="yard" lane="nm_0" startPos="100" endPos="120"/>
</additional>"""
ROUTES = """<routes>
    <vType id="bus" vClass="bus"/><vType id="car" vClass="passenger"/>
    <flow id="halting" type="bus" begin="0" end="3600" period="600">
        <route edges="nm ms"/><stop busStop="mill" duration="30"/><stop busStop="after" duration="9"/>
    </flow>
    <flow id="also" type="bus" begin="0" end="3600" period="1200">
        <route edges="nm me"/><stop busStop="mill" duration="12"/>
    </flow>
    <flow id="express" type="bus" begin="0" end="3600" period="1200"><route edges="nm ms"/></flow>
    <flow id="elsewhere" type="bus" begin="0" end="3600" period="60"><route edges="em mw"/></flow>
    <vehicle id="parked" type="car" depart="0"><route edges="nm ms"/><stop parkingArea="yard" duration="500"/></vehicle>
</routes>"""


def scenario(folder: Path) -> Path:
    """A crossroads with two bus stops; nine buses and three that do not halt come from the north in an hour."""
    net = cross(folder)
    (folder / "s.add.xml").write_text(STOPS)
    (folder / "d.rou.xml").write_text(ROUTES)
    config = folder / "d.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="d.rou.xml"/>'
        '<additional-files value="s.add.xml"/></input></configuration>'
    )
    return config


def test_a_stop_before_the_signal_has_dwell_and_share_of_who_halts(tmp_path: Path) -> None:
    """Six buses stand for 30 s, three for 12 s, three not at all; what lies behind the signal does not count."""
    opened = load_scenario(scenario(tmp_path))
    (junction,) = derive_site(opened.network, demand=opened.demand).junctions.values()
    (stop,) = junction.stops.values()
    length_m = opened.network.lanes["nm_0"].length_m
    assert (stop.id, stop.lane, stop.distance_m) == ("mill", "nm_0", pytest.approx(length_m - 80.0, abs=0.01))
    assert (stop.dwell_s, stop.share_ratio) == (pytest.approx(24.0), pytest.approx(0.75))
    assert stop.deviation_s == pytest.approx((6 / 9 * 6.0**2 + 3 / 9 * 12.0**2) ** 0.5, abs=0.05)
    assert "stops" in junction.derived


def test_a_site_with_derived_stops_is_legal_and_reads_back(tmp_path: Path) -> None:
    """The rules find no error, and the file gives the same junctions; without a demand there are no stops."""
    opened = load_scenario(scenario(tmp_path))
    site = derive_site(opened.network, demand=opened.demand)
    assert not errors(check_site(site))
    dump_site(site, tmp_path / "site.yaml")
    assert load_site(tmp_path / "site.yaml").junctions == site.junctions
    assert not any(
        junction.stops for junction in derive_site(load_network(tmp_path / "cross.net.xml")).junctions.values()
    )


def test_the_rheinstrasse_has_the_stops_of_all_periods() -> None:
    """The shipped site names every stop that lies before a signal, with the dwell of the lines that use it."""
    folder = Path(__file__).resolve().parents[2] / "sim" / "scenarios" / "rheinstrasse"
    stops = {
        stop.id: stop
        for junction in load_site(folder / "site.yaml").junctions.values()
        for stop in junction.stops.values()
    }
    assert len(stops) == 11  # the twelfth lies behind the last signal of its line
    assert "brueckenplatz_w" not in stops
    assert stops["holzturm_nw"].dwell_s == pytest.approx(22.0)
    assert 20.0 < stops["rathaus_nw"].dwell_s < 22.0
