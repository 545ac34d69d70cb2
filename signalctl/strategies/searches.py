"""The rollout's searches of all junctions at once, on as many cores as the service may use."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from signalctl.rollout.demand import Seen
from signalctl.rollout.kernel import search
from signalctl.rollout.layout import Floats, Layout
from signalctl.rollout.parameters import RolloutNumbers

Search = tuple[Layout, Seen, RolloutNumbers, int, Floats, Floats, Floats]
"""What `signalctl.rollout.kernel.search` is called with."""
ALONE = 8
"""So few searches are over before another thread has begun."""


def run_searches(searches: Sequence[Search], threads: int | None = None) -> list[Floats]:
    """What each search found, in their order; by default on as many `threads` as there are cores.

    Compiled code needs no lock of Python's, and no search knows of another: which thread does which depends on chance,
    what comes out does not.
    """
    helpers = (usable_cores() if threads is None else threads) - 1
    if helpers < 1 or len(searches) <= ALONE:
        return [search(*one) for one in searches]
    found: list[Floats | None] = [None] * len(searches)
    waiting = iter(range(len(searches)))  # each thread takes the next one from here
    helping = [_pool(helpers).submit(_take, searches, waiting, found) for _ in range(helpers)]
    try:
        _take(searches, waiting, found)
    finally:
        for helper in helping:
            helper.result()
    return [one for one in found if one is not None]


@cache
def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _pool(helpers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(helpers, "search")


def _take(searches: Sequence[Search], waiting: Iterator[int], found: list[Floats | None]) -> None:
    for number in waiting:
        found[number] = search(*searches[number])
