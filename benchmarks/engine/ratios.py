"""By how much one figure of the engine differs from SUMO's, and what chance leaves open, from runs paired by seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.replications import student_t

GOAL = 0.05
WITHIN, APART, OPEN = "within 5 %", "more than 5 % apart", "open"


@dataclass(frozen=True, slots=True)
class Ratio:
    """The engine's mean by SUMO's, and the ends of its 95 % interval; no interval with one seed."""

    value: float
    ends: tuple[float, float] | None

    @property
    def verdict(self) -> str:
        """What the interval tells: all of it is within 5 % of 1, all of it is beyond, or neither."""
        if self.ends is None:
            return OPEN
        low, high = self.ends
        if low >= 1.0 - GOAL and high <= 1.0 + GOAL:
            return WITHIN
        return APART if high < 1.0 - GOAL or low > 1.0 + GOAL else OPEN

    def __str__(self) -> str:
        """`1.02 (0.98 to 1.06)`."""
        if self.ends is None:
            return f"{self.value:.2f} (–)"
        return f"{self.value:.2f} ({self.ends[0]:.2f} to {self.ends[1]:.2f})"


def paired_ratio(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """The ratio of the means, with its 95 % interval over pairs of runs with the same seed.

    The interval is that of the ratio estimator (Cochran, Sampling Techniques, 1977, section 6.3): the scatter of
    what each pair leaves over the common ratio, `ours - ratio * theirs`, by Student's t.

    Args:
        theirs: One figure per seed, not all 0.
        ours: The figures of the same seeds, in the same order.
    """
    reference = float(np.mean(theirs))
    value = float(np.mean(ours)) / reference
    if len(theirs) < 2:
        return Ratio(value, None)
    left = np.asarray(ours) - value * np.asarray(theirs)
    half = student_t(len(left) - 1) * float(np.std(left, ddof=1)) / (math.sqrt(len(left)) * reference)
    return Ratio(value, (value - half, value + half))
