"""Vehicles on a common lane upstream are dealt out fairly, and shares follow what lanes get."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.feeders import ELSEWHERE, FeederShares
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


def test_who_turns_off_before_is_dealt_to_no_lane(junction: Junction) -> None:
    """A feeder whose vehicles nearly all go elsewhere sends nearly nobody here."""
    shares = FeederShares(junction)
    for _ in range(300):
        shares.learn("north_0", ELSEWHERE)
    dealt = Counter(shares.deal("north_0") for _ in range(100))
    assert dealt[ELSEWHERE] >= 95
    assert not shares.plausible("north_0", "n_0")


def test_a_lane_beside_the_one_it_leads_to_is_learned(junction: Junction) -> None:
    """Who changes lanes on the last metres comes to a lane that the site's table does not know of."""
    pocket = replace(junction.lanes["n_1"], feeders=())
    shares = FeederShares(replace(junction, lanes={**junction.lanes, "n_1": pocket}))
    assert shares.deal("north_0") == "n_0"
    for _ in range(300):
        shares.learn("north_0", "n_1")
    dealt = Counter(shares.deal("north_0") for _ in range(100))
    assert dealt["n_1"] >= 95


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the junction is never changed
@given(ways=st.lists(st.sampled_from(["n_0", "n_1", ELSEWHERE]), max_size=200))
def test_everybody_is_dealt_somewhere(junction: Junction, ways: list[str]) -> None:
    """Whatever was learned, each vehicle goes one way, and to a lane of the approach or elsewhere."""
    shares = FeederShares(junction)
    for way in ways:
        shares.learn("north_0", way)
        assert shares.deal("north_0") in {"n_0", "n_1", ELSEWHERE}
