"""A simulated city street under `adaptive`: every second of some minutes is computed again bit for bit."""

import sys
from functools import partial
from pathlib import Path

import pytest

from detectors.equipment import Detection
from plans.site import StrategyName
from signalctl.cli import main
from signalctl.recording.player import Replayed
from signalctl.recording.replay import Wish, play
from signalctl.recording.start import make_recorder
from signalctl.recording.store import RecordingReader
from signalctl.simulation import run
from signalctl.simulation.run import run_scenario
from signalctl.simulation.spec import RunSpec

BEGIN_S = 24_840.0
SECONDS = 150


@pytest.mark.slow
def test_every_second_of_a_street_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten junctions, radar and buses; decisions have alternatives, and `signalctl replay --verify` finds nothing."""
    monkeypatch.setattr(run, "make_recorder", partial(make_recorder, stretch_s=60.0))
    journal = tmp_path / "run.db"
    end_s = BEGIN_S + SECONDS
    adaptive = StrategyName.ADAPTIVE
    outcome = run_scenario(
        RunSpec(
            "rheinstrasse", "am", strategy=adaptive, detection=Detection.RADAR,
            begin_s=BEGIN_S, end_s=end_s, journal=journal,
        )
    )  # fmt: skip
    assert outcome.failures == ()
    monkeypatch.setattr(sys, "argv", ["signalctl", "replay", str(journal), "--verify"])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().out
    assert end.value.code == 0, said
    assert f"{SECONDS} seconds replayed, all the same bit for bit" in said
    with RecordingReader(journal) as reader:
        spans = reader.spans()
        assert len(spans) == 3
        last = list(play(reader, spans[-1:], Wish(spans[-1].begin_utc_s, spans[-1].end_utc_s)))
    decisions = [one for second in last if isinstance(second, Replayed) for one in second.tick.stage_decisions.values()]
    assert any(len(one.alternatives) == 2 for one in decisions)
    assert all(one.why for one in decisions)
