"""The engine's benchmark runs both on a network that it makes, and says how they compare."""

import pytest

from benchmarks.engine.__main__ import main

pytest.importorskip("sumo")
pytestmark = pytest.mark.sumo


def test_both_run_on_the_same_made_network(capsys: pytest.CaptureFixture[str]) -> None:
    """Two minutes on the arterial: as many vehicles in both, and a delay of the same size."""
    main(["arterial", "--seconds", "120"])
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("arterial")).split()
    assert 0.7 < float(row[6]) < 1.4
    assert float(row[-2]) > 1.0
    cars = next(line for line in lines if line.split()[0] == "car").split()
    assert 0.9 * 22 * 1200 / 30 < int(cars[1]) <= 22 * 1200 / 30 + 22
