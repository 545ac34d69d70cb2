"""What a site file says of control reaches the strategy."""

import pytest

from plans.site import ControlParameters
from signalctl.strategies import NAMES, default_parameters
from signalctl.strategies.parameters import AdaptiveParameters, CoordinatedParameters
from signalctl.strategies.site_numbers import numbers_for


@pytest.mark.parametrize("name", NAMES)
def test_a_site_that_says_nothing_gets_the_defaults(name):
    """The defaults of site files and those of strategies are the same numbers."""
    assert numbers_for(name, ControlParameters()) == default_parameters(name)


def test_adaptive_takes_horizon_waits_and_compensation():
    """The limit that applies while transit is served and the cap move with the wait that is to be avoided."""
    own = numbers_for("adaptive", ControlParameters(horizon_s=70, pedestrian_wait_s=40, compensation=0.0))
    assert isinstance(own, AdaptiveParameters)
    assert (own.numbers.horizon_s, own.most_owed_weight) == (70.0, 0.0)
    assert (own.pedestrian_wait_s, own.pedestrian_transit_wait_s, own.longest_wait_s) == (40.0, 50.0, 48.0)


def test_coordinated_takes_the_time_between_searches():
    """A site that wants new plans sooner, or by what earlier days taught, gets them."""
    own = numbers_for("coordinated", ControlParameters(strategic_period_s=300, plan_by_usual=True))
    assert isinstance(own, CoordinatedParameters)
    assert (own.period_s, own.plan_by_usual) == (300.0, True)
