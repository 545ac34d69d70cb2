"""Radio telegrams become the same requests as JSON: by the site's table of reporting points, over a real broker too."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from detectors import topics
from detectors.builder import PictureBuilder
from detectors.intake import Intake
from detectors.messages import Invalid, decode, encode, encode_telegram
from detectors.r09 import Telegram
from detectors.r09 import encode as octets_of
from detectors.readings import ON_ARRIVAL_S, TelegramReading, TransitKind, TransitReading
from detectors.reporting import ReportingTable, vehicle_of
from detectors.signal_view import SignalView
from plans.junction import Aspect, Junction, Mode
from plans.transit import ReportingPoint, ReportKind, TransitSettings

POINTS = (
    ReportingPoint(100, ReportKind.PRE_REQUEST, "J1", movement="e-w", distance_m=300.0),
    ReportingPoint(101, ReportKind.REQUEST, "J1", movement="e-w", distance_m=83.0),
    ReportingPoint(103, ReportKind.DOORS_CLOSED, "J1", movement="e-w", eta_s=12.0),
    ReportingPoint(102, ReportKind.CHECK_OUT, "J1", movement="e-w"),
    ReportingPoint(104, ReportKind.REQUEST, "J1", movement="e-w", eta_s=40.0),
    ReportingPoint(200, ReportKind.REQUEST, "J1", group="K1", mode=Mode.TRAM, distance_m=83.0, level=11),
)
BUS = Telegram(reporting_point=101, late_min=3, priority=1, line=62, run=14, destination=260)
RED = {"J1": SignalView({"K1": Aspect.RED, "K2": Aspect.RED, "F1": Aspect.RED}, {})}


@pytest.fixture
def table(junction: Junction) -> ReportingTable:
    """The reporting points of the small junction."""
    return ReportingTable(TransitSettings(points=POINTS), {"J1": junction})


def test_a_reporting_point_says_what_is_asked_for(table: ReportingTable) -> None:
    """Way, time to the stop line, level and lateness come from the table and the telegram."""
    request = table.reading(TelegramReading(50.0, BUS))
    assert request == TransitReading(
        junction="J1",
        id="r09:62/14",
        t_s=50.0,
        kind=TransitKind.NEW,
        mode=Mode.BUS,
        level=8,
        eta_s=10.0,
        lateness_s=180.0,
        line="62",
        movement="e-w",
        source="r09",
    )
    tram = table.reading(TelegramReading(50.0, replace(BUS, reporting_point=200, late_min=-2)))
    assert tram is not None
    assert (tram.mode, tram.group, tram.movement, tram.level, tram.lateness_s) == (Mode.TRAM, "K1", "", 11, -120.0)


def test_a_stop_lies_between_where_the_table_gives_a_time(table: ReportingTable) -> None:
    """A request whose arrival distance and speed do not tell is one before a stop, until doors are closed."""
    said = {
        number: table.reading(TelegramReading(50.0, replace(BUS, reporting_point=number))) for number in (101, 103, 104)
    }
    assert {number: one and (one.halts, one.eta_s) for number, one in said.items()} == {
        101: (False, 10.0),
        103: (False, 12.0),
        104: (True, 40.0),
    }


@pytest.mark.parametrize(
    ("point", "kind", "eta_s"),
    [
        (100, TransitKind.NEW, 300 / 8.3),
        (101, TransitKind.NEW, 10.0),
        (103, TransitKind.UPDATE, 12.0),
        (102, TransitKind.CHECK_OUT, 0.0),
    ],
)
def test_each_kind_of_point_has_its_meaning(table: ReportingTable, point: int, kind: TransitKind, eta_s: float) -> None:
    """Pre-request and request ask, closed doors give a new arrival, check-out ends."""
    request = table.reading(TelegramReading(0.0, replace(BUS, reporting_point=point)))
    assert request is not None
    assert request.kind is kind
    assert request.eta_s == pytest.approx(eta_s)


def test_vehicles_are_told_apart() -> None:
    """By number where the telegram has one, by line and run where it has not."""
    assert vehicle_of(BUS) == "r09:62/14"
    assert vehicle_of(replace(BUS, vehicle=901, operator=7, train_length=None)) == "r09:7.901"


@pytest.fixture
def payloads() -> Iterator[bytes]:
    """One telegram in each form that is understood."""
    digits = octets_of(BUS).hex()
    return iter(
        [
            digits.encode(),
            f' "{octets_of(BUS, with_crc=False).hex(" ").upper()}"\n'.encode(),
            json.dumps({"t": 99.5, "seq": 3, "telegram": digits}).encode(),
        ]
    )


def test_telegram_and_json_give_the_same_request(
    junction: Junction, table: ReportingTable, payloads: Iterator[bytes]
) -> None:
    """What the picture shows is the same, whether the vehicle spoke R09.16 or its operator JSON."""
    said = TransitReading(
        "J1", "r09:62/14", 100.0, TransitKind.NEW, Mode.BUS, 8, 10.0, 180.0, line="62", movement="e-w"
    )
    pictures = []
    for topic, payload in [encode("s", said), *((topics.of_telegrams("s"), one) for one in payloads)]:
        intake = Intake(table=table)
        intake.accept(topic, payload)
        builder = PictureBuilder({"J1": junction})
        (request,) = builder.update(100.0, intake.buffer.drain(), RED).junctions["J1"].requests
        pictures.append(replace(request, eta_s=0.0))
        assert request.eta_s == pytest.approx(10.0, abs=0.5)
    assert pictures == [pictures[0]] * 4


def test_telegrams_for_other_junctions_are_counted(table: ReportingTable) -> None:
    """The air is full of them: no complaint, one count, no request."""
    intake = Intake(table=table)
    intake.accept(*encode_telegram("s", TelegramReading(1.0, replace(BUS, reporting_point=9))))
    assert intake.buffer.drain().readings == ()
    assert intake.buffer.dropped == {("r09", "unknown_point"): 1}
    assert not intake.invalid


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"9106", "telegram: expected at least 7 octets, got 2"),
        (b'{"t": 1}', "telegram: Field required, got {'t': 1}"),
        (b'{"t": 1, "telegram": "xy"}', "telegram: expected octets in hexadecimal digits, got 'xy'"),
        (b"\xff\xfe", "telegram: expected octets in hexadecimal digits, got '\ufffd\ufffd'"),
    ],
)
def test_what_is_no_telegram_is_named(payload: bytes, reason: str) -> None:
    """A wrong telegram is an invalid message of its own kind, with a reason."""
    result = decode(topics.of_telegrams("s"), payload)
    assert isinstance(result, Invalid)
    assert (result.kind, result.reason) == ("r09", reason)


@pytest.mark.parametrize("t_s", [12.5, ON_ARRIVAL_S])
def test_a_telegram_survives_the_wire(t_s: float) -> None:
    """With a time of its own and without."""
    heard = TelegramReading(t_s, BUS)
    assert decode(*encode_telegram("s", heard)) == heard


@pytest.mark.peer
async def test_a_telegram_comes_through_a_real_broker(
    mosquitto_port: int, junction: Junction, table: ReportingTable
) -> None:
    """Published in hex on `.../transit/r09`, it is a request in the next drain."""
    import aiomqtt

    from detectors.mqtt import MqttSource
    from plans.site import MqttBroker

    source = MqttSource("s", MqttBroker("127.0.0.1", mosquitto_port, tls=False), table=table)
    task = asyncio.create_task(source.run())
    try:
        async with asyncio.timeout(15.0):
            while not source.statistics().connected:  # noqa: ASYNC110 - a flag in another task offers no event
                await asyncio.sleep(0.02)
            async with aiomqtt.Client("127.0.0.1", mosquitto_port) as client:
                await client.publish(*encode_telegram("s", TelegramReading(ON_ARRIVAL_S, BUS)), qos=1)
            while not source.statistics().received:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    builder = PictureBuilder({"J1": junction})
    (request,) = builder.update(7.0, source.drain(), RED).junctions["J1"].requests
    assert (request.id, request.group, request.lateness_s, request.eta_s) == ("r09:62/14", "K2", 180.0, 10.0)
