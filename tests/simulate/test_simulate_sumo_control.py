"""SUMO's own controls beside the strategies: counted alike, without the service."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plans.site import StrategyName
from signalctl.cli import app
from signalctl.errors import UsageError
from signalctl.simulation.run import run_scenario
from signalctl.simulation.spec import CONTROLS, PlantName, RunSpec, parse_control
from signalctl.strategies import NAMES
from sim.sumo_control import SumoControl
from tests.sim.sumo_programs import cross, demand

pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")


def test_every_name_means_one_control() -> None:
    """Strategies and SUMO's controls have names of their own, and the service's strategies are all among them."""
    assert len(set(CONTROLS)) == len(CONTROLS) == len(NAMES) + len(SumoControl)
    assert [parse_control(name) for name in NAMES] == list(StrategyName)
    assert all(parse_control(name) == name for name in CONTROLS)
    with pytest.raises(UsageError, match=r"expected one of fixed, .*sumo-actuated.*, got 'clever'"):
        parse_control("clever")


@pytest.mark.sumo
@pytest.mark.parametrize("control", [SumoControl.ACTUATED, SumoControl.DELAY_BASED, SumoControl.SHIPPED])
def test_the_engine_runs_sumos_controls_too(tmp_path: Path, control: SumoControl) -> None:
    """On a crossroads with light traffic both lose about the same; programmes that react lose less than fixed ones."""
    config = demand(tmp_path, cross(tmp_path), vehicles_per_hour=150, end=900)
    here, there = (
        run_scenario(RunSpec(str(config), plant=plant, strategy=control)).figures["all"]["delay_s"]
        for plant in (PlantName.EMBEDDED, PlantName.SUMO)
    )
    assert here == pytest.approx(there, rel=0.15)
    if control is not SumoControl.SHIPPED:
        fixed = run_scenario(RunSpec(str(config), strategy=SumoControl.SHIPPED)).figures["all"]["delay_s"]
        assert here < 0.8 * fixed


@pytest.mark.sumo
def test_sumos_control_is_counted_like_a_strategy(tmp_path: Path) -> None:
    """The result has the same figures over the same traffic, tick times excepted, and SUMO's control is at work."""
    config = demand(tmp_path, cross(tmp_path), vehicles_per_hour=250)
    target = tmp_path / "result.json"
    call = ["simulate", str(config), "--plant", "sumo", "--strategy", "sumo-actuated", "--json", str(target)]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    own = json.loads(target.read_text())
    fixed = run_scenario(RunSpec(str(config), plant=PlantName.SUMO, strategy=StrategyName.FIXED)).figures
    assert (own["strategy"], own["detection"]) == ("sumo-actuated", "own")
    assert set(own) == set(fixed)
    assert own["all"]["loaded"] == fixed["all"]["loaded"] > 20
    assert 0 < own["all"]["delay_s"] < fixed["all"]["delay_s"]
    assert own["performance"]["tick_ms_p99"] is None
    assert own["safety"] == dict.fromkeys(fixed["safety"], 0)
