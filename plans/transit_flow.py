"""Buses and trams among the traffic of a lane: how long they wait in its queue, and when they leave the stop line."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_DEVIATION_S = 1.5
"""No dwell is exact to the second; it also keeps the discrete spectrum free of ripples."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop on the way: this part of the vehicles loses `lost_s` in the mean, dwell, braking and starting together."""

    share_ratio: float
    lost_s: float
    deviation_s: float


def halt_kernel(halt: Halt, period_s: int) -> NDArray[np.complex128]:
    """What a stop makes of a cyclic profile, as a factor on its spectrum.

    Dwell times follow a gamma distribution: none is negative, and long ones are further from the mean than short ones.
    """
    turn = 2.0 * np.pi * np.arange(period_s // 2 + 1) / period_s
    deviation_s = max(halt.deviation_s, LEAST_DEVIATION_S)
    scale_s = deviation_s**2 / halt.lost_s
    late = (1.0 + 1j * turn * scale_s) ** (-halt.lost_s / scale_s)
    return np.asarray(1.0 - halt.share_ratio + halt.share_ratio * late, np.complex128)


class Served(NamedTuple):
    """What becomes of those who come in each second of a period: how long they wait, and in which second they leave."""

    wait_s: Floats
    second: NDArray[np.int64]


def in_order(arriving: Floats, queue: Floats, capacity: Floats) -> Served:
    """A queue is served in its order; of each second's arrivals the one in the middle stands for all.

    Args:
        arriving: (.., period) vehicles that come in each second.
        queue: (.., period) vehicles at the end of each second, in the steady state.
        capacity: (.., period) vehicles that can leave in each second. Leading axes of the three are broadcast.
    """
    arriving, queue, capacity = np.broadcast_arrays(arriving, queue, capacity)
    period = queue.shape[-1]
    twice = np.concatenate([capacity, capacity], axis=-1).reshape(-1, 2 * period)
    passed = np.cumsum(twice, axis=-1)
    ahead = (queue - 0.5 * arriving).reshape(-1, period)
    wanted = passed[:, :period] + ahead
    # one sorted sequence for all rows, so that a single search finds when each queue has gone
    rows, now = np.arange(passed.shape[0])[:, None], np.arange(period)
    apart = rows * (passed.max(initial=0.0) + wanted.max(initial=0.0) + 1.0)
    found = np.searchsorted((passed + apart).ravel(), (wanted + apart - 1e-9).ravel()).reshape(wanted.shape)
    second = np.where(ahead > 0.0, np.clip(found - rows * 2 * period, now, 2 * period - 1), now)
    left = np.clip((passed[rows, second] - wanted) / np.maximum(twice[rows, second], 1e-9), 0.0, 1.0)
    wait_s = np.where(ahead > 0.0, np.clip(second + 0.5 - left - now, 0.0, float(period)), 0.0)
    return Served(wait_s.reshape(queue.shape), second.reshape(queue.shape))


def leaving(arriving: Floats, second: NDArray[np.int64]) -> Floats:
    """(.., period) vehicles that leave in each second, when those of each second of arrival do."""
    period = arriving.shape[-1]
    flat = arriving.reshape(-1, period)
    at = np.arange(flat.shape[0])[:, None] * period + second.reshape(-1, period) % period
    out = np.bincount(at.ravel(), flat.ravel(), flat.size)
    return np.asarray(out.reshape(arriving.shape), np.float64)
