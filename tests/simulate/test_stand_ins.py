"""What a run does not simulate as the files say it is named, by file and line."""

from pathlib import Path

import pytest

from plans.site import StrategyName
from signalctl.simulation.spec import Control, PlantName, RunSpec
from signalctl.simulation.stand_ins import stand_ins
from sim.network import load_network
from sim.sumo_control import SumoControl
from tests.sim.one_street import street_net

NET = street_net(98, 4, 98, 10, {"G": 20, "y": 3, "r": 7})


def _network(folder: Path, kind: str) -> Path:
    path = folder / "s.net.xml"
    assert 'type="static"' in NET
    path.write_text(NET.replace('type="static"', f'type="{kind}"'))
    return path


@pytest.mark.parametrize("kind", ["actuated", "delay_based"])
def test_a_programme_that_reacts_to_traffic_is_named_with_its_line(tmp_path: Path, kind: str) -> None:
    """Whoever reads the summary knows which signal runs with fixed phases instead, and where that stands."""
    path = _network(tmp_path, kind)
    line = 1 + next(i for i, text in enumerate(path.read_text().splitlines()) if "<tlLogic" in text)
    (told,) = stand_ins(load_network(path), RunSpec("s", strategy=StrategyName.FIXED))
    assert told.startswith(f"{path}:{line}: signal 'm': ")
    assert kind in told


@pytest.mark.parametrize(
    ("kind", "plant", "control"),
    [("static", PlantName.EMBEDDED, StrategyName.FIXED), ("actuated", PlantName.SUMO, SumoControl.SHIPPED)],
)
def test_nothing_is_named_where_programmes_run_as_they_are(
    tmp_path: Path, kind: str, plant: PlantName, control: Control
) -> None:
    """A fixed programme is simulated as it stands, and SUMO runs its own as it likes."""
    spec = RunSpec("s", plant=plant, strategy=control)
    assert stand_ins(load_network(_network(tmp_path, kind)), spec) == ()
