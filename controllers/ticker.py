"""Ticks field controllers in real time: once for every second that really passed."""

import asyncio
import time
from collections.abc import Callable, Iterable

from controllers.logic import FieldController
from controllers.logic.execution import CLOCK_TOLERANCE_S


class RealTimeTicker:
    """Tells a late process from a clock that was set.

    Seconds that this process missed are made up for one by one; only where the monotonic clock does not confirm them
    has the clock jumped, and the controllers are shown the jump.
    """

    def __init__(
        self,
        controllers: Iterable[FieldController],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._controllers = tuple(controllers)
        self._clock = clock
        self._monotonic = monotonic
        self._utc_s = int(clock())
        self._at_s = monotonic()

    def catch_up(self) -> None:
        """Tick up to the present second."""
        utc_s, at_s = int(self._clock()), self._monotonic()
        passed_s = at_s - self._at_s
        jumped = abs(utc_s - self._utc_s - passed_s) > CLOCK_TOLERANCE_S
        seconds = [utc_s] if jumped else range(self._utc_s + 1, utc_s + 1)
        for second in seconds:
            for controller in self._controllers:
                controller.tick(second)
        if jumped or utc_s > self._utc_s:
            self._utc_s = utc_s
            self._at_s = at_s

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self.catch_up()
            now = self._clock()
            await asyncio.sleep(int(now) + 1 - now)
