"""Vehicles on a common lane upstream are dealt out fairly, and shares follow what lanes get."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.feeders import FeederShares
from plans.junction import Junction


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the junction is never changed
@given(number=st.integers(1, 200))
def test_every_lane_gets_its_share_within_one_vehicle(junction: Junction, number: int) -> None:
    """After any number of vehicles nobody is more than one ahead of its share of 75 and 25 %."""
    shares = FeederShares(junction)
    dealt = Counter(shares.deal("north_0") for _ in range(number))
    assert dealt["n_0"] == pytest.approx(0.75 * number, abs=1.0)
    assert dealt["n_0"] + dealt["n_1"] == number


def test_shares_follow_what_lanes_get(junction: Junction) -> None:
    """When nearly all turn left, nearly all are dealt to the left; lanes that it does not feed change nothing."""
    shares = FeederShares(junction)
    for _ in range(300):
        shares.learn("north_0", "n_1")
        shares.learn("north_0", "e_0")
        shares.learn("elsewhere", "n_0")
    dealt = Counter(shares.deal("north_0") for _ in range(100))
    assert dealt["n_1"] >= 95
    assert shares.feeders == ("north_0",)
    assert shares.lanes("north_0") == ("n_0", "n_1")
    assert shares.lanes("elsewhere") == ()
