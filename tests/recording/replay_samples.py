"""Streets that are recorded, and what is played of them."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from signalctl.recording.player import Checkpoint, Replayed
from signalctl.recording.replay import Wish, play, spans_of
from signalctl.recording.store import RecordingReader
from tests.recording_samples import EXAMPLE, Street

REPOSITORY = EXAMPLE.parent.parent
EVERYTHING = Wish(float("-inf"), float("inf"))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


def run(street: Street, seconds: int) -> Street:
    """Control for so long, and end."""

    async def whole() -> None:
        await street.run(seconds)
        await street.close()

    asyncio.run(whole())
    return street


def replayed(path: Path, wish: Wish = EVERYTHING) -> list[Replayed | Checkpoint]:
    """Everything that is played."""
    with RecordingReader(path) as reader:
        return list(play(reader, spans_of(reader.spans(), wish), wish))


def tamper(path: Path, statement: str) -> None:
    """Change the file behind the triggers that refuse it."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()
