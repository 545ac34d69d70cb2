"""Between registers and dataclasses, both ways, from the one table in `controllers.registers`."""

import hmac
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar

from controllers import registers
from controllers.register_block import Block
from plans.junction import Aspect
from plans.record import record
from plans.sealed import RequestAction, RequestReason

HMAC_BYTES = 8
_Kind = TypeVar("_Kind", bound=IntEnum)


class CodecError(ValueError):
    """Registers that are no message of this map."""


def words_to_bytes(words: Sequence[int]) -> bytes:
    """Registers as they go over the wire."""
    return struct.pack(f">{len(words)}H", *words)


def bytes_to_words(data: bytes) -> list[int]:
    """The inverse of `words_to_bytes`."""
    return list(struct.unpack(f">{len(data) // 2}H", data))


def unpack(block: Block, data: bytes) -> dict[str, Any]:
    """A block's values by name; arrays as tuples."""
    if len(data) != 2 * block.words:
        raise CodecError(f"block {block.letter}: expected {block.words} registers, got {len(data) / 2:g}")
    flat = struct.unpack(block.struct_format, data)
    values: dict[str, Any] = {}
    at = 0
    for register in block.registers:
        values[register.name] = flat[at] if register.count == 1 else tuple(flat[at : at + register.count])
        at += register.count
    return values


@record
class Message:
    """A dataclass whose fields are the registers of `block` by name (without `reserved`)."""

    block: ClassVar[Block]

    def to_bytes(self) -> bytes:
        """Its registers as bytes. Raises CodecError when a value does not fit."""
        layout = _layout(self)
        values = layout.values(self)
        if layout.array_at is not None:
            array = values[layout.array_at] or (0,) * layout.array_count
            values = (*values[: layout.array_at], *array, *values[layout.array_at + 1 :])
        try:
            return layout.packer.pack(*values)
        except struct.error as error:
            raise CodecError(f"block {self.block.letter}: {error}") from error

    def to_words(self) -> list[int]:
        """Its registers."""
        return bytes_to_words(self.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read from a whole block's bytes."""
        values = unpack(cls.block, data)
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @classmethod
    def from_words(cls, words: Sequence[int]) -> Self:
        """Read from a whole block's registers."""
        return cls.from_bytes(words_to_bytes(words))


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a message's fields become bytes; registers without a field are pad bytes. At most one field is an array."""

    packer: struct.Struct
    values: Callable[[Message], tuple[Any, ...]]
    array_at: int | None
    array_count: int


_LAYOUTS: dict[str, _Layout] = {}


def _layout(message: Message) -> _Layout:
    letter = message.block.letter
    if letter not in _LAYOUTS:
        names = [field.name for field in fields(message)]
        arrays = [
            (names.index(one.name), one.count) for one in message.block.registers if one.name in names and one.count > 1
        ]
        at, count = arrays[0] if arrays else (None, 0)
        _LAYOUTS[letter] = _Layout(
            struct.Struct(message.block.padded_format(frozenset(names))), attrgetter(*names), at, count
        )
    return _LAYOUTS[letter]


@record
class Identity(Message):
    """Block A."""

    block: ClassVar[Block] = registers.IDENTITY
    magic: int
    map_version: int
    site: int
    junction: int
    firmware: int
    safety_hash: int
    capabilities: int
    groups: int
    stages: int
    detectors: int
    cycle_min: int
    cycle_max: int
    reference: int


@record
class Status(Message):
    """Block B."""

    block: ClassVar[Block] = registers.STATUS
    generation: int
    mode: int
    plan_state: int
    active_sequence: int
    active_crc: int
    staged_sequence: int
    staged_crc: int
    last_sequence: int
    reject_code: int
    reject_element: int
    plan_reject_code: int
    plan_reject_element: int
    cycle: int
    second: int
    offset_left: int
    stage: int
    next_stage: int
    time_in_stage: int
    utc: int
    utc_ms: int
    clock_quality: int
    lease_left: int
    heartbeat_echo: int
    epoch: int
    master: int
    request_counter: int
    alarms: int
    boots: int
    rejects: int
    fallbacks: int
    conflict_trips: int
    event_index: int
    requested_level: int
    clock_jumps: int
    active_content: int
    active_expires: int
    generation_end: int


@record
class Lease(Message):
    """Block F."""

    block: ClassVar[Block] = registers.LEASE
    master: int
    epoch: int
    lease: int
    heartbeat: int
    active_sequence_seen: int
    level: int


@record
class StagingPage(Message):
    """Block G: one page of a plan."""

    block: ClassVar[Block] = registers.STAGING
    magic: int
    map_version: int
    sequence: int
    activate_at: int
    expires: int
    safety_hash: int
    cycle: int
    offset: int
    page: int
    counts: int
    payload: tuple[int, ...]
    transition: int
    crc: int

    @property
    def pages(self) -> int:
        """Pages of the plan."""
        return self.page >> 8

    @property
    def number(self) -> int:
        """This page's number from 0."""
        return self.page & 0xFF


@record
class Command(Message):
    """Block H."""

    block: ClassVar[Block] = registers.COMMAND
    code: int
    sequence: int
    crc: int
    epoch: int
    utc: int
    hmac: int = 0


@record
class StageRequest(Message):
    """Block T."""

    block: ClassVar[Block] = registers.STAGE_REQUEST
    counter: int
    epoch: int
    stage: int
    action: int
    valid: int
    request_id: int
    hmac: int = 0


def action_word(action: RequestAction, reason: RequestReason) -> int:
    """The `action` register of block T."""
    return action << 8 | reason


def authenticator(message: Command | StageRequest, key: bytes) -> int:
    """First 64 bit of HMAC-SHA256 over the message's registers before the HMAC itself."""
    return int.from_bytes(hmac.digest(key, message.to_bytes()[:-HMAC_BYTES], "sha256")[:HMAC_BYTES], "big")


def sign_command(message: Command, key: bytes) -> Command:
    """The command with its HMAC."""
    return replace(message, hmac=authenticator(message, key))


def sign_request(message: StageRequest, key: bytes) -> StageRequest:
    """The stage request with its HMAC."""
    return replace(message, hmac=authenticator(message, key))


def authentic(message: Command | StageRequest, key: bytes) -> bool:
    """Whether the message carries the HMAC of this key."""
    return hmac.compare_digest(authenticator(message, key).to_bytes(8, "big"), message.hmac.to_bytes(8, "big"))


def group_word(aspect: Aspect, time_s: int) -> int:
    """One register of block C."""
    return aspect << 12 | min(time_s, 0xFFF)


def read_group_word(word: int) -> tuple[Aspect, int]:
    """Aspect and time in it from one register of block C. Raises CodecError for an aspect that there is not."""
    return meaning(Aspect, "aspect", word >> 12), word & 0xFFF


def meaning(kind: type[_Kind], register: str, number: int) -> _Kind:
    """What a register's number stands for. Raises CodecError when the map does not know it."""
    try:
        return kind(number)
    except ValueError:
        known = ", ".join(str(int(one)) for one in kind)
        raise CodecError(f"{register}: expected one of {known}, got {number}") from None
