"""The one decorator of all kernels, and where their machine code is kept."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


@cache
def cache_folder() -> str:
    """A writable folder that belongs to exactly these sources.

    Numba looks only at the file of the outermost function; a kernel that calls others would be taken from the cache
    although one of those changed. The folder's name therefore holds a digest of every file of this package.
    """
    digest = hashlib.sha256(f"{sys.version}{numba.__version__}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    bases = [os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME"), str(Path.home() / ".cache")]
    for base in [*filter(None, bases), tempfile.gettempdir()]:
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
    """Compile a function on its first call, and keep the machine code."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = cache_folder()
    try:
        options: Any = {"cache": True, "error_model": "numpy", "nogil": True}
        compiled: F = numba.njit(**options)(function)
    finally:
        settings.CACHE_DIR = before
    return compiled


def helper(function: F) -> F:
    """A function that only kernels call: compiled into them, so it needs no cache of its own."""
    options: Any = {"error_model": "numpy", "nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: F = numba.njit(**options)(function)
    return compiled


def direct(function: F) -> F:
    """The kernel without the search for the right machine code, which tables of records make slow on every call.

    For kernels that are called with arguments of the same types again and again.
    """
    found: list[Callable[..., Any]] = []

    def call(*arguments: Any) -> Any:
        if found:
            return found[0](*arguments)
        result = function(*arguments)
        overloads = getattr(function, "overloads", None)
        found.append(next(iter(overloads.values())).entry_point if overloads else function)
        return result

    return cast(F, call)
