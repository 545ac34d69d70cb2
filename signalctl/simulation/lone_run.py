"""One run in a process that does nothing else: `python -m signalctl.simulation.lone_run FOLDER`.

The order lies in FOLDER; the outcome, or the error, is left there. The part that is done goes to the standard output,
a number a line. The process ends with whoever ordered the run: its standard input ends with the other's life.
"""

import contextlib
import fcntl
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plans.site import StrategyName
from signalctl.simulation.orphans import NOT_WANTED
from signalctl.simulation.spec import PlantName, RunSpec

ORDER, OUTCOME = "order", "outcome"


def main(folder: Path) -> None:
    """Run what the order says."""
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    spec: RunSpec = pickle.loads((folder / ORDER).read_bytes())  # noqa: S301  written by the process that started us
    answer: Any
    try:
        answer = _run(spec)
    except Exception as error:
        answer = _portable(error)
    unfinished = folder / f"{OUTCOME}.part"
    unfinished.write_bytes(pickle.dumps(answer))
    unfinished.rename(folder / OUTCOME)


def _run(spec: RunSpec) -> Any:
    from signalctl.simulation.run import run_scenario

    with _one_at_a_time():
        _compile(spec)
    return run_scenario(spec, lambda part: print(f"{part:.4f}", flush=True))


def _compile(spec: RunSpec) -> None:
    """Machine code is made once on a machine, however many runs begin at the same moment."""
    from signalctl.compile import compile_decisions, compile_engine

    def say(_words: str) -> None:
        """Nobody is there to hear it."""

    if spec.strategy is StrategyName.ADAPTIVE:
        compile_decisions(say)
    if spec.plant is PlantName.EMBEDDED:
        compile_engine(say)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the lock on the folder of machine code."""
    from sim.engine.jit import HERE
    from sim.kernel_cache import cache_folder

    with (Path(cache_folder(HERE, "kernels")) / ".compiling").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _portable(error: Exception) -> Exception:
    """The error itself where it survives the way to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_the_other() -> None:
    sys.stdin.buffer.read()
    os._exit(NOT_WANTED)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
