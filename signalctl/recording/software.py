"""What computes: version, a digest of the code, and the libraries and the machine that numbers depend on."""

import hashlib
import importlib.metadata
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import signalctl

LIBRARIES: Final = ("numpy", "numba", "llvmlite", "scipy")
"""Whose releases may round differently."""
CODE: Final = ("plans", "detectors", "controllers", "signalctl")


@cache
def software() -> Mapping[str, str]:
    """Name and release of everything that a decision's last bit depends on."""
    from llvmlite import binding

    return {
        "signalctl": signalctl.__version__,
        "code": digest_of_code(CODE),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
        "machine": platform.machine(),
        "processor": binding.get_host_cpu_name(),
    }


def digest_of_code(rooms: Iterable[str]) -> str:
    """Two releases may bear one number while they are being made; the text of these packages tells them apart."""
    digest = hashlib.sha256()
    root = Path(signalctl.__file__).parent.parent
    for room in rooms:
        for file in sorted((root / room).rglob("*.py")):
            digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
