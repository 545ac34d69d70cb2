"""From rows of vehicles to arrays by lane, made at once for a whole junction: many small ones would take longer."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Row = tuple[float, float, float, int]
"""A vehicle's distance to the stop line, speed, wait and mode."""
Arrays = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int8], NDArray[np.int32]]
"""One lane's places, speeds, waits, modes and movements."""


def arrays_of(rows: Mapping[str, list[Row]], movement_of: Mapping[str, int]) -> dict[str, Arrays]:
    """The rows of each lane, the nearest first: parts of arrays of the whole junction, which are made at once.

    `movement_of` is each lane's movement, -1 where it has several.
    """
    if not rows:
        return {}
    all_rows: list[Row] = []
    movements: list[int] = []
    ends = {}
    for lane, here in rows.items():
        here.sort()
        all_rows += here
        movements += [movement_of[lane]] * len(here)
        ends[lane] = len(all_rows)
    distances, speeds, waits, kinds = zip(*all_rows, strict=True)
    distance_m, speed_mps = np.array(distances, np.float64), np.array(speeds, np.float64)
    waiting_s, mode = np.array(waits, np.float64), np.array(kinds, np.int8)
    movement = np.array(movements, np.int32)
    arrays, begin = {}, 0
    for lane, end in ends.items():
        arrays[lane] = (
            distance_m[begin:end],
            speed_mps[begin:end],
            waiting_s[begin:end],
            mode[begin:end],
            movement[begin:end],
        )
        begin = end
    return arrays
