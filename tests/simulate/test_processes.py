"""Runs in several processes give what runs one after the other give."""

import pytest

from plans.site import StrategyName
from signalctl.simulation.batch import run_batch
from signalctl.simulation.run import run_scenario
from signalctl.simulation.spec import RunSpec

BEGIN_S = 24840.0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_results_do_not_depend_on_the_number_of_processes() -> None:
    """The same seeds give the same trips to the bit in this process, in one process each, and in two at once."""
    specs = [
        RunSpec(
            "rheinstrasse", period="am", strategy=StrategyName.FIXED, seed=seed, begin_s=BEGIN_S, end_s=BEGIN_S + 60
        )
        for seed in (1, 2)
    ]
    here = [run_scenario(spec).trips for spec in specs]
    one_by_one = [outcome.trips for outcome in run_batch(specs, workers=1)]
    at_once = [outcome.trips for outcome in run_batch(specs, workers=2)]
    assert here == one_by_one == at_once
    assert here[0] != here[1]
