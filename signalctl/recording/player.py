"""Computes recorded seconds again: the real loop, picture, strategy and gate; only the edges play what was recorded."""

import asyncio
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controllers.driver import FieldStatus, Reachability
from detectors.lateness import LatenessBoard
from detectors.readings import TransitReading
from detectors.source import Batch, SourceStatistics
from plans.policy import Policy
from plans.site import Site
from plans.timing import TimingPlan
from signalctl.assembly import assemble
from signalctl.loop import ControlLoop
from signalctl.recording.codec import CodecError
from signalctl.recording.compare import first_difference
from signalctl.recording.header import Header, parse_header
from signalctl.recording.second import Second, SecondDecoder, outcome_of
from signalctl.recording.start import SiteSource
from signalctl.recording.state import memory_difference, restore
from signalctl.recording.store import RecordingReader
from signalctl.tick import NOTHING_HEARD, Heard, Tick


@dataclass(frozen=True, slots=True)
class Replayed:
    """One second, recorded and computed again; `difference` is the first place at which they are not the same."""

    stretch: int
    recorded: Second
    tick: Tick
    difference: str | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A stretch's end against the memory that the next one began with."""

    stretch: int
    utc_s: float
    difference: str | None


class _Played:
    """The edges of a loop that is replayed: they give the answers of the second that is on."""

    def __init__(self, links: tuple[str, ...]) -> None:
        self.heard: Heard = NOTHING_HEARD
        self.links: Mapping[str, Any] = {name: _PlayedLink(name, self) for name in links}
        self.board = _PlayedBoard()
        self._times_utc_s: Iterator[float] = iter(())
        self._utc_s = 0.0

    def put(self, second: Second) -> None:
        """Take the answers of one second."""
        self.heard = second.heard
        self._utc_s = second.utc_s
        self._times_utc_s = iter(second.gate_utc_s)
        self.board.answers = iter(second.lateness_s)

    def drain(self) -> Batch:
        """What the source delivered."""
        return self.heard.batch

    def statistics(self) -> SourceStatistics:
        """Whether the source was connected."""
        return SourceStatistics(connected=self.heard.connected)

    def now_utc_s(self) -> float:
        """What the gate's clock said."""
        self._utc_s = next(self._times_utc_s, self._utc_s)
        return self._utc_s

    def plans_due(self, utc_s: float) -> Mapping[str, TimingPlan]:
        """The time-of-day plans that were due."""
        del utc_s
        return self.heard.due


class _PlayedLink:
    """A link as it was; nothing is read and nothing is sent."""

    immediate = True

    def __init__(self, junction: str, played: _Played) -> None:
        self.junction = junction
        self.status: FieldStatus | None = None
        self._played = played

    @property
    def busy(self) -> bool:
        return self.junction in self._played.heard.busy

    def reachability(self) -> Reachability:
        return Reachability(self.junction in self._played.heard.field, None)

    def fresh_status(self, utc_s: float) -> FieldStatus | None:
        del utc_s
        return self._played.heard.field.get(self.junction)

    def active_plan(self, utc_s: float) -> TimingPlan | None:
        del utc_s
        return self._played.heard.active_plans.get(self.junction)

    def plan_wanted(self, plan: TimingPlan, utc_s: float) -> bool:
        del plan, utc_s
        return self._played.heard.plan_wanted.get(self.junction, False)

    def postpone_plan(self, utc_s: float) -> None:
        """Nothing is tried again: whether it was, is recorded."""

    async def run(self, call: Callable[[], Any], deadline_s: float) -> None:
        """Nobody is called."""


class _PlayedBoard(LatenessBoard):
    def __init__(self) -> None:
        super().__init__()
        self.answers: Iterator[float | None] = iter(())

    def lateness_s(self, reading: TransitReading, utc_s: float) -> float | None:
        del reading, utc_s
        return next(self.answers, None)


class Player:
    """One stretch of a recording, played from its beginning.

    Args:
        reader: the recording.
        stretch: its number.
        site: to be played with instead of the recorded one.

    Raises:
        CodecError: the stretch cannot be read, or not with this version.
    """

    def __init__(self, reader: RecordingReader, stretch: int, site: Site | None = None) -> None:
        begun = reader.stretch(stretch)
        self.stretch, self.begin_utc_s = stretch, begun.utc_s
        self.header = parse_header(begun.header)
        self._reader = reader
        self._played = _Played(self.header.links)
        self.site = site or recorded_site(reader, self.header)
        self.loop: ControlLoop = assemble(
            self.site,
            strategy=self.header.strategy,
            parameters=self.header.own_parameters(),
            detection=self.header.level,
            source=self._played,
            drivers=(),
            now_utc_s=self._played.now_utc_s,
            plans_due=self._played.plans_due,
            lateness=self._played.board,
        )
        self.loop.links = self._played.links
        restore(self.loop, unpacked(begun.state, stretch))

    def seconds(self) -> Iterator[Replayed]:
        """Each second of the stretch, computed again in its turn."""
        with asyncio.Runner() as runner:
            for second in recorded_seconds(self._reader, self.stretch):
                self._played.put(second)
                tick = runner.run(self._tick(second))
                yield Replayed(self.stretch, second, tick, first_difference(second.outcome, outcome_of(tick)))

    async def _tick(self, second: Second) -> Tick:
        tick = await self.loop.tick(second.utc_s, second.late_s)
        await asyncio.sleep(0)  # where Ctrl-C is heard: a tick that is played never waits
        return tick

    def checkpoint(self, following: "Player") -> Checkpoint:
        """Whether the loop's memory now is the one that the next stretch begins with."""
        found = None
        if following.header.reason == "interval":
            found = memory_difference(following.loop, self.loop)
        told = f"the memory at the end of stretch {self.stretch} is not that of the beginning of the next: {found}"
        return Checkpoint(following.stretch, following.begin_utc_s, told if found is not None else None)


def recorded_site(reader: RecordingReader, header: Header) -> Site:
    """The site as it was.

    Raises:
        CodecError: its text is missing, or is not what its digest says.
    """
    text = reader.text(header.site)
    if text is None:
        raise CodecError(f"expected the text of the site {header.site[:16]}, it is missing or was changed")
    return SiteSource(text, Policy(header.policy) if header.policy else None, header.site_file).site()


def recorded_seconds(reader: RecordingReader, stretch: int) -> Iterator[Second]:
    """The seconds of a stretch as they were recorded.

    Raises:
        CodecError: one cannot be read.
    """
    stream, decoder = zlib.decompressobj(), SecondDecoder()
    for stored in reader.seconds(stretch):
        try:
            yield decoder.second(stream.decompress(stored.body))
        except (zlib.error, CodecError) as error:
            raise CodecError(f"stretch {stretch}, second {stored.number}: {error}") from error


def unpacked(state: bytes, stretch: int) -> bytes:
    """A state as it was captured."""
    try:
        return zlib.decompress(state)
    except zlib.error as error:
        raise CodecError(f"stretch {stretch}: the memory cannot be read: {error}") from error
