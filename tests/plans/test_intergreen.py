"""Intergreens by the RiLSA formula, against figures worked out by hand."""

import pytest

from plans.intergreen import Clearing, Entering, clearing_s, entering_s, intergreen_s


@pytest.mark.parametrize(
    ("clearing", "clear_m", "entering", "enter_m", "expected"),
    [
        (Clearing.CAR_STRAIGHT, 20.0, Entering.VEHICLE, 11.1, 5),  # 3 + 26/10 - 1.0 = 4.6
        (Clearing.CAR_TURNING, 15.0, Entering.VEHICLE, 22.2, 3),  # 2 + 21/7 - 2.0 = 3.0
        (Clearing.BICYCLE, 18.0, Entering.VEHICLE, 0.0, 6),  # 1 + 18/4 = 5.5
        (Clearing.PEDESTRIAN, 12.0, Entering.VEHICLE, 0.0, 10),  # 12/1.2 = 10
        (Clearing.PEDESTRIAN, 12.1, Entering.VEHICLE, 0.0, 11),  # 10.08
        (Clearing.CAR_STRAIGHT, 4.0, Entering.PEDESTRIAN, 0.0, 4),  # 3 + 10/10
        (Clearing.CAR_STRAIGHT, 20.0, Entering.BICYCLE, 10.0, 4),  # 5.6 - 2.0 = 3.6
    ],
)
def test_formula(clearing: Clearing, clear_m: float, entering: Entering, enter_m: float, expected: int) -> None:
    """t_z = t_cross + (way + length) / v_clear - way / v_enter, rounded up."""
    assert intergreen_s(clearing_s(clearing, clear_m), entering_s(entering, enter_m)) == expected


def test_a_slow_walk_and_a_least_value() -> None:
    """Near schools a crossing clears at 1.0 m/s; amber and clearance are a floor."""
    assert intergreen_s(clearing_s(Clearing.PEDESTRIAN, 12.0, 1.0), 0.0) == 12
    assert intergreen_s(1.0, 5.0, least_s=3) == 3
