"""Container and system service files, judged by the programs that read them as far as they run without an engine."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.expressions import DEPLOY, yaml_file

pytestmark = pytest.mark.peer
ROOT = DEPLOY.parent
DOCKER = DEPLOY / "docker"
UNIT = DEPLOY / "systemd" / "signalctl.service"
WORST_EXPOSURE = 2.0  # of systemd's scale 0 to 10, on which an unhardened service has 9.6


def test_compose_accepts_the_file(require_program: Callable[[str], str]) -> None:
    """Schema, anchors and references of compose.yaml are right in both profiles."""
    program = require_program("docker-compose")
    command = [program, "-f", DEPLOY / "compose.yaml", "--profile", "demo", "--profile", "site", "config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for mounted in re.findall(rf"- ({re.escape(str(ROOT))}/\S+?):", done.stdout):
        assert Path(mounted).exists(), f"compose.yaml mounts {mounted}, which does not exist"


def test_compose_publishes_nothing_beyond_the_machine() -> None:
    """Every published port is bound to loopback."""
    services = yaml_file(DEPLOY / "compose.yaml")["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert len(published) >= 3
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_finds_what_it_copies() -> None:
    """Every COPY of the Dockerfile exists and is let through by its ignore file."""
    recipe = (DOCKER / "Dockerfile").read_text()
    allowed = (DOCKER / "Dockerfile.dockerignore").read_text().split()
    copied = [name for line in re.findall(r"^COPY (?!--from)(.*)$", recipe, re.MULTILINE) for name in line.split()[:-1]]
    assert len(copied) >= 10
    for name in copied:
        assert (ROOT / name).exists(), f"Dockerfile copies {name}, which does not exist"
        assert f"!{name}" in allowed, f"Dockerfile copies {name}, which its ignore file hides"


def test_the_image_does_not_run_as_root() -> None:
    """The last stage sets a numeric user, which Kubernetes can check."""
    last_stage = (DOCKER / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*$", last_stage, re.MULTILINE)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists here."""
    path = tmp_path / "signalctl.service"
    path.write_text(UNIT.read_text().replace("/opt/signalctl/bin/signalctl", sys.executable))
    return path


def test_systemd_accepts_the_unit(require_program: Callable[[str], str], unit: Path) -> None:
    """Every directive is known and well formed."""
    done = subprocess.run(
        [require_program("systemd-analyze"), "verify", unit], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == []


def test_the_unit_is_hardened(require_program: Callable[[str], str], unit: Path) -> None:
    """Systemd's own rating of what a broken service could reach."""
    command = [require_program("systemd-analyze"), "security", "--offline=true", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rating = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert rating, done.stdout + done.stderr
    assert float(rating[1]) <= WORST_EXPOSURE
