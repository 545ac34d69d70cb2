"""Average arrivals of a lane, for the time beyond sensing and for when its detectors fail."""

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

    __slots__ = ("_seconds", "_time_constant_s", "_vehicles")

    def __init__(self, time_constant_s: float = 300.0, prior_vph: float = 100.0, prior_weight_s: float = 30.0) -> None:
        self._time_constant_s = time_constant_s
        self._vehicles = prior_vph / 3600.0 * prior_weight_s
        self._seconds = prior_weight_s

    def observe(self, vehicles: float, duration_s: float) -> None:
        """Fold in what arrived during the last `duration_s` seconds; do not call it for unseen time."""
        keep = kept_ratio(duration_s, self._time_constant_s)
        self._vehicles = self._vehicles * keep + vehicles
        self._seconds = self._seconds * keep + duration_s

    @property
    def flow_vph(self) -> float:
        """The average now."""
        return 3600.0 * max(0.0, self._vehicles) / self._seconds

    @property
    def deviation_vph(self) -> float:
        """Standard deviation of the average, as of random arrivals counted over the time that it remembers."""
        return 3600.0 * math.sqrt(max(1.0, self._vehicles)) / self._seconds
