"""How much a vehicle's request counts: who announced itself and was not there counts less the next time.

Kept and broken announcements are counted by vehicle and by source and fade with a half-life. A vehicle that is not
known yet is judged by its source; one that is known mostly by itself, so that honest vehicles do not suffer for what
somebody else sends by the same way.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

HALF_LIFE_S = 7200.0
VEHICLE_PRIOR = 1.0
SOURCE_PRIOR = 3.0
SIREN_PRIOR = 1.0
"""A siren stops everybody else: a way by which one was false is doubted sooner."""
STRANGER_RATIO = 0.1
"""How much of its word a way has before anybody who came by it has been seen."""
MAX_KNOWN = 4096


@dataclass(slots=True)
class _Record:
    kept: float = 0.0
    broken: float = 0.0
    since_s: float = 0.0

    def fade(self, utc_s: float) -> None:
        """Let what is long ago count less."""
        ratio = 0.5 ** (max(0.0, utc_s - self.since_s) / HALF_LIFE_S)
        self.kept, self.broken, self.since_s = self.kept * ratio, self.broken * ratio, utc_s

    def ratio(self, prior: float, prior_weight: float) -> float:
        """Part of announcements that were kept, with a prior."""
        return (self.kept + prior * prior_weight) / (self.kept + self.broken + prior_weight)


class Trust:
    """What one junction has seen of those who asked it."""

    def __init__(self) -> None:
        self._vehicles: dict[tuple[str, str], _Record] = {}
        self._sources: dict[str, _Record] = {}

    def of(self, source: str, vehicle: str, utc_s: float, prior: float = SOURCE_PRIOR) -> float:
        """1 for who always came, towards 0 for who never did; a new source's good name weighs `prior` visits."""
        whole = self._sources.get(source, _Record())
        own = self._vehicles.get((source, vehicle), _Record())
        whole.fade(utc_s)
        own.fade(utc_s)
        return own.ratio(whole.ratio(1.0, prior), VEHICLE_PRIOR)

    def vouched(self, source: str, utc_s: float) -> float:
        """How much the word for a vehicle that nobody knows and nobody sees yet counts, by who else came this way."""
        whole = self._sources.get(source, _Record())
        whole.fade(utc_s)
        return whole.ratio(STRANGER_RATIO, SOURCE_PRIOR)

    def proven(self, source: str, vehicle: str) -> bool:
        """Whether this vehicle has come at least once when it said so."""
        own = self._vehicles.get((source, vehicle))
        return own is not None and own.kept > own.broken

    def learn(self, source: str, vehicle: str, utc_s: float, *, came: bool) -> None:
        """An announced vehicle has come, or has not."""
        for record in (self._record(self._sources, source), self._record(self._vehicles, (source, vehicle))):
            record.fade(utc_s)
            record.kept += came
            record.broken += not came

    @staticmethod
    def _record(records: dict[Key, _Record], key: Key) -> _Record:
        """The newest come last; the one that was heard of longest ago is forgotten."""
        record = records.pop(key, None) or _Record()
        if len(records) >= MAX_KNOWN:
            del records[next(iter(records))]
        records[key] = record
        return record
