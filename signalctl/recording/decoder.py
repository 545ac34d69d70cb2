"""Octets back to values."""

import struct
from collections import Counter, deque
from collections.abc import Callable
from enum import Enum
from typing import Any

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
    NAMED,
    NONE,
    OCTETS,
    PLACES,
    SCALAR,
    SET,
    TEXT,
    TRUE,
    TUPLE,
    CodecError,
    checked_fields,
    find_class,
)

_FLOAT = struct.Struct("<d")


class Decoder:
    """Reads what an `Encoder` wrote, in the same order."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._classes: list[tuple[type, tuple[str, ...]]] = []
        self._data = memoryview(b"")
        self._at = 0

    def decode(self, data: bytes) -> Any:
        """The value whose octets are `data`.

        Raises:
            CodecError: they are no whole value, or one of classes and fields that this version does not have.
        """
        self._data, self._at = memoryview(data), 0
        try:
            value = self.read()
        except Exception as error:  # whatever octets that are none make of Python's own types
            raise error if isinstance(error, CodecError) else CodecError(f"octet {self._at}: {error}") from error
        if self._at != len(data):
            raise CodecError(f"octet {self._at}: expected the end, got {len(data) - self._at} octets more")
        return value

    def read(self) -> Any:
        """The next value."""
        tag = self._data[self._at]
        self._at += 1
        reader = _READERS.get(tag)
        return reader(self) if reader is not None else self.read_other(tag)

    def read_other(self, tag: int) -> Any:
        """The next value, whose tag is not one of this encoding."""
        raise CodecError(f"octet {self._at - 1}: expected the tag of a value, got {tag}")

    def number(self) -> int:
        """The next count."""
        value = shift = 0
        while True:
            octet = self._data[self._at]
            self._at += 1
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                return value
            shift += 7

    def signed(self) -> int:
        """The next integer."""
        number = self.number()
        return -((number + 1) >> 1) if number & 1 else number >> 1

    def text(self) -> str:
        """The next text."""
        number = self.number()
        if number:
            return self._texts[number - 1]
        value = bytes(self.octets()).decode("utf-8", "surrogatepass")
        self._texts.append(value)
        return value

    def octets(self) -> memoryview:
        """The next octets."""
        length = self.number()
        end = self._at + length
        if end > len(self._data):
            raise CodecError(f"octet {self._at}: expected {length} octets, got {len(self._data) - self._at}")
        found = self._data[self._at : end]
        self._at = end
        return found

    def class_of(self) -> tuple[type, tuple[str, ...]]:
        """The next class, with the fields that it had when it was written."""
        number = self.number()
        if number:
            return self._classes[number - 1]
        module, name = self.text(), self.text()
        names = tuple(self.text() for _ in range(self.number()))
        found = find_class(module, name)
        self._classes.append((found, names))
        return found, names

    def float64(self) -> float:
        """The next whole float."""
        (value,) = _FLOAT.unpack_from(self._data, self._at)
        self._at += 8
        return float(value)


def _read_data(decoder: Decoder) -> Any:
    kind, names = decoder.class_of()
    checked_fields(kind, names)
    value: Any = object.__new__(kind)
    for name in names:
        object.__setattr__(value, name, decoder.read())
    return value


def _read_named(decoder: Decoder) -> Any:
    kind, names = decoder.class_of()
    checked_fields(kind, names)
    return tuple.__new__(kind, [decoder.read() for _ in names])


def _read_enum(decoder: Decoder) -> Any:
    kind, _ = decoder.class_of()
    name = decoder.text()
    if not issubclass(kind, Enum) or name not in kind.__members__:
        raise CodecError(f"expected a member of {kind.__qualname__}, got {name!r}")
    return kind[name]


def _read_array(decoder: Decoder) -> np.ndarray:
    kind = np.dtype(decoder.text())
    shape = tuple(decoder.number() for _ in range(decoder.number()))
    return np.frombuffer(decoder.octets(), kind).reshape(shape).copy()


def _read_scalar(decoder: Decoder) -> Any:
    kind = np.dtype(decoder.text())
    return np.frombuffer(decoder.octets(), kind)[0]


def _read_deque(decoder: Decoder) -> deque[Any]:
    most = decoder.read()
    return deque(decoder.read(), most)


def _reads_items(make: Callable[[list[Any]], Any]) -> Callable[[Decoder], Any]:
    def read(decoder: Decoder) -> Any:
        return make([decoder.read() for _ in range(decoder.number())])

    return read


def _read_dict(decoder: Decoder) -> dict[Any, Any]:
    found = {}
    for _ in range(decoder.number()):
        key = decoder.read()
        found[key] = decoder.read()
    return found


_READERS: dict[int, Callable[[Decoder], Any]] = {
    NONE: lambda _decoder: None,
    TRUE: lambda _decoder: True,
    FALSE: lambda _decoder: False,
    INT: Decoder.signed,
    FLOAT: Decoder.float64,
    DECIMAL: lambda decoder: decoder.signed() / PLACES,
    TEXT: Decoder.text,
    OCTETS: lambda decoder: bytes(decoder.octets()),
    TUPLE: _reads_items(tuple),
    LIST: _reads_items(list),
    SET: _reads_items(set),
    FROZENSET: _reads_items(frozenset),
    DICT: _read_dict,
    ENUM: _read_enum,
    DATA: _read_data,
    NAMED: _read_named,
    ARRAY: _read_array,
    SCALAR: _read_scalar,
    DEQUE: _read_deque,
    COUNTER: lambda decoder: Counter(decoder.read()),
}
