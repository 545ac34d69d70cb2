"""From the detector source to metrics: what came, what was dropped or wrong, and whether the broker is there."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from detectors.source import Source
from signalctl.metrics import Metrics
from signalctl.tick import Tick
from signalctl.web.live import LiveState

Key = TypeVar("Key", bound=Hashable)


class SourceObserver:
    """Publishes the source's totals once a tick. They are the whole site's and carry its first corridor's label."""

    def __init__(
        self, metrics: Metrics, site: str, corridors: Sequence[str], source: Source, live: LiveState | None = None
    ) -> None:
        self._metrics, self._source, self._live = metrics, source, live
        self._labels = (site, corridors[0] if corridors else "")
        self._before: dict[Hashable, int] = {}

    def record(self, tick: Tick) -> None:
        """Publish what the source has counted since the last tick."""
        del tick
        totals = self._source.statistics()
        for kind, count in self._news("received", totals.received):
            self._metrics.messages.labels(*self._labels, kind).inc(count)
        for (kind, reason), count in self._news("dropped", totals.dropped):
            self._metrics.messages_dropped.labels(*self._labels, kind, reason).inc(count)
        for kind, count in self._news("invalid", totals.invalid):
            self._metrics.messages_invalid.labels(*self._labels, kind, "schema").inc(count)
        for _, count in self._news("reconnects", {"": totals.reconnects}):
            self._metrics.broker_reconnects.labels(*self._labels).inc(count)
        self._metrics.broker_connected.labels(*self._labels).set(totals.connected)
        if self._live is not None:
            self._live.broker_connected = totals.connected

    def _news(self, name: str, totals: Mapping[Key, int]) -> list[tuple[Key, int]]:
        """How much each total has grown."""
        found = []
        for key, total in totals.items():
            grown = total - self._before.get((name, key), 0)
            if grown > 0:
                found.append((key, grown))
            self._before[name, key] = total
        return found
