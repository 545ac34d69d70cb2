"""The journal keeps everything, in order, and shows any later change."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalctl.journal import Journal, JournalError, chain_hash, read_records, store, verify_journal


def _filled(path: Path, count: int = 5) -> Path:
    journal = Journal(path)
    for number in range(count):
        journal.append(100.0 + number, "decided", "J1", {"stage": f"S{number}", "why": "größer"})
    journal.close()
    return path


def test_records_come_back_in_order_and_the_chain_holds(tmp_path: Path) -> None:
    """What was appended is read back in order, and the chain verifies."""
    path = _filled(tmp_path / "j.sqlite")
    records = read_records(path)
    assert [record.body["stage"] for record in records] == ["S0", "S1", "S2", "S3", "S4"]
    assert verify_journal(path) == (5, [])


def test_a_second_service_run_continues_the_chain(tmp_path: Path) -> None:
    """Reopening appends to the same chain."""
    path = _filled(tmp_path / "j.sqlite")
    _filled(path)
    assert verify_journal(path) == (10, [])


def test_update_and_delete_are_refused(tmp_path: Path) -> None:
    """SQL cannot change or remove a record."""
    path = _filled(tmp_path / "j.sqlite")
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("UPDATE record SET kind = 'seen' WHERE id = 2")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM record WHERE id = 2")
    connection.close()


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE record SET body = '{}' WHERE id = 3", 3),
        ("DELETE FROM record WHERE id = 3", 4),
        ("UPDATE record SET utc_s = 0 WHERE id = 1", 1),
    ],
)
def test_tampering_behind_the_triggers_is_found(tmp_path: Path, tampering: str, broken_at: int) -> None:
    """Whoever drops the triggers first is found by the chain."""
    path = _filled(tmp_path / "j.sqlite")
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER record_is_final")
    connection.execute("DROP TRIGGER record_stays")
    connection.execute(tampering)
    connection.commit()
    connection.close()
    _count, found = verify_journal(path)
    assert found[0].id == broken_at


def test_an_unwritable_disk_is_reported_and_nothing_is_lost(tmp_path: Path) -> None:
    """While another process holds the database, records wait; afterwards all of them are there."""
    path = tmp_path / "j.sqlite"
    errors: list[Exception] = []
    journal = Journal(path, on_error=errors.append)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    journal.append(1.0, "seen", "J1", {"queue": 3})
    for _ in range(70):
        if errors:
            break
        journal._thread.join(0.1)
    blocker.execute("ROLLBACK")
    blocker.close()
    journal.close()
    assert errors
    assert [record.body for record in read_records(path)] == [{"queue": 3}]


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "x.sqlite").write_text("no database at all, but long enough to be read as one" * 20)
    with pytest.raises(JournalError, match=r"x\.sqlite"):
        read_records(tmp_path / "x.sqlite")
    with pytest.raises(JournalError, match="no such journal"):
        verify_journal(tmp_path / "y.sqlite")


@given(st.text(), st.text(), st.text(min_size=1))
def test_fields_do_not_flow_into_each_other(kind: str, junction: str, moved: str) -> None:
    """Moving text from one field to the next changes the hash."""
    one = chain_hash(bytes(32), 1, 0.0, kind + moved, junction, "{}")
    other = chain_hash(bytes(32), 1, 0.0, kind, moved + junction, "{}")
    assert one != other


class FullDisk:
    """SQLite on a disk that has no room until somebody makes some: as it is told by SQLite itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        connect = store._connect

        def opened(path: Path) -> sqlite3.Connection:
            connection = connect(path)
            if self.full:
                pages = connection.execute("PRAGMA page_count").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count={pages}")
            return connection

        monkeypatch.setattr(store, "_connect", opened)
        monkeypatch.setattr(store, "RETRY_S", 0.02)


def test_a_full_disk_is_called_that_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not "no transaction is active", which is only what follows from it; with room again, all records are there."""
    disk = FullDisk(monkeypatch)
    errors: list[Exception] = []
    journal = Journal(tmp_path / "j.sqlite", on_error=errors.append)
    for number in range(500):
        journal.append(float(number), "seen", "J1", {"text": "x" * 100})
    _until(lambda: len(errors) >= 2)
    disk.full = False
    _until(lambda: journal.waiting == 0)
    journal.close()
    assert {str(error) for error in errors} == {"database or disk is full"}
    assert verify_journal(tmp_path / "j.sqlite") == (500, [])


def test_a_journal_that_lost_records_is_well_again_once_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was lost stays counted and is recorded as a gap; a service is not unfit for ever because of it."""
    monkeypatch.setattr(store, "QUEUE_RECORDS", 100)
    disk = FullDisk(monkeypatch)
    journal = Journal(tmp_path / "j.sqlite")
    assert journal.writes
    for number in range(3000):
        journal.append(float(number), "seen", "J1", {"text": "x" * 100})
    _until(lambda: journal.dropped > 0 and not journal.writes)
    disk.full = False
    _until(lambda: journal.writes)
    journal.close()
    lost = sum(record.body.get("lost_records", 0) for record in read_records(tmp_path / "j.sqlite", limit=3000))
    assert lost == journal.dropped > 0


def test_a_journal_is_closed_at_once_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end waits for no disk, does not try without pause, and counts what is lost."""
    FullDisk(monkeypatch)
    errors: list[Exception] = []
    journal = Journal(tmp_path / "j.sqlite", on_error=errors.append)
    for number in range(3000):
        journal.append(float(number), "seen", "J1", {"text": "x" * 100})
    _until(lambda: bool(errors))
    journal.close()
    assert not journal._thread.is_alive()
    assert len(errors) < 20
    assert journal.dropped == 3000


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_BUSY])
def test_a_patient_journal_waits_for_a_disk_that_is_full_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A service that is started again while the disk is full controls; anybody else is told."""
    connect, room = store._connect, [False]

    def opened(path: Path) -> sqlite3.Connection:
        if not room[0]:
            error = sqlite3.OperationalError("no room")
            error.sqlite_errorcode = code
            raise error
        return connect(path)

    monkeypatch.setattr(store, "_connect", opened)
    monkeypatch.setattr(store, "RETRY_S", 0.02)
    path = tmp_path / "j.sqlite"
    with pytest.raises(JournalError, match="no room"):
        Journal(path)
    errors: list[Exception] = []
    journal = Journal(path, patient=True, on_error=errors.append)
    journal.append(1.0, "seen", "J1", {"queue": 3})
    _until(lambda: len(errors) >= 3)
    room[0] = True
    _until(lambda: journal.waiting == 0 and path.is_file())
    journal.close()
    assert [record.body for record in read_records(path)] == [{"queue": 3}]


def test_patience_is_no_cure_for_a_wrong_file(tmp_path: Path) -> None:
    """What will not pass by itself is said at once."""
    (tmp_path / "x.sqlite").write_text("no database at all, but long enough to be read as one" * 20)
    with pytest.raises(JournalError, match="not a database"):
        Journal(tmp_path / "x.sqlite", patient=True)


def _until(condition: Callable[[], bool], patience_s: float = 20.0) -> None:
    """Wait for what the writer's thread brings about."""
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
