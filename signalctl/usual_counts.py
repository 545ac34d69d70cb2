"""What days have taught of traffic, kept in the site's store from one run of the service to the next.

A table of its own beside the journal: these are averages that change, not a record of what happened.
"""

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import structlog

from plans.junction import Junction
from signalctl.errors import UsageError
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategies.usual_traffic import Slot, Sum, UsualTraffic, usual_from_rows
from signalctl.tick import Tick

log = structlog.get_logger(__name__)

BUSY_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS usual_count (
  day TEXT NOT NULL,
  slot INTEGER NOT NULL,
  junction TEXT NOT NULL,
  what TEXT NOT NULL,
  id TEXT NOT NULL,
  amount REAL NOT NULL,
  over REAL NOT NULL,
  PRIMARY KEY (day, slot, junction, what, id)
) STRICT, WITHOUT ROWID;
"""


def read_usual(path: Path, junctions: Mapping[str, Junction]) -> UsualTraffic:
    """What the store knows of these junctions; nothing where it holds no such counts yet.

    Raises:
        UsageError: There is no such file, or it is no store.
    """
    if not path.is_file():
        raise UsageError(f"{path}: expected a store with counts, got no such file")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'usual_count'").fetchone():
                return UsualTraffic()
            rows = connection.execute("SELECT day, slot, junction, what, id, amount, over FROM usual_count")
            return usual_from_rows(junctions, ((Slot(day, slot), name, Sum(*one)) for day, slot, name, *one in rows))
    except sqlite3.Error as error:
        raise UsageError(f"{path}: expected a store with counts, got {error}") from error


def write_usual(path: Path, junctions: Mapping[str, Junction], usual: UsualTraffic, slots: Iterable[Slot]) -> None:
    """Put what is known of these slots in the place of what the store says of them.

    Raises:
        sqlite3.Error: The store cannot be written.
    """
    rows = [(*slot, name, *one) for slot in slots for name, one in usual.rows(junctions, slot)]
    with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection, connection:
        connection.executescript(_SCHEMA)
        connection.executemany("INSERT OR REPLACE INTO usual_count VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


class UsualCounts:
    """An observer that stores each quarter of an hour when it has ended; a disk that refuses delays nobody."""

    def __init__(self, path: Path, history: TrafficHistory) -> None:
        self._path, self._history = path, history
        self._stored: Slot | None = None
        self._writing: threading.Thread | None = None

    def record(self, _tick: Tick) -> None:
        """Store what was learned since, once the one before is stored."""
        usual = self._history.usual
        busy = self._writing is not None and self._writing.is_alive()
        if busy or usual.learned is None or usual.learned == self._stored:
            return
        self._stored = usual.learned
        work = (usual.copy(), usual.learned)
        self._writing = threading.Thread(target=self._write, args=work, name="usual counts", daemon=True)
        self._writing.start()

    def close(self) -> None:
        """Wait for what is being written."""
        if self._writing is not None:
            self._writing.join(2.0 * BUSY_S)

    def _write(self, usual: UsualTraffic, slot: Slot) -> None:
        try:
            write_usual(self._path, self._history.junctions, usual, (slot,))
        except sqlite3.Error as error:
            log.error("usual traffic cannot be stored; control goes on", error=str(error))
