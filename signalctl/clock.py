"""Time as the service sees it: the machine's UTC clock, or a clock that somebody else moves."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the loop takes its time from, and how it waits for the next second."""

    def now_utc_s(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    async def wait_until(self, utc_s: float) -> None:
        """Return once `utc_s` is reached; at once when it has passed, and early when the clock was set back."""
        ...


class SystemClock:
    """The machine's clock. Waiting follows the monotonic clock: a step of the wall clock never blocks the loop."""

    def now_utc_s(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    async def wait_until(self, utc_s: float) -> None:
        """Sleep for the time that is missing now, two seconds at most: then the caller looks at the clock again."""
        await asyncio.sleep(max(0.0, min(utc_s - time.time(), 2.0)))


class ManualClock:
    """A clock that stands until it is set: for lock-step simulation and tests."""

    def __init__(self, utc_s: float = 0.0) -> None:
        self._now_utc_s = utc_s
        self._moved = asyncio.Condition()

    def now_utc_s(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._now_utc_s

    async def set(self, utc_s: float) -> None:
        """Move the clock, also backwards, and wake whoever waits for that time."""
        async with self._moved:
            self._now_utc_s = utc_s
            self._moved.notify_all()

    async def wait_until(self, utc_s: float) -> None:
        """Wait until somebody has set the clock to `utc_s` or later, or back."""
        begun_utc_s = self._now_utc_s
        async with self._moved:
            await self._moved.wait_for(lambda: self._now_utc_s >= utc_s or self._now_utc_s < begun_utc_s)
