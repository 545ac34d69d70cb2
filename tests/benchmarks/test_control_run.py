"""The whole command: a small matrix on SUMO, with a failure, and again."""

import json
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.control import running
from benchmarks.control.__main__ import main
from benchmarks.control.ledger import Ledger
from benchmarks.control.tables import BEGIN, END
from signalctl.errors import EXIT_OK, EXIT_USAGE, UsageError
from tests.benchmarks.control_samples import CONDITIONS, jobs_of, outcome_of
from tests.sim.sumo_programs import cross, demand


@pytest.mark.slow
@pytest.mark.sumo
def test_a_matrix_runs_fails_goes_on_and_writes_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken scenario fails alone; the next call runs what is missing only, and the page gets the tables."""
    pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    demand(good, cross(good), vehicles_per_hour=250, end=120)
    shutil.copytree(good, bad)
    (bad / "d.rou.xml").write_text('<routes><trip id="t" depart="0" from="nowhere" to="ms"/></routes>')
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n{BEGIN}\n{END}\n")
    out = tmp_path / "out"
    call = ["--scenario", f"good={good}", "--seeds", "1", "--jobs", "2", "--out", str(out), "--write-docs", str(page)]

    assert main([*call, "--scenario", f"bad={bad}", "--strategy", "fixed"]) == EXIT_USAGE
    said = capsys.readouterr()
    assert "2 runs, 0 of them done before" in said.err
    assert "bad fixed seed 1: SumoError" in said.err
    assert "not written, 1 runs failed or are missing" in said.err
    assert "- bad fixed seed 1: SumoError" in said.out
    assert page.read_text() == f"# Page\n{BEGIN}\n{END}\n"

    assert main([*call, "--strategy", "sumo-actuated"]) == EXIT_OK
    assert "2 runs, 1 of them done before" in capsys.readouterr().err
    assert "| `sumo-actuated` |" in page.read_text()
    assert str(tmp_path) not in page.read_text()
    actuated, fixed = json.loads((out / "control.json").read_text())["cells"]
    assert (actuated["strategy"], fixed["strategy"]) == ("sumo-actuated", "fixed")
    assert actuated["all"]["loaded"] == fixed["all"]["loaded"] > 20
    difference_s = actuated["all"]["delay_s"] - fixed["all"]["delay_s"]
    assert actuated["difference"]["all.delay_s"]["mean"] == pytest.approx(difference_s, abs=1e-3)
    assert len((out / "runs.jsonl").read_text().splitlines()) == 2

    assert main([*call, "--strategy", "sumo-actuated", "--tables-only"]) == EXIT_OK
    assert "done before" not in capsys.readouterr().err


def ends(monkeypatch: pytest.MonkeyPatch, results: list[Any]) -> None:
    """Let runs end with these results, without running them."""

    def run_each(_specs: object, *, workers: int, cluster: None, on_progress: Any) -> Iterator[tuple[int, Any]]:
        parts = [0.0] * len(results)
        for number, result in enumerate(results):
            parts[number] = 0.5
            on_progress(parts)
            parts[number] = 1.0
            on_progress(parts)
            yield number, result

    monkeypatch.setattr(running, "run_each", run_each)


@pytest.mark.parametrize("terminal", [False, True])
def test_each_result_is_kept_as_soon_as_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    """Failures are handed back, results are in the file, and every run that has ended has its line."""
    jobs = jobs_of(seeds=(1,))[:3]
    ends(monkeypatch, [outcome_of(jobs[0], 5.0), ValueError("no road"), outcome_of(jobs[2], 6.0, conflicts=3)])
    said = StringIO()
    console = Console(file=said, force_terminal=terminal, width=200)
    ledger = Ledger(tmp_path / "runs.jsonl", "now")
    failed = running.run_jobs(
        jobs, {"here": CONDITIONS, "there": CONDITIONS}, ledger, workers=2, revision=lambda: "now", console=console
    )
    assert failed == {jobs[1]: "ValueError: no road"}
    assert [record["figures"]["all"]["delay_s"] for record in Ledger(tmp_path / "runs.jsonl", "now").records] == [5, 6]
    lines = said.getvalue()
    assert f"[1/3] {jobs[0]}: 5.0 s delay, 20 s" in lines
    assert f"[2/3] {jobs[1]}: ValueError: no road" in lines
    assert f"[3/3] {jobs[2]}: 6.0 s delay, 20 s, 3 safety entries" in lines
    assert ("0 s left" in lines.splitlines()[-1]) != terminal


def test_code_that_changes_under_a_matrix_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell which code a later run was made with: nothing more is kept."""
    jobs = jobs_of(seeds=(1,))[:2]
    ends(monkeypatch, [outcome_of(job, 5.0) for job in jobs])
    revisions = iter(["a", "a", "b"])
    ledger = Ledger(tmp_path / "runs.jsonl", "a")
    with pytest.raises(UsageError, match="the code has changed while the matrix ran"):
        running.run_jobs(
            jobs, {"here": CONDITIONS}, ledger, workers=2, revision=lambda: next(revisions), console=Console(quiet=True)
        )
    assert len(ledger.records) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["--scenario", "nowhere"], "got 'nowhere'"),
        (["--teleport", "cologne3=120"], "expected one of rheinstrasse:am"),
        (["--seeds", "few"], "--seeds: expected numbers"),
        (["--tables-only"], "expected results of finished runs, got none"),
    ],
)
def test_a_wrong_call_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], call: list[str], words: str
) -> None:
    """Status 2 and one line."""
    assert main([*call, "--out", str(tmp_path)]) == EXIT_USAGE
    assert words in capsys.readouterr().err
    assert not (tmp_path / "runs.jsonl").exists()
