"""Running what is still to be done: one process per run, a bar with the time left, each result on the disk at once."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.control.ledger import Ledger
from benchmarks.control.matrix import Job
from benchmarks.control.pace import Pace, in_words, wall_s
from signalctl.errors import UsageError
from signalctl.simulation.batch import run_each

Conditions = Mapping[str, Mapping[str, Any]]
"""What every run of a scenario depends on besides strategy and seed, by the scenario's name."""


def run_jobs(
    jobs: Sequence[Job],
    conditions: Conditions,
    ledger: Ledger,
    *,
    workers: int,
    cluster: str | None = None,
    revision: Callable[[], str],
    console: Console,
) -> dict[Job, str]:
    """Run all jobs; the error of each that failed.

    Args:
        jobs: What is to be run.
        conditions: Goes into the ledger with each result.
        ledger: Takes the results.
        workers: Processes at once.
        cluster: Address of the Dask scheduler whose workers run them, where it is not this machine.
        revision: Tells the digest of the code now; a change while runs go on ends everything.
        console: For the bar, or for a line per run where it is no terminal.

    Raises:
        UsageError: The code has changed, or a process died.
    """
    pace = Pace(jobs, workers)
    for record in ledger.records:
        pace.note((record["scenario"], record["strategy"], record["detection"]), wall_s(record["figures"]))
    began_s, before = time.monotonic(), revision()
    failed: dict[Job, str] = {}
    with _Bar(jobs, pace, console) as bar:
        try:
            specs = [job.spec for job in jobs]
            with closing(run_each(specs, workers=workers, cluster=cluster, on_progress=bar.show)) as ended:
                for number, result in ended:
                    job = jobs[number]
                    if revision() != before:
                        raise UsageError(
                            "the code has changed while the matrix ran, and with it what its runs mean; "
                            "run it in a copy of its own (git worktree add), and start it again to go on"
                        )
                    if isinstance(result, Exception):
                        failed[job] = f"{type(result).__name__}: {result}"
                        bar.say(f"{job}: {failed[job]}")
                        continue
                    record = ledger.add(job, conditions[job.street.label], result)
                    pace.note(job.cell, wall_s(record["figures"]))
                    bar.say(f"{job}: {_in_short(record['figures'])}", time.monotonic() - began_s)
        except BrokenExecutor as error:
            raise UsageError(f"a process died ({error}); start the matrix again to go on where it was") from error
    return failed


def _in_short(figures: Mapping[str, Any]) -> str:
    delay = figures["all"]["delay_s"]
    entries = sum(count for kind, count in figures["safety"].items() if kind != "refused")
    shown = "nobody" if delay is None else f"{delay:.1f} s delay"
    return f"{shown}, {wall_s(figures):.0f} s" + (f", {entries} safety entries" if entries else "")


class _Bar:
    """Progress over all runs and of each that runs now."""

    def __init__(self, jobs: Sequence[Job], pace: Pace, console: Console) -> None:
        self._jobs, self._pace, self._console = jobs, pace, console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._all = self._progress.add_task("all runs", total=len(jobs), left="")
        self._running: dict[int, TaskID] = {}
        self._parts: list[float] = [0.0] * len(jobs)
        self._began_s = time.monotonic()
        self._ended = 0

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def show(self, parts: Sequence[float]) -> None:
        """Take note of what is done of each run."""
        self._parts = list(parts)
        for number, part in enumerate(parts):
            if 0.0 < part < 1.0 and number not in self._running:
                self._running[number] = self._progress.add_task(str(self._jobs[number]), total=100, left="")
            if number in self._running:
                if part >= 1.0:
                    self._progress.remove_task(self._running.pop(number))
                else:
                    self._progress.update(self._running[number], completed=round(100 * part))
        left_s = self._pace.left_s(self._parts, time.monotonic() - self._began_s)
        self._progress.update(self._all, completed=self._ended, left=f"{in_words(left_s)} left")

    def say(self, words: str, elapsed_s: float | None = None) -> None:
        """One line above the bar for a run that has ended."""
        self._ended += 1
        left = "" if elapsed_s is None else f"; {in_words(self._pace.left_s(self._parts, elapsed_s))} left"
        shown = "" if self._console.is_terminal else left
        self._console.print(f"[{self._ended}/{len(self._jobs)}] {words}{shown}", markup=False, highlight=False)
