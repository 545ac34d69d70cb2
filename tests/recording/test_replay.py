"""What was recorded is computed again to the last bit, from every checkpoint; what is not as it was is named."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plans.site_dump import site_text
from signalctl.loop import ControlLoop
from signalctl.recording import recorder
from signalctl.recording.player import Checkpoint, Player, Replayed
from signalctl.recording.store import RecordingReader
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.strategies import NAMES, Parameters
from signalctl.strategies.parameters import (
    AdaptiveParameters,
    CoordinatedParameters,
    MaxPressureParameters,
    StopSeconds,
)
from signalctl.strategies.usual_traffic import LocalDays, UsualTraffic, things_counted
from signalctl.tick import Tick
from tests.recording.replay_samples import REPOSITORY, Command, replayed, run, tamper
from tests.recording_samples import BEGIN_UTC_S, Street, two_junctions

QUICK = CoordinatedParameters(
    first_s=8.0, period_s=60.0, least_saving=-9.0, benefit_s=1e6, steps_per_tick=20, solver_ticks=2
)
"""Searches soon, and takes what it finds."""


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        *((name, None) for name in NAMES),
        ("max-pressure", MaxPressureParameters(reach_m=33.3)),
        (
            "adaptive",
            AdaptiveParameters(switch_gain=2.5, stop_s=StopSeconds(car=7.0), numbers=RolloutNumbers(walk_s=7.0)),
        ),
        ("coordinated", QUICK),
    ],
)
def test_every_second_of_every_strategy_is_the_same(
    tmp_path: Path, command: Command, strategy: str, parameters: Parameters | None
) -> None:
    """Picture, decisions, costs, verdicts and refusals are the same bit for bit.

    Links fail and answer late meanwhile. Each stretch is played from its own checkpoint, and the memory at its end is
    the one with which the next begins.
    """
    street = run(Street(tmp_path / "j.db", strategy, parameters=parameters), 90)
    assert any(tick.heard.busy for tick in street.ticks)
    done = command("replay", str(street.journal.path), "--verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"seconds": 90, "findings": 0}
    with RecordingReader(street.journal.path) as reader:
        spans = reader.spans()
        assert len(spans) >= 2
        assert Player(reader, spans[0].id).header.own_parameters() == (
            parameters or Player(reader, 1).header.own_parameters()
        )
    if parameters is QUICK:
        assert any(one.unit for tick in street.ticks for one in tick.plan_decisions.values())
    checkpoints = [one for one in replayed(street.journal.path) if isinstance(one, Checkpoint)]
    assert len(checkpoints) == len(spans) - 1
    assert all(one.difference is None for one in checkpoints)


def test_what_earlier_days_taught_is_replayed_too(tmp_path: Path, command: Command) -> None:
    """Usual traffic that the run began with, and what it learned when a quarter of an hour ended, are in the memory."""
    junctions = two_junctions().junctions
    days = LocalDays("Europe/Berlin")
    begin_utc_s = BEGIN_UTC_S - 45
    slot = days.slot(begin_utc_s)
    known = {name: np.full((len(things_counted(one)), 2), 300.0) for name, one in junctions.items()}
    quick = replace(QUICK, plan_by_usual=True, first_s=900.0, first_known_s=8.0)
    street = Street(
        tmp_path / "j.db", "coordinated", parameters=quick, begin_utc_s=begin_utc_s, usual=UsualTraffic({slot: known})
    )
    run(street, 90)
    assert any(one.unit for tick in street.ticks for one in tick.plan_decisions.values())
    assert street.loop.strategy.history.usual.learned == slot
    done = command("replay", str(street.journal.path), "--verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"seconds": 90, "findings": 0}


def test_no_bit_depends_on_the_process(tmp_path: Path) -> None:
    """A process in which sets have another order computes the same."""
    street = run(Street(tmp_path / "j.db", "max-pressure"), 60)
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": str(REPOSITORY)}
    call = [sys.executable, "-m", "signalctl", "replay", str(street.journal.path), "--verify"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=150, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 seconds replayed, all the same bit for bit" in done.stdout


def test_a_replayed_second_is_what_the_loop_did(tmp_path: Path, command: Command) -> None:
    """Decisions with reasons, alternatives and costs are those of the live tick, not only those of the record."""
    street = run(Street(tmp_path / "j.db", "actuated"), 60)
    live = {tick.utc_s: tick for tick in street.ticks}
    seconds = [one for one in replayed(street.journal.path) if isinstance(one, Replayed)]
    assert [one.recorded.utc_s for one in seconds] == sorted(live)
    for one in seconds:
        assert one.tick.stage_decisions == live[one.recorded.utc_s].stage_decisions
        assert one.tick.verdicts == live[one.recorded.utc_s].verdicts
    assert any(decision.alternatives for one in seconds for decision in one.tick.stage_decisions.values())


def test_one_second_from_the_middle_needs_its_stretch_only(tmp_path: Path, command: Command) -> None:
    """`--at` explains one second of one junction in words and as JSON; a time of day is that before the end."""
    street = run(Street(tmp_path / "j.db", "max-pressure"), 90)
    weighed = (
        tick.utc_s
        for tick in street.ticks
        if tick.utc_s >= BEGIN_UTC_S + 60 and "J2" in tick.stage_decisions and tick.stage_decisions["J2"].alternatives
    )
    at = next(weighed)
    done = command("replay", str(street.journal.path), "--at", str(at), "--junction", "J2")
    assert done.returncode == 0, done.stdout + done.stderr
    clock = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))
    assert done.stdout.startswith(f"{clock} J2\n")
    assert "instead" in done.stdout
    assert "persons, counted negative" in done.stdout
    told = json.loads(
        command("replay", str(street.journal.path), "--at", clock[11:-1], "--json").stdout.splitlines()[0]
    )
    assert (told["t"], told["junction"], told["same"]) == (at, "J1", True)
    decision = next(tick for tick in street.ticks if tick.utc_s == at).stage_decisions["J1"]
    assert told["decision"]["cost"] == decision.cost
    assert [one["cost"] for one in told["decision"]["alternatives"]] == [one.cost for one in decision.alternatives]


def test_a_changed_second_is_named(tmp_path: Path, command: Command) -> None:
    """Whoever changes a recorded second breaks the chain at it; nothing is played, and the status is 1."""
    street = run(Street(tmp_path / "j.db", "fixed"), 30)
    tamper(street.journal.path, "UPDATE recorded_second SET utc_s = utc_s + 1 WHERE number = 12")
    done = command("replay", str(street.journal.path), "--verify")
    assert done.returncode == 1
    assert "stretch 1: second 12 does not match its hash" in done.stdout
    assert "0 seconds replayed" in done.stdout


def test_a_stretch_that_was_written_anew_is_named(tmp_path: Path, command: Command) -> None:
    """A recording whose hashes are right again, but are not those that the journal took down, is found."""
    street = run(Street(tmp_path / "j.db", "fixed"), 20)
    with sqlite3.connect(street.journal.path) as connection:
        connection.execute("DELETE FROM recorded_second WHERE number = 19")
    connection.close()
    done = command("replay", str(street.journal.path), "--verify")
    assert done.returncode == 1
    assert "stretch 1: the journal says that it ended otherwise" in done.stdout


def test_a_changed_site_is_named(tmp_path: Path, command: Command) -> None:
    """The recorded site's text cannot be changed unseen; another file is told first, then the first difference."""
    street = run(Street(tmp_path / "j.db", "max-pressure"), 70)
    other = replace(street.site, occupancy={**street.site.occupancy, "car": 1.0})
    (tmp_path / "other.yaml").write_text(site_text(other).replace("min_green_s: 10", "min_green_s: 14"))
    done = command("replay", str(street.journal.path), "--verify", "--site", str(tmp_path / "other.yaml"))
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("note: site")
    assert "DIFFERS" in lines[1]
    assert "recorded" in lines[1]
    tamper(street.journal.path, "UPDATE recorded_text SET body = x'00'")
    done = command("replay", str(street.journal.path), "--verify")
    assert done.returncode == 2
    assert "text of the site" in done.stderr


def test_other_software_and_numbers_are_told_first(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording by another release, with other defaults, says so before anything is played."""
    then = {"signalctl": "0.0.9", "numpy": "1.0"}
    with monkeypatch.context() as patched:
        patched.setattr(recorder, "replace", lambda one, **changes: replace(one, software=then, **changes))
        street = Street(tmp_path / "j.db", "max-pressure", parameters=MaxPressureParameters(period_s=31.0))
        run(street, 15)
    done = command("replay", str(street.journal.path), "--verify")
    assert done.returncode == 0, done.stdout
    assert "note: signalctl: recorded with 0.0.9" in done.stdout
    assert "note: parameter period_s: recorded with 31.0, the default is 20.0" in done.stdout


def test_an_interrupted_replay_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a second is not lost because nothing in it waits."""
    street = run(Street(tmp_path / "j.db", "fixed"), 20)
    ticks: list[float] = []
    tick = ControlLoop.tick

    async def interrupted(loop: ControlLoop, utc_s: float, lateness_s: float = 0.0) -> Tick:
        ticks.append(utc_s)
        if len(ticks) == 5:
            signal.raise_signal(signal.SIGINT)
        return await tick(loop, utc_s, lateness_s)

    monkeypatch.setattr(ControlLoop, "tick", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background may ignore them
    try:
        with pytest.raises(KeyboardInterrupt):
            replayed(street.journal.path)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(ticks) == 5
