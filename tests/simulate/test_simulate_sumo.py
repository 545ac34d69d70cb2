"""`signalctl simulate` with SUMO as the road."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.equipment import Detection
from plans.site import StrategyName
from signalctl.cli import app
from signalctl.errors import UsageError
from signalctl.simulation.batch import run_batch
from signalctl.simulation.run import run_scenario
from signalctl.simulation.spec import PlantName, RunSpec
from sim.network import load_network
from sim.site_derivation import derive_site, signals_left_out
from sim.sumo_files import SumoFileError
from tests.sim.sumo_programs import cross, demand, netgenerate

pytestmark = pytest.mark.sumo
pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")

VEHICLE_KEYS = {
    "loaded", "inserted", "arrived", "delay_s", "delay_p95_s", "waiting_s", "stops", "travel_time_s",
}  # fmt: skip


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crossroads with crossings, five minutes of cars and people."""
    folder = tmp_path_factory.mktemp("cross")
    net = cross(folder, "--sidewalks.guess", "--crossings.guess", "--tls.default-type", "actuated")
    return demand(folder, net, vehicles_per_hour=250, people=True)


def spec(scenario: Path, **other: object) -> RunSpec:
    """A run on SUMO."""
    return RunSpec(str(scenario), plant=PlantName.SUMO, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", ["fixed", "actuated", "max-pressure", "adaptive"])
def test_every_strategy_serves_everybody_safely(scenario: Path, strategy: str) -> None:
    """Vehicles and people get through, and the observer of the displayed signals has nothing to report."""
    outcome = run_scenario(spec(scenario, strategy=StrategyName(strategy)))
    assert outcome.failures == ()
    assert outcome.violations == ()
    assert outcome.figures["safety"] == dict.fromkeys(outcome.figures["safety"], 0)
    assert outcome.figures["all"]["arrived"] > 0.5 * outcome.figures["all"]["loaded"]
    assert outcome.figures["by_mode"]["pedestrian"]["count"] > 10
    assert 0 < outcome.figures["by_mode"]["pedestrian"]["max_wait_s"] < 120


def test_result_has_the_figures_of_the_contract(scenario: Path) -> None:
    """Every key of the result file stands where the interface says it stands."""
    figures = run_scenario(spec(scenario, strategy=StrategyName.FIXED, seed=4)).figures
    assert {"scenario", "plant", "strategy", "detection", "seed", "begin", "end", "step_s"} <= set(figures)
    assert (figures["seed"], figures["plant"], figures["begin"], figures["end"]) == (4, "sumo", 0.0, 300.0)
    assert set(figures["all"]) == VEHICLE_KEYS
    assert {"car", "truck", "bus", "tram", "bicycle", "pedestrian"} <= set(figures["by_mode"])
    assert set(figures["by_mode"]["car"]) == VEHICLE_KEYS
    assert set(figures["by_mode"]["pedestrian"]) == {"count", "delay_s", "delay_p95_s", "max_wait_s"}
    assert set(figures["emissions"]) == {"co2_g", "nox_g"}
    assert set(figures["safety"]) == {
        "conflicting_greens", "short_intergreens", "short_greens", "long_reds", "refused",
    }  # fmt: skip
    assert set(figures["performance"]) == {
        "wall_s", "real_time_factor", "vehicle_updates_per_s", "tick_ms_p50", "tick_ms_p99",
    }  # fmt: skip
    json.dumps(figures, allow_nan=False)


def test_a_run_depends_on_its_seed_alone(scenario: Path) -> None:
    """Not on what ran before, nor on how many run at once: SUMO must not be started twice in one process."""
    specs = [
        spec(scenario, strategy=StrategyName.MAX_PRESSURE, detection=Detection.RADAR, seed=seed) for seed in (1, 2)
    ]
    here = run_scenario(specs[0])
    beside, after = run_batch(specs, workers=2), run_batch(specs, workers=1)
    assert here.trips == beside[0].trips == after[0].trips
    assert beside[1].trips == after[1].trips
    assert here.trips != beside[1].trips


def test_command_writes_result_trips_verdicts_and_report(scenario: Path, tmp_path: Path) -> None:
    """One call with seeds, baseline and requirements: status 1 for what is not met, and every file in its form."""
    call = [
        "simulate", str(scenario), "--plant", "sumo", "--strategy", "max-pressure", "--baseline", "fixed",
        "--seeds", "1-2",
        "--end", "200", "--json", str(tmp_path / "r.json"), "--junit", str(tmp_path / "r.xml"), "--report",
        str(tmp_path / "r.html"), "--tripinfo", str(tmp_path / "trips.xml"), "--require", "person_delay_s<=-100%",
        "--require", "safety.conflicting_greens==0", "--jobs", "1",
    ]  # fmt: skip
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 1, done.output
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["seeds"] == [1, 2]
    assert result["end"] == 200.0
    assert result["ci95"]["person_delay_s"][0] <= result["person_delay_s"] <= result["ci95"]["person_delay_s"][1]
    assert result["baseline"]["strategy"] == "fixed"
    assert -1 < result["change"]["person_delay_s"]["ratio"] < 1
    assert "person_delay_s&lt;=-100%: not met" in (tmp_path / "r.xml").read_text()
    page = (tmp_path / "r.html").read_text()
    assert page.count('<svg class="chart"') == 2
    assert not re.search(r"(?:src|href)=|https?://", page), "the report loads nothing from anywhere"
    assert {path.name for path in tmp_path.glob("trips*.xml")} == {"trips.1.xml", "trips.2.xml"}


def test_bad_calls_end_with_one_line(scenario: Path, tmp_path: Path) -> None:
    """Unknown scenarios, changes without a baseline and folders that do not exist are the caller's errors."""
    run = CliRunner().invoke
    for call, words in (
        (["simulate", "nowhere"], "scenario: expected"),
        (["simulate", str(scenario), "--require", "person_delay_s<=-5%"], "--baseline"),
        (["simulate", str(scenario), "--json", str(tmp_path / "no" / "r.json")], "existing folder"),
    ):
        done = run(app, call)
        assert isinstance(done.exception, UsageError)
        assert words in str(done.exception)


def test_site_init_writes_a_site_that_checks(scenario: Path, tmp_path: Path) -> None:
    """The derived site file reads back without an error, with or without further stages; it is not overwritten."""
    from plans.rules import check_site, errors
    from plans.schema import load_site

    target = tmp_path / "site.yaml"
    call = ["site", "init", str(scenario.parent / "cross.net.xml"), "-o", str(target)]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    site = load_site(target)
    assert not errors(check_site(site))
    assert "intergreens" in site.junctions["m"].derived
    assert isinstance(CliRunner().invoke(app, call).exception, UsageError)
    done = CliRunner().invoke(app, [*call, "--force", "--no-extra-stages"])
    assert done.exit_code == 0, done.output
    shown = {item.stage for item in site.plans["m"]["shipped"].stages}
    assert set(load_site(target).junctions["m"].stages) == shown < set(site.junctions["m"].stages)


def test_what_sumo_alone_simulates_is_left_to_sumo(tmp_path: Path) -> None:
    """Options, types and elements that the embedded engine refuses run on SUMO, and the engine still names them."""
    config = demand(tmp_path, cross(tmp_path, lanes=1), end=60)
    routes = tmp_path / "d.rou.xml"
    routes.write_text(routes.read_text().replace("<routes>", '<routes><vType id="t" carFollowModel="EIDM"/>'))
    (tmp_path / "more.add.xml").write_text('<add><variableSpeedSign id="v" lanes="nm_0"/></add>')
    text = config.read_text().replace("</input>", '<additional-files value="more.add.xml"/></input>')
    config.write_text(text.replace("</time>", '</time><routing><device.rerouting.period value="60"/></routing>'))
    assert run_scenario(spec(config, strategy=StrategyName.FIXED)).figures["all"]["loaded"] > 5
    with pytest.raises(SumoFileError, match=r"device\.rerouting\.period>: value: only '0' is simulated"):
        run_scenario(RunSpec(str(config), plant=PlantName.EMBEDDED, strategy=StrategyName.FIXED))


def test_signals_of_unknown_programmes_keep_them(tmp_path: Path) -> None:
    """A signal with a programme that only SUMO knows is left to it, and the result says so."""
    net = netgenerate(tmp_path, "--grid", "--grid.number", "2", "--grid.attach-length", "100", "-j", "traffic_light")
    net.write_text(net.read_text().replace('tlLogic id="A0" type="static"', 'tlLogic id="A0" type="rail_crossing"'))
    network = load_network(net, all_programmes=False)
    site = derive_site(network)
    assert site.junctions.keys() == {"A1", "B0", "B1"}
    assert "programme" in signals_left_out(network, site)["A0"]
    with pytest.raises(SumoFileError, match=r"made\.net\.xml:\d+: <tlLogic id='A0'>: type: expected one of"):
        load_network(net)
