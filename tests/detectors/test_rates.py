"""How vehicles arrive: how many on average, and whether alone or in groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.rates import ArrivalGroups

HOURS = 10


def learned_veh(random: np.random.Generator, rate_vph: float, group_veh: int) -> float:
    """What an hour of groups that come at random teaches."""
    groups = ArrivalGroups()
    comes = random.random(3600) < rate_vph / 3600.0 / group_veh
    sizes = np.where(comes, random.geometric(1.0 / group_veh, 3600), 0)
    for vehicles in sizes.tolist():
        groups.observe(float(vehicles), 1.0)
    return groups.size_veh


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), rate_vph=st.sampled_from((200.0, 400.0)), group_veh=st.sampled_from((1, 2)))
def test_the_size_of_groups_is_learned(seed: int, rate_vph: float, group_veh: int) -> None:
    """Hours of single vehicles look like groups of one, hours of pairs like pairs; one hour alone strays by 0.3."""
    random = np.random.default_rng(seed)
    sizes = [learned_veh(random, rate_vph, group_veh) for _ in range(HOURS)]
    assert np.mean(sizes) == pytest.approx(group_veh, abs=0.4)
    assert np.std(sizes) < 0.6


def test_nobody_came_yet_is_between_alone_and_in_platoons() -> None:
    """Without arrivals the usual size stands, and hours without any do not break it."""
    groups = ArrivalGroups()
    assert groups.size_veh == 1.5
    for _ in range(7200):
        groups.observe(0.0, 1.0)
    assert 1.0 <= groups.size_veh <= 3.0
