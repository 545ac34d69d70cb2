"""Who is far from the end of its lane need not look beyond it: the traffic is the same as if everybody did."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.engine import EmbeddedPlant
from sim.scenario import load_scenario
from tests.sim.sumo_programs import cross, demand

pytestmark = pytest.mark.sumo
END_S = 70


def _uncompiled(config: Path, allowed: bool) -> tuple[int, list[float]]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("plain_cruising.py")), str(config), str(int(allowed))],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=170,
        check=True,
    )
    cruised, *delays = done.stdout.split()
    return int(cruised), [float(word) for word in delays]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "people"),
    [("traffic_light", False), ("priority", False), ("right_before_left", False), ("priority", True)],
)
def test_cruising_changes_nothing(tmp_path: Path, kind: str, people: bool) -> None:
    """Left turns over oncoming traffic, minor roads and people before vehicles all ask for those who are far away."""
    options = ("--crossings.guess", "--sidewalks.guess") if people else ()
    config = demand(
        tmp_path, cross(tmp_path, *options, kind=kind, lanes=1), vehicles_per_hour=500, end=END_S, people=people
    )
    cruised, with_cruising = _uncompiled(config, allowed=True)
    never, without = _uncompiled(config, allowed=False)
    assert cruised > 5 * len(with_cruising)
    assert never == 0
    assert with_cruising == without
    plant = EmbeddedPlant(load_scenario(config), seed=3, time_to_teleport=-1)
    while not plant.finished:
        plant.step({})
    assert [trip.delay_s for trip in plant.trips()] == pytest.approx(with_cruising, abs=1e-6)
