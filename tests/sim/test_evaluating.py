"""Numbers of expressions in compiled code: the same as without, and written as C and Python write them."""

import math

import numba
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.engine.evaluating import as_written, combined
from sim.reactive.rule_values import BINARY


@numba.njit("float64(float64)", error_model="numpy")  # type: ignore[untyped-decorator]
def written(x: float) -> float:
    """`as_written`, which only compiled code can call."""
    return as_written(x)


@numba.njit("float64(int64, float64, float64)", error_model="numpy")  # type: ignore[untyped-decorator]
def operated(op: int, a: float, b: float) -> float:
    """`combined`, which only compiled code can call."""
    return combined(op, a, b)


HUNDREDTHS = st.integers(-(10**9), 10**9).map(lambda n: n / 1000)


@given(HUNDREDTHS | st.floats(-1e12, 1e12))
@example(0.125)
@example(-0.375)
@example(0.005)
@example(1.005)
@example(2.675)
@example(-0.001)
@example(1e300)
def test_numbers_are_rounded_to_two_decimals_as_they_are_written(x: float) -> None:
    """To the nearest, also where the product with 100 is no longer told from a half."""
    assert written(x) == float(f"{x:.2f}")


@pytest.mark.parametrize("op", sorted(BINARY))
def test_operators_do_the_same_in_compiled_code(op: int) -> None:
    """For numbers of both signs, zeros, and what is too large."""
    numbers = [0.0, 1.0, -1.0, 2.5, -7.25, 4.0, 0.33, 1e200, math.inf]
    for a in numbers:
        for b in numbers:
            expected = float(BINARY[op](a, b))
            assert operated(op, a, b) == pytest.approx(expected, rel=1e-15, abs=0.0, nan_ok=True), (a, b)
