"""An interrupted matrix goes on where it was, and never with results of other code or streets."""

import json
from pathlib import Path

import pytest

from benchmarks.control.ledger import Ledger
from signalctl.errors import UsageError
from tests.benchmarks.control_samples import CONDITIONS, jobs_of, outcome_of


def delay(ledger: Ledger, job, **changed: object) -> float | None:
    """What the ledger knows of a run."""
    record = ledger.find(job, {**CONDITIONS, **changed})
    return None if record is None else record["figures"]["all"]["delay_s"]


def test_finished_runs_are_found_again(tmp_path: Path) -> None:
    """A result on the disk counts in the next call; another seed, detection or street is another run."""
    path = tmp_path / "new" / "runs.jsonl"
    jobs = jobs_of()
    for number, job in enumerate(jobs[:4]):
        Ledger(path, "now").add(job, CONDITIONS, outcome_of(job, float(number)))
    again = Ledger(path, "now")
    assert [delay(again, job) for job in jobs[:5]] == [0.0, 1.0, 2.0, 3.0, None]
    again.add(jobs[0], CONDITIONS, outcome_of(jobs[0], 9.0))
    assert delay(again, jobs[0]) == delay(Ledger(path, "now"), jobs[0]) == 9.0


def test_other_code_or_conditions_are_other_runs(tmp_path: Path) -> None:
    """A result counts for the code and the conditions that it was made with; `reused` strategies keep theirs."""
    path = tmp_path / "runs.jsonl"
    job, other = jobs_of(controls=("fixed", "adaptive"))[:2]
    for one in (job, other):
        Ledger(path, "before").add(one, CONDITIONS, outcome_of(one, 1.0))
    assert delay(Ledger(path, "before"), job) == 1.0
    assert delay(Ledger(path, "before"), job, teleport_s=120.0) is None
    assert delay(Ledger(path, "now"), job) is None
    reusing = Ledger(path, "now", ["fixed"])
    assert (delay(reusing, job), delay(reusing, other)) == (1.0, None)
    assert delay(reusing, job, files="changed") is None


@pytest.mark.parametrize("left", [1, 40, -1])
def test_a_line_that_was_cut_off_is_run_again(tmp_path: Path, left: int) -> None:
    """Whatever is left of the last line, the runs before it count, and the file is whole again after the next."""
    path = tmp_path / "runs.jsonl"
    first, second = jobs_of()[:2]
    ledger = Ledger(path, "now")
    ledger.add(first, CONDITIONS, outcome_of(first, 1.0))
    whole = path.read_text()
    ledger.add(second, CONDITIONS, outcome_of(second, 2.0))
    cut = path.read_text()[len(whole) : -1]
    path.write_text(whole + cut[:left])
    again = Ledger(path, "now")
    assert (delay(again, first), delay(again, second)) == (1.0, None)
    again.add(second, CONDITIONS, outcome_of(second, 3.0))
    lines = path.read_text().splitlines()
    assert [json.loads(line)["figures"]["all"]["delay_s"] for line in lines] == [1.0, 3.0]


@pytest.mark.parametrize("line", ["{}", "[1]", "null", "{broken"])
def test_a_damaged_file_is_told_by_line(tmp_path: Path, line: str) -> None:
    """A line in the middle that is no result is nothing to guess about."""
    path = tmp_path / "runs.jsonl"
    job = jobs_of()[0]
    Ledger(path, "now").add(job, CONDITIONS, outcome_of(job, 1.0))
    path.write_text(path.read_text() + line + "\n" + path.read_text())
    with pytest.raises(UsageError, match=r"runs\.jsonl:2: expected the result of a run"):
        Ledger(path, "now")
