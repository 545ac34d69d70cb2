"""Queues in cyclic flow: what a green discharges, how a queue grows and goes, and what chance adds.

Random arrivals and oversaturation add a term per lane (Kimber and Hollis 1979, as in the HCM).
"""

import math

import numpy as np
from numpy.typing import NDArray

from plans.capacity import AMBER_USE_S, CRITICAL_GAP_S, FOLLOW_UP_S, STARTUP_LOST_S
from plans.timing import GreenInterval

Floats = NDArray[np.float64]

FULL_RATIO = 0.97
"""More than this much of a lane's capacity does not arrive in the cyclic profile; the random term has the rest."""
PERIOD_H = 0.25


def gap_rate(opposing: Floats) -> Floats:
    """Discharge through gaps against a flow, both in vehicles per second; see `capacity.gap_flow_vph`."""
    flow = np.maximum(opposing, 1e-9)
    return np.asarray(flow * np.exp(-flow * CRITICAL_GAP_S) / -np.expm1(-flow * FOLLOW_UP_S))


def random_delay_s(ratio: Floats, capacity_vph: Floats) -> Floats:
    """Delay of a vehicle beyond the uniform one: random arrivals, and the growth of queues above saturation (HCM)."""
    excess = ratio - 1.0
    return np.asarray(
        900.0 * PERIOD_H * (excess + np.sqrt(excess**2 + 4.0 * ratio / (np.maximum(capacity_vph, 1e-6) * PERIOD_H)))
    )


def waiting_s(intervals: list[GreenInterval], cycle_s: int, limit_s: float = math.inf) -> float:
    """Mean wait of people who come at any time: the squares of all reds over twice the cycle.

    With a limit, a second that comes after a wait w counts as 1 + 2 w / limit, as the tactical layer has it.
    """
    if not intervals:
        return float(cycle_s)
    if any(one.end_s - one.start_s >= cycle_s for one in intervals):
        return 0.0
    starts = sorted(intervals, key=lambda one: one.start_s)
    reds = [(after.start_s - one.end_s) % cycle_s for one, after in zip(starts, [*starts[1:], starts[0]], strict=True)]
    return sum(red**2 / 2.0 + red**3 / (3.0 * limit_s) for red in reds) / cycle_s


def discharge_ratio(intervals: list[GreenInterval], cycle_s: int) -> Floats:
    """The part of each second in which a group's queue discharges: from start-up to the use of amber."""
    edges = np.arange(cycle_s, dtype=np.float64)
    result = np.zeros(cycle_s)
    for one in intervals:
        if one.end_s - one.start_s >= cycle_s:
            return np.ones(cycle_s)
        begin, end = one.start_s + STARTUP_LOST_S, one.end_s + AMBER_USE_S
        for shift in (-cycle_s, 0, cycle_s):
            result += np.clip(np.minimum(edges + 1.0, end + shift) - np.maximum(edges, begin + shift), 0.0, 1.0)
    return np.minimum(result, 1.0)


def limited(arrivals: Floats, capacity: Floats) -> Floats:
    """Arrivals that the lane can discharge within the cycle."""
    room = FULL_RATIO * capacity.mean(axis=-1, keepdims=True)
    mean = np.maximum(arrivals.mean(axis=-1, keepdims=True), 1e-12)
    return np.asarray(arrivals * np.minimum(1.0, room / mean))


def discharged(arriving: Floats, capacity: Floats) -> tuple[Floats, Floats]:
    """Queue at the end of each second and departures, in the steady state; the queue is a reflected running sum."""
    surplus = arriving - capacity
    running = np.cumsum(np.concatenate([surplus, surplus], axis=-1), axis=-1)
    lowest = np.minimum(np.minimum.accumulate(running, axis=-1), 0.0)
    period = surplus.shape[-1]
    queue = (running - lowest)[..., period - 1 :]
    outflow = arriving - np.diff(queue, axis=-1)
    return queue[..., 1:], np.maximum(outflow, 0.0)
