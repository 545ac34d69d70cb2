"""The recording's encoding gives back every bit, and nothing but data."""

import contextlib
import math
import struct
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.driver import PlanState
from detectors.readings import LoopReading, RadarObject, RadarReading
from plans.junction import Aspect, Mode
from signalctl.recording.codec import CodecError
from signalctl.recording.compare import first_difference
from signalctl.recording.decoder import Decoder
from signalctl.recording.encoder import Encoder

floats = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**6), 10**6).map(lambda n: n / 1000.0)
enums = st.sampled_from([*Aspect, *PlanState, *Mode])
plain = st.none() | st.booleans() | st.integers() | floats | st.text() | st.binary() | enums
arrays = st.lists(st.floats(), max_size=5).map(np.array) | st.lists(st.integers(0, 99)).map(
    lambda values: np.array(values, np.int32)
)
objects = st.builds(RadarObject, st.text(max_size=3), floats, floats, st.sampled_from(list(Mode)))
readings = st.builds(LoopReading, st.text(), st.text(), floats, st.integers(), st.integers(), floats, st.booleans()) | (
    st.builds(RadarReading, st.text(), st.text(), floats, st.integers(), st.lists(objects).map(tuple))
)
values: st.SearchStrategy[Any] = st.recursive(
    plain | arrays | readings,
    lambda inside: st.lists(inside) | st.lists(inside).map(tuple) | st.dictionaries(st.text(), inside),
    max_leaves=12,
)


@dataclass(frozen=True)
class Foreign:
    """A class that is no part of the house."""

    number: int


@given(st.lists(values, max_size=4))
def test_a_stream_of_values_comes_back_bit_for_bit(stream: list[Any]) -> None:
    """What was written is read in the same order with every bit, also where texts and classes are named again."""
    encoder, decoder = Encoder(), Decoder()
    for value in stream:
        assert first_difference(value, decoder.decode(encoder.encode(value))) is None


@given(st.frozensets(st.text() | st.integers()), st.lists(st.integers()), st.dictionaries(st.text(), st.integers()))
def test_sets_queues_and_counters_come_back(members: frozenset[Any], items: list[int], counts: dict[str, int]) -> None:
    """Containers keep their kind, order and bound."""
    kept = [members, set(members), deque(items, 7), Counter(counts)]
    back = Decoder().decode(Encoder().encode(kept))
    assert back == kept
    assert [type(one) for one in back] == [type(one) for one in kept]
    assert back[2].maxlen == 7


def test_floats_keep_what_equality_does_not_see() -> None:
    """Minus zero, and a NaN's own bits."""
    odd = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_1234))[0]
    for value in (-0.0, 0.0, odd, math.inf, 5e-324, 0.1 + 0.2, 1e300, 123.456):
        back = Decoder().decode(Encoder().encode(value))
        assert struct.pack("<d", back) == struct.pack("<d", value)


def test_members_of_two_enums_with_one_number_stay_apart() -> None:
    """Aspect and plan state share numbers, and an aspect must never come back as a plan's state."""
    pairs = [(aspect, PlanState(int(aspect))) for aspect in Aspect if int(aspect) in set(PlanState)] * 2
    back = Decoder().decode(Encoder().encode(pairs))
    assert [(type(a), type(b)) for a, b in back] == [(Aspect, PlanState)] * len(pairs)


def test_classes_from_elsewhere_are_not_written() -> None:
    """Only data of the house is."""
    with pytest.raises(CodecError, match="Foreign"):
        Encoder().encode(Foreign(1))


@pytest.mark.parametrize("module", ["os", "signalctl.__main__", "plans.no_such_room"])
def test_classes_from_elsewhere_are_not_read(module: str) -> None:
    """A recording cannot name, import or run anything but the house's own classes."""
    data = (
        Encoder()
        .encode(LoopReading("J", "D", 1.0, 1, 1, 0.5, True))
        .replace(bytes([len("detectors.readings")]) + b"detectors.readings", bytes([len(module)]) + module.encode())
    )
    with pytest.raises(CodecError, match=module.replace(".", "[.]")):
        Decoder().decode(data)


def test_a_class_with_other_fields_is_named() -> None:
    """Data from a version whose class had another field is refused with both lists of fields."""
    data = Encoder().encode(LoopReading("J", "D", 1.0, 1, 1, 0.5, True)).replace(b"\x07span_s", b"\x07span_x")
    data = data.replace(b"\x06span_s", b"\x06span_x")
    with pytest.raises(CodecError, match=r"LoopReading: expected the fields .*span_s, got .*span_x"):
        Decoder().decode(data)


@given(st.binary(max_size=200))
def test_octets_that_are_nothing_are_refused(data: bytes) -> None:
    """Whatever comes: a value or a `CodecError`."""
    with contextlib.suppress(CodecError):
        Decoder().decode(data)


@given(readings, st.data())
def test_damaged_octets_never_do_anything_else(reading: Any, data: st.DataObject) -> None:
    """One octet changed or the end cut off: another value or a `CodecError`."""
    octets = bytearray(Encoder().encode(reading))
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(octets), bytes(octets[:at])):
        with contextlib.suppress(CodecError):
            Decoder().decode(damaged)
