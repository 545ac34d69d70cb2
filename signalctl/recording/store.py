"""The recording's tables, in the journal's file: stretches of seconds, each beginning with the loop's whole memory.

Every row's hash covers its content and the hash of the row before, over the ends of stretches. Old stretches are
forgotten whole, so that what is left is still a chain; the journal's own chain names how each stretch began and ended.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from signalctl.journal import JournalError
from signalctl.journal.chain import GENESIS

_SCHEMA = """
CREATE TABLE IF NOT EXISTS recorded_text (
  digest TEXT PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS recorded_stretch (
  id INTEGER PRIMARY KEY,
  utc_s REAL NOT NULL,
  header TEXT NOT NULL,
  state BLOB NOT NULL,
  before BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS recorded_second (
  stretch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  utc_s REAL NOT NULL,
  body BLOB NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE (stretch, number)
) STRICT;
CREATE TRIGGER IF NOT EXISTS recorded_stretch_is_final BEFORE UPDATE ON recorded_stretch
  BEGIN SELECT RAISE(ABORT, 'a recording is never changed'); END;
CREATE TRIGGER IF NOT EXISTS recorded_second_is_final BEFORE UPDATE ON recorded_second
  BEGIN SELECT RAISE(ABORT, 'a recording is never changed'); END;
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch as it is stored; `before` is the hash of the row that it follows."""

    id: int
    utc_s: float
    header: str
    state: bytes
    before: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class StoredSecond:
    """One second as it is stored: a piece of its stretch's compressed stream."""

    number: int
    utc_s: float
    body: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """What is recorded of a stretch, at a glance."""

    id: int
    begin_utc_s: float
    end_utc_s: float
    seconds: int
    octets: int
    header: str


def row_hash(before: bytes, *parts: bytes) -> bytes:
    """SHA-256 over the row before and this row's content, each part with its length."""
    digest = hashlib.sha256(before)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def stretch_hash(before: bytes, id_: int, utc_s: float, header: str, state: bytes) -> bytes:
    """The hash of a stretch's beginning."""
    return row_hash(before, str(id_).encode(), repr(utc_s).encode(), header.encode(), state)


def second_hash(before: bytes, number: int, utc_s: float, body: bytes) -> bytes:
    """The hash of a second."""
    return row_hash(before, str(number).encode(), repr(utc_s).encode(), body)


def text_digest(text: str) -> str:
    """The name under which a text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


class RecordingTables:
    """Writes stretches and seconds; for one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=5, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._stretch = self._number = 0
        self._head = GENESIS

    @property
    def head(self) -> bytes:
        """Hash of the newest row."""
        return self._head

    @property
    def place(self) -> tuple[int, int]:
        """Number of the stretch that is being written, and of its seconds so far."""
        return self._stretch, self._number

    def begin(self, utc_s: float, header: str, state: bytes, texts: tuple[str, ...]) -> None:
        """Begin a stretch; the chain goes on from the newest row in the file."""
        last = self._db.execute("SELECT id, hash FROM recorded_stretch ORDER BY id DESC LIMIT 1").fetchone()
        stretch, before = (last[0] + 1, last[1]) if last is not None else (1, GENESIS)
        if last is not None:
            newest = "SELECT hash FROM recorded_second WHERE stretch = ? ORDER BY number DESC LIMIT 1"
            before = (self._db.execute(newest, (last[0],)).fetchone() or (before,))[0]
        head = stretch_hash(before, stretch, utc_s, header, state)
        with self._transaction():
            for text in texts:
                packed = zlib.compress(text.encode(), 9)
                self._db.execute("INSERT OR IGNORE INTO recorded_text VALUES (?, ?)", (text_digest(text), packed))
            row = (stretch, utc_s, header, state, before, head)
            self._db.execute("INSERT INTO recorded_stretch VALUES (?, ?, ?, ?, ?, ?)", row)
        self._stretch, self._number, self._head = stretch, 0, head

    def append(self, utc_s: float, body: bytes) -> None:
        """Write one second."""
        head = second_hash(self._head, self._number, utc_s, body)
        self._db.execute(
            "INSERT INTO recorded_second VALUES (?, ?, ?, ?, ?)", (self._stretch, self._number, utc_s, body, head)
        )
        self._number, self._head = self._number + 1, head

    def forget(self, before_utc_s: float, most_octets: int) -> tuple[int, ...]:
        """Drop whole stretches that ended before a time, and the oldest while more is kept than allowed.

        The stretch that is being written always stays. Returns the numbers of the stretches that are gone.
        """
        spans = list(_spans(self._db))
        total = sum(span.octets for span in spans)
        gone: list[int] = []
        for span in spans[:-1]:
            if span.end_utc_s >= before_utc_s and total <= most_octets:
                break
            total -= span.octets
            gone.append(span.id)
        if gone:
            with self._transaction():
                self._db.execute("DELETE FROM recorded_second WHERE stretch <= ?", (gone[-1],))
                self._db.execute("DELETE FROM recorded_stretch WHERE id <= ?", (gone[-1],))
                self._db.execute(
                    "DELETE FROM recorded_text WHERE NOT EXISTS "
                    "(SELECT 1 FROM recorded_stretch WHERE instr(header, digest) > 0)"
                )
        return tuple(gone)

    def close(self) -> None:
        """End writing."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk has ended it already, and its own error is the one to tell
                self._db.execute("ROLLBACK")
            raise


class RecordingReader:
    """Reads a recording; use it as a context."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise JournalError(f"{path}: no such journal")
        self._path = path
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            self._db.execute("SELECT id FROM recorded_stretch LIMIT 1")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise JournalError(f"{path}: expected a journal with a recording: {error}") from error

    def __enter__(self) -> "RecordingReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def spans(self) -> list[Span]:
        """All stretches, the oldest first; those without a second are left out."""
        return [span for span in _spans(self._db) if span.seconds]

    def stretch(self, id_: int) -> Stretch:
        """The beginning of one stretch."""
        query = "SELECT id, utc_s, header, state, before, hash FROM recorded_stretch WHERE id = ?"
        return Stretch(*self._db.execute(query, (id_,)).fetchone())

    def seconds(self, stretch: int) -> Iterator[StoredSecond]:
        """The seconds of one stretch in their order."""
        query = "SELECT number, utc_s, body, hash FROM recorded_second WHERE stretch = ? ORDER BY number"
        for row in self._db.execute(query, (stretch,)):
            yield StoredSecond(*row)

    def text(self, digest: str) -> str | None:
        """A text by its digest; None when it is missing or is not what its name says."""
        row = self._db.execute("SELECT body FROM recorded_text WHERE digest = ?", (digest,)).fetchone()
        try:
            text = zlib.decompress(row[0]).decode() if row is not None else None
        except (zlib.error, UnicodeDecodeError):
            return None
        return text if text is not None and text_digest(text) == digest else None


def _spans(db: sqlite3.Connection) -> Iterator[Span]:
    query = """
        SELECT id, s.utc_s, coalesce(max(r.utc_s), s.utc_s), count(r.number),
               length(state) + coalesce(sum(length(r.body) + length(r.hash)), 0), header
        FROM recorded_stretch s LEFT JOIN recorded_second r ON r.stretch = s.id GROUP BY id ORDER BY id
    """
    for row in db.execute(query):
        yield Span(*row)
