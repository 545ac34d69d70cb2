"""The tick's benchmark makes a grid, runs the whole loop on it, and says what each step took."""

import pytest

from benchmarks.tick.__main__ import main

pytest.importorskip("sumo")
pytestmark = pytest.mark.sumo


def test_every_step_of_a_made_grid_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    """Four junctions for half a minute: each step took some time, and the tick no less than any of them."""
    main(["--junctions", "4", "--seconds", "30", "--warmup", "10", "--strategy", "actuated", "--recording"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("4 junctions, site derived in")
    tables = [number for number, line in enumerate(lines) if line.startswith("ms ")]
    assert len(tables) == 2
    for begin in tables:
        rows = [line.split() for line in lines[begin + 1 : begin + 9]]
        means = {row[0]: float(row[1]) for row in rows}
        assert {"read", "picture", "decide", "gate", "push", "record"} <= set(means)
        assert means["record"] > 0.0
        del means["record"]
        assert means["tick"] > 0.0
        assert means["tick"] >= max(means.values())


def test_two_runs_that_decide_alike_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line names the decisions: the same in every run, others under another strategy."""
    said = []
    for strategy in ("fixed", "fixed", "max-pressure"):
        main(["--junctions", "4", "--seconds", "150", "--warmup", "10", "--strategy", strategy])
        said.append(capsys.readouterr().out.splitlines()[-1].rpartition("decisions ")[2])
    assert said[0] == said[1] != said[2]
