"""From a raw message to the buffer: decoded, counted, and complained about once per outage."""

from collections import Counter
from collections.abc import Mapping, Sequence

import structlog

from detectors import topics
from detectors.messages import Invalid, decode
from detectors.readings import AirReading, LorawanReading, Reading, TelegramReading
from detectors.reporting import ReportingTable
from detectors.source import NewestWins
from detectors.topics import Kind
from plans.site import Uplink

log = structlog.get_logger(__name__)

MAX_REMEMBERED_TOPICS = 10_000


class Intake:
    """What every source does with a message, wherever it comes from.

    Args:
        uplinks: LoRaWAN devices that feed air stations.
        table: What the reporting points of radio telegrams mean; without it telegrams are counted and dropped.
    """

    def __init__(self, uplinks: Sequence[Uplink] = (), table: ReportingTable | None = None) -> None:
        self._table = table
        self.buffer = NewestWins()
        self.invalid: Counter[str] = Counter()
        self._complained: set[str] = set()
        self._stations: dict[str, list[Uplink]] = {}
        for uplink in uplinks:
            if uplink.station:
                self._stations.setdefault(uplink.device.lower(), []).append(uplink)

    def accept(self, topic: str, payload: bytes) -> None:
        """Take one message; a wrong one is counted, and logged when it is the first of its topic's outage."""
        reading = decode(topic, payload)
        if isinstance(reading, Invalid):
            self.invalid[reading.kind] += 1
            self._complain(reading)
            return
        self._complained.discard(topic)
        if isinstance(reading, TelegramReading):
            self._hear(reading)
        else:
            self.put(reading)

    def put(self, reading: Reading) -> None:
        """Take one reading; uplinks of air-quality devices become those of their stations."""
        self.buffer.add(reading)
        if isinstance(reading, LorawanReading):
            for station in self._air(reading):
                self.buffer.add(station)

    def give_up(self, topic: str, error: Exception) -> None:
        """Count a message over which we failed ourselves, and say once per topic how."""
        address = topics.parse(topic)
        self.invalid[address.kind if address is not None else "unknown"] += 1
        if topic in self._complained or len(self._complained) >= MAX_REMEMBERED_TOPICS:
            log.debug("message lost again", topic=topic, error=repr(error))
        else:
            self._complained.add(topic)
            log.error("message lost by a defect of the service; repeats are not reported", topic=topic, exc_info=error)

    def _hear(self, telegram: TelegramReading) -> None:
        """The air is full of telegrams for other junctions: these are counted and not complained about."""
        request = self._table.reading(telegram) if self._table is not None else None
        if request is None:
            self.buffer.received[Kind.R09] += 1
            self.buffer.drop(Kind.R09, "unknown_point")
        else:
            self.put(request)

    def _air(self, reading: LorawanReading) -> list[AirReading]:
        values: dict[str, dict[str, float]] = {}
        for uplink in self._stations.get(reading.device.lower(), ()):
            measured = reading.values.get(uplink.value)
            substance = _substance(uplink.value)
            if measured is not None and substance is not None:
                values.setdefault(uplink.station, {})[substance] = measured
        return [_station(station, reading, found) for station, found in values.items()]

    def _complain(self, invalid: Invalid) -> None:
        if invalid.topic in self._complained:
            log.debug("message refused again", topic=invalid.topic, reason=invalid.reason)
            return
        if len(self._complained) < MAX_REMEMBERED_TOPICS:
            self._complained.add(invalid.topic)
            log.warning("message refused; repeats are not reported", topic=invalid.topic, reason=invalid.reason)


def _substance(value: str) -> str | None:
    """Which substance a codec's field measures: its last name begins with it (`air.no2`, `PM10_ugm3`)."""
    name = value.rpartition(".")[2].lower()
    return next((field for field in ("no2_ugm3", "pm10_ugm3") if name.startswith(field.partition("_")[0])), None)


def _station(station: str, reading: LorawanReading, values: Mapping[str, float]) -> AirReading:
    return AirReading(station, reading.t_s, reading.seq, values.get("no2_ugm3"), values.get("pm10_ugm3"))
