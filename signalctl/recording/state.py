"""What the loop remembers from second to second, as octets, so that a replay can begin in the middle.

Everything that picture, strategy and gate keep is written: each object by its class and its attributes, whoever shares
an object shares it again afterwards. What follows from the site alone (junctions, compiled layouts), and what is no
data (functions, threads, seals), is not written: a loop that was just made from the same site has it already, and the
state is poured into that. A state from classes with other attributes is refused by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from signalctl.loop import ControlLoop
from signalctl.recording.compare import first_difference
from signalctl.recording.snapshot import Snapshot
from signalctl.recording.state_decoder import StateDecoder

EDGES: Final = frozenset({"links", "source", "observers"})
"""Attributes of the loop that lead to the world outside: what comes from there is recorded second by second."""


def capture(loop: ControlLoop) -> Snapshot:
    """The loop's memory after a tick.

    Raises:
        NotNowError: a search is under way; ask again after the next tick.
        StateError: something is kept that cannot be copied.
    """
    return Snapshot(_memory(loop), lambda: _of_site(loop))


def restore(loop: ControlLoop, state: bytes) -> None:
    """Put a memory into a loop that was just made from the same site.

    Raises:
        CodecError: the state is damaged, or from a version whose classes keep other things.
    """
    places = {place: value for value, place in _of_site(loop)}
    for name, value in StateDecoder(places).pour(state, _memory(loop)).items():
        setattr(loop, name, value)


def memory_difference(loop: ControlLoop, other: ControlLoop) -> str | None:
    """The first place at which two loops do not remember the same, bit for bit."""
    return first_difference(_memory(loop), _memory(other))


def _memory(loop: ControlLoop) -> dict[str, Any]:
    return {name: value for name, value in vars(loop).items() if name not in EDGES}


def _of_site(loop: ControlLoop) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Every part of the site's junctions and the way to it; detectors may be those of another level of detection."""
    for root, junctions in (("gate", loop.gate.junctions), ("strategy", loop.strategy.junctions)):
        for id_, junction in junctions.items():
            yield junction, (root, id_)
            for one in fields(junction):
                part = getattr(junction, one.name)
                if isinstance(part, Mapping):
                    for key, value in part.items():
                        if is_dataclass(value):
                            yield value, (root, id_, one.name, *((key,) if isinstance(key, str) else key))
                elif isinstance(part, tuple):
                    for number, value in enumerate(part):
                        if is_dataclass(value):
                            yield value, (root, id_, one.name, str(number))
