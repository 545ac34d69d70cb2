"""What a result depends on besides its seed: the code that ran, the scenario's files, SUMO."""

import hashlib
import subprocess
from collections.abc import Iterable
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.control.matrix import Street
from signalctl.simulation.parcel import scenario_files

PACKAGES = ("plans", "controllers", "detectors", "sim", "signalctl")
DIGITS = 12


def code_revision() -> str:
    """A digest of the code of the packages as they are imported here, committed or not."""
    roots = [Path(str(import_module(name).__file__)).parent for name in PACKAGES]
    return _digest(path for root in roots for path in sorted(root.rglob("*.py")))


def scenario_digest(street: Street) -> str:
    """A digest of the scenario's files and of the site beside them."""
    return _digest(scenario_files(street.config))


def commit() -> str:
    """The commit that the code comes from, with `-dirty` where it was changed since; empty outside of a repository."""
    folder = Path(str(import_module("signalctl").__file__)).parent
    call = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=10"]
    try:
        return subprocess.run(call, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def sumo_version() -> str:
    """SUMO's version, as its package says."""
    return metadata.version("libsumo")


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()[:DIGITS]
