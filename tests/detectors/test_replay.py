"""Recordings: what was recorded is played back the same way, and a bad file is named by line."""

from pathlib import Path

import pytest

from detectors.messages import encode
from detectors.readings import LoopReading
from detectors.replay import Recorder, ReplayError, ReplaySource, read_recording


@pytest.mark.parametrize("name", ["day.jsonl", "day.jsonl.gz"])
def test_a_recording_plays_back_by_the_clock(tmp_path: Path, name: str) -> None:
    """Each drain hands over what had arrived by then; wrong messages of the day are wrong again."""
    path = tmp_path / name
    sent = [LoopReading("J", "a", 100.0 + second, second, second % 2, 0.5, True) for second in range(5)]
    with Recorder(path) as recorder:
        for reading in sent:
            recorder.write(reading.t_s + 0.1, *encode("s", reading))
        recorder.write(105.0, "signalctl/v1/s/J/loop/a", b"\xff no json")
    now_s = 100.0
    source = ReplaySource(path, lambda: now_s)
    assert source.drain().readings == ()
    now_s = 101.5
    (merged,) = source.drain().readings
    assert merged == LoopReading("J", "a", 101.0, 1, 1, 0.5, True, span_s=2.0)
    assert source.statistics().connected
    now_s = 200.0
    source.drain()
    assert source.finished
    statistics = source.statistics()
    assert not statistics.connected
    assert statistics.received == {"loop": 5}
    assert statistics.invalid == {"loop": 1}


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ('{"at":1,"topic":"x","payload":{}}\nnonsense', ":2: "),
        ('{"at":1,"payload":{}}', ":1: topic: "),
        ('{"at":2,"topic":"x","payload":{}}\n{"at":1,"topic":"x","payload":{}}', ":2: at: "),
    ],
)
def test_a_bad_recording_names_its_line(tmp_path: Path, lines: str, where: str) -> None:
    """Who has to mend the file is told where."""
    path = tmp_path / "bad.jsonl"
    path.write_text(lines)
    with pytest.raises(ReplayError, match=f"bad.jsonl{where}"):
        list(read_recording(path))


def test_a_cut_off_archive_is_an_error_and_not_a_shorter_day(tmp_path: Path) -> None:
    """A recording whose end is missing says so."""
    path = tmp_path / "cut.jsonl.gz"
    with Recorder(path) as recorder:
        for second in range(500):
            recorder.write(second, "x", b"{}")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ReplayError, match=r"cut\.jsonl\.gz"):
        list(read_recording(path))


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    """The file's name stands in the message."""
    with pytest.raises(ReplayError, match=r"none\.jsonl"):
        list(read_recording(tmp_path / "none.jsonl"))
