"""The command line's own manners: exit status, one line for what is wrong, data where it is asked for."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from signalctl import __version__
from signalctl.diagnosis import examine
from signalctl.journal import Journal


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "signalctl", *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_version_is_printed() -> None:
    """The version, and nothing else."""
    done = _run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "no-such-site.yaml"),
        ("check", "no-such-site.yaml"),
        ("simulate", "no-such-scenario"),
        ("optimise", "no-such-site.yaml", "--counts", "no-such-counts.csv"),
        ("demo", "--speed", "fast"),
        ("demo", "--detection", "perfect"),
        ("journal", "no-such-journal.sqlite"),
        ("controller", "no-such-site.yaml", "--junction", "J1"),
        ("site", "init", "no-such.net.xml", "--timezone", "Mars/Base"),
    ],
)
def test_a_wrong_call_ends_with_status_2_and_one_line(words: tuple[str, ...]) -> None:
    """No traceback: one line that says what was expected or what is missing."""
    done = _run(*words)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert any(word in done.stderr for word in ("expected", "No such file", "no such journal"))
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told_at_once() -> None:
    """The demo names the address instead of failing when everything else stands."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _run("demo", "--headless", "--port", str(port))
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr


def test_a_site_without_broker_is_refused_by_name(tmp_path: Path) -> None:
    """The service says which part of the file it lacks."""
    example = Path(__file__).parents[2] / "examples" / "single-junction.yaml"
    text = "\n".join(line for line in example.read_text().splitlines() if not line.startswith("mqtt:"))
    (tmp_path / "site.yaml").write_text(text)
    done = _run("run", str(tmp_path / "site.yaml"))
    assert done.returncode == 2
    assert "mqtt: expected the broker's address" in done.stderr


def test_journal_command_verifies_and_finds_tampering(tmp_path: Path) -> None:
    """Status 0 while the chain holds, 1 when it does not, with the record's number."""
    import sqlite3

    path = tmp_path / "j.sqlite"
    journal = Journal(path)
    for number in range(3):
        journal.append(1000.0 + number, "decided", "J1", {"stage": f"S{number}"})
    journal.close()
    assert _run("journal", str(path), "--verify").returncode == 0
    shown = [json.loads(line) for line in _run("journal", str(path), "--json").stdout.splitlines()]
    assert [one["body"]["stage"] for one in shown] == ["S0", "S1", "S2"]
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER record_is_final")
    connection.execute("UPDATE record SET body = '{}' WHERE id = 2")
    connection.commit()
    connection.close()
    done = _run("journal", str(path), "--verify")
    assert done.returncode == 1
    assert "record 2" in done.stdout


def test_doctor_names_every_part_with_its_cost() -> None:
    """Each condition has a name and a detail, and what is missing says what that costs."""
    done = _run("doctor", "--json")
    found = json.loads(done.stdout)
    assert {"Python", "package plans", "library numba", "program mosquitto", "clock"} <= {one["name"] for one in found}
    assert all(one["cost"] for one in found if not one["ok"])
    assert done.returncode == (1 if any(one["needed"] and not one["ok"] for one in found) else 0)


def test_a_room_that_another_distribution_owns_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our folders have plain names; whoever else owns one is named, and that is a necessary condition."""
    import importlib.metadata

    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"plans": ["signalctl", "other-plans"]})
    room = next(one for one in examine() if one.name == "package plans")
    assert not room.ok
    assert room.needed
    assert "other-plans" in room.detail
