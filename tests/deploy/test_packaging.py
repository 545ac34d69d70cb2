"""What is installed is what is in the repository: requirements by hash, every room's files in the wheel."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("signalctl", "controllers", "detectors", "plans", "sim")
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))


def _pinned(path: Path) -> dict[str, list[str]]:
    """Hashes by lower-case package name."""
    pins: dict[str, list[str]] = {}
    for entry in path.read_text().replace("\\\n", " ").splitlines():
        name = re.match(r"([a-z0-9.-]+)==\S+", entry)
        assert name, f"{path.name}: expected name==version, got {entry[:60]}"
        pins.setdefault(name[1], []).extend(re.findall(r"--hash=sha256:[0-9a-f]{64}", entry))
    return pins


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_name_versions_and_hashes_only(path: Path) -> None:
    """Each package has a version and hashes; no file names an address or a path."""
    assert all(_pinned(path).values())
    assert not re.search(r"://|^-|\s@\s|/", path.read_text(), re.MULTILINE)


def test_every_dependency_of_the_project_is_pinned() -> None:
    """`make requirements` was run after the last change of a dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = project["dependencies"]
    extras = [one for group in project["optional-dependencies"].values() for one in group]
    for wanted, file in ((runtime, "requirements.txt"), (runtime + extras, "requirements-dev.txt")):
        names = {re.split(r"[<>=!\[]", one)[0].lower().replace(".", "-") for one in wanted}
        assert names <= _pinned(ROOT / file).keys()


def test_both_files_pin_the_same_versions() -> None:
    """What is tested is what runs."""
    lines = {path: set(re.findall(r"^[a-z0-9.-]+==[^\\]*", path.read_text(), re.MULTILINE)) for path in REQUIREMENTS}
    tested = lines[ROOT / "requirements-dev.txt"]
    assert lines[ROOT / "requirements.txt"] <= tested


def test_the_wheel_carries_every_file_of_every_room(tmp_path: Path) -> None:
    """Scenarios, pages and type markers are installed with the code."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        carried = set(wheel.namelist())
    tracked = subprocess.run(["git", "ls-files", "-z", *ROOMS], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {name for name in tracked.stdout.split("\0") if name and (ROOT / name).exists()} <= carried
    assert {f"{room}/py.typed" for room in ROOMS} <= carried
