"""How vehicles arrive: how many on average, and whether alone or in groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.rates import ArrivalGroups


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), rate_vph=st.sampled_from((200.0, 400.0)), group_veh=st.sampled_from((1, 2)))
def test_the_size_of_groups_is_learned(seed: int, rate_vph: float, group_veh: int) -> None:
    """An hour of single vehicles looks like groups of about one, an hour of pairs like more than one and a half."""
    random, groups = np.random.default_rng(seed), ArrivalGroups()
    for _ in range(3600):
        comes = random.random() < rate_vph / 3600.0 / group_veh
        groups.observe(float(random.geometric(1.0 / group_veh)) if comes else 0.0, 1.0)
    assert groups.size_veh == pytest.approx(group_veh, abs=0.8)


def test_nobody_came_yet_is_between_alone_and_in_platoons() -> None:
    """Without arrivals the usual size stands, and hours without any do not break it."""
    groups = ArrivalGroups()
    assert groups.size_veh == 1.5
    for _ in range(7200):
        groups.observe(0.0, 1.0)
    assert 1.0 <= groups.size_veh <= 3.0
