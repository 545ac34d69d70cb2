"""The loop's clocks: who moves them, and what happens when they jump."""

import asyncio

import pytest

from signalctl.clock import ManualClock, SystemClock
from signalctl.demo.clock_follower import StreetClock


async def test_manual_clock_releases_whoever_waits_for_that_time() -> None:
    """Waiting ends when the clock is set to the time or later, not before."""
    clock = ManualClock(10.0)
    waiting = asyncio.create_task(clock.wait_until(12.0))
    await clock.set(11.0)
    await asyncio.sleep(0)
    assert not waiting.done()
    await clock.set(12.5)
    await asyncio.wait_for(waiting, 1.0)
    assert clock.now_utc_s() == 12.5


async def test_system_clock_never_sleeps_longer_than_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock that was set back by an hour must not put the loop to sleep for an hour."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    clock = SystemClock()
    await clock.wait_until(clock.now_utc_s() + 3600)
    await clock.wait_until(clock.now_utc_s() - 3600)
    assert slept[0] == 2.0
    assert slept[1] == 0.0


async def test_street_clock_answers_each_second_when_the_loop_comes_back_for_the_next() -> None:
    """A second is answered once, and only after the loop has dealt with it."""
    answers: list[float] = []
    clock = StreetClock(answers.append)
    clock.on_message(b'{"t": 100}')
    await clock.wait_until(1.0)
    assert clock.now_utc_s() == 100.0
    assert answers == []
    waiting = asyncio.create_task(clock.wait_until(101.0))
    await asyncio.sleep(0)
    assert answers == [100.0]
    clock.on_message(b'{"t": 101}')
    await asyncio.wait_for(waiting, 1.0)


async def test_street_clock_ignores_what_is_not_a_second() -> None:
    """Broken messages do not move it."""
    clock = StreetClock(lambda _second: None)
    for payload in (b"", b"{}", b'{"t": null}', b"[1]", b"\xff"):
        clock.on_message(payload)
    assert clock.now_utc_s() == 0.0
