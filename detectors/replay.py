"""Record messages to a file and play them back, as JSON lines (gzip when the name ends in `.gz`).

Each line is one message as it came: `{"at": UTC seconds of arrival, "topic": ..., "payload": ...}`. Played back, the
messages take the same way through decoding and buffer as live ones.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from detectors.intake import Intake
from detectors.reporting import ReportingTable
from detectors.source import Batch, SourceStatistics


class ReplayError(ValueError):
    """A recorded file cannot be used; the message names file, line, what was expected and what came."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    at: float = Field(allow_inf_nan=False)
    topic: str
    payload: JsonValue


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded message."""

    at_utc_s: float
    topic: str
    payload: bytes


def read_recording(path: Path) -> Iterator[Recorded]:
    """The messages of a recording in the order of the file.

    Raises:
        ReplayError: A line is no recorded message, times run backwards, or the file cannot be read.
    """
    last_s = float("-inf")
    number = 0
    try:
        with _open(path, "r") as lines:
            for number, text in enumerate(lines, start=1):
                if not text.strip():
                    continue
                line = _Line.model_validate_json(text)
                if line.at < last_s:
                    raise ReplayError(f"{path}:{number}: at: expected a time from {last_s} on, got {line.at}")
                last_s = line.at
                yield Recorded(line.at, line.topic, json.dumps(line.payload, separators=(",", ":")).encode())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "line"
        got = repr(first["input"])[:80]
        raise ReplayError(
            f"{path}:{number}: {field}: expected a recorded message ({first['msg']}), got {got}"
        ) from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReplayError(f"{path}:{number + 1}: expected readable JSON lines, got {error}") from error


class ReplaySource:
    """A `Source` that delivers a recording by the clock: each drain hands over what had arrived by `now_utc_s()`.

    The clock runs in the time of the recording, as fast as whoever plays it likes.
    """

    def __init__(self, path: Path, now_utc_s: Callable[[], float], table: ReportingTable | None = None) -> None:
        self._lines = read_recording(path)
        self._now_utc_s = now_utc_s
        self._intake = Intake(table=table)
        self._next = next(self._lines, None)

    @property
    def finished(self) -> bool:
        """Whether everything was handed over."""
        return self._next is None

    def drain(self) -> Batch:
        """Hand over what had arrived by now."""
        now_s = self._now_utc_s()
        while self._next is not None and self._next.at_utc_s <= now_s:
            self._intake.accept(self._next.topic, self._next.payload)
            self._next = next(self._lines, None)
        return self._intake.buffer.drain()

    def statistics(self) -> SourceStatistics:
        """Totals so far; connected until the end of the recording."""
        buffer = self._intake.buffer
        return SourceStatistics(
            connected=not self.finished,
            received=dict(buffer.received),
            invalid=dict(self._intake.invalid),
            dropped=dict(buffer.dropped),
            detail="end of recording" if self.finished else "playing",
        )


class Recorder:
    """Writes messages to a recording; use it as a context."""

    def __init__(self, path: Path) -> None:
        self._file = _open(path, "w")

    def write(self, at_utc_s: float, topic: str, payload: bytes) -> None:
        """Append one message; a payload that is not JSON is kept as text, and refused again when played."""
        try:
            value: JsonValue = json.loads(payload)
        except ValueError:
            value = payload.decode(errors="replace")
        json.dump({"at": at_utc_s, "topic": topic, "payload": value}, self._file, separators=(",", ":"))
        self._file.write("\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(path: Path, mode: str) -> IO[str]:
    if path.name.endswith(".gz"):
        return cast(IO[str], gzip.open(path, mode + "t", encoding="utf-8"))
    return path.open(mode, encoding="utf-8")
