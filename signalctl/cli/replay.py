"""`signalctl replay`: any recorded second computed again, compared bit for bit, and explained."""

import json
import math
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signalctl.cli.progress import progress
from signalctl.errors import EXIT_FINDINGS, EXIT_OK, UsageError

if TYPE_CHECKING:
    from signalctl.recording.player import Replayed
    from signalctl.recording.store import RecordingReader, Span

DAY_S = 86400.0
MOST_TOLD = 20


def replay(
    file: Annotated[Path, typer.Argument(help="The journal, an SQLite file.")],
    at: Annotated[
        str | None, typer.Option(help="A second: 2026-03-01T07:15:30Z, 07:15:30 (UTC) or UTC seconds.")
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", help="First second.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last second.")] = None,
    junction: Annotated[str | None, typer.Option(help="Tell of this junction only.")] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare only, the whole recording if no time is named; check the chain.")
    ] = False,
    site: Annotated[
        Path | None, typer.Option(help="Decide with this site file instead of the recorded one: what would differ?")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Compute recorded seconds again and compare them bit for bit; status 1 and the first difference if they differ."""
    from signalctl.recording.replay import Wish, check_inside, differences_first, spans_of
    from signalctl.recording.store import RecordingReader

    if at is not None and (begin is not None or end is not None):
        raise UsageError("--at: expected either --at or --from and --to, got both")
    with RecordingReader(file) as reader:
        spans = reader.spans()
        if at is None and begin is None and end is None and not verify:
            check_inside(spans, Wish(-math.inf, math.inf), file)
            _list(spans, as_json=as_json)
            raise typer.Exit(EXIT_OK)
        near_utc_s = spans[-1].end_utc_s if spans else 0.0
        first = _time("--from", begin, near_utc_s, -math.inf)
        last = _time("--to", end, near_utc_s, math.inf)
        if at is not None:
            first = last = float(int(_time("--at", at, near_utc_s, 0.0)))
        wish = Wish(first, last, site)
        check_inside(spans, wish, file)
        chosen = spans_of(spans, wish)
        for told in differences_first(file, chosen, wish):
            typer.echo(json.dumps({"note": told}) if as_json else f"note: {told}")
        teller = _Teller(junction, verify=verify, as_json=as_json, brief=at is None)
        broken = _broken_chain(file, reader, chosen, whole=verify)
        for place in broken:
            teller.tell_finding(None, place)
        if not broken:
            _play(reader, chosen, wish, teller)
            if not teller.seconds:
                raise UsageError(f"{file}: expected a second that was recorded, got one that the loop skipped")
        teller.tell_sum(file)
    raise typer.Exit(EXIT_FINDINGS if teller.findings else EXIT_OK)


class _Teller:
    """Prints seconds and findings, and counts."""

    def __init__(self, junction: str | None, *, verify: bool, as_json: bool, brief: bool) -> None:
        self._junction, self._verify, self._as_json, self._brief = junction, verify, as_json, brief
        self.findings = self.seconds = 0

    def tell_second(self, second: "Replayed") -> None:
        """One second, and its first difference."""
        from signalctl.explanation import explain
        from signalctl.recording.replay import completed

        self.seconds += 1
        names = list(second.tick.picture.junctions)
        if self._junction is not None and self._junction not in names:
            raise UsageError(f"--junction: expected one of {', '.join(names)}, got {self._junction!r}")
        if second.difference is not None:
            self.tell_finding(second.recorded.utc_s, second.difference)
        if self._verify:
            return
        tick = completed(second)
        for name in names if self._junction is None else [self._junction]:
            told = explain(tick, name)
            if self._as_json:
                typer.echo(json.dumps({**told, "same": second.difference is None}, ensure_ascii=False))
            else:
                self._tell_words(told, name)

    def tell_finding(self, utc_s: float | None, words: str) -> None:
        """Something that is not as it was."""
        self.findings += 1
        if self.findings > MOST_TOLD:
            return
        if self._as_json:
            typer.echo(json.dumps({"t": utc_s, "difference": words}, ensure_ascii=False))
        else:
            typer.echo(f"{'' if utc_s is None else _clock(utc_s) + ' '}DIFFERS: {words}")

    def tell_sum(self, file: Path) -> None:
        """How it went."""
        if self._as_json:
            typer.echo(json.dumps({"seconds": self.seconds, "findings": self.findings}))
        elif self.findings:
            typer.echo(f"{file}: {self.seconds} seconds replayed, {self.findings} findings")
        else:
            typer.echo(f"{file}: {self.seconds} seconds replayed, all the same bit for bit")

    def _tell_words(self, told: dict[str, Any], name: str) -> None:
        from signalctl.explanation import in_words

        if not self._brief:
            typer.echo(f"{_clock(told['t'])} {name}")
            for line in in_words(told):
                typer.echo(line)
            return
        decision = told["decision"]
        words = (
            "the plan goes on" if decision is None else f"{decision['action']} {decision['stage']}: {decision['why']}"
        )
        refused = "".join(f" [refused by the {one['by']}: {one['code']}]" for one in told["refused"])
        typer.echo(f"{_clock(told['t'])} {name}: {words}{refused}")


def _play(reader: "RecordingReader", spans: "list[Span]", wish: Any, teller: _Teller) -> None:
    from signalctl.recording.player import Checkpoint
    from signalctl.recording.replay import play

    total = sum(span.seconds for span in spans)
    with progress("replay") as tell:
        for number, one in enumerate(play(reader, spans, wish), 1):
            tell(min(number / total, 1.0))
            if isinstance(one, Checkpoint):
                if one.difference is not None:
                    teller.tell_finding(one.utc_s, one.difference)
            else:
                teller.tell_second(one)


def _broken_chain(file: Path, reader: "RecordingReader", spans: "list[Span]", *, whole: bool) -> list[str]:
    """Where the recording's chain does not hold; with `whole`, the journal's as well, that it is anchored in."""
    from signalctl.journal import verify_journal
    from signalctl.recording.audit import chain_breaks, said_by_journal

    journal = verify_journal(file)[1] if whole else []
    found = [f"journal record {place.id}: {place.problem}" for place in journal]
    return found + list(chain_breaks(reader, spans, said_by_journal(file)))


def _list(spans: "list[Span]", *, as_json: bool) -> None:
    """What can be replayed."""
    from signalctl.recording.header import parse_header

    for span in spans:
        header = parse_header(span.header)
        if as_json:
            fields = {"stretch": span.id, "from": span.begin_utc_s, "to": span.end_utc_s, "seconds": span.seconds}
            more = {"octets": span.octets, "strategy": header.strategy, "reason": header.reason, "site": header.site}
            typer.echo(json.dumps({**fields, **more, "software": dict(header.software)}))
        else:
            typer.echo(
                f"{span.id:>6} {_clock(span.begin_utc_s)} to {_clock(span.end_utc_s)}  {span.seconds:>6} s  "
                f"{span.octets / 1000.0:>8.0f} kB  {header.strategy}, {header.reason}"
            )


def _time(option: str, text: str | None, near_utc_s: float, default: float) -> float:
    """UTC seconds from any way to say a time; a time of day is that before the end of the recording."""
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        pass
    try:
        if "T" not in text and "-" not in text:
            of_day = datetime.combine(datetime.fromtimestamp(near_utc_s, UTC).date(), time.fromisoformat(text), UTC)
            utc_s = of_day.timestamp()
            return utc_s if utc_s <= near_utc_s else utc_s - DAY_S
        moment = datetime.fromisoformat(text)
    except ValueError:
        expected = "a time such as 2026-03-01T07:15:30Z, 07:15:30 or UTC seconds"
        raise UsageError(f"{option}: expected {expected}, got {text!r}") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _clock(utc_s: float) -> str:
    return datetime.fromtimestamp(utc_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
