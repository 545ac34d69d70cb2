"""Readings handed over inside one process, for a simulation in lock-step with the loop."""

from collections.abc import Iterable

from detectors.readings import Reading
from detectors.source import Batch, NewestWins, SourceStatistics


class LocalSource:
    """A source that is filled by the simulator before each tick."""

    def __init__(self) -> None:
        self._buffer = NewestWins()

    def put(self, readings: Iterable[Reading]) -> None:
        """Deliver readings; the next drain hands them over."""
        for reading in readings:
            self._buffer.add(reading)

    def drain(self) -> Batch:
        """Hand over what was put since the last call."""
        return self._buffer.drain()

    def statistics(self) -> SourceStatistics:
        """Totals so far."""
        return SourceStatistics(received=dict(self._buffer.received), dropped=dict(self._buffer.dropped))
