"""Failures of the house's own code, caught where they happen: one junction's or observer's never stop the others."""

from types import TracebackType

import structlog

from signalctl.tick import JunctionFailure

log = structlog.get_logger(__name__)


class Troubles:
    """Catches and notes; the log gets the whole trace once, repeats at debug level."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def caught(self, where: str, step: str, failures: list[JunctionFailure]) -> "_Caught":
        """A context: what the block in it raises becomes an entry of `failures` instead."""
        return _Caught(self._known, (where, step), failures)


class _Caught:
    """One block; entered for every junction several times a second, so no generator stands behind it."""

    __slots__ = ("_failures", "_known", "_place")

    def __init__(self, known: set[tuple[str, str]], place: tuple[str, str], failures: list[JunctionFailure]) -> None:
        self._known, self._place, self._failures = known, place, failures

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self._known.discard(self._place)
            return False
        if not isinstance(error, Exception):
            return False
        where, step = self._place
        self._failures.append(JunctionFailure(where, step, repr(error)))
        if self._place in self._known:
            log.debug("still failing", where=where, step=step, error=repr(error))
        else:
            self._known.add(self._place)
            log.error("failed; what runs goes on", where=where, step=step, exc_info=error)
        return True
