"""Finished runs in a JSON-lines file, so that an interrupted matrix goes on where it was."""

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from benchmarks.control.matrix import Job
from signalctl.errors import UsageError
from signalctl.simulation.run import RunOutcome

Record = dict[str, Any]
"""One line: what was run (`scenario`, `strategy`, `detection`, `seed`, `conditions`, `revision`) and its `figures`."""

WHAT = ("scenario", "strategy", "detection", "seed", "conditions")
MOST_NOTES = 20


class Ledger:
    """The file of finished runs.

    Args:
        path: The file; it need not exist yet.
        revision: Of the code that runs now; only its results count.
        reused: Strategies whose results count whatever code they come from, the newest first.

    Raises:
        UsageError: A line that is not the last one is damaged.
    """

    def __init__(self, path: Path, revision: str, reused: Collection[str] = ()) -> None:
        self._path = path
        self._revision = revision
        self._reused = frozenset(reused)
        self.records = _read(path)

    def find(self, job: Job, conditions: Mapping[str, Any]) -> Record | None:
        """The newest result of this run, None where it is still to be done."""
        wanted = _what(job, conditions)
        for record in reversed(self.records):
            fits = record["revision"] == self._revision or record["strategy"] in self._reused
            if fits and all(record[key] == wanted[key] for key in WHAT):
                return record
        return None

    def add(self, job: Job, conditions: Mapping[str, Any], outcome: RunOutcome) -> Record:
        """Append a result; it is on the disk when this returns."""
        record = {
            **_what(job, conditions),
            "revision": self._revision,
            "figures": dict(outcome.figures),
            "refusals": dict(outcome.refusals),
            "failures": list(outcome.failures[:MOST_NOTES]),
            "violations": list(outcome.violations[:MOST_NOTES]),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.records.append(record)
        return record


def _what(job: Job, conditions: Mapping[str, Any]) -> Record:
    scenario, strategy, detection = job.cell
    return {
        "scenario": scenario,
        "strategy": strategy,
        "detection": detection,
        "seed": job.seed,
        "conditions": dict(conditions),
    }


def _read(path: Path) -> list[Record]:
    """All whole lines; a last one that was cut off in writing is taken out of the file."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole, _, rest = text.rpartition("\n")
    if rest:
        path.write_text(whole + "\n" if whole else "", encoding="utf-8")
    records = []
    for number, line in enumerate(whole.split("\n") if whole else [], start=1):
        try:
            record = json.loads(line)
            known = all(key in record for key in (*WHAT, "revision", "figures"))
        except (ValueError, TypeError):
            known = False
        if not known:
            raise UsageError(f"{path}:{number}: expected the result of a run as JSON, got {line[:60]!r}")
        records.append(record)
    return records
