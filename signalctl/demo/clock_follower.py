"""The service's clock in a demo: it follows the street's seconds as they come over MQTT, and answers each."""

import asyncio
from collections.abc import Callable

from signalctl.demo.topics import decode_second


class StreetClock:
    """A clock that the street moves.

    Messages of one connection arrive in order, so when a second is announced the detector messages of that second are
    there already. `wait_until` answers the second before, which tells the street that the loop has dealt with it.
    """

    def __init__(self, answer: Callable[[float], None]) -> None:
        self._answer = answer
        self._now_utc_s = 0.0
        self._dealt_with = 0.0
        self._moved = asyncio.Event()

    def on_message(self, payload: bytes) -> None:
        """Take a second that the street announced; unreadable ones are ignored."""
        second = decode_second(payload)
        if second is not None:
            self._now_utc_s = second
            self._moved.set()

    def now_utc_s(self) -> float:
        """The street's second; 0 before the first one."""
        return self._now_utc_s

    async def wait_until(self, utc_s: float) -> None:
        """Return at the next second that the street announces."""
        del utc_s
        if self._dealt_with:
            self._answer(self._dealt_with)
        await self._moved.wait()
        self._moved.clear()
        self._dealt_with = self._now_utc_s
