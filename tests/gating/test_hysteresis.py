"""A switch with two thresholds and two waits cannot chatter, whatever value it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalctl.gating.hysteresis import Band, Switch

VALUES = st.lists(st.floats(0, 100), min_size=1, max_size=120)
WAITS = st.integers(0, 20)


@given(VALUES, WAITS, WAITS)
def test_each_turn_needs_the_other_threshold_for_its_whole_wait(
    values: list[float], on_after_s: int, off_after_s: int
) -> None:
    """Before each turn the value was beyond the threshold, without a break, for as long as the wait."""
    switch = Switch(Band(60.0, 40.0, on_after_s, off_after_s))
    states = [switch.update(second, value) for second, value in enumerate(values)]
    before = False
    for second, state in enumerate(states):
        if state != before:
            wait_s = on_after_s if state else off_after_s
            held = values[second - wait_s : second + 1]
            assert len(held) == wait_s + 1
            assert all(value >= 60.0 for value in held) if state else all(value <= 40.0 for value in held)
        before = state


@given(st.lists(st.floats(40.001, 59.999), min_size=1, max_size=60), st.booleans())
def test_noise_within_the_band_changes_nothing(values: list[float], on: bool) -> None:
    """Between the thresholds the switch stays as it is for ever."""
    switch = Switch(Band(60.0, 40.0))
    switch.update(0, 100.0 if on else 0.0)
    assert all(switch.update(1 + second, value) is on for second, value in enumerate(values))


def test_a_clock_set_back_starts_the_wait_again() -> None:
    """Seconds that did not pass do not count."""
    switch = Switch(Band(60.0, 40.0, on_after_s=10))
    assert not switch.update(1000.0, 70.0)
    assert not switch.update(500.0, 70.0)
    assert not switch.update(509.0, 70.0)
    assert switch.update(510.0, 70.0)
    switch.reset()
    assert not switch.on


def test_a_band_without_width_is_refused() -> None:
    """Equal thresholds are no hysteresis."""
    with pytest.raises(ValueError, match="lower value"):
        Band(50.0, 50.0)
