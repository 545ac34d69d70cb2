"""From the feed of lateness to metrics."""

from collections.abc import Sequence

from signalctl.lateness_feed import LatenessReader
from signalctl.metrics import Metrics
from signalctl.tick import Tick


class LatenessObserver:
    """Publishes how the feed does, once a tick. The figures are the whole site's, under its first corridor's label."""

    def __init__(self, metrics: Metrics, site: str, corridors: Sequence[str], reader: LatenessReader) -> None:
        self._metrics, self._reader = metrics, reader
        self._labels = (site, corridors[0] if corridors else "")
        self._errors = 0

    def record(self, tick: Tick) -> None:
        """Publish what is known now."""
        state = self._reader.state
        self._metrics.lateness_feed_up.labels(*self._labels).set(state.up)
        self._metrics.lateness_trips.labels(*self._labels).set(self._reader.board.known(tick.utc_s))
        self._metrics.lateness_feed_errors.labels(*self._labels).inc(state.errors - self._errors)
        self._errors = state.errors
