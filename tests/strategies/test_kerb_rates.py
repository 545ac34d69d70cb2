"""How many people come to a crossing, learned from who waits while it is red."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.picture import CrossingPicture
from plans.junction import Aspect
from signalctl.strategies.kerb_rates import PRIOR_PH, KerbRates


def play(rates, seconds, every_s, red_s=60, green_s=20, begin_s=0):
    """One person each `every_s` seconds in the mean; who comes on green walks at once."""
    waiting, random = 0.0, np.random.default_rng(7)
    for second in range(seconds):
        green = second % (red_s + green_s) >= red_s
        waiting = 0.0 if green else waiting + float(random.random() < 1.0 / every_s)
        crossing = CrossingPicture("F1", requested=waiting > 0.0, waiting=waiting, longest_wait_s=0.0)
        rates.observe({"F1": crossing}, {"F1": Aspect.GREEN if green else Aspect.RED}, begin_s + second)


def test_before_anybody_came_a_few_an_hour_are_expected():
    """A crossing that has just been switched on."""
    assert KerbRates(["F1"]).per_s("F1") == PRIOR_PH / 3600.0


@settings(max_examples=15, deadline=None)
@given(every_s=st.integers(2, 9), red_s=st.integers(20, 100))
def test_the_rate_is_that_of_people_per_second_of_red(every_s, red_s):
    """After an hour it is right within four standard deviations of what it counted, however long red takes."""
    rates = KerbRates(["F1"])
    play(rates, 3600, every_s, red_s)
    assert abs(rates.per_s("F1") * every_s - 1.0) < 4.0 * (every_s / 900.0) ** 0.5


def test_gaps_are_not_bridged():
    """An hour without pictures is neither an hour without people nor one with them."""
    rates, apart = KerbRates(["F1"]), KerbRates(["F1"])
    play(rates, 800, 10)
    play(apart, 400, 10)
    play(apart, 400, 10, begin_s=4000)
    assert abs(apart.red_s["F1"] - rates.red_s["F1"]) < 5.0


def test_a_crossing_that_is_not_seen_teaches_nothing():
    """No picture of it, no change."""
    rates = KerbRates(["F1"])
    for second in range(100):
        rates.observe({}, {"F1": Aspect.RED}, second)
    assert rates.per_s("F1") == PRIOR_PH / 3600.0
