"""GTFS-Realtime: from TripUpdates and VehiclePositions to how late each vehicle is.

A trip's lateness is the delay at the next stop that it has not passed by the feed's own time, else at the last stop
that is named, else the trip's. Feeds that give times without delays say nothing here: that would need the timetable.
VehiclePositions carry no lateness; they say which vehicle runs which trip where the trip updates do not.
Reference: https://gtfs.org/documentation/realtime/reference. Needs the extra `gtfs` (gtfs-realtime-bindings, protobuf).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detectors.lateness import Known, LatenessTable

MAX_ENTITIES = 100_000


class GtfsError(ValueError):
    """Octets that are no GTFS-Realtime feed."""


class GtfsMissingError(RuntimeError):
    """The extra `gtfs` is not installed."""


@dataclass(frozen=True, slots=True)
class TripNews:
    """One trip that is under way; `route` and `vehicle` are "" where the feed does not say."""

    trip: str
    route: str
    vehicle: str
    known: Known


@dataclass(frozen=True, slots=True)
class FeedNews:
    """What one feed says: late trips, and who runs which trip."""

    trips: tuple[TripNews, ...] = ()
    vehicles: Mapping[str, str] = field(default_factory=dict)


def decode_feed(payload: bytes) -> FeedNews:
    """Read one feed message.

    Raises:
        GtfsError: The octets are none.
        GtfsMissingError: The extra `gtfs` is not installed.
    """
    bindings, decode_error = load_bindings()
    feed = bindings.FeedMessage()
    try:
        feed.ParseFromString(payload)
    except decode_error as error:
        raise GtfsError(f"feed: expected a GTFS-Realtime FeedMessage, got {len(payload)} octets: {error}") from None
    if len(feed.entity) > MAX_ENTITIES:
        raise GtfsError(f"feed: expected at most {MAX_ENTITIES} entities, got {len(feed.entity)}")
    made_s = float(feed.header.timestamp)
    trips, vehicles = [], {}
    for entity in feed.entity:
        if entity.is_deleted:
            continue
        if entity.HasField("trip_update"):
            news = _trip(entity.trip_update, made_s, bindings)
            if news is not None:
                trips.append(news)
        if entity.HasField("vehicle") and entity.vehicle.trip.trip_id:
            vehicles.update(dict.fromkeys(_names(entity.vehicle.vehicle), entity.vehicle.trip.trip_id))
    return FeedNews(tuple(trips), vehicles)


def merge(feeds: Sequence[FeedNews]) -> LatenessTable:
    """One table of several feeds: later feeds go before earlier ones."""
    trips = {news.trip: news for feed in feeds for news in feed.trips}
    vehicles = {news.vehicle: news.known for news in trips.values() if news.vehicle}
    for feed in feeds:
        vehicles.update({name: trips[trip].known for name, trip in feed.vehicles.items() if trip in trips})
    routes: dict[str, list[Known]] = {}
    for news in trips.values():
        if news.route:
            routes.setdefault(news.route, []).append(news.known)
    return LatenessTable(
        vehicles=vehicles,
        trips={trip: news.known for trip, news in trips.items()},
        routes={route: tuple(known) for route, known in routes.items()},
    )


def load_bindings() -> tuple[Any, type[Exception]]:
    """The message types and the error that broken octets raise.

    Raises:
        GtfsMissingError: The extra `gtfs` is not installed.
    """
    try:
        from google.protobuf.message import DecodeError
        from google.transit import gtfs_realtime_pb2
    except ImportError as error:
        raise GtfsMissingError(
            f"transit.lateness: expected the extra gtfs (pip install 'signalctl[gtfs]'), got {error}"
        ) from None
    return gtfs_realtime_pb2, DecodeError


def _trip(update: Any, made_s: float, bindings: Any) -> TripNews | None:
    """A trip that runs and says how late it is."""
    runs = update.trip.schedule_relationship != bindings.TripDescriptor.CANCELED
    delay_s = _delay_s(update, made_s, bindings) if runs else None
    if delay_s is None or not update.trip.trip_id:
        return None
    names = _names(update.vehicle)
    known = Known(delay_s, float(update.timestamp) or made_s)
    return TripNews(update.trip.trip_id, update.trip.route_id, names[0] if names else "", known)


def _delay_s(update: Any, made_s: float, bindings: Any) -> float | None:
    """Delay at the next stop, by the feed's own time; where no times are given, at the first stop that has one."""
    last: float | None = None
    for stop in update.stop_time_update:
        if stop.schedule_relationship != bindings.TripUpdate.StopTimeUpdate.SCHEDULED:
            continue
        for event in (stop.arrival, stop.departure):
            if not event.HasField("delay"):
                continue
            last = float(event.delay)
            if event.time >= made_s or not event.time:
                return last
    if last is None and update.HasField("delay"):
        return float(update.delay)
    return last


def _names(vehicle: Any) -> list[str]:
    """What a vehicle is called: its id, and the label that is painted on it."""
    return list(dict.fromkeys(name for name in (vehicle.id, vehicle.label) if name))
