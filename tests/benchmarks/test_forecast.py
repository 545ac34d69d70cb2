"""The rollout's model against the street that it predicts, in the shipped scenario under its own programmes."""

import numpy as np
import pytest

from benchmarks.forecast import SITUATIONS, Errors, measure
from detectors.equipment import Detection
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.simulation.spec import RunSpec

BEGIN_S = 42_880.0


@pytest.fixture(scope="module")
def errors() -> dict[str, Errors]:
    """Ten minutes, the first five of which fill the street."""
    spec = RunSpec("rheinstrasse", "midday", detection=Detection.PERFECT, end_s=BEGIN_S + 600.0)
    return measure(spec, RolloutNumbers())


def test_as_many_cross_as_predicted(errors: dict[str, Errors]) -> None:
    """Whether signals stay or change, within a third: turns and arrivals beyond sensing are guessed."""
    for situation in SITUATIONS:
        assert errors[situation].real.sum() > 100.0, situation
        assert 0.75 < errors[situation].ratio < 1.35, situation


def test_a_queue_starts_in_the_predicted_second(errors: dict[str, Errors]) -> None:
    """Predicting the same a second earlier or later fits worse: model, picture and status count seconds alike."""
    found = errors["red to green"]

    def misfit(shift: int) -> float:
        seconds = slice(2, -2)
        return float(np.abs(np.roll(found.predicted, shift)[seconds] - found.real[seconds]).sum())

    assert misfit(0) < min(misfit(-1), misfit(1))
