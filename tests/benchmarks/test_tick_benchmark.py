"""The tick's benchmark makes a grid, runs the whole loop on it, and says what each step took."""

import pytest

from benchmarks.tick.__main__ import main

pytest.importorskip("sumo")
pytestmark = pytest.mark.sumo


def test_every_step_of_a_made_grid_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    """Four junctions for half a minute: each step took some time, and the tick no less than any of them."""
    main(["--junctions", "4", "--seconds", "30", "--warmup", "10", "--strategy", "actuated"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("4 junctions, site derived in")
    assert lines[0].endswith("20 ticks")
    means = {line.split()[0]: float(line.split()[1]) for line in lines[2:]}
    assert {"read", "picture", "decide", "gate", "push"} <= set(means)
    assert means["tick"] > 0.0
    assert means["tick"] >= max(means.values())
