"""Replays part of a recording: finds the stretches, plays them, and tells first what is not as it was then."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from plans.schema import load_site
from signalctl.errors import UsageError
from signalctl.recording.header import Header, parse_header
from signalctl.recording.player import Checkpoint, Player, Replayed
from signalctl.recording.store import RecordingReader, Span, text_digest
from signalctl.tick import Tick


@dataclass(frozen=True, slots=True)
class Wish:
    """What to replay, both ends included, and with which site's file instead of the recorded one."""

    from_utc_s: float
    to_utc_s: float
    site_file: Path | None = None


def spans_of(spans: list[Span], wish: Wish) -> list[Span]:
    """The stretches that hold a part of what is wished for."""
    return [span for span in spans if span.begin_utc_s <= wish.to_utc_s and span.end_utc_s >= wish.from_utc_s]


def play(reader: RecordingReader, spans: list[Span], wish: Wish) -> Iterator[Replayed | Checkpoint]:
    """Every wished second, computed again; and where one stretch leads into the next, whether their memories agree.

    Raises:
        CodecError: a stretch cannot be read.
    """
    site = load_site(wish.site_file) if wish.site_file is not None else None
    before: Player | None = None
    for span in spans:
        player = Player(reader, span.id, site)
        if before is not None and before.stretch == span.id - 1:
            yield before.checkpoint(player)
        for second in player.seconds():
            if second.recorded.utc_s > wish.to_utc_s:
                return
            if second.recorded.utc_s >= wish.from_utc_s:
                yield second
        before = player


def differences_first(path: Path, spans: list[Span], wish: Wish) -> list[str]:
    """What is not as it was when these stretches were recorded: software, numbers, the site's file."""
    found: dict[str, None] = {}
    for header in {span.header: parse_header(span.header) for span in spans}.values():
        found.update(dict.fromkeys(header.other_software()))
        found.update(dict.fromkeys(header.other_numbers()))
        found.update(dict.fromkeys(_other_site(path, header, wish)))
    return list(found)


def _other_site(path: Path, header: Header, wish: Wish) -> Iterator[str]:
    """The site's file, where it is given, or still lies beside the journal."""
    file = wish.site_file or (path.parent / header.site_file if header.site_file else None)
    if file is None or (wish.site_file is None and not file.is_file()):
        return
    digest = text_digest(file.read_text(encoding="utf-8"))
    if digest != header.site:
        used = "replayed with this one" if wish.site_file is not None else "replayed with the recorded one"
        yield f"site {file}: recorded with {header.site[:16]}, the file is {digest[:16]} now; {used}"


def completed(second: Replayed) -> Tick:
    """The replayed tick with what the world made of it then."""
    after = second.recorded.aftermath
    tick = second.tick
    return replace(
        tick,
        pushes=after.pushes,
        refusals=(*tick.refusals, *after.refusals),
        failures=(*tick.failures, *after.failures),
    )


def check_inside(spans: list[Span], wish: Wish, path: Path) -> None:
    """Refuse a time that nothing was recorded at.

    Raises:
        UsageError: nothing is recorded there.
    """
    if not spans:
        raise UsageError(f"{path}: expected a recording, got none: it was not recorded, or is forgotten by now")
    if not spans_of(spans, wish):
        first, last = spans[0].begin_utc_s, max(span.end_utc_s for span in spans)
        raise UsageError(
            f"{path}: expected a time from {first:.0f} to {last:.0f} (UTC seconds) within a recorded stretch, "
            f"got {wish.from_utc_s:.0f} to {wish.to_utc_s:.0f}"
        )
