"""The decorators of the rollout's functions, and where their machine code is kept."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba as _numba

numba: Any = _numba  # its own annotations do not know every option
F = TypeVar("F", bound=Callable[..., Any])


@cache
def cache_folder() -> str:
    """A writable folder that belongs to exactly these sources.

    Numba looks only at the file of the outermost function; one that calls others would be taken from the cache although
    these changed. The folder's name therefore holds a digest of every file of this package.
    """
    digest = hashlib.sha256(f"{sys.version}{numba.__version__}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    name = f"rollout-{digest.hexdigest()[:16]}"
    bases = [os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME"), str(Path.home() / ".cache")]
    for base in filter(None, bases):
        folder = Path(base) / "signalctl" / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return str(folder)
    return tempfile.mkdtemp()


def kernel(function: F) -> F:
    """Compile a function that Python calls, on its first call, and keep the machine code."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = cache_folder()
    try:
        compiled: F = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


def helper(function: F) -> F:
    """A function that only kernels call and that allocates nothing: compiled without reference counts.

    Counting references to the arrays of the tuples that these functions pass around would take 30 times as long as
    their work. A call hands over every array of every tuple by value, some 400 words: inlining gains a factor of 3.
    """
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False, "forceinline": True}
    compiled: F = numba.njit(**options)(function)
    return compiled


def allocating(function: F) -> F:
    """A function that only kernels call and that makes arrays."""
    compiled: F = numba.njit(error_model="numpy", nogil=True)(function)
    return compiled
