"""The octets of values: which tags there are, and which classes may be named.

An explicit encoding of the house's own data, and of nothing else. Numbers keep every bit, mappings their order. A
dataclass is written as its name and its fields, which are named once a stream, so that a reader with other fields says
so instead of guessing. Decoding makes plain data of the classes in `ROOMS` and runs nothing: a recording that somebody
has tampered with can be wrong, but cannot act.
"""

import importlib
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

ROOMS: Final = ("plans", "detectors", "controllers", "signalctl")
"""Packages whose classes may be named in a recording."""

NONE, TRUE, FALSE, INT, FLOAT, DECIMAL, TEXT, AGAIN, OCTETS = range(9)
TUPLE, LIST, DICT, SET, FROZENSET, ENUM, DATA, NAMED, ARRAY, SCALAR, DEQUE, COUNTER = range(9, 21)
FIRST_FREE: Final = 32
"""Tags from here on belong to those who extend the encoding."""

PLACES: Final = 1000.0
"""Decimals of so many parts are written as integers: detectors and models speak in them, and they are short."""
MOST_PARTS: Final = 1e9


class CodecError(ValueError):
    """A value cannot be written, or octets are not what they should be; the message says which and where."""


def field_names(kind: type) -> tuple[str, ...]:
    """What of a class is written: the fields of a dataclass or a named tuple; enums have none."""
    if issubclass(kind, Enum):
        return ()
    if is_dataclass(kind):
        return tuple(one.name for one in fields(kind))
    return tuple(getattr(kind, "_fields", ()))


def find_class(module: str, name: str) -> type:
    """A class of the house by its name.

    Raises:
        CodecError: there is none.
    """
    if module.partition(".")[0] not in ROOMS or "__" in module:  # to import `__main__` would run it
        raise CodecError(f"expected a class of {', '.join(ROOMS)}, got {module}.{name}")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        raise CodecError(f"expected a class that this version has, got {module}.{name}") from None
    if not isinstance(found, type):
        raise CodecError(f"expected a class, got {module}.{name}")
    return found


def checked_fields(kind: type, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, when they are those of the class today.

    Raises:
        CodecError: the class has other fields.
    """
    today = field_names(kind)
    if names != today:
        raise CodecError(
            f"{kind.__module__}.{kind.__qualname__}: expected the fields {', '.join(today)}, got {', '.join(names)}"
        )
    return names
