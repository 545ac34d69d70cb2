"""The wire format: what is sent comes back, what is wrong is named, and nothing ever raises."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import topics
from detectors.messages import Invalid, decode, encode
from detectors.readings import (
    ON_ARRIVAL_S,
    AirReading,
    ButtonReading,
    ExactReading,
    LoopReading,
    LorawanReading,
    RadarObject,
    RadarReading,
    Reading,
    TransitKind,
    TransitReading,
)
from detectors.topics import Kind
from plans.junction import Mode

ids = st.text(min_size=1, max_size=20).filter(lambda id_: not id_.startswith("_canary"))
READINGS: list[Reading] = [
    LoopReading("J 1/2", "-23#1_0.stop", 1000.25, 7, 2, 0.25, True),
    RadarReading("J", "R", 1.0, 2, (RadarObject("a_0", 12.5, 3.25, Mode.BUS),), count=1, queue_m=20.0, speed_mps=3.0),
    ButtonReading("J", "B+", 1.0, 2, True),
    ButtonReading("J", "B", 1.0, 2, False, waiting=3),
    TransitReading("J", "bus 1", 5.0, TransitKind.UPDATE, Mode.TRAM, 9, 12.0, 60.0, 80.0, "64", "K1", "m1", "t"),
    TransitReading("J", "bus 1", 5.0, TransitKind.NEW, group="K1"),
    TransitReading("J", "bus 1", 5.0, TransitKind.NEW, group="K1", eta_s=40.0, halts=True),
    AirReading("Parcusstraße", 1.0, 4, 38.5, None),
]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: type(reading).__name__)
def test_a_reading_survives_the_wire(reading: Reading) -> None:
    """What a detector sends is what the picture gets, whatever its ids are made of."""
    assert decode(*encode("mainz", reading)) == reading


@given(ids, ids, st.sampled_from(topics.PER_DETECTOR))
def test_any_id_fits_into_a_topic(junction: str, detector: str, kind: Kind) -> None:
    """Ids with slashes, wildcards or umlauts neither break a topic nor come back changed."""
    topic = topics.of_detector("s", kind, junction, detector)
    assert topic.count("/") == 5
    assert not set("+#\x00") & set(topic)
    assert topics.parse(topic) == topics.Address(kind, "s", junction, detector)


def test_a_sender_with_a_topic_of_its_own_is_the_source() -> None:
    """Who may write a topic is the broker's to say, so the topic names the source; the common one is `json`."""
    payload = b'{"t": 1.0, "id": "fire", "junction": "J", "kind": "new", "level": 14, "group": "K1", "source": "me"}'
    for topic, source in ((topics.of_transit("s"), "json"), (topics.of_transit("s", "control-room"), "control-room")):
        result = decode(topic, payload)
        assert isinstance(result, TransitReading)
        assert result.source == source


topic_like = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            topics.of_detector("s", Kind.LOOP, "J", "D"),
            topics.of_detector("s", Kind.RADAR, "J", "D"),
            topics.of_detector("s", Kind.BUTTON, "J", "D"),
            topics.of_transit("s"),
            topics.of_telegrams("s"),
            topics.of_air("s", "A"),
            "application/1/device/a1/event/up",
        ]
    ),
)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["t", "seq", "count", "occupancy", "present", "objects", "pressed", "id", "kind", "time", "object"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(topic_like, st.one_of(st.binary(max_size=80), json_like.map(lambda value: json.dumps(value).encode())))
def test_decode_never_raises(topic: str, payload: bytes) -> None:
    """Whatever comes from the network becomes a reading or a named refusal."""
    result = decode(topic, payload)
    if isinstance(result, Invalid):
        assert result.topic == topic
        assert result.reason
    else:
        assert np.isfinite(result.t_s) or result.t_s == ON_ARRIVAL_S


def test_deep_nesting_is_refused() -> None:
    """A payload made to exhaust the stack is refused like any other wrong one."""
    topic = "application/1/device/a1/event/up"
    assert isinstance(decode(topic, b'{"object":' + b"[" * 30_000), Invalid)
    nested = b'{"a":' * 60 + b"1" + b"}" * 60
    reading = decode(topic, b'{"time":"2026-01-01T00:00:00Z","object":' + nested + b"}")
    assert isinstance(reading, LorawanReading)
    assert reading.values == {}


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"t": 1.0, "seq": 1, "occupancy": 0.1, "present": True}, "count"),
        ({"t": "noon", "seq": 1, "count": 0, "occupancy": 0.1, "present": True}, "t"),
        ({"t": 1.0, "seq": -1, "count": 0, "occupancy": 0.1, "present": True}, "seq"),
        ({"t": 1.0, "seq": 1, "count": 0.5, "occupancy": 0.1, "present": True}, "count"),
        (["no object"], "payload"),
    ],
)
def test_a_refusal_names_the_field(payload: object, field: str) -> None:
    """Who has to mend the detector reads which field is wrong."""
    result = decode(topics.of_detector("s", Kind.LOOP, "J", "D"), json.dumps(payload).encode())
    assert isinstance(result, Invalid)
    assert result.kind == "loop"
    assert result.reason.startswith(f"{field}:")


def test_unknown_fields_and_classes_are_no_error() -> None:
    """A newer detector that says more is understood; a class that nobody knows is a car."""
    payload = {
        "t": 1,
        "seq": 1,
        "firmware": "9",
        "objects": [{"lane": "a", "distance_m": 1, "speed_mps": 2, "class": "ufo"}],
    }
    result = decode(topics.of_detector("s", Kind.RADAR, "J", "D"), json.dumps(payload).encode())
    assert isinstance(result, RadarReading)
    assert result.objects == (RadarObject("a", 1.0, 2.0, Mode.CAR),)


def test_a_huge_payload_is_refused_unread() -> None:
    """A flood does not reach the parser."""
    result = decode(topics.of_transit("s"), b" " * 70_000)
    assert isinstance(result, Invalid)
    assert "70000" in result.reason


def test_uplinks_of_chirpstack_are_flattened() -> None:
    """Numbers of a device's decoded object are found by their dotted path; texts and flags are left out."""
    payload = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-07-18T09:34:15.775023242+00:00",
        "deviceInfo": {"applicationId": "a", "deviceName": "air 1", "devEui": "0101010101010101"},
        "fCnt": 4,
        "fPort": 1,
        "data": "qg==",
        "object": {"air": {"no2": 41.5, "unit": "ug"}, "battery": 3.6},
        "rxInfo": [{"rssi": -48}],
    }
    result = decode("application/a/device/0101010101010101/event/up", json.dumps(payload).encode())
    assert isinstance(result, LorawanReading)
    assert result.values == {"air.no2": 41.5, "battery": 3.6}
    assert result.seq == 4
    assert result.t_s == pytest.approx(1784367255.775, abs=0.01)


def test_full_knowledge_has_no_message() -> None:
    """Perfect detection cannot be mistaken for something that a street could send."""
    none = np.empty(0)
    reading = ExactReading(
        "J", 0.0, none.astype(np.int32), none, none, none.astype(np.int32), none.astype(np.int8), none.astype(np.int64)
    )
    with pytest.raises(TypeError, match="ExactReading"):
        encode("s", reading)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2025-01-06T07:00:00"])
def test_an_uplink_without_a_zone_is_in_utc(time: str) -> None:
    """Whatever zone the machine is in, and also at the ends of the calendar, where its own zone has no such second."""
    topic = "application/a/device/0011223344556677/event/up"
    bare = decode(topic, json.dumps({"time": time, "object": {}}).encode())
    zoned = decode(topic, json.dumps({"time": f"{time}Z", "object": {}}).encode())
    assert isinstance(bare, LorawanReading)
    assert bare == zoned
