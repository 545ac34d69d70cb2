"""What one run has counted is what another begins with."""

import json
import sys
from pathlib import Path

import pytest

from signalctl.cli import main
from signalctl.scenarios import open_scenario
from signalctl.usual_counts import read_usual

SHORT = ("simulate", "rheinstrasse", "--period", "night", "--detection", "radar", "--strategy", "coordinated")


def _call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["signalctl", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.slow
def test_counts_of_a_run_are_the_beginning_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three minutes of the street are in the store, by the scenario's own time of day, and change the next run."""
    scenario = open_scenario("rheinstrasse", "night")
    begin_s = scenario.scenario.begin_s
    part = (*SHORT, "--end", str(begin_s + 180.0))
    store, results = tmp_path / "counts.db", [tmp_path / "without.json", tmp_path / "with.json"]
    assert _call(monkeypatch, *part, "--write-counts", str(store)) == 0
    (slot,) = read_usual(store, scenario.site.junctions).slots()
    assert slot.number == int(begin_s % 86_400) // 900
    assert _call(monkeypatch, *part, "--seed", "2", "--json", str(results[0])) == 0
    assert _call(monkeypatch, *part, "--seed", "2", "--counts", str(store), "--json", str(results[1])) == 0
    delays = [json.loads(result.read_text())["person_delay_s"] for result in results]
    assert delays[0] != delays[1]


@pytest.mark.parametrize("words", [("--seeds", "1-2"), ("--strategy", "sumo-shipped", "--plant", "sumo")])
def test_only_one_run_that_counts_leaves_counts(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several runs, and control without the service, are refused before anything runs."""
    assert _call(monkeypatch, *SHORT, *words, "--write-counts", str(tmp_path / "counts.db")) == 2
    assert "expected one run of a strategy of this house" in capsys.readouterr().err


def test_counts_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong file ends the command before anything runs."""
    assert _call(monkeypatch, *SHORT, "--counts", str(tmp_path / "none.db")) == 2
    assert "none.db: expected a store with counts" in capsys.readouterr().err
