"""Failures of the house's own code, caught where they happen: one junction's or observer's never stop the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from signalctl.tick import JunctionFailure

log = structlog.get_logger(__name__)


class Troubles:
    """Catches and notes; the log gets the whole trace once, repeats at debug level."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    @contextmanager
    def caught(self, where: str, step: str, failures: list[JunctionFailure]) -> Iterator[None]:
        """Run the block; what it raises becomes an entry of `failures` instead."""
        try:
            yield
        except Exception as error:
            failures.append(JunctionFailure(where, step, repr(error)))
            if (where, step) in self._known:
                log.debug("still failing", where=where, step=step, error=repr(error))
                return
            self._known.add((where, step))
            log.error("failed; what runs goes on", where=where, step=step, exc_info=error)
        else:
            self._known.discard((where, step))
