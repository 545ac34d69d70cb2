"""A Dask scheduler and workers as processes of this machine, started by Dask's own commands."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

pytest.importorskip("distributed", reason="needs Dask (extra `dask`)")

DASK = str(Path(sys.executable).parent / "dask")
PATIENCE_S = 60.0
LONE_RUN = "signalctl.simulation.lone_run"


@dataclass
class Cluster:
    """Address of the scheduler, and the processes of the workers."""

    address: str
    folder: Path
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def add_worker(self, *options: str) -> "subprocess.Popen[bytes]":
        """One more worker, for one run at a time."""
        worker = _start(
            self.folder / f"worker-{len(self.workers)}",
            "worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--dashboard-address", "127.0.0.1:0",
            *options,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def runs(self) -> list[psutil.Process]:
        """The processes of runs that now belong to workers."""
        found = [child for worker in self.workers for child in _children(worker.pid)]
        return [process for process in found if LONE_RUN in " ".join(_command(process))]


@contextlib.contextmanager
def cluster(folder: Path, *workers: Sequence[str]) -> Iterator[Cluster]:
    """A scheduler with workers of these options; to kill one without a nanny is to lose a machine."""
    contact = folder / "scheduler.json"
    scheduler = _start(
        folder / "scheduler",
        "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0",
        "--scheduler-file", str(contact),
    )  # fmt: skip
    made = Cluster("", folder)
    try:
        until(contact.is_file)
        until(lambda: '"address"' in contact.read_text())
        made.address = contact.read_text().split('"address": "')[1].split('"')[0]
        for options in workers:
            made.add_worker(*options)
        yield made
    finally:
        for process in [*made.workers, scheduler]:
            process.terminate()
        for process in [*made.workers, scheduler]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def until(is_so: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait until something is so."""
    ends_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < ends_s, "waited too long"
        time.sleep(0.1)


def environment() -> dict[str, str]:
    """What lets another process import what this one imports."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def _start(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([DASK, *words], cwd=folder, stdout=log, stderr=log, env=environment())


def _children(number: int) -> list[psutil.Process]:
    try:
        return psutil.Process(number).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
