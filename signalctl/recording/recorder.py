"""Records every tick in the background. What goes wrong here ends the recording, loudly, and never control.

The loop hands over the finished tick, which nobody changes any more, and now and then a copy of its memory; encoding,
compression and disk are the writer thread's. A stretch cannot have gaps, so the first failure ends it; after a while
another one begins, with a new checkpoint of the loop's memory.
"""

import queue
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from plans.site import RecordingLimits
from signalctl.journal import Journal
from signalctl.loop import ControlLoop
from signalctl.recording.codec import CodecError
from signalctl.recording.header import Header
from signalctl.recording.second import SecondEncoder, second_of
from signalctl.recording.snapshot import Snapshot
from signalctl.recording.state import capture
from signalctl.recording.state_encoder import NotNowError
from signalctl.recording.store import RecordingTables
from signalctl.recording.taps import Taps
from signalctl.tick import Tick

log = structlog.get_logger(__name__)

STRETCH_S: Final = 300.0
"""A stretch is so long: a replay begins at most so far back."""
QUEUE_SECONDS: Final = 120
RETRY_S: Final = 60.0
AGAIN_S: Final = 10.0
"""A search that is under way is asked so much later whether it is done."""
CAPTURE_RATIO: Final = 1000.0
"""The loop spends no more than this part of its time on copying its memory: large sites have longer stretches."""
LEVEL: Final = 6
STATE_LEVEL: Final = 6
MEGABYTE: Final = 1_000_000
CLOSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Begin:
    utc_s: float
    header: Header
    state: Snapshot


@dataclass(frozen=True, slots=True)
class _Heard:
    tick: Tick
    gate_utc_s: tuple[float, ...]
    lateness_s: tuple[float | None, ...]


class Recorder:
    """A tick observer that makes each second replayable.

    Args:
        path: the journal's file.
        header: what each stretch begins with.
        site_text: the site as it is in force; its digest stands in the header.
        taps: what the loop's clocks and boards answered.
        journal: whose chain takes down where stretches begin and end.
        limits: how much is kept.
        lossless: whether the loop waits for the writer instead of ending the recording: in a simulation it may.
        on_write: told of octets and seconds of wall time for each second written, from the writer's thread.
        on_failure: told of each failure.
        stretch_s: length of a stretch.
    """

    def __init__(
        self,
        path: Path,
        *,
        header: Header,
        site_text: str,
        taps: Taps,
        journal: Journal,
        limits: RecordingLimits,
        lossless: bool = False,
        on_write: Callable[[int, float], None] = lambda _octets, _wall_s: None,
        on_failure: Callable[[Exception], None] = lambda _error: None,
        stretch_s: float = STRETCH_S,
    ) -> None:
        self._path, self._header, self._site_text = path, header, site_text
        self._taps, self._journal, self._limits, self._lossless = taps, journal, limits, lossless
        self._on_write, self._on_failure, self._stretch_s = on_write, on_failure, stretch_s
        self._loop: ControlLoop | None = None
        self._pending: tuple[str, Snapshot] | None = None
        self._begun_utc_s = float("-inf")
        self._next_utc_s = float("inf")
        self._capture_s = 0.0
        self._retry_at_s = float("inf")
        self._queue: queue.Queue[_Begin | _Heard | None] = queue.Queue(QUEUE_SECONDS)
        self._broken = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """Whether seconds are being recorded."""
        return self._thread is not None and not self._broken.is_set()

    def attach(self, loop: ControlLoop) -> None:
        """Begin with the loop as it is, before its next tick."""
        self._loop = loop
        self._taps.listening = True
        self._begin("start")

    def record(self, tick: Tick) -> None:
        """Hand over one tick; from time to time, the loop's memory after it."""
        gate_utc_s, lateness_s = self._taps.take()
        if self._loop is None:
            return
        if not self.active:
            if time.monotonic() >= self._retry_at_s:
                self._end_thread()
                self._begin("resumed")  # from the next tick on: this one began before the checkpoint
            return
        if self._pending is not None:
            reason, state = self._pending
            self._pending, self._begun_utc_s = None, tick.utc_s
            self._next_utc_s = tick.utc_s + max(self._stretch_s, CAPTURE_RATIO * self._capture_s) - 1.0
            self._put(_Begin(tick.utc_s, replace(self._header, reason=reason), state))
        self._put(_Heard(tick, gate_utc_s, lateness_s))
        if not self._begun_utc_s <= tick.utc_s < self._next_utc_s:
            self._next_utc_s = tick.utc_s + AGAIN_S  # unless it succeeds now
            self._checkpoint("interval")

    def close(self) -> None:
        """Write what waits, and end."""
        self._loop = None
        self._taps.listening = False
        self._end_thread()

    def _begin(self, reason: str) -> None:
        self._broken.clear()
        self._pending = None
        self._checkpoint(reason)
        if self._pending is None:
            if not self._broken.is_set():
                self._retry_at_s = time.monotonic() + 1.0  # something is under way
            return
        self._queue = queue.Queue(QUEUE_SECONDS)
        self._thread = threading.Thread(target=self._write_forever, args=(self._queue,), name="recording", daemon=True)
        self._thread.start()

    def _checkpoint(self, reason: str) -> None:
        """Take the loop's memory as it is now; a search that is under way is waited for, in the stretch that runs."""
        if self._loop is None:
            return
        began_s = time.perf_counter()
        try:
            self._pending = (reason, capture(self._loop))
            self._capture_s = time.perf_counter() - began_s
        except NotNowError:
            self._pending = None
        except CodecError as error:
            self._fail(error)

    def _put(self, item: _Begin | _Heard) -> None:
        if not self._lossless:
            try:
                self._queue.put_nowait(item)
            except queue.Full:
                self._fail(TimeoutError(f"the disk is {QUEUE_SECONDS} s behind"))
            return
        while self.active:
            try:
                self._queue.put(item, timeout=1.0)
            except queue.Full:
                continue
            return

    def _fail(self, error: Exception) -> None:
        """End the recording, and say so; control goes on."""
        if self._broken.is_set():
            return
        self._broken.set()
        self._retry_at_s = time.monotonic() + RETRY_S
        log.error("recording has ended; control goes on", journal=str(self._path), error=str(error), again_in_s=RETRY_S)
        self._on_failure(error)

    def _end_thread(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        while thread.is_alive():
            try:
                self._queue.put(None, timeout=0.1)
                break
            except queue.Full:
                if self._broken.is_set():
                    break
        thread.join(CLOSE_S)

    def _write_forever(self, items: "queue.Queue[_Begin | _Heard | None]") -> None:
        writer = _Writer(self._path, self._site_text, self._journal, self._limits)
        try:
            while (item := items.get()) is not None and not self._broken.is_set():
                began_s = time.perf_counter()
                if isinstance(item, _Begin):
                    writer.begin(item)
                else:
                    octets = writer.append(item)
                    self._on_write(octets, time.perf_counter() - began_s)
            writer.end()
        except (sqlite3.Error, OSError, CodecError) as error:
            self._fail(error)
        except Exception as error:
            log.error("recording failed unexpectedly", exc_info=error)
            self._fail(error)
        finally:
            writer.close()


class _Writer:
    """The writer thread's own: stream, tables, and what the journal is told."""

    def __init__(self, path: Path, site_text: str, journal: Journal, limits: RecordingLimits) -> None:
        self._path, self._site_text, self._journal, self._limits = path, site_text, journal, limits
        self._tables: RecordingTables | None = None
        self._encoder = SecondEncoder()
        self._stream = zlib.compressobj(LEVEL)
        self._utc_s: float | None = None

    def begin(self, item: _Begin) -> None:
        """Begin a stretch: a new stream, from the loop's memory on."""
        self.end()
        if self._tables is None:
            self._tables = RecordingTables(self._path)
        gone = self._tables.forget(item.utc_s - 3600.0 * self._limits.hours, self._limits.megabytes * MEGABYTE)
        state = zlib.compress(item.state.octets(), STATE_LEVEL)
        self._tables.begin(item.utc_s, item.header.text(), state, (self._site_text,))
        self._encoder, self._stream = SecondEncoder(), zlib.compressobj(LEVEL)
        if gone:
            self._note(item.utc_s, {"event": "forgotten", "stretches": [gone[0], gone[-1]]})
        begun = {"event": "begin", "stretch": self._tables.place[0], "reason": item.header.reason}
        self._note(item.utc_s, {**begun, "hash": self._tables.head.hex()})

    def append(self, item: _Heard) -> int:
        """Write one second; returns its octets."""
        if self._tables is None:
            raise CodecError("expected the beginning of a stretch first")
        second = second_of(item.tick, item.gate_utc_s, item.lateness_s)
        raw = self._encoder.encode(second)
        body = self._stream.compress(raw) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        self._tables.append(second.utc_s, body)
        self._utc_s = second.utc_s
        return len(body)

    def end(self) -> None:
        """Tell the journal how the stretch ended."""
        if self._tables is not None and self._utc_s is not None:
            stretch, seconds = self._tables.place
            ended = {"event": "end", "stretch": stretch, "seconds": seconds, "hash": self._tables.head.hex()}
            self._note(self._utc_s, ended)
        self._utc_s = None

    def close(self) -> None:
        """Close the file."""
        if self._tables is not None:
            self._tables.close()

    def _note(self, utc_s: float, body: dict[str, object]) -> None:
        self._journal.append(utc_s, "recording", "", body)
