"""Krauss' safe speed and braking distances against braking step by step, for any driver and step length."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.following import EPS, brake_gap, safe_stop_speed, safe_stop_speed_plain
from sim.engine.jit import lowest_bit

decels, steps_s, headways = st.floats(0.5, 9.0), st.sampled_from([0.1, 0.2, 0.5, 1.0]), st.floats(0.3, 3.0)


@numba.njit(error_model="numpy")
def to_stop(speed: float, decel: float, headway: float, dt: float) -> float:
    """Compiled, as kernels have it."""
    return brake_gap(speed, decel, headway, dt)


@numba.njit(error_model="numpy")
def safe(gap: float, decel: float, headway: float, dt: float) -> float:
    """Compiled, as kernels have it."""
    return safe_stop_speed_plain(gap, decel, headway, dt)


@numba.njit(error_model="numpy")
def capped(gap: float, decel: float, headway: float, dt: float, cap: float) -> float:
    """Compiled, as kernels have it."""
    return safe_stop_speed(gap, decel, headway, dt, cap)


@numba.njit(error_model="numpy")
def place(word: int) -> int:
    """Compiled, as kernels have it."""
    return lowest_bit(word)


def braked_m(speed: float, decel: float, dt: float) -> float:
    """The way until standing, step by step, each with the speed that it ends with."""
    way = 0.0
    while speed > decel * dt:
        speed -= decel * dt
        way += speed * dt
    return way


@settings(deadline=None)  # the first call compiles
@given(speed=st.floats(0.0, 60.0), decel=decels, headway=headways, dt=steps_s)
def test_braking_distance_is_that_of_braking_step_by_step(
    speed: float, decel: float, headway: float, dt: float
) -> None:
    """After a headway at the old speed."""
    expected = braked_m(speed, decel, dt) + speed * headway
    assert to_stop(speed, decel, headway, dt) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(deadline=None)  # the first call compiles
@given(gap=st.floats(-1.0, 1500.0), decel=decels, headway=headways, dt=steps_s)
def test_safe_speed_is_the_highest_that_stops_in_time(gap: float, decel: float, headway: float, dt: float) -> None:
    """Whoever drives at it stops within the gap, less a millimetre; whoever is a little faster does not."""
    headway = max(headway, dt)
    speed = safe(gap, decel, headway, dt)
    room = gap - EPS
    if room <= 0.0:
        assert speed == 0.0
        return
    assert to_stop(speed, decel, headway, dt) <= room + 1e-6
    assert to_stop(speed + 1e-3, decel, headway, dt) > room


@settings(deadline=None)  # the first call compiles
@given(
    gap=st.floats(-1.0, 500.0), more=st.floats(0.0, 50.0), decel=decels, headway=headways, dt=steps_s,
    cap=st.floats(0.0, 50.0),
)  # fmt: skip
def test_who_has_more_way_is_no_slower(
    gap: float, more: float, decel: float, headway: float, dt: float, cap: float
) -> None:
    """So lanes need not be compared by speeds where ways tell (`speed_gain.gains`)."""
    headway = max(headway, dt)
    assert capped(gap + more, decel, headway, dt, cap) >= capped(gap, decel, headway, dt, cap) - 1e-12


@settings(deadline=None)  # the first call compiles
@given(st.integers(1, 2**32 - 1))
def test_lowest_bit_is_the_same_compiled_and_not(word: int) -> None:
    """As the number of halvings without rest."""
    expected = 0
    while not word >> expected & 1:
        expected += 1
    assert place(word) == lowest_bit(np.int64(word)) == expected
