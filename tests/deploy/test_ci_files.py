"""The rush hours for build servers: job files that parse, options that exist, and commands that run."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from signalctl.cli import app
from signalctl.cli.demo import Period
from tests.deploy.expressions import DEPLOY, yaml_file

ROOT = DEPLOY.parent
SCRIPT = DEPLOY / "ci" / "rush-hours.sh"
GITHUB, GITLAB = DEPLOY / "ci" / "github.yml", DEPLOY / "ci" / "gitlab.yml"
SHORT_S = 40
PERIODS = [period.value for period in Period if period is not Period.DAY]


def github_steps() -> list[dict[str, object]]:
    """The steps of GitHub's job."""
    steps: list[dict[str, object]] = yaml_file(GITHUB)["jobs"]["rush-hours"]["steps"]
    return steps


def commands() -> dict[str, list[str]]:
    """What each job file calls, line by line."""
    github = [line for step in github_steps() for line in str(step.get("run", "")).splitlines()]
    return {"github": github, "gitlab": yaml_file(GITLAB)["rush-hours"]["script"]}


def test_the_jobs_do_the_same() -> None:
    """Both set up, compile and run the script, by programs of this checkout that can be run."""
    assert commands()["github"] == commands()["gitlab"]
    for line in commands()["github"]:
        program = line.split()[0]
        assert program.startswith(".venv/bin/") or os.access(ROOT / program, os.X_OK), line


def test_both_run_every_period_and_keep_what_was_written() -> None:
    """Four jobs each; reports are kept whatever the verdict, and JUnit files are handed over."""
    github, gitlab = yaml_file(GITHUB)["jobs"]["rush-hours"], yaml_file(GITLAB)["rush-hours"]
    assert github["strategy"]["matrix"]["period"] == PERIODS
    assert gitlab["parallel"]["matrix"] == [{"PERIODS": PERIODS}]
    kept = next(step for step in github_steps() if "upload-artifact" in str(step.get("uses")))
    assert (kept["if"], kept["with"]["path"]) == ("always()", "rush-hours/")
    assert gitlab["artifacts"]["when"] == "always"
    assert gitlab["artifacts"]["reports"]["junit"] == "rush-hours/*.junit.xml"


def test_the_cache_is_where_machine_code_is_kept(tmp_path: Path) -> None:
    """Both keep the folder that the compilers write to, under the address that the jobs set."""
    probe = (
        "import signalctl.rollout.jit as a, sim.engine.jit as b; from sim.kernel_cache import cache_folder;"
        "print(cache_folder(a.HERE, 'rollout'), cache_folder(b.HERE, 'kernels'))"
    )
    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    env["XDG_CACHE_HOME"] = str(tmp_path / ".cache")
    done = subprocess.run([sys.executable, "-c", probe], env=env, capture_output=True, text=True, check=True, cwd=ROOT)
    assert all(Path(folder).is_relative_to(tmp_path / ".cache" / "signalctl") for folder in done.stdout.split())
    kept = [step["with"]["path"] for step in github_steps() if "actions/cache" in str(step.get("uses"))]
    assert kept == [".cache/signalctl"]
    assert ".cache/signalctl" in [path for cache in yaml_file(GITLAB)["rush-hours"]["cache"] for path in cache["paths"]]


def test_the_key_of_the_cache_names_files_that_exist() -> None:
    """What the machine code depends on: a moved folder would keep the cache for good."""
    (key,) = [step["with"]["key"] for step in github_steps() if "actions/cache" in str(step.get("uses"))]
    patterns = re.search(r"hashFiles\((.*)\)", key)
    assert patterns is not None
    for pattern in re.findall(r"'([^']+)'", patterns[1]):
        assert list(ROOT.glob(pattern)), pattern


def test_every_option_of_the_script_exists() -> None:
    """`signalctl simulate` takes each of them."""
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    known = {name for one in command.commands["simulate"].params for name in one.opts}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", SCRIPT.read_text()))
    assert {"--baseline", "--require", "--junit", "--report"} <= used
    assert used <= known


def test_the_scripts_defaults_are_the_shipped_street() -> None:
    """Without any word from outside, all four periods run."""
    text = SCRIPT.read_text()
    assert f"${{PERIODS-{' '.join(PERIODS)}}}" in text


@pytest.fixture
def signalctl(tmp_path: Path) -> Path:
    """A program that is this checkout's `signalctl`."""
    path = tmp_path / "signalctl"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m signalctl "$@"\n')
    path.chmod(0o755)
    return path


def rush_hours(folder: Path, signalctl: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """The job files' own command, for some seconds of a period."""
    (line,) = [line for line in commands()["github"] if "rush-hours.sh" in line]
    env = {**os.environ, "SIGNALCTL": str(signalctl), "LENGTH_S": str(SHORT_S), "STRATEGY": "actuated", **settings}
    call = [str(ROOT / line.split()[0]), *line.split()[1:]]
    return subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.timeout(400)
def test_a_requirement_that_is_not_met_fails_and_says_by_how_much(tmp_path: Path, signalctl: Path) -> None:
    """Status 1, the figure with what is missing, and report, verdicts and figures of the period."""
    done = rush_hours(tmp_path, signalctl, PERIODS="night", REQUIRE="person_delay_s<=-99.5%\nall.stops>=0\n")
    assert done.returncode == 1, done.stderr
    assert re.search(r"person_delay_s<=-99\.5%: not met, got \S+% \(.*\), .* percentage points too much", done.stdout)
    assert "all.stops>=0: met, got " in done.stdout
    assert "the comparison is in rush-hours/night.html" in done.stderr
    assert "person_delay_s&lt;=-99.5%" in (tmp_path / "rush-hours" / "night.html").read_text()
    suite = ET.parse(tmp_path / "rush-hours" / "night.junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"
    assert (tmp_path / "rush-hours" / "night.json").stat().st_size > 1000


def test_a_wrong_call_ends_at_once(tmp_path: Path, signalctl: Path) -> None:
    """Status 2 for a call that means nothing, with no other period tried."""
    wrong = rush_hours(tmp_path, signalctl, PERIODS="am pm", SEEDS="some")
    assert wrong.returncode == 2
    assert "--seeds: expected" in wrong.stderr
    assert "pm" not in wrong.stdout


@pytest.mark.parametrize(("statuses", "ends_with", "calls"), [("0 0 0", 0, 3), ("0 1 0", 1, 3), ("1 2 0", 2, 2)])
def test_every_period_runs_whatever_became_of_the_one_before(
    tmp_path: Path, statuses: str, ends_with: int, calls: int
) -> None:
    """A missed requirement shows at the end; a wrong call ends the script. Each period begins where its file says."""
    recorder = tmp_path / "recorder"
    recorder.write_text(
        f'#!/bin/bash\nstatuses=({statuses})\necho "$*" >>calls\nexit "${{statuses[$(wc -l <calls) - 1]}}"\n'
    )
    recorder.chmod(0o755)
    done = rush_hours(tmp_path, recorder, PERIODS="am pm night", REQUIRE="a<=1 %\n\nb>2")
    assert done.returncode == ends_with
    made = (tmp_path / "calls").read_text().splitlines()
    assert len(made) == calls
    for call, (period, begin_s) in zip(made, [("am", 24840), ("pm", 60840), ("night", 82425)], strict=False):
        assert f"--period {period} --begin {begin_s} --end {begin_s + SHORT_S} --require a<=1 % --require b>2" in call


def test_shellcheck_has_nothing_to_say() -> None:
    """Quotes and tests of the script are right, where the program is there to look."""
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("needs the program shellcheck")
    done = subprocess.run([program, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
