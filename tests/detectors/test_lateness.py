"""GTFS-Realtime: delays are read where feeds put them, old ones are not used, and noise raises only the typed error."""

import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.builder import PictureBuilder
from detectors.gtfs import FeedNews, GtfsError, GtfsMissingError, TripNews, decode_feed, merge
from detectors.lateness import STALE_S, Known, LatenessBoard, LatenessTable
from detectors.readings import TransitKind, TransitReading
from detectors.signal_view import SignalView
from detectors.source import Batch
from plans.junction import Aspect, Junction, Mode

gtfs = pytest.importorskip("google.transit.gtfs_realtime_pb2")
NOW_S = 1_700_000_000
BUS = TransitReading("J1", "bus", float(NOW_S), TransitKind.NEW, Mode.BUS, 7, 20.0, movement="e-w")
RED = {"J1": SignalView({"K1": Aspect.RED, "K2": Aspect.RED, "F1": Aspect.RED}, {})}


def feed(made_s: int = NOW_S) -> Any:
    """An empty feed message."""
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = made_s
    return message


def add_trip(message: Any, trip: str, *stops: tuple[int | None, int | None], **more: Any) -> Any:
    """A trip with (arrival time, delay) of its stops."""
    entity = message.entity.add(id=f"t{len(message.entity)}")
    update = entity.trip_update
    update.trip.trip_id = trip
    update.trip.route_id = more.get("route", "")
    update.vehicle.id = more.get("vehicle", "")
    for time, delay in stops:
        stop = update.stop_time_update.add()
        if time is not None:
            stop.arrival.time = time
        if delay is not None:
            stop.arrival.delay = delay
    return update


def only(message: Any) -> TripNews:
    """The one trip of a feed."""
    (news,) = decode_feed(message.SerializeToString()).trips
    return news


def test_the_next_stop_counts() -> None:
    """Of a trip's stops, the first that the feed does not take for passed says how late it is."""
    message = feed()
    add_trip(message, "T", (NOW_S - 300, 60), (NOW_S + 30, 120), (NOW_S + 300, 30), route="62", vehicle="b1")
    assert only(message) == TripNews("T", "62", "b1", Known(120.0, NOW_S))


@pytest.mark.parametrize(
    ("stops", "delay_s"),
    [
        ([(None, 45), (None, 90)], 45.0),
        ([(NOW_S - 600, 60), (NOW_S - 300, 90)], 90.0),
        ([(NOW_S + 60, None), (NOW_S + 120, -30)], -30.0),
    ],
    ids=["no times", "all passed", "first without delay"],
)
def test_feeds_say_it_in_different_ways(stops: list[tuple[int | None, int | None]], delay_s: float) -> None:
    """Without times the first stop counts, after the last stop the last, and stops without a delay do not."""
    message = feed()
    add_trip(message, "T", *stops)
    assert only(message).known.lateness_s == delay_s


def test_a_trip_may_say_its_delay_itself() -> None:
    """Where no stop says it; a trip that says nothing, is cancelled, or has no name is left out."""
    message = feed()
    add_trip(message, "T").delay = -60
    add_trip(message, "silent", (NOW_S + 60, None))
    add_trip(message, "off", (NOW_S, 60)).trip.schedule_relationship = gtfs.TripDescriptor.CANCELED
    add_trip(message, "", (NOW_S, 60))
    skipped = add_trip(message, "skips", (NOW_S, 60))
    skipped.stop_time_update[0].schedule_relationship = gtfs.TripUpdate.StopTimeUpdate.SKIPPED
    message.entity.add(id="gone", is_deleted=True).trip_update.trip.trip_id = "gone"
    assert [news.trip for news in decode_feed(message.SerializeToString()).trips] == ["T"]


def test_a_trip_has_a_time_of_its_own() -> None:
    """When the trip was last heard of counts, not when the feed was made."""
    message = feed()
    add_trip(message, "T", (NOW_S, 60)).timestamp = NOW_S - 80
    assert only(message).known.t_s == NOW_S - 80


def test_positions_say_who_runs_which_trip() -> None:
    """A vehicle's id and its label both find its trip's lateness, across two feeds."""
    trips, positions = feed(), feed()
    add_trip(trips, "T", (NOW_S, 60))
    entity = positions.entity.add(id="v")
    entity.vehicle.trip.trip_id, entity.vehicle.vehicle.id, entity.vehicle.vehicle.label = "T", "4711", "Bus 7"
    table = merge([decode_feed(one.SerializeToString()) for one in (trips, positions)])
    assert table.vehicles == {"4711": Known(60.0, NOW_S), "Bus 7": Known(60.0, NOW_S)}


@given(st.binary(max_size=200))
def test_noise_is_a_typed_error_or_a_feed(payload: bytes) -> None:
    """Whatever a server sends: a feed, perhaps an empty one, or the error that says what was expected."""
    try:
        news = decode_feed(payload)
    except GtfsError as error:
        assert "expected a GTFS-Realtime FeedMessage" in str(error)  # noqa: PT017 - either outcome is right
        return
    assert isinstance(merge([news]), LatenessTable)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is told to use a feed and cannot ends with a line that helps."""
    monkeypatch.setitem(sys.modules, "google.transit", None)
    with pytest.raises(GtfsMissingError, match=r"expected the extra gtfs \(pip install 'signalctl\[gtfs\]'\)"):
        decode_feed(b"")


def test_vehicle_goes_before_trip_before_line() -> None:
    """The closest match counts; of a line it is the median, translated into the feed's route."""
    now = float(NOW_S)
    board = LatenessBoard({"62": "de:62"})
    board.post(
        LatenessTable(
            vehicles={"bus": Known(1.0, now)},
            trips={"T": Known(2.0, now)},
            routes={"de:62": (Known(3.0, now), Known(500.0, now), Known(10.0, now)), "9": (Known(4.0, now),)},
        )
    )
    ask = [
        TransitReading("J1", "bus", now, TransitKind.NEW, trip="T", line="62"),
        TransitReading("J1", "x", now, TransitKind.NEW, trip="T", line="62"),
        TransitReading("J1", "x", now, TransitKind.NEW, trip="U", line="62"),
        TransitReading("J1", "x", now, TransitKind.NEW, line="9"),
        TransitReading("J1", "x", now, TransitKind.NEW, line="10"),
    ]
    assert [board.lateness_s(one, now) for one in ask] == [1.0, 2.0, 10.0, 4.0, None]


@pytest.mark.parametrize(("age_s", "used"), [(STALE_S, True), (STALE_S + 1, False), (-STALE_S - 1, False)])
def test_old_news_is_not_used(age_s: float, used: bool) -> None:
    """What is more than 90 s old says nothing about now, nor does what comes from the future."""
    board = LatenessBoard()
    board.post(merge([FeedNews((TripNews("T", "62", "bus", Known(60.0, NOW_S - age_s)),))]))
    assert (board.lateness_s(BUS, float(NOW_S)) is not None) is used
    assert board.known(float(NOW_S)) == used


@pytest.mark.parametrize(("said_s", "expected_s"), [(None, 240.0), (0.0, 0.0), (-60.0, -60.0)])
def test_the_feed_speaks_where_the_request_does_not(
    junction: Junction, said_s: float | None, expected_s: float
) -> None:
    """What the vehicle says itself goes before the feed, on schedule too."""
    board = LatenessBoard()
    board.post(LatenessTable(vehicles={"bus": Known(240.0, NOW_S)}))
    builder = PictureBuilder({"J1": junction}, lateness=board)
    batch = Batch((replace(BUS, lateness_s=said_s),))
    (request,) = builder.update(float(NOW_S), batch, RED).junctions["J1"].requests
    assert request.lateness_s == expected_s
