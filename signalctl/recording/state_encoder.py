"""Objects that remember, to octets: each by its class and its attributes, and whoever is met again by a number."""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType, GeneratorType, MappingProxyType, MethodType
from typing import Any, Final

import numpy as np

from detectors.lateness import LatenessBoard
from plans.junction import Junction
from plans.sealed import GateSeal
from signalctl.recording.codec import AGAIN, COUNTER, DEQUE, DICT, FIRST_FREE, LIST, CodecError
from signalctl.recording.encoder import Encoder, Writer, plain_writer
from signalctl.rollout.layout import Layout

_FUNCTIONS: Final = (FunctionType, MethodType, BuiltinFunctionType, partial, type)
KEPT: Final = (Junction, Layout, GateSeal, Executor, LatenessBoard, *_FUNCTIONS)
"""What a fresh loop has by itself: from the site, or no data at all."""
OBJECT, KEEP, OF_SITE = range(FIRST_FREE, FIRST_FREE + 3)
PLAIN_DICT, DEFAULT_DICT, ORDERED_DICT = range(3)
FACTORIES: Final = {"int": int, "float": float, "list": list, "dict": dict, "set": set}


class StateError(CodecError):
    """The loop's state cannot be written, or does not fit this version; the message names the place."""


class NotNowError(StateError):
    """Something is under way that cannot be written; in a while it will be done."""


class StateEncoder(Encoder):
    """Writes objects by their attributes, and whoever is met again by the number of the first time."""

    def __init__(self, of_site: Iterator[tuple[Any, tuple[str, ...]]]) -> None:
        super().__init__()
        self._of_site: dict[int, tuple[str, ...]] = {}
        self._met: dict[int, int] = {}
        self._alive: list[Any] = []  # whose place in memory must not be given to anybody else
        for value, place in of_site:
            self._of_site.setdefault(id(value), place)
            self._alive.append(value)
        for kind in (dict, defaultdict, OrderedDict, Counter, list, deque, set, np.ndarray):
            self.writers[kind] = self.writer_of(kind)

    def names_of(self, value: Any) -> tuple[str, ...]:
        """Objects are written with the attributes that they have; named tuples with their fields."""
        return attributes(value) if is_object(type(value)) else super().names_of(value)

    def writer_of(self, kind: type) -> Writer:
        """Who may be met again, who is kept, and what is plain data."""
        if issubclass(kind, GeneratorType):
            return StateEncoder._refuse
        if issubclass(kind, KEPT):
            return StateEncoder._write_kept
        if issubclass(kind, dict):
            return StateEncoder._write_mapping
        if issubclass(kind, list | deque):
            return StateEncoder._write_list
        if issubclass(kind, set | np.ndarray):
            return StateEncoder._write_shared
        return StateEncoder._write_object if is_object(kind) else super().writer_of(kind)

    def _refuse(self, value: "GeneratorType[Any, Any, Any]") -> None:
        raise NotNowError(f"{value.__qualname__} is under way")

    def _write_kept(self, value: Any) -> None:
        """A part of the site by the way to it; other things are kept by whoever has them."""
        place = self._of_site.get(id(value))
        if place is None:
            self.number(KEEP)
            return
        self.number(OF_SITE)
        self.number(len(place))
        for part in place:
            self.text(part)

    def _write_object(self, value: Any) -> None:
        if id(value) in self._of_site or callable(value):
            self._write_kept(value)
            return
        if self._met_again(value):
            return
        self.out.append(OBJECT)
        known = self.class_of(value)
        names = known if is_dataclass(value) else attributes(value)
        # objects of one class may hold different attributes; the first one's are written with the class
        self.out.append(0 if names == known else 1)
        if names != known:
            self.number(len(names))
            for name in names:
                self.text(name)
        name = ""
        try:
            for name in names:
                self.write(getattr(value, name))
        except CodecError as error:
            raise _inside(name, error) from None

    def _write_mapping(self, value: dict[Any, Any]) -> None:
        if self._met_again(value):
            return
        if isinstance(value, Counter):
            self.number(COUNTER)
        else:
            self.number(DICT)
            self._write_kind(value)
        self.number(len(value))
        key: Any = ""
        try:
            for key, item in value.items():
                self.write(key)
                self.write(item)
        except CodecError as error:
            raise _inside(key, error) from None

    def _write_kind(self, value: dict[Any, Any]) -> None:
        if not isinstance(value, defaultdict):
            self.number(ORDERED_DICT if isinstance(value, OrderedDict) else PLAIN_DICT)
            return
        factory = getattr(value.default_factory, "__name__", "")
        if FACTORIES.get(factory) is not value.default_factory:
            raise StateError(f"expected a factory of {', '.join(FACTORIES)}, got {factory or value.default_factory}")
        self.number(DEFAULT_DICT)
        self.text(factory)

    def _write_list(self, value: Any) -> None:
        if self._met_again(value):
            return
        if isinstance(value, deque):
            self.number(DEQUE)
            self.write(value.maxlen)
        else:
            self.number(LIST)
        self.number(len(value))
        number = 0
        try:
            for number in range(len(value)):
                self.write(value[number])
        except CodecError as error:
            raise _inside(number, error) from None

    def _write_shared(self, value: Any) -> None:
        """Sets and arrays may be met again, but hold nobody who is."""
        if not self._met_again(value):
            plain_writer(type(value))(self, value)

    def _met_again(self, value: Any) -> bool:
        number = self._met.get(id(value))
        if number is not None:
            self.number(AGAIN)
            self.number(number)
            return True
        self._met[id(value)] = len(self._met)
        self._alive.append(value)
        return False


def _inside(name: object, error: CodecError) -> StateError:
    """The error with the way to its place before it."""
    if isinstance(error, StateError):
        return type(error)(f"{name}.{error}")
    return StateError(f"{name}: {error}")


def is_object(kind: type) -> bool:
    """Whether a class is written by its attributes: not Python's own data, no enums, no tuples, no functions."""
    if is_dataclass(kind):
        return True
    plain = (str, int, float, bytes, tuple, frozenset, np.generic, MappingProxyType, Enum, type(None), *_FUNCTIONS)
    return not issubclass(kind, plain)


def attributes(value: Any) -> tuple[str, ...]:
    """Names of what an object holds: the fields of a dataclass, slots and dictionary of any other."""
    if is_dataclass(value):
        return tuple(one.name for one in fields(value))
    slots = [name for kind in reversed(type(value).__mro__) for name in _slots(kind) if hasattr(value, name)]
    return (*slots, *getattr(value, "__dict__", ()))


def _slots(kind: type) -> tuple[str, ...]:
    own = kind.__dict__.get("__slots__", ())
    return tuple(name for name in ((own,) if isinstance(own, str) else own) if name not in ("__dict__", "__weakref__"))
