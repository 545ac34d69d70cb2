"""`signalctl check`: exit status, one line per finding, JSON."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from signalctl.cli.check import check

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "single-junction.yaml"
app = typer.Typer()
app.command()(check)


def written(folder: Path, old: str, new: str) -> str:
    """The example with one word changed, as a file."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = folder / "site.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_a_legal_site_exits_with_0() -> None:
    """No errors: status 0 and a summary."""
    result = CliRunner().invoke(app, [str(EXAMPLE)])
    assert result.exit_code == 0
    assert "1 junctions, 2 plans: 0 errors, 0 warnings" in result.output


def test_a_broken_rule_exits_with_1(tmp_path: Path) -> None:
    """Each error is one line with file, line, field, rule, expected and got."""
    path = written(tmp_path, "F1: {K1: 11, K2: 11}", "F1: {K1: 9, K2: 11}")
    result = CliRunner().invoke(app, [path])
    assert result.exit_code == 1
    expected = "junctions.J1.intergreens.F1.K1: clearance_short: expected >= 11 s, got 9 s"
    line = next(n for n, text in enumerate(Path(path).read_text().splitlines(), start=1) if "K1: 9" in text)
    assert f"{path}:{line}: {expected}" in result.output.splitlines()


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_file_that_is_no_site_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    """An unknown field, a broken file and a missing file are the caller's to mend."""
    path = written(tmp_path, "timezone:", "time_zone:")
    result = CliRunner().invoke(app, [path, *arguments])
    assert result.exit_code == 2
    assert "time_zone" in result.output
    assert CliRunner().invoke(app, [str(tmp_path / "none.yaml"), *arguments]).exit_code == 2


def test_json_lists_findings_and_unconfirmed_defaults(tmp_path: Path) -> None:
    """The same as data, with severity, and the numbers that rest on unconfirmed defaults."""
    result = CliRunner().invoke(app, [written(tmp_path, "min: 30, max: 90", "min: 30, max: 60"), "--json"])
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert [(row["rule"], row["severity"], row["got"]) for row in report["findings"]] == [
        ("cycle_out_of_range", "error", "70 s")
    ]
    assert "weights/car" in report["unconfirmed"]
