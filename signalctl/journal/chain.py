"""Records of the journal and the chain that makes later changes evident.

Each record's hash covers its own content and the hash of the record before it, so a record that was changed, removed
or slipped in breaks the chain at that place.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry.

    `kind` is seen, decided, refused, pushed, confirmed, link, health, request, recording or service.
    """

    id: int
    utc_s: float
    kind: str
    junction: str
    body: Mapping[str, Any]
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where the chain does not hold, and how."""

    id: int
    problem: str


def canonical(body: Mapping[str, Any]) -> str:
    """One text for one content: sorted keys, no spaces, numbers as Python writes them."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def chain_hash(previous: bytes, record_id: int, utc_s: float, kind: str, junction: str, body_text: str) -> bytes:
    """SHA-256 over the record before and this record's content; fields are length-prefixed, so none can flow over."""
    digest = hashlib.sha256(previous)
    for part in (str(record_id), repr(utc_s), kind, junction, body_text):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()


def breaks(rows: Iterable[tuple[int, float, str, str, str, bytes]]) -> Iterator[ChainBreak]:
    """Each place at which the chain is broken, in order."""
    previous, expected_id = GENESIS, 1
    for record_id, utc_s, kind, junction, body_text, stored in rows:
        if record_id != expected_id:
            yield ChainBreak(record_id, f"record {expected_id} is missing")
        if chain_hash(previous, record_id, utc_s, kind, junction, body_text) != stored:
            yield ChainBreak(record_id, "content does not match its hash")
        previous, expected_id = stored, record_id + 1
