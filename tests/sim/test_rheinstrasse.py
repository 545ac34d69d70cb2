"""The Rheinstraße model: what it promises about streets, signals and demand, and that SUMO runs it."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from plans.junction import GroupKind
from plans.rules import check_site, errors
from plans.schema import load_site, parse_site
from plans.table import expand
from sim.network import load_network
from sim.scenario import load_scenario

FOLDER = Path(__file__).resolve().parents[2] / "sim" / "scenarios" / "rheinstrasse"
PERIODS = ("night", "am", "midday", "pm")
JUNCTIONS = (
    "j01_holzhofstrasse", "j02_holzstrasse", "j03_weintorstrasse", "j04_fischtorstrasse", "j05_quintinsstrasse",
    "j06_loehrstrasse", "j07_grosse_bleiche", "j08_diether_von_isenburg_strasse", "j09_kaiserstrasse",
    "j10_frauenlobstrasse",
)  # fmt: skip


@pytest.fixture(scope="module")
def network():
    """The shipped network."""
    return load_network(FOLDER / "rheinstrasse.net.xml")


@pytest.fixture(scope="module")
def site():
    """The shipped site."""
    return load_site(FOLDER / "site.yaml")


def test_ten_signals_stand_in_their_order(network, site):
    """Ten signals from south-east to north-west, about 2.5 km from the first to the last."""
    assert tuple(sorted(network.tl_logics)) == JUNCTIONS
    assert tuple(site.junctions) == JUNCTIONS
    stops = site.corridors["rheinstrasse"].stops
    assert tuple(stop.junction for stop in stops) == JUNCTIONS
    distances = [stop.distance_m for stop in stops]
    assert distances == sorted(distances)
    assert distances[6] == pytest.approx(1400, abs=30)
    assert distances[-1] == pytest.approx(2500, abs=50)


def test_every_arm_has_a_signalised_crossing(network):
    """Every street with a footway that meets a signal is crossed there, and the crossing has a signal group."""
    for tls_id in JUNCTIONS:
        crossed = {
            edge for crossing in network.crossings.values() if crossing.id.startswith(f":{tls_id}_")
            for edge in crossing.crossing_edges
        }  # fmt: skip
        arms = {e.id for e in network.edges.values() if not e.internal and tls_id in (e.from_junction, e.to_junction)}
        assert arms == crossed
        signalled = {c.to_edge for c in network.connections if c.tl == tls_id and c.to_edge in network.crossings}
        assert len(signalled) == sum(crossing.startswith(f":{tls_id}_") for crossing in network.crossings)


def test_the_corridor_is_tempo_30_with_bicycle_lanes_and_a_bus_lane(network):
    """Both directions have a bicycle lane or a bus lane open to bicycles, and part of it is a bus lane."""
    corridor = [edge for edge in network.edges.values() if re.match(r"(nw|se)_\d", edge.id)]
    kerbside = {edge.id: edge.lanes[1].permissions for edge in corridor}
    assert all("bicycle" in classes and "passenger" not in classes for classes in kerbside.values())
    assert {edge[:2] for edge, classes in kerbside.items() if "bus" in classes} == {"nw", "se"}
    assert all(lane.speed_mps == pytest.approx(8.33) for edge in corridor for lane in edge.lanes)


def test_the_site_breaks_no_rule(site):
    """Junctions, intergreens, transitions and all forty plans are legal."""
    assert errors(check_site(site)) == []
    assert {len(plans) for plans in site.plans.values()} == {len(PERIODS)}


@pytest.mark.parametrize("period", PERIODS)
def test_sumo_shows_what_the_plan_says(network, site, period):
    """Second by second, the SUMO programme is green exactly where the plan's group table is."""
    programs = load_scenario(FOLDER / f"rheinstrasse.{period}.sumocfg").network.tl_logics
    for tls_id, junction in site.junctions.items():
        plan, program = site.plans[tls_id][period], programs[tls_id]
        assert (program.program_id, program.cycle_s) == (period, plan.cycle_s)
        table = expand(junction, plan)
        for time_s in range(plan.cycle_s):
            state = program.state_at(time_s)
            for group in junction.groups.values():
                green = table.is_green(group.id, plan.second_in_cycle(time_s))
                assert {state[link] in "Gg" for link in group.links} == {green}


def test_greens_on_foot_reach_half_of_the_crossing(site):
    """Every pedestrian green lasts 5 s and as long as half of the crossing; every intergreen covers the whole of it."""
    for tls_id, junction in site.junctions.items():
        for group in junction.groups.values():
            if group.kind is not GroupKind.PEDESTRIAN:
                continue
            for plan in site.plans[tls_id].values():
                greens = [i.end_s - i.start_s for i in expand(junction, plan).intervals if i.group == group.id]
                assert min(greens) >= max(5.0, group.crossing_m / 2 / 1.2)
            waits = [s for (a, _), s in junction.intergreens.items() if a == group.id]
            assert min(waits) >= group.crossing_m / 1.2


@pytest.mark.sumo
def test_rebuilding_changes_nothing():
    """The checked-in files are what the sources give; detectors aside, whose standard places are set elsewhere."""
    from sim.scenarios.builder.__main__ import build, read

    for name, text in build(FOLDER).items():
        shipped = read(FOLDER / name)
        if name == "site.yaml":
            assert _without_detectors(parse_site(shipped).site) == _without_detectors(parse_site(text).site)
        else:
            assert shipped == text, name


def _without_detectors(site):
    bare = {name: replace(junction, detectors={}) for name, junction in site.junctions.items()}
    return replace(site, junctions=bare)


def test_generated_files_name_no_machine():
    """No path, date or program banner in what is generated."""
    for path in FOLDER.glob("*.xml"):
        assert not re.search(r"generated on|/home/|/tmp|/usr/", path.read_text(encoding="utf-8")), path.name


@pytest.mark.sumo
@pytest.mark.parametrize("period", ["night", "pm"])
def test_sumo_runs_a_period(period, tmp_path):
    """SUMO runs the period's first ten minutes: every mode arrives, nobody waits for more than ten minutes."""
    sumo = shutil.which("sumo") or pytest.skip("sumo is not on the search path")
    config = FOLDER / f"rheinstrasse.{period}.sumocfg"
    begin = int(ET.parse(config).getroot().find("time/begin").get("value"))
    trips = tmp_path / "trips.xml"
    options = ["--end", str(begin + 600), "--seed", "1", "--no-step-log", "--tripinfo-output", str(trips)]
    options += ["--tripinfo-output.write-unfinished"]
    subprocess.run([sumo, "-c", str(config), *options], check=True, capture_output=True)
    found = ET.parse(trips).getroot()
    arrived = {t.get("vType") for t in found.iter("tripinfo") if float(t.get("arrival")) >= 0}
    assert {"car", "bicycle"} <= arrived
    assert any(True for _ in found.iter("personinfo"))
    assert max(float(t.get("waitingTime")) for t in found.iter("tripinfo")) < 600
