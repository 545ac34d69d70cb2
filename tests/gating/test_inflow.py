"""The feedback is bounded, does not wind up, settles at its target; its split adds up."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalctl.gating.inflow import Bounds, Gains, next_inflow_vph, share_inflow

GAINS = Gains(20.0, 5.0)
BOUNDS = Bounds(300.0, 2400.0)
VEHICLES = st.floats(0, 400)


@given(st.lists(VEHICLES, min_size=2, max_size=60), st.floats(0, 60), st.floats(0, 30))
def test_inflow_stays_within_its_bounds(seen: list[float], proportional: float, integral: float) -> None:
    """Whatever is seen and however the gains are set."""
    inflow = 1000.0
    for before, now in pairwise(seen):
        inflow = next_inflow_vph(Gains(proportional, integral), BOUNDS, inflow, before, now, 60.0)
        assert BOUNDS.least_vph <= inflow <= BOUNDS.most_vph


@given(st.integers(1, 500), st.floats(61, 400), st.floats(0, 55))
def test_a_long_overload_leaves_nothing_to_unwind(steps: int, high: float, low: float) -> None:
    """However long and high the accumulation was above the target, the first step below it lets more in."""
    inflow, before = 2400.0, high
    for _ in range(steps):
        inflow = next_inflow_vph(GAINS, BOUNDS, inflow, before, high, 60.0)
    after = next_inflow_vph(GAINS, BOUNDS, inflow, high, low, 60.0)
    assert after > inflow
    assert after >= BOUNDS.least_vph + 5.0 * (60.0 - low)


@given(st.floats(600, 2000), st.floats(0, 150))
def test_it_settles_at_the_target(outflow_vph: float, begin_veh: float) -> None:
    """On a plain store that lets out a constant flow, the accumulation comes to the target and stays there."""
    stored, inflow, before = begin_veh, 1000.0, begin_veh
    for _ in range(80):
        stored = max(0.0, stored + (inflow - outflow_vph) * 90.0 / 3600.0)
        inflow, before = next_inflow_vph(GAINS, BOUNDS, inflow, before, stored, 60.0), stored
    assert stored == pytest.approx(60.0, abs=1.0)
    assert inflow == pytest.approx(outflow_vph, rel=0.02)


@st.composite
def gates(draw: st.DrawFn) -> tuple[list[Bounds], list[float]]:
    """Some gates with bounds and weights."""
    number = draw(st.integers(1, 6))
    least = [draw(st.floats(0, 500)) for _ in range(number)]
    bounds = [Bounds(low, low + draw(st.floats(0, 2000))) for low in least]
    return bounds, [draw(st.floats(0.1, 100)) for _ in range(number)]


@given(gates(), st.floats(0, 20000))
def test_shares_add_up_and_keep_their_bounds(found: tuple[list[Bounds], list[float]], total: float) -> None:
    """What one gate cannot take the others get, as far as their bounds allow."""
    bounds, weights = found
    shares = share_inflow(total, bounds, weights)
    whole = Bounds(sum(one.least_vph for one in bounds), sum(one.most_vph for one in bounds))
    assert sum(shares) == pytest.approx(whole.clip(total), abs=1e-3)
    assert all(one.least_vph <= share <= one.most_vph for one, share in zip(bounds, shares, strict=True))


def test_the_fuller_room_gets_more() -> None:
    """Equal gates share by their weights where no bound is in the way."""
    assert share_inflow(900.0, [Bounds(0, 1000), Bounds(0, 1000)], [1.0, 2.0]) == pytest.approx([300.0, 600.0])
    assert share_inflow(900.0, [], []) == []
