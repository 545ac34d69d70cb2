"""Values to octets, bit for bit."""

import struct
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from signalctl.recording.codec import (
    ARRAY,
    COUNTER,
    DATA,
    DECIMAL,
    DEQUE,
    DICT,
    ENUM,
    FALSE,
    FLOAT,
    FROZENSET,
    INT,
    LIST,
    MOST_PARTS,
    NAMED,
    NONE,
    OCTETS,
    PLACES,
    ROOMS,
    SCALAR,
    SET,
    TEXT,
    TRUE,
    TUPLE,
    CodecError,
    field_names,
)

_FLOAT = struct.Struct("<d")
_NEGATIVE_ZERO: Final = _FLOAT.pack(-0.0)

Writer = Callable[[Any, Any], None]
"""Appends a value to an encoder."""


class Encoder:
    """Writes values to one stream. Texts and classes are named in full once and by number afterwards."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._classes: dict[type, tuple[int, tuple[str, ...]]] = {}
        self.writers: dict[type, Writer] = dict(_WRITERS)
        self.members: dict[int, bytes] = {}  # by identity: members of two enums of numbers are equal
        self.out = bytearray()

    def encode(self, value: Any) -> bytes:
        """The octets of one value; the stream goes on with the next."""
        self.out = bytearray()
        self.write(value)
        return bytes(self.out)

    def write(self, value: Any) -> None:
        """Append one value to `out`."""
        writer = self.writers.get(type(value))
        if writer is None:
            writer = self.writers[type(value)] = self.writer_of(type(value))
        writer(self, value)

    def writer_of(self, kind: type) -> Writer:
        """How values of a class are written that is met for the first time."""
        return plain_writer(kind)

    def number(self, value: int) -> None:
        """Append a count: seven bits an octet."""
        out = self.out
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)

    def text(self, value: str) -> None:
        """Append a text, by its number where the stream has it already (numbers begin at 1)."""
        known = self._texts.get(value)
        if known is not None:
            self.number(known)
            return
        self._texts[value] = len(self._texts) + 1
        self.number(0)
        self.octets(value.encode("utf-8", "surrogatepass"))

    def octets(self, value: bytes) -> None:
        """Append octets with their length."""
        self.number(len(value))
        self.out += value

    def class_of(self, value: Any) -> tuple[str, ...]:
        """Append the class of a value; returns the names of its fields."""
        kind = type(value)
        known = self._classes.get(kind)
        if known is None:
            if kind.__module__.partition(".")[0] not in ROOMS or "<" in kind.__qualname__:
                raise CodecError(f"expected a class of {', '.join(ROOMS)}, got {kind.__module__}.{kind.__qualname__}")
            names = self.names_of(value)
            self._classes[kind] = known = (len(self._classes) + 1, names)
            self.number(0)
            self.text(kind.__module__)
            self.text(kind.__qualname__)
            self.number(len(names))
            for name in names:
                self.text(name)
        else:
            self.number(known[0])
        return known[1]

    def short_enum(self, value: Enum) -> bytes:
        """The octets of a member that the stream knows."""
        before, self.out = self.out, bytearray((ENUM,))
        self.class_of(value)
        self.text(value.name)
        found, self.out = bytes(self.out), before
        return found

    def names_of(self, value: Any) -> tuple[str, ...]:
        """What of a value is written, when its class is named for the first time."""
        return field_names(type(value))


def plain_writer(kind: type) -> Writer:
    """How values of a class are written."""
    known = _WRITERS.get(kind)
    if known is not None:
        return known
    if issubclass(kind, Enum):
        return _write_enum
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _write_named
    if is_dataclass(kind):
        return write_data
    if issubclass(kind, np.generic):
        return _write_scalar
    raise CodecError(f"expected data of {', '.join(ROOMS)}, got a {kind.__module__}.{kind.__qualname__}")


def _write_enum(encoder: Encoder, value: Enum) -> None:
    known = encoder.members.get(id(value))
    if known is None:
        encoder.out.append(ENUM)
        encoder.class_of(value)
        encoder.text(value.name)
        encoder.members[id(value)] = encoder.short_enum(value)
    else:
        encoder.out += known


def _write_named(encoder: Encoder, value: Any) -> None:
    encoder.out.append(NAMED)
    encoder.class_of(value)
    for item in value:
        encoder.write(item)


def write_data(encoder: Encoder, value: Any) -> None:
    """Append a dataclass by its fields."""
    encoder.out.append(DATA)
    for name in encoder.class_of(value):
        encoder.write(getattr(value, name))


def _write_scalar(encoder: Encoder, value: np.generic) -> None:
    encoder.out.append(SCALAR)
    encoder.text(value.dtype.str)
    encoder.octets(value.tobytes())


def _write_none(encoder: Encoder, _value: None) -> None:
    encoder.out.append(NONE)


def _write_bool(encoder: Encoder, value: bool) -> None:
    encoder.out.append(TRUE if value else FALSE)


def _write_int(encoder: Encoder, value: int) -> None:
    encoder.out.append(INT)
    if 0 <= value < 0x40:
        encoder.out.append(value << 1)
    else:
        encoder.number(value << 1 if value >= 0 else (-value << 1) - 1)


def _write_float(encoder: Encoder, value: float) -> None:
    parts = value * PLACES
    if -MOST_PARTS < parts < MOST_PARTS:
        whole = round(parts)
        if whole / PLACES == value and (whole or _FLOAT.pack(value) != _NEGATIVE_ZERO):
            encoder.out.append(DECIMAL)
            encoder.number(whole << 1 if whole >= 0 else (-whole << 1) - 1)
            return
    encoder.out.append(FLOAT)
    encoder.out += _FLOAT.pack(value)


def _write_text(encoder: Encoder, value: str) -> None:
    encoder.out.append(TEXT)
    encoder.text(value)


def _write_octets(encoder: Encoder, value: bytes) -> None:
    encoder.out.append(OCTETS)
    encoder.octets(value)


def _writes_items(tag: int) -> Callable[[Encoder, Any], None]:
    def write(encoder: Encoder, value: Any) -> None:
        encoder.out.append(tag)
        encoder.number(len(value))
        for item in value:
            encoder.write(item)

    return write


def _writes_set(tag: int) -> Callable[[Encoder, Any], None]:
    """Sets have no order of their own: that of their members' octets is taken."""

    def write(encoder: Encoder, value: Any) -> None:
        encoder.out.append(tag)
        encoder.number(len(value))
        for item in sorted(value, key=lambda one: Encoder().encode(one)):
            encoder.write(item)

    return write


def _write_dict(encoder: Encoder, value: Mapping[Any, Any]) -> None:
    encoder.out.append(DICT)
    encoder.number(len(value))
    for key, item in value.items():
        encoder.write(key)
        encoder.write(item)


def _write_counter(encoder: Encoder, value: Mapping[Any, Any]) -> None:
    encoder.out.append(COUNTER)
    encoder.write(dict(value))


def _write_deque(encoder: Encoder, value: deque[Any]) -> None:
    encoder.out.append(DEQUE)
    encoder.write(value.maxlen)
    encoder.write(list(value))


def _write_array(encoder: Encoder, value: np.ndarray) -> None:
    if value.dtype.hasobject:
        raise CodecError("expected an array of numbers, got one of objects")
    encoder.out.append(ARRAY)
    encoder.text(value.dtype.str)
    encoder.number(value.ndim)
    for length in value.shape:
        encoder.number(length)
    encoder.octets(value.tobytes())


_WRITERS: dict[type, Writer] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    str: _write_text,
    bytes: _write_octets,
    tuple: _writes_items(TUPLE),
    list: _writes_items(LIST),
    set: _writes_set(SET),
    frozenset: _writes_set(FROZENSET),
    dict: _write_dict,
    OrderedDict: _write_dict,
    defaultdict: _write_dict,
    MappingProxyType: _write_dict,
    Counter: _write_counter,
    deque: _write_deque,
    np.ndarray: _write_array,
}
