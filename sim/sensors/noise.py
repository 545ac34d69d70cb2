"""Sensor noise that depends on nothing but the seed, the road user and the second: not on order, not on the plant."""

import numpy as np
from numpy.typing import NDArray

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014)."""
    value = (value ^ (value >> np.uint64(30))) * _MIX_A
    value = (value ^ (value >> np.uint64(27))) * _MIX_B
    return value ^ (value >> np.uint64(31))


class Noise:
    """Counter-based random numbers: `key` names the road user (n,), `moment` and `purpose` the draw."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def uniform(self, key: NDArray[np.int64], moment: int | NDArray[np.int64], purpose: int) -> NDArray[np.float64]:
        """Numbers in (0, 1), one per key."""
        moments = np.asarray(moment, np.int64).reshape(-1).astype(np.uint64)
        start = (self._seed + int(_GOLDEN) * (purpose + 1)) & _MASK  # Python's integers: a scalar may not wrap around
        state = _mixed(np.array([start], np.uint64))
        state = _mixed(state + _GOLDEN * (moments + np.uint64(1)))
        state = _mixed(state + _GOLDEN * (key.astype(np.uint64) + np.uint64(1)))
        return ((state >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53

    def normal(self, key: NDArray[np.int64], moment: int, purpose: int) -> NDArray[np.float64]:
        """Standard normal numbers, one per key (Box and Muller 1958)."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(key, moment, 2 * purpose)))
        normal: NDArray[np.float64] = radius * np.cos(2.0 * np.pi * self.uniform(key, moment, 2 * purpose + 1))
        return normal
