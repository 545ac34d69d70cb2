"""How late vehicles are, by what the operator's centre says; used where a request does not say it itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from detectors.readings import TransitReading

STALE_S = 90.0
"""What was said longer ago is not used: a vehicle makes up or loses a minute in that time."""


@dataclass(frozen=True, slots=True)
class Known:
    """How late somebody was at a time (seconds since 1970-01-01 UTC); positive is behind schedule."""

    lateness_s: float
    t_s: float

    def fresh(self, utc_s: float) -> bool:
        """Whether it may still be used; a sender's clock that runs ahead is no better than one that is behind."""
        return abs(utc_s - self.t_s) <= STALE_S


@dataclass(frozen=True, slots=True)
class LatenessTable:
    """What one look at the feeds gave, by vehicle, trip and route."""

    vehicles: Mapping[str, Known] = field(default_factory=dict)
    trips: Mapping[str, Known] = field(default_factory=dict)
    routes: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)


class LatenessBoard:
    """The newest table, and who is who: `lines` translates a vehicle's line number into a route of the feed."""

    def __init__(self, lines: Mapping[str, str] | None = None) -> None:
        self._lines = lines or {}
        self._table = LatenessTable()

    def post(self, table: LatenessTable) -> None:
        """Replace everything by what is known now."""
        self._table = table

    def known(self, utc_s: float) -> int:
        """Trips whose lateness may be used now."""
        return sum(known.fresh(utc_s) for known in self._table.trips.values())

    def lateness_s(self, reading: TransitReading, utc_s: float) -> float | None:
        """By the vehicle's own number or its trip, else the median of its line; None when nothing fresh is known."""
        for known in (self._table.vehicles.get(reading.id), self._table.trips.get(reading.trip)):
            if known is not None and known.fresh(utc_s):
                return known.lateness_s
        route = self._lines.get(reading.line, reading.line)
        of_line = [known.lateness_s for known in self._table.routes.get(route, ()) if known.fresh(utc_s)]
        return median(of_line) if of_line else None
