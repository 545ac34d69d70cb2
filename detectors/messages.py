"""The wire format: JSON payloads in and out, and nothing of them beyond this file.

Schemas are forgiving about what they do not know (unknown fields are ignored) and strict about what they need. Values
that are well-formed but cannot be true (a negative count, 300 km/h) pass: `detectors.health` judges them, because they
say something about the detector.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from detectors import r09, topics
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
    TelegramReading,
    TransitKind,
    TransitReading,
)
from detectors.topics import Address, Kind
from plans.junction import Mode
from plans.transit import JSON_SOURCE, TELEGRAM_SOURCE

MAX_PAYLOAD_BYTES = 65_536
MAX_OBJECTS = 512
MAX_FLAT_VALUES = 64
SHARED_SOURCES = frozenset({JSON_SOURCE, TELEGRAM_SOURCE})
"""Ways that no sender has for itself alone."""

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e10)]
Whole = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Sequence = Annotated[int, Field(ge=0, le=2**63 - 1)]
Text = Annotated[str, Field(max_length=200)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    t: Number
    seq: Sequence = 0


class LoopMessage(_Message):
    """One second of a loop."""

    seq: Sequence
    count: Whole
    occupancy: Number
    present: bool


class RadarObjectMessage(BaseModel):
    """One object of a radar's scene; a class that is not known counts as a car, and one that is left out says so."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    lane: Text
    distance_m: Number
    speed_mps: Number
    class_: Text = Field("car", alias="class")


class RadarMessage(_Message):
    """A radar's scene."""

    seq: Sequence
    count: Whole | None = None
    queue_m: Number | None = None
    speed_mps: Number | None = None
    objects: Annotated[tuple[RadarObjectMessage, ...], Field(max_length=MAX_OBJECTS)]


class ButtonMessage(_Message):
    """A push-button; `waiting` from presence detectors that count."""

    seq: Sequence
    pressed: bool
    waiting: Whole | None = None


class TransitMessage(_Message):
    """A priority request, its update or its end."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    junction: Text
    kind: TransitKind
    mode: Mode = Mode.BUS
    level: Whole = 7
    eta_s: Number = 0.0
    lateness_s: Number | None = None
    persons: Number = 0.0
    line: Text = ""
    group: Text = ""
    movement: Text = ""
    trip: Text = ""
    halts: bool = False


class TelegramMessage(_Message):
    """A radio telegram in hexadecimal digits."""

    telegram: Text


class AirMessage(_Message):
    """An air-quality station."""

    no2_ugm3: Number | None = None
    pm10_ugm3: Number | None = None


class UplinkMessage(BaseModel):
    """An uplink event of ChirpStack v4 with the object that its codec decoded."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    time: datetime
    frame: Sequence = Field(0, validation_alias=AliasChoices("fCnt", "frame"))
    object: dict[str, Any]


MODELS: dict[Kind, type[BaseModel]] = {
    Kind.LOOP: LoopMessage,
    Kind.RADAR: RadarMessage,
    Kind.BUTTON: ButtonMessage,
    Kind.TRANSIT: TransitMessage,
    Kind.R09: TelegramMessage,
    Kind.AIR: AirMessage,
    Kind.LORAWAN: UplinkMessage,
}
MODES = {mode.value: mode for mode in Mode}


@dataclass(frozen=True, slots=True)
class Invalid:
    """A message that does not follow its schema: where, and what was wrong (expected, got)."""

    topic: str
    kind: str
    reason: str


def decode(topic: str, payload: bytes) -> Reading | TelegramReading | Invalid:
    """The reading behind a message, or why it is none. Never raises, whatever comes."""
    address = topics.parse(topic)
    if address is None or address.kind not in MODELS or address.is_canary:
        return Invalid(topic, "unknown", "expected a topic of a detector, transit, air station or device")
    if len(payload) > MAX_PAYLOAD_BYTES:
        reason = f"expected at most {MAX_PAYLOAD_BYTES} bytes, got {len(payload)}"
        return Invalid(topic, address.kind, reason)
    if address.kind is Kind.R09 and not payload.lstrip().startswith(b"{"):
        return _telegram(topic, ON_ARRIVAL_S, payload.decode("ascii", errors="replace").strip().strip('"'))
    try:
        message = MODELS[address.kind].model_validate_json(payload)
    except ValidationError as error:
        return Invalid(topic, address.kind, _reason(error))
    if isinstance(message, TelegramMessage):
        return _telegram(topic, message.t, message.telegram)
    return _reading(address, message)


def encode_telegram(site: str, heard: TelegramReading) -> tuple[str, bytes]:
    """Topic and payload of a radio telegram; one without a time is the bare digits."""
    digits = r09.encode(heard.telegram).hex()
    if heard.t_s == ON_ARRIVAL_S:
        return topics.of_telegrams(site), digits.encode()
    return topics.of_telegrams(site), json.dumps({"t": heard.t_s, "telegram": digits}, separators=(",", ":")).encode()


def encode(site: str, reading: Reading) -> tuple[str, bytes]:
    """Topic and payload of a reading, as a detector would send it.

    Raises:
        TypeError: Full knowledge exists in simulation only and has no message; LoRaWAN uplinks come from their server.
    """
    topic, fields = _message(site, reading)
    return topic, json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def _telegram(topic: str, t_s: float, digits: str) -> TelegramReading | Invalid:
    try:
        return TelegramReading(t_s, r09.from_hex(digits))
    except r09.TelegramError as error:
        return Invalid(topic, Kind.R09, str(error)[:200])


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "payload"
    return f"{field}: {first['msg']}, got {repr(first['input'])[:80]}"


def _reading(address: Address, message: BaseModel) -> Reading:
    where = (address.junction, address.detector)
    match message:
        case LoopMessage(t=t, seq=seq):
            return LoopReading(*where, t, seq, message.count, message.occupancy, message.present)
        case RadarMessage(t=t, seq=seq):
            objects = tuple(
                RadarObject(o.lane, o.distance_m, o.speed_mps, MODES.get(o.class_, Mode.CAR)) for o in message.objects
            )
            classified = all("class_" in o.model_fields_set for o in message.objects)
            return RadarReading(*where, t, seq, objects, message.count, message.queue_m, message.speed_mps, classified)
        case ButtonMessage(t=t, seq=seq):
            return ButtonReading(*where, t, seq, message.pressed, message.waiting)
        case TransitMessage(t=t):
            told = message.model_dump(exclude={"t", "seq"})
            return TransitReading(t_s=t, source=address.detector or JSON_SOURCE, **told)
        case AirMessage(t=t, seq=seq):
            return AirReading(address.detector, t, seq, message.no2_ugm3, message.pm10_ugm3)
        case UplinkMessage():
            values = dict(_flat(message.object, ""))
            # without a zone it is UTC, as `t` is everywhere; the machine's own zone knows no first second of year 1
            time = message.time if message.time.tzinfo is not None else message.time.replace(tzinfo=UTC)
            return LorawanReading(address.site, address.detector, time.timestamp(), message.frame, values)
    raise AssertionError(f"no reading for {type(message).__name__}")


def _flat(values: Mapping[str, Any], prefix: str, depth: int = 0) -> list[tuple[str, float]]:
    """The numbers of a decoded object by their dotted path; codecs nest as they like."""
    found: list[tuple[str, float]] = []
    for key, value in values.items():
        if isinstance(value, Mapping) and depth < 4:
            found.extend(_flat(value, f"{prefix}{key}.", depth + 1))
        elif isinstance(value, int | float) and abs(value) <= 1e9:  # also leaves out what is not a number
            found.append((f"{prefix}{key}", float(value)))
    return found[:MAX_FLAT_VALUES]


def _message(site: str, reading: Reading) -> tuple[str, dict[str, Any]]:
    fields: dict[str, Any]
    match reading:
        case LoopReading():
            fields = {
                "count": reading.count,
                "occupancy": round(reading.occupancy_ratio, 4),
                "present": reading.present,
            }
            kind = Kind.LOOP
        case RadarReading():
            fields = _scene(reading)
            kind = Kind.RADAR
        case ButtonReading():
            fields = {"pressed": reading.pressed} | ({} if reading.waiting is None else {"waiting": reading.waiting})
            kind = Kind.BUTTON
        case TransitReading():
            names = ("id", "junction", "kind", "mode", "level", "eta_s", "lateness_s", "persons", "line", "group")
            fields = {name: getattr(reading, name) for name in (*names, "movement", "trip")}
            fields = {name: value for name, value in fields.items() if value is not None and value != ""}
            fields |= {"halts": True} if reading.halts else {}
            sender = "" if reading.source in SHARED_SOURCES else reading.source
            return topics.of_transit(site, sender), {"t": reading.t_s, **fields}
        case AirReading():
            fields = {"no2_ugm3": reading.no2_ugm3, "pm10_ugm3": reading.pm10_ugm3}
            return topics.of_air(site, reading.station), {"t": reading.t_s, "seq": reading.seq, **fields}
        case ExactReading() | LorawanReading():
            raise TypeError(f"{type(reading).__name__} has no message of its own")
    stamp = {"t": reading.t_s, "seq": reading.seq}
    return topics.of_detector(site, kind, reading.junction, reading.detector), stamp | fields


def _scene(reading: RadarReading) -> dict[str, Any]:
    objects = [
        {
            "lane": found.lane,
            "distance_m": round(found.distance_m, 2),
            "speed_mps": round(found.speed_mps, 2),
            **({"class": found.mode.value} if reading.classified else {}),
        }
        for found in reading.objects
    ]
    summary = {"count": reading.count, "queue_m": reading.queue_m, "speed_mps": reading.speed_mps}
    return {name: value for name, value in summary.items() if value is not None} | {"objects": objects}
