"""Garbage that refers to itself is looked for between ticks, and what lives on is left out."""

import gc
import weakref

from signalctl.garbage import FULL_EVERY_S, YOUNG, Collector, rarely_collected


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


def test_afterwards_everything_is_as_before() -> None:
    """Also for a process that makes one loop after the other: what one leaves behind can be collected."""
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    circle = weakref.ref(Circle())
    with rarely_collected():
        assert gc.get_threshold()[0] == YOUNG
        assert gc.get_freeze_count() > frozen
    assert gc.get_threshold() == threshold
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert circle() is None


def test_once_a_minute_everything_is_looked_at() -> None:
    """Between two ticks; a clock that is set back does not end that."""
    collector = Collector()
    gc.disable()
    try:
        collector.rest(1000.0)
        circle = weakref.ref(Circle())
        collector.rest(1000.0 + FULL_EVERY_S - 1.0)
        assert circle() is not None
        collector.rest(1000.0 + FULL_EVERY_S)
        assert circle() is None
        circle = weakref.ref(Circle())
        collector.rest(100.0)
        assert circle() is not None
        collector.rest(100.0 + FULL_EVERY_S)
        assert circle() is None
    finally:
        gc.enable()
