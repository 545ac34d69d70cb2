"""What every room's tests share: independent programs, the public SUMO scenarios."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
# Debian keeps daemons outside of an ordinary user's path
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/local/sbin"])


@pytest.fixture(scope="session")
def require_program() -> Callable[[str], str]:
    """`require_program("mosquitto")` gives the program's path, or skips the test and names the program."""

    def path_of(program: str) -> str:
        path = shutil.which(program, path=SEARCH_PATH)
        if path is None:
            pytest.skip(f"needs the program {program} (make system-packages)")
        return path

    return path_of


@pytest.fixture(scope="session")
def require_scenario() -> Callable[[str], Path]:
    """`require_scenario("cologne1")` gives that public scenario's folder, or skips the test and names it.

    They are not shipped for their licences; SIGNALCTL_SCENARIOS names their folder, else `../shared/scenarios`.
    """
    folder = Path(os.environ.get("SIGNALCTL_SCENARIOS", REPOSITORY.parent / "shared" / "scenarios"))

    def folder_of(scenario: str) -> Path:
        path = folder / scenario
        if not path.is_dir():
            pytest.skip(f"needs the public scenario {scenario} in {folder} (SIGNALCTL_SCENARIOS)")
        return path

    return folder_of
