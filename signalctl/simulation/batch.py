"""Many runs at once: one process each, for libsumo holds one simulation per process and Python one core.

A process that has run SUMO once draws other random numbers the second time, so none is used twice: a run depends on its
seed alone, whatever ran before it.
"""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING

from signalctl.simulation.run import RunOutcome, run_scenario
from signalctl.simulation.spec import RunSpec

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import SynchronizedArray

POLL_S = 0.2

_shared: "SynchronizedArray[float] | None" = None


def run_batch(
    specs: Sequence[RunSpec],
    *,
    workers: int | None = None,
    on_progress: Callable[[Sequence[float]], None] | None = None,
) -> list[RunOutcome]:
    """All runs, in the order of `specs`; a single one runs in this process, several in a process each.

    Args:
        specs: What to run.
        workers: Processes at most; one per core by default.
        on_progress: Called with the part of each run that is done, 0 to 1.
    """
    parts = [0.0] * len(specs)

    def note(number: int, part: float) -> None:
        parts[number] = part
        if on_progress is not None:
            on_progress(parts)

    if len(specs) == 1:
        outcome = run_scenario(specs[0], lambda part: note(0, part))
        note(0, 1.0)
        return [outcome]
    count = max(1, min(len(specs), workers or os.cpu_count() or 1))
    context = multiprocessing.get_context("spawn")
    progress = context.Array("d", len(specs))
    with ProcessPoolExecutor(
        count, mp_context=context, initializer=_share, initargs=(progress,), max_tasks_per_child=1
    ) as pool:
        futures = [pool.submit(_run_numbered, number, spec) for number, spec in enumerate(specs)]
        pending: set[Future[RunOutcome]] = set(futures)
        try:
            while pending:
                done, pending = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                if on_progress is not None:
                    on_progress(progress[:])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def _share(progress: "SynchronizedArray[float]") -> None:
    global _shared
    _shared = progress


def _run_numbered(number: int, spec: RunSpec) -> RunOutcome:
    def note(part: float) -> None:
        if _shared is not None:
            _shared[number] = part

    outcome = run_scenario(spec, note)
    note(1.0)
    return outcome
