"""Data classes of which thousands are made each second."""

from dataclasses import dataclass, is_dataclass
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)
_RECORDS: set[type] = set()


@dataclass_transform(frozen_default=True)
def record(made: Class) -> Class:
    """A data class with slots that is frozen for the type checker and for the reader, but not while it runs.

    Python's own frozen data classes set each attribute by a call: one with 16 attributes takes about eight times as
    long to make. For what is made in every second for every lane, detector or junction, and for nothing that a seal
    or a key depends on.
    """
    kind: Class = dataclass(slots=True, unsafe_hash=True)(made)  # type: ignore[assignment]  # of the same shape
    _RECORDS.add(kind)
    return kind


def is_record(kind: type) -> bool:
    """Whether it is such a class."""
    return kind in _RECORDS


def never_changes(kind: type) -> bool:
    """Whether nobody changes the attributes of its objects: a record, or a frozen data class."""
    return is_record(kind) or (is_dataclass(kind) and bool(kind.__dataclass_params__.frozen))  # type: ignore[attr-defined]
