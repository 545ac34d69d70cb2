"""Whether two values are the same to the last bit, and where they are not."""

import struct
from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import numpy as np

from signalctl.recording.encoder import Encoder
from signalctl.recording.state_encoder import KEPT, attributes, is_object

_FLOAT = struct.Struct("<d")


def first_difference(recorded: Any, replayed: Any, place: str = "") -> str | None:
    """The first place at which two values differ, with both; None when every bit agrees.

    Objects are compared by what they hold, once for each pair, and what no recording holds (functions, parts of the
    site) not at all.
    """
    return _difference(recorded, replayed, place, set())


def _difference(recorded: Any, replayed: Any, place: str, done: set[tuple[int, int]]) -> str | None:
    if recorded is replayed:
        return None
    if type(recorded) is not type(replayed) and not (isinstance(recorded, Mapping) and isinstance(replayed, Mapping)):
        return _told(place, recorded, replayed)
    if isinstance(recorded, float):
        return None if _FLOAT.pack(recorded) == _FLOAT.pack(replayed) else _told(place, recorded, replayed)
    if isinstance(recorded, Enum):
        return _told(place, recorded, replayed)  # members are compared by identity, which is done
    if isinstance(recorded, np.ndarray):
        same = recorded.dtype == replayed.dtype and recorded.shape == replayed.shape
        return None if same and recorded.tobytes() == replayed.tobytes() else _told(place, recorded, replayed)
    if isinstance(recorded, KEPT) or callable(recorded):
        return None
    if is_object(type(recorded)) or isinstance(recorded, Mapping | list | tuple | deque):
        if (id(recorded), id(replayed)) in done:
            return None
        done.add((id(recorded), id(replayed)))
        return _of_parts(recorded, replayed, place, done)
    if isinstance(recorded, set | frozenset):
        same = recorded == replayed and sorted(map(_octets, recorded)) == sorted(map(_octets, replayed))
        return None if same else _told(place, recorded, replayed)
    return None if recorded == replayed else _told(place, recorded, replayed)


def _of_parts(recorded: Any, replayed: Any, place: str, done: set[tuple[int, int]]) -> str | None:
    if isinstance(recorded, Mapping):
        if list(recorded) != list(replayed):
            return _of_keys(recorded, replayed, place)
        parts: Iterable[tuple[Any, Any, Any]] = [(key, recorded[key], replayed[key]) for key in recorded]
    elif isinstance(recorded, list | tuple | deque):
        if len(recorded) != len(replayed):
            return f"{place}: recorded {len(recorded)} entries, replayed {len(replayed)}"
        parts = [(number, *two) for number, two in enumerate(zip(recorded, replayed, strict=True))]
    else:
        names = attributes(recorded)
        if set(names) != set(attributes(replayed)):
            return f"{place}: recorded {', '.join(names)}, replayed {', '.join(attributes(replayed))}"
        parts = [(name, getattr(recorded, name), getattr(replayed, name)) for name in names]
    for name, then, now in parts:
        found = _difference(then, now, _inside(place, str(name)), done)
        if found is not None:
            return found
    return None


def _of_keys(recorded: Mapping[Any, Any], replayed: Mapping[Any, Any], place: str) -> str:
    for key in dict.fromkeys((*recorded, *replayed)):
        if key not in recorded or key not in replayed:
            where = "recorded only" if key in recorded else "replayed only"
            return f"{_inside(place, str(key))}: {where}: {_short(recorded.get(key, replayed.get(key)))}"
    return f"{place}: recorded in the order {_short(list(recorded))}, replayed in the order {_short(list(replayed))}"


def _octets(member: Any) -> bytes:
    return Encoder().encode(member)


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _told(place: str, recorded: Any, replayed: Any) -> str:
    return f"{place}: recorded {_short(recorded)}, replayed {_short(replayed)}"


def _short(value: Any) -> str:
    """A value in few words; floats with all their bits."""
    if isinstance(value, float):
        return f"{value!r} ({value.hex()})"
    if isinstance(value, bytes):
        return value.hex()
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
