"""Octets back into objects that remember: poured into a loop that was just made."""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Final

import numpy as np

from plans.record import never_changes
from signalctl.recording.codec import AGAIN, ARRAY, COUNTER, DEQUE, DICT, LIST, SET, TUPLE
from signalctl.recording.decoder import Decoder
from signalctl.recording.state_encoder import (
    DEFAULT_DICT,
    FACTORIES,
    KEEP,
    OBJECT,
    OF_SITE,
    ORDERED_DICT,
    StateError,
    attributes,
)

MISSING: Final = object()


class StateDecoder(Decoder):
    """Pours what was written into what is there.

    Objects that change are filled where they stand; containers and objects that never change are made anew, since they
    may be constants that others hold as well.
    """

    def __init__(self, of_site: Mapping[tuple[str, ...], Any]) -> None:
        super().__init__()
        self._of_site = of_site
        self._met: list[Any] = []
        self._path: list[str] = []
        self._existing: Any = MISSING

    def pour(self, data: bytes, existing: Any) -> Any:
        """The value whose octets are `data`, made of `existing` where it fits."""
        self._existing = existing
        return self.decode(data)

    def read(self) -> Any:
        """The next value; `_existing` is what stands in its place now."""
        existing, self._existing = self._existing, MISSING
        tag = self._data[self._at]
        pour = _POURED.get(tag)
        if pour is None:
            return super().read()
        self._at += 1
        return pour(self, existing)

    def again(self, _existing: Any) -> Any:
        """Somebody whom the stream has met."""
        return self._met[self.number()]

    def keep(self, existing: Any) -> Any:
        """What every fresh loop has by itself."""
        if existing is MISSING:
            raise StateError(f"{'.'.join(self._path)}: expected something that a fresh loop has, it has none")
        return existing

    def of_site(self, _existing: Any) -> Any:
        """A part of the site."""
        place = tuple(self.text() for _ in range(self.number()))
        if place not in self._of_site:
            raise StateError(f"{'.'.join(self._path)}: expected {'/'.join(place)} in the site, it has none")
        return self._of_site[place]

    def items(self, existing: Any) -> list[Any]:
        """A list, or the members of something like one."""
        found: list[Any] = []
        self._met.append(found)
        self._read_items(found, existing if isinstance(existing, list) else ())
        return found

    def members(self, _existing: Any) -> set[Any]:
        """A set."""
        found: set[Any] = set()
        self._met.append(found)
        found.update([self.read() for _ in range(self.number())])
        return found

    def tuple(self, existing: Any) -> tuple[Any, ...]:
        """A tuple; it is not met again, but its members may be."""
        found: list[Any] = []
        self._read_items(found, existing if isinstance(existing, tuple) else ())
        return tuple(found)

    def counter(self, _existing: Any) -> Counter[Any]:
        """A counter."""
        found: Counter[Any] = Counter()
        self._met.append(found)
        for _ in range(self.number()):
            key = self.read()
            found[key] = self.read()
        return found

    def queue(self, _existing: Any) -> deque[Any]:
        """A queue with its bound."""
        most = self.read()
        found: deque[Any] = deque(maxlen=most)
        self._met.append(found)
        for _ in range(self.number()):
            found.append(self.read())
        return found

    def mapping(self, existing: Any) -> dict[Any, Any]:
        """A dictionary of its kind; what it holds is poured into what stands under the same key now."""
        kind = self.number()
        found: dict[Any, Any] = {}
        if kind == DEFAULT_DICT:
            factory = self.text()
            if factory not in FACTORIES:
                raise StateError(f"{'.'.join(self._path)}: expected a factory of {', '.join(FACTORIES)}, got {factory}")
            found = defaultdict(FACTORIES[factory])
        elif kind == ORDERED_DICT:
            found = OrderedDict()
        self._met.append(found)
        old = existing if isinstance(existing, Mapping) else {}
        for _ in range(self.number()):
            key = self.read()
            found[key] = self._into(str(key), old.get(key, MISSING))
        return found

    def array(self, _existing: Any) -> np.ndarray:
        """An array."""
        self._at -= 1
        found: np.ndarray = super().read()
        self._met.append(found)
        return found

    def object(self, existing: Any) -> Any:
        """An object of the house."""
        kind, names = self.class_of()
        if self.number():
            names = tuple(self.text() for _ in range(self.number()))
        there = existing if type(existing) is kind else MISSING
        today = (
            names if there is MISSING and not is_dataclass(kind) else attributes(kind if there is MISSING else there)
        )
        if set(today) != set(names):
            raise StateError(
                f"{'.'.join(self._path)}: {kind.__qualname__}: expected {', '.join(today)}, got {', '.join(names)}"
            )
        value = object.__new__(kind) if there is MISSING or never_changes(kind) else there
        self._met.append(value)
        for name in names:
            old = getattr(there, name, MISSING) if there is not MISSING else MISSING
            object.__setattr__(value, name, self._into(name, old))
        return value

    def _read_items(self, found: list[Any], old: Sequence[Any]) -> None:
        found.extend(
            self._into(str(number), old[number] if number < len(old) else MISSING) for number in range(self.number())
        )

    def _into(self, name: str, existing: Any) -> Any:
        self._path.append(name)
        self._existing = existing
        value = self.read()
        self._path.pop()
        return value


_POURED: Final[dict[int, Callable[[StateDecoder, Any], Any]]] = {
    AGAIN: StateDecoder.again,
    KEEP: StateDecoder.keep,
    OF_SITE: StateDecoder.of_site,
    OBJECT: StateDecoder.object,
    LIST: StateDecoder.items,
    SET: StateDecoder.members,
    TUPLE: StateDecoder.tuple,
    DICT: StateDecoder.mapping,
    COUNTER: StateDecoder.counter,
    DEQUE: StateDecoder.queue,
    ARRAY: StateDecoder.array,
}
