"""The one decorator of all kernels, and where their machine code is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from sim.kernel_cache import cache_folder

F = TypeVar("F", bound=Callable[..., Any])
HERE = Path(__file__).parent


def _compiled(function: F, **options: Any) -> F:
    """Machine code on the first call, kept in a folder of these sources when asked to."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = cache_folder(HERE, "kernels")
    try:
        compiled: F = numba.njit(error_model="numpy", nogil=True, **options)(function)
    finally:
        settings.CACHE_DIR = before
    return compiled


def kernel(function: F) -> F:
    """What Python calls every step. It allocates nothing: counting references to tables would take most of the time."""
    return _compiled(function, cache=True, _nrt=False)


def helper(function: F) -> F:
    """What only kernels call: compiled into them, so it needs no cache of its own. It allocates nothing.

    Unless it is small it stays a function of its own: said so, as numba else takes over what was said of the caller.
    """
    return _compiled(function, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=False)


def inlined(function: F) -> F:
    """A helper that is called for every vehicle in every step: put where it is called, as calls lose all registers.

    What is needed seldom should not be: it would push what is needed often out of the nearest cache.
    """
    return _compiled(function, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)


def rarely(condition: bool) -> bool:
    """The condition itself, which compiled code takes as mostly false: what it guards is kept out of the way."""
    return condition


@infer_global(rarely)
class _Rarely(AbstractTemplate):
    def generic(self, given: Any, _keywords: Any) -> Any:
        return signature(types.boolean, types.boolean) if given == (types.boolean,) else None


@lower_builtin(rarely, types.boolean)
def _rarely(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    bit = ir.IntType(1)
    expect = cgutils.get_or_insert_function(builder.module, ir.FunctionType(bit, [bit, bit]), "llvm.expect.i1")
    return builder.call(expect, [given[0], bit(0)])


def lowest_bit(word: int) -> int:
    """The place of the lowest bit that is set; undefined where none is."""
    return int(word & -word).bit_length() - 1


@infer_global(lowest_bit)
class _LowestBit(AbstractTemplate):
    def generic(self, given: Any, _keywords: Any) -> Any:
        return signature(types.intp, types.intp) if given == (types.intp,) else None


@lower_builtin(lowest_bit, types.intp)
def _lowest_bit(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    return builder.cttz(given[0], ir.IntType(1)(1))


def setup_kernel(function: F) -> F:
    """What Python calls while a run is built; it may allocate."""
    return _compiled(function, cache=True)


def setup_helper(function: F) -> F:
    """What only kernels for building call; it may allocate."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def direct(function: F) -> F:
    """The kernel without the search for the machine code that fits its arguments, which takes longer than a small step.

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
