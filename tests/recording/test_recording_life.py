"""A recording outlives kills, restarts and full disks, and stays small."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from signalctl.journal import read_records, verify_journal
from signalctl.recording import recorder
from signalctl.recording.player import Replayed, recorded_seconds
from signalctl.recording.store import RecordingReader, RecordingTables
from tests.recording.replay_samples import REPOSITORY, Command, replayed, run
from tests.recording_samples import BEGIN_UTC_S, Street, two_junctions


def test_after_a_kill_everything_on_disk_is_replayed(tmp_path: Path, command: Command) -> None:
    """A process killed in the middle leaves a recording that is whole up to its last second, and a next run goes on."""
    path = tmp_path / "j.db"
    call = [sys.executable, "-m", "tests.recording_samples", str(path)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= BEGIN_UTC_S + 90:  # the writer is some seconds behind a street that does not wait
                break
        process.send_signal(signal.SIGKILL)
    seconds = [one for one in replayed(path) if isinstance(one, Replayed)]
    assert len(seconds) >= 50
    assert [one.recorded.utc_s for one in seconds] == [BEGIN_UTC_S + 1.0 + n for n in range(len(seconds))]
    assert all(one.difference is None for one in seconds)
    done = command("replay", str(path), "--verify")
    assert done.returncode == 0, done.stdout


def test_a_restart_begins_a_stretch_of_its_own(tmp_path: Path, command: Command) -> None:
    """Two runs in one journal are one chain; both can be replayed."""
    path = tmp_path / "j.db"
    run(Street(path, "actuated"), 20)
    street = Street(path, "max-pressure", begin_utc_s=BEGIN_UTC_S + 500)
    run(street, 20)
    assert verify_journal(path)[1] == []
    done = command("replay", str(path), "--verify")
    assert done.returncode == 0, done.stdout
    assert "40 seconds replayed, all the same" in done.stdout
    listed = command("replay", str(path)).stdout
    assert "actuated, start" in listed
    assert "max-pressure, start" in listed


def test_a_full_disk_ends_the_recording_and_not_control(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop goes on; the failure is reported once; with room again a new stretch begins, and is exact."""
    monkeypatch.setattr(recorder, "RETRY_S", 0.0)
    write, full = RecordingTables.append, [True]

    def append(tables: RecordingTables, utc_s: float, body: bytes) -> None:
        if full[0] and utc_s - BEGIN_UTC_S >= 10:
            raise sqlite3.OperationalError("database or disk is full")
        write(tables, utc_s, body)

    monkeypatch.setattr(RecordingTables, "append", append)
    errors: list[Exception] = []
    street = Street(tmp_path / "j.db", "max-pressure", on_failure=errors.append)

    async def whole() -> None:
        await street.run(12)
        await _settled(lambda: bool(errors))
        full[0] = False
        await street.run(40)
        await street.close()

    asyncio.run(whole())
    assert {str(error) for error in errors} == {"database or disk is full"}
    assert len(street.ticks) == 52
    assert all(not tick.failures or tick.failures[0].step == "read" for tick in street.ticks)
    with RecordingReader(street.journal.path) as reader:
        assert any("resumed" in span.header for span in reader.spans())
    assert all(one.difference is None for one in replayed(street.journal.path))
    assert command("replay", str(street.journal.path), "--verify").returncode == 0


def test_old_stretches_are_forgotten_whole(tmp_path: Path, command: Command) -> None:
    """What is over the bound goes, the oldest first; the rest is still a chain, and the journal says what is gone."""
    limits = replace(two_junctions().recording, hours=60 / 3600)
    street = Street(tmp_path / "j.db", "max-pressure", limits=limits, stretch_s=20.0)
    run(street, 170)
    with RecordingReader(street.journal.path) as reader:
        spans = reader.spans()
    assert spans[0].begin_utc_s >= BEGIN_UTC_S + 80
    records = read_records(street.journal.path, junction="", limit=5000)
    gone = [one.body["stretches"] for one in records if one.body.get("event") == "forgotten"]
    assert gone[0][0] == 1
    assert gone[-1][1] == spans[0].id - 1
    done = command("replay", str(street.journal.path), "--verify")
    assert done.returncode == 0, done.stdout
    outside = command("replay", str(street.journal.path), "--at", str(BEGIN_UTC_S + 5))
    assert outside.returncode == 2
    assert "expected a time from" in outside.stderr


def test_a_recording_stays_small(tmp_path: Path, command: Command) -> None:
    """A second of a junction with a handful of detectors takes some hundred octets at most."""
    street = run(Street(tmp_path / "j.db", "max-pressure"), 80)
    with RecordingReader(street.journal.path) as reader:
        octets = [len(second.body) for span in reader.spans() for second in reader.seconds(span.id)]
        assert sum(1 for span in reader.spans() for _ in recorded_seconds(reader, span.id)) == 80
    assert sum(octets) / len(octets) < 2 * 400


async def _settled(condition: Callable[[], bool]) -> None:
    """Wait for the writer's thread."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the recorder did not settle")
