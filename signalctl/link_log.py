"""Says in the log when a field controller stops answering, and when it answers again."""

from collections.abc import Mapping

import structlog

from signalctl.field_link import STATUS_VALID_S, FieldLink
from signalctl.tick import Tick

log = structlog.get_logger(__name__)


class LinkLog:
    """One line for each outage that outlasts the validity of the last status, and one for its end."""

    def __init__(self, links: Mapping[str, FieldLink]) -> None:
        self._links = links
        self._down_since_s: dict[str, float] = {}
        self._reported: set[str] = set()

    def record(self, tick: Tick) -> None:
        """Compare each link with what was said of it."""
        for name, reachability in tick.links.items():
            if reachability.connected:
                self._down_since_s.pop(name, None)
                if name in self._reported:
                    self._reported.remove(name)
                    log.info("controller answers again", junction=name)
            elif name not in self._reported:
                since_s = self._down_since_s.setdefault(name, tick.utc_s)
                if tick.utc_s - since_s >= STATUS_VALID_S:
                    self._reported.add(name)
                    log.warning("controller does not answer", junction=name, error=self._links[name].last_error)
