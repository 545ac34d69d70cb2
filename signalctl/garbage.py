"""When Python looks for garbage that refers to itself: never in the middle of a tick, as far as that can be had.

A full collection walks over everything that lives, site and machine code included: a tenth of a second with 130
junctions, and by default several times a minute. What lives for ever is therefore left out of it, and young objects
are looked at less often: a tick makes tens of thousands, nearly all of which end with the next tick by their reference
counts.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 50_000
"""More than a tick of a large site leaves behind; Python's own is 700."""
OLDER, OLD = 20, 20
FULL_EVERY_S: Final = 60.0


def look_rarely() -> None:
    """Look at young objects less often than Python does by itself."""
    gc.set_threshold(YOUNG, OLDER, OLD)


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Enter it when all that lives as long as the loop is made: until its end that is not looked at."""
    before = gc.get_threshold()
    gc.freeze()
    look_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class Collector:
    """Looks at everything once a minute, between two ticks."""

    def __init__(self) -> None:
        self._due_utc_s: float | None = None

    def rest(self, utc_s: float) -> None:
        """The loop has nothing to do until the next second."""
        if self._due_utc_s is None or utc_s < self._due_utc_s - FULL_EVERY_S:
            self._due_utc_s = utc_s + FULL_EVERY_S
        elif utc_s >= self._due_utc_s:
            gc.collect()
            self._due_utc_s = utc_s + FULL_EVERY_S
