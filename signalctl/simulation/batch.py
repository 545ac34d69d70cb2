"""Many runs at once: one process each, for libsumo holds one simulation per process and Python one core.

A process that has run SUMO once draws other random numbers the second time, so none is used twice: a run depends on its
seed alone, whatever ran before it.
"""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING

from signalctl.simulation.orphans import end_with_parent
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
    cluster: str | None = None,
    on_progress: Callable[[Sequence[float]], None] | None = None,
) -> list[RunOutcome]:
    """All runs, in the order of `specs`; a single one here runs in this process, several in a process each.

    Args:
        specs: What to run.
        workers: Processes at most; one per core by default.
        cluster: Address of a Dask scheduler whose workers run them.
        on_progress: Called with the part of each run that is done, 0 to 1.
    """
    if len(specs) == 1 and cluster is None:
        outcome = run_scenario(specs[0], None if on_progress is None else lambda part: on_progress([part]))
        if on_progress is not None:
            on_progress([1.0])
        return [outcome]
    outcomes: dict[int, RunOutcome] = {}
    with contextlib.closing(run_each(specs, workers=workers, cluster=cluster, on_progress=on_progress)) as ended:
        for number, result in ended:
            if isinstance(result, Exception):
                raise result
            outcomes[number] = result
    return [outcomes[number] for number in range(len(specs))]


def run_each(
    specs: Sequence[RunSpec],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    on_progress: Callable[[Sequence[float]], None] | None = None,
) -> Generator[tuple[int, RunOutcome | Exception], None, None]:
    """Each run in a process of its own; yields its number and what came of it as soon as it has ended.

    A run that fails ends with its error, and the others go on. Closing the generator ends those that still run. The
    processes are on this machine, or with `cluster` on those of a Dask cluster, with the same results.

    Raises:
        BrokenExecutor: A process died.
        UsageError: The cluster cannot be used; see `signalctl.simulation.cluster`.
    """
    if cluster is not None:
        from signalctl.simulation.cluster import run_each_on

        yield from run_each_on(cluster, specs, on_progress=on_progress)
        return
    count = max(1, min(len(specs), workers or os.cpu_count() or 1))
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    progress = context.Array("d", len(specs))
    with ProcessPoolExecutor(
        count, mp_context=context, initializer=_share, initargs=(progress,), max_tasks_per_child=1
    ) as pool:
        before = [spec.outputs.written() for spec in specs]
        numbers = {pool.submit(_run_numbered, number, spec): number for number, spec in enumerate(specs)}
        pending = set(numbers)
        try:
            while pending:
                done, pending = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
                if on_progress is not None:
                    on_progress(progress[:])
                for future in sorted(done, key=numbers.__getitem__):
                    yield numbers[future], _result(future)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            children = set(multiprocessing.active_children()) - others
            for child in children:
                child.terminate()
            for child in children:
                child.join()  # so that nobody writes any more
            for future in pending:
                specs[numbers[future]].outputs.remove_since(before[numbers[future]])
            raise


def _result(future: Future[RunOutcome]) -> RunOutcome | Exception:
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        return error


def _share(progress: "SynchronizedArray[float]") -> None:
    global _shared
    _shared = progress
    end_with_parent()


def _run_numbered(number: int, spec: RunSpec) -> RunOutcome:
    def note(part: float) -> None:
        if _shared is not None:
            _shared[number] = part

    outcome = run_scenario(spec, note)
    note(1.0)
    return outcome
