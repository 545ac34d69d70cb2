"""How vehicles arrive at a lane, for the time beyond sensing and for when its detectors fail: how many, how bunched."""

import math
from functools import lru_cache


@lru_cache(maxsize=64)
def kept_ratio(duration_s: float, time_constant_s: float) -> float:
    """How much of what was remembered counts after some seconds more: the same for every lane, second by second."""
    return math.exp(-duration_s / time_constant_s)


class ArrivalRate:
    """Exponential average of arrivals over some minutes.

    Numerator and denominator fade alike, so gaps in the data neither raise nor lower the average. It starts from a
    weak prior that a minute of observation outweighs.
    """

    __slots__ = ("_begun", "_seconds", "_time_constant_s", "_vehicles")

    DRIFT_S = 900.0
    USUAL_S = 300.0

    def __init__(self, time_constant_s: float = 300.0, prior_vph: float = 100.0, prior_weight_s: float = 30.0) -> None:
        self._time_constant_s = time_constant_s
        self._vehicles = prior_vph / 3600.0 * prior_weight_s
        self._seconds = prior_weight_s
        self._begun = False

    def observe(self, vehicles: float, duration_s: float) -> None:
        """Fold in what arrived during the last `duration_s` seconds; do not call it for unseen time."""
        keep = kept_ratio(duration_s, self._time_constant_s)
        self._vehicles = self._vehicles * keep + vehicles
        self._seconds = self._seconds * keep + duration_s
        self._begun = True

    def begin_from(self, usual_vph: float) -> None:
        """Take what is usual for the prior, as long as nothing else stands behind the average."""
        if not self._begun:
            self._vehicles = usual_vph / 3600.0 * self._seconds

    def drift(self, usual_vph: float, duration_s: float) -> None:
        """Nobody has looked for so long: what was observed counts less, what is usual counts instead.

        What is usual is known as if it had been counted for `USUAL_S`.
        """
        keep = kept_ratio(duration_s, self.DRIFT_S)
        self._seconds = keep * self._seconds + (1.0 - keep) * self.USUAL_S
        self._vehicles = keep * self._vehicles + (1.0 - keep) * self.USUAL_S * usual_vph / 3600.0
        self._begun = True

    @property
    def flow_vph(self) -> float:
        """The average now."""
        return 3600.0 * max(0.0, self._vehicles) / self._seconds

    @property
    def deviation_vph(self) -> float:
        """Standard deviation of the average, as of random arrivals counted over the time that it remembers."""
        return 3600.0 * math.sqrt(max(1.0, self._vehicles)) / self._seconds


class ArrivalGroups:
    """How bunched arrivals are: the mean size of groups that would make counts vary as much as they do.

    With geometric groups of mean size g that come at random, the variance of counts over their mean is 2 g - 1. Counts
    are of windows of some seconds; a weak prior lies between single vehicles and platoons.
    """

    __slots__ = ("_counted", "_mean_veh", "_seconds", "_spread", "_window")

    WINDOW_S = 15.0
    MEMORY_WINDOWS = 120.0
    PRIOR_VEH, PRIOR_WEIGHT_VEH = 1.5, 10.0
    LARGEST_VEH = 3.0

    def __init__(self) -> None:
        self._seconds = self._window = 0.0
        self._mean_veh = -1.0
        self._counted = self.PRIOR_WEIGHT_VEH
        self._spread = self.PRIOR_WEIGHT_VEH * (2.0 * self.PRIOR_VEH - 1.0)

    def observe(self, vehicles: float, duration_s: float) -> None:
        """Fold in what arrived during the last `duration_s` seconds; do not call it for unseen time."""
        self._window += vehicles
        self._seconds += duration_s
        if self._seconds < self.WINDOW_S:
            return
        keep = 1.0 - 1.0 / self.MEMORY_WINDOWS
        if self._mean_veh < 0.0:
            self._mean_veh = self._window  # the first window sets the mean alone
        else:
            self._counted = keep * self._counted + self._mean_veh
            self._spread = keep * self._spread + (self._window - self._mean_veh) ** 2
            self._mean_veh += (self._window - self._mean_veh) / self.MEMORY_WINDOWS**0.5
        self._seconds = self._window = 0.0

    @property
    def size_veh(self) -> float:
        """Mean vehicles in a group, 1 where everybody comes alone."""
        ratio = self._spread / max(self._counted, 1e-9)
        return min(self.LARGEST_VEH, max(1.0, 0.5 * (ratio + 1.0)))
