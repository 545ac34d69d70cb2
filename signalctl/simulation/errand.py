"""What a worker of a Dask cluster does for a batch: one run, in a process of its own.

A process of its own for the same reason as at home (`signalctl.simulation.batch`), and because only a process can be
ended when nobody wants its run any more. It is no child by `multiprocessing`: Dask's workers may not have such.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import signalctl
from signalctl.simulation.lone_run import ORDER, OUTCOME
from signalctl.simulation.parcel import Parcel, unpack
from signalctl.simulation.sameness import deviations
from signalctl.simulation.spec import Outputs, RunSpec

if TYPE_CHECKING:
    from distributed import Worker

    from signalctl.simulation.run import RunOutcome

LOOK_EVERY_S = 0.5
ROOT = Path(signalctl.__file__).resolve().parent.parent


class ErrandError(RuntimeError):
    """A worker cannot do what is asked of it, whatever the run; the message says which worker and why."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A run for a worker; `software` is what it must have so that the result is the same to the bit."""

    number: int
    spec: RunSpec
    software: Mapping[str, str]
    topic: str  # where the part that is done is told


@dataclass(frozen=True, slots=True)
class Delivery:
    """What comes back: the outcome of the run or the error that it ended with, and the files that it wrote, by name."""

    found: "RunOutcome | Exception"
    files: Mapping[str, bytes]


def run_errand(errand: Errand, parcel: Parcel) -> Delivery:
    """Run, on a worker.

    Raises:
        ErrandError: The worker has other software, or the process of the run died.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    if different := deviations(errand.software):
        raise ErrandError(f"{worker.address}: {'; '.join(different)}")
    place = unpack(parcel, Path(worker.local_directory) / "signalctl-scenarios")

    def tell(part: float) -> None:
        worker.log_event(errand.topic, {"number": errand.number, "part": part})

    with tempfile.TemporaryDirectory(prefix="signalctl-run-") as folder:
        written = {name: Path(folder) / f"{name}.out" for name in errand.spec.outputs.files()}
        spec = replace(errand.spec, scenario=str(place / parcel.config), period=None, outputs=Outputs(**written))
        found = _in_own_process(spec, Path(folder), tell, lambda: _is_wanted(worker, key))
        files = {name: path.read_bytes() for name, path in written.items() if path.is_file()}
    if found is None:
        raise ErrandError(f"{worker.address}: {_name(errand.spec)}: the process of the run died; see the worker's log")
    tell(1.0)
    if not isinstance(found, Exception):
        return Delivery(replace(found, spec=errand.spec), files)
    if len(found.args) == 1 and isinstance(found.args[0], str):  # the worker's own paths mean nothing at home
        found.args = (found.args[0].replace(str(place), parcel.home),)
    return Delivery(found, {})


def _in_own_process(
    spec: RunSpec, folder: Path, tell: Callable[[float], None], is_wanted: Callable[[], bool]
) -> "RunOutcome | Exception | None":
    """What came of the run; None where its process left nothing."""
    (folder / ORDER).write_bytes(pickle.dumps(spec))
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with subprocess.Popen(  # noqa: S603  our own module, in the interpreter that runs us
        [sys.executable, "-m", "signalctl.simulation.lone_run", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    ) as process:
        ended = threading.Event()
        threading.Thread(target=_end_unwanted, args=(process, ended, is_wanted), daemon=True).start()
        try:
            assert process.stdout is not None  # noqa: S101  it is a pipe
            for line in process.stdout:
                tell(float(line))
            process.wait()
        finally:
            ended.set()
            process.kill()
    outcome = folder / OUTCOME
    return pickle.loads(outcome.read_bytes()) if outcome.is_file() else None  # noqa: S301  by the process above


def _end_unwanted(process: "subprocess.Popen[str]", ended: threading.Event, is_wanted: Callable[[], bool]) -> None:
    while not ended.wait(LOOK_EVERY_S):
        if not is_wanted():
            process.kill()
            return


def _is_wanted(worker: "Worker", key: Any) -> bool:
    """Whether the worker goes on and the client still waits for this; one that is lost waits for nothing."""
    from distributed.core import Status

    task = worker.state.tasks.get(key)
    working = worker.status in (Status.running, Status.paused, Status.closing_gracefully)
    return working and task is not None and task.state != "cancelled"


def _name(spec: RunSpec) -> str:
    return f"{spec.strategy} seed {spec.seed}"
