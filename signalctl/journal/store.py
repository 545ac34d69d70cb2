"""The journal in SQLite: WAL mode, one writer thread, triggers that refuse change and removal.

The control loop never waits for the disk. When the disk refuses, records wait in a bounded queue; what does not fit is
counted, and the gap itself is recorded as soon as writing works again.
"""

import errno
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from signalctl.journal.chain import GENESIS, ChainBreak, Record, breaks, canonical, chain_hash

QUEUE_RECORDS = 50_000
RETRY_S = 1.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
  id INTEGER PRIMARY KEY,
  utc_s REAL NOT NULL,
  kind TEXT NOT NULL,
  junction TEXT NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS record_by_junction ON record (junction, id);
CREATE TRIGGER IF NOT EXISTS record_is_final BEFORE UPDATE ON record
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS record_stays BEFORE DELETE ON record
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""

_Entry = tuple[float, str, str, str]


class JournalError(Exception):
    """The journal cannot be opened, or is not a journal."""


class Journal:
    """Appends records in the background.

    Args:
        path: the SQLite file; made when it does not exist.
        patient: whether a disk that is full or does not answer at the beginning is waited for, as later on; else it is
            an error. A file that is no journal or may not be written is one in any case.
        on_write: called from the writer thread with the number of records just written.
        on_error: called from the writer thread with each failed attempt.
    """

    def __init__(
        self,
        path: Path,
        *,
        patient: bool = False,
        on_write: Callable[[int], None] = lambda _count: None,
        on_error: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        self.path = path
        self.dropped = 0
        self.writes = True
        """Whether the last attempt to write succeeded."""
        self._on_write, self._on_error = on_write, on_error
        self._queue: queue.Queue[_Entry | None] = queue.Queue(maxsize=QUEUE_RECORDS)
        self._closing = threading.Event()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _connect(path).close()
        except (sqlite3.Error, OSError) as error:
            if not (patient and _may_pass(error)):
                raise JournalError(f"{path}: journal cannot be opened: {error}") from error
            self.writes = False
            on_error(error)
        self._thread = threading.Thread(target=self._write_forever, name="journal", daemon=True)
        self._thread.start()

    def append(self, utc_s: float, kind: str, junction: str, body: Mapping[str, Any]) -> None:
        """Queue one record; never blocks, and counts what a full queue cannot take."""
        try:
            self._queue.put_nowait((utc_s, kind, junction, canonical(body)))
        except queue.Full:
            self.dropped += 1

    @property
    def waiting(self) -> int:
        """Records that are not on disk yet."""
        return self._queue.qsize()

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what waits, then stop; at once where the disk refuses, after `timeout_s` where it does not answer."""
        self._closing.set()
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            self.dropped += 1
        self._thread.join(timeout_s)

    def _write_forever(self) -> None:
        connection: sqlite3.Connection | None = None
        batch: list[_Entry] = []
        reported = 0
        while True:
            ended = self._collect(batch)
            while batch:
                is_last = self._closing.is_set()  # after the end was asked for, one attempt must do
                try:
                    connection = connection or _connect(self.path)
                    if self.dropped > reported:
                        gap = canonical({"event": "journal_gap", "lost_records": self.dropped - reported})
                        batch.append((batch[-1][0], "service", "", gap))
                        reported = self.dropped
                    _append(connection, batch)
                    written = len(batch)
                    batch.clear()
                    self.writes = True
                    self._on_write(written)
                except sqlite3.Error as error:
                    self.writes = False
                    self._on_error(error)
                    if connection is not None:
                        connection.close()
                        connection = None
                    if is_last:
                        self._lose(batch)
                        return
                    self._closing.wait(RETRY_S)
            if ended:
                if connection is not None:
                    connection.close()
                return

    def _lose(self, batch: list[_Entry]) -> None:
        """Count what will not be written any more."""
        self.dropped += len(batch)
        with suppress(queue.Empty):
            while True:
                self.dropped += self._queue.get_nowait() is not None

    def _collect(self, batch: list[_Entry]) -> bool:
        """Wait for one entry, then take what else is there. True when the end was asked for."""
        entry = self._queue.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) >= 1000:
                return False
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return False
        return True


def read_records(
    path: Path, *, after: int = 0, junction: str | None = None, limit: int = 1000, newest_first: bool = False
) -> list[Record]:
    """Records with an id above `after`, oldest first unless `newest_first`."""
    where = "id > ?"
    parameters: list[object] = [after]
    if junction is not None:
        where += " AND junction = ?"
        parameters.append(junction)
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT id, utc_s, kind, junction, body, hash FROM record WHERE {where} ORDER BY id {order} LIMIT ?"  # noqa: S608 - only constants are spliced in
    with _reading(path) as connection:
        rows = connection.execute(query, (*parameters, limit)).fetchall()
    return [Record(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5]) for row in rows]


def verify_journal(path: Path) -> tuple[int, list[ChainBreak]]:
    """Walk the whole chain: number of records, and every place where it does not hold."""
    count = 0

    def rows(connection: sqlite3.Connection) -> Iterator[tuple[int, float, str, str, str, bytes]]:
        nonlocal count
        for row in connection.execute("SELECT id, utc_s, kind, junction, body, hash FROM record ORDER BY id"):
            count += 1
            yield row

    with _reading(path) as connection:
        found = list(breaks(rows(connection)))
    return count, found


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection that is closed at the end."""
    if not path.is_file():
        raise JournalError(f"{path}: no such journal")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        connection.execute("SELECT id FROM record LIMIT 1")
        yield connection
    except sqlite3.DatabaseError as error:
        raise JournalError(f"{path}: not a journal: {error}") from error
    finally:
        connection.close()


def _may_pass(error: Exception) -> bool:
    """Whether the disk is full or does not answer, or somebody else holds the file: things that end by themselves."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
    passing = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return int(code) & 0xFF in passing  # the other bits say more exactly how


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(_SCHEMA)
    return connection


def _append(connection: sqlite3.Connection, batch: list[_Entry]) -> None:
    """Write a batch in one transaction, chained to what is on disk."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        last = connection.execute("SELECT id, hash FROM record ORDER BY id DESC LIMIT 1").fetchone()
        record_id, previous = last if last is not None else (0, GENESIS)
        rows = []
        for utc_s, kind, junction, body_text in batch:
            record_id += 1
            previous = chain_hash(previous, record_id, utc_s, kind, junction, body_text)
            rows.append((record_id, utc_s, kind, junction, body_text, previous))
        connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already, and its own error is the one to tell
            connection.execute("ROLLBACK")
        raise
