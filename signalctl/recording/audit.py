"""Whether a recording is what was written: hash by hash, and against what the journal's own chain says of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from signalctl.journal import read_records
from signalctl.recording.store import RecordingReader, Span, second_hash, stretch_hash

PAGE = 5000


def chain_breaks(reader: RecordingReader, spans: list[Span], said: Mapping[tuple[int, str], str]) -> Iterator[str]:
    """Every place at which the chain of these stretches does not hold.

    Args:
        reader: the recording.
        spans: stretches to look at, in their order.
        said: hash by stretch and event (begin, end), as the journal has them.
    """
    before: tuple[int, bytes] | None = None
    for span in spans:
        stretch = reader.stretch(span.id)
        head = stretch_hash(stretch.before, stretch.id, stretch.utc_s, stretch.header, stretch.state)
        place = f"stretch {span.id}"
        if head != stretch.hash:
            yield f"{place}: its beginning does not match its hash"
        if before is not None and before[0] == span.id - 1 and stretch.before != before[1]:
            yield f"{place}: does not follow the stretch before it"
        if said.get((span.id, "begin"), stretch.hash.hex()) != stretch.hash.hex():
            yield f"{place}: the journal says that it began otherwise"
        head = stretch.hash
        for number, second in enumerate(reader.seconds(span.id)):
            if second.number != number:
                yield f"{place}: second {number} is missing"
                break
            if second_hash(head, second.number, second.utc_s, second.body) != second.hash:
                yield f"{place}: second {number} does not match its hash"
                break
            head = second.hash
        else:
            if said.get((span.id, "end"), head.hex()) != head.hex():
                yield f"{place}: the journal says that it ended otherwise"
        before = (span.id, head)


def said_by_journal(path: Path) -> dict[tuple[int, str], str]:
    """The hashes with which stretches began and ended, as the journal took them down."""
    found: dict[tuple[int, str], str] = {}
    after = 0
    while records := read_records(path, after=after, junction="", limit=PAGE):
        for record in records:
            event = record.body.get("event")
            if record.kind == "recording" and event in ("begin", "end"):
                found[int(record.body["stretch"]), event] = str(record.body["hash"])
        after = records[-1].id
    return found
