"""The decorators of the rollout's functions, and where their machine code is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba as _numba

from sim.kernel_cache import cache_folder

numba: Any = _numba  # its own annotations do not know every option
F = TypeVar("F", bound=Callable[..., Any])
HERE = Path(__file__).parent


def kernel(function: F) -> F:
    """Compile a function that Python calls, on its first call, and keep the machine code."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = cache_folder(HERE, "rollout")
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
