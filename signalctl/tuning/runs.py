"""Runs of many plans and seeds on all cores: each process reads the scenario once and tries whatever it is sent."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Self

from signalctl.simulation.orphans import end_with_parent
from signalctl.tuning.moves import Plans
from signalctl.tuning.search import Job
from signalctl.tuning.trial import Ground, Place, Score

_ground: Ground | None = None


class Runs:
    """A pool of processes on one place; results depend on plans and seeds alone, not on their number."""

    def __init__(self, place: Place, jobs: int | None = None) -> None:
        """Use `jobs` processes at most; one per core by default."""
        count = jobs or os.cpu_count() or 1
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_prepare, initargs=(place,))

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End the processes; what has not begun does not begin any more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def scores(self, jobs: Sequence[Job]) -> list[Score]:
        """One result per job, in their order.

        Raises:
            BrokenExecutor: A process died.
        """
        return list(self._pool.map(_try, [dict(plans) for plans, _ in jobs], [seed for _, seed in jobs]))

    def costs(self, jobs: Sequence[Job]) -> list[float]:
        """Only what each costs."""
        return [score.cost_s for score in self.scores(jobs)]


def _prepare(place: Place) -> None:
    global _ground
    _ground = Ground(place)
    end_with_parent()


def _try(plans: Plans, seed: int) -> Score:
    if _ground is None:
        raise RuntimeError("this process was not prepared")
    return _ground.run(plans, seed)
