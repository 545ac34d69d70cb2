"""The cycle: Webster's optimum of one junction, and which cycles a corridor can have in common."""

import math
from collections.abc import Iterable, Sequence
from itertools import permutations

from plans.junction import Junction
from plans.stage_order import StageOrder

STEP_S = 10
"""Cycles are tried in steps of this."""
LONGEST_ORDERS = 5
"""Orders of more stages than this are not tried; the plan's own order stays."""


def webster_cycle_s(lost_s: float, critical_ratio: float) -> float:
    """Webster 1958: the cycle of least delay, (1.5 L + 5) / (1 - Y); infinite where flow exceeds capacity."""
    return (1.5 * lost_s + 5.0) / (1.0 - critical_ratio) if critical_ratio < 1.0 else math.inf


def webster_delay_s(cycle_s: float, green_s: float, flow_vph: float, saturation_vph: float) -> float:
    """Webster 1958: mean delay of a vehicle at uniform and random arrivals, without his last, empirical term."""
    split = green_s / cycle_s
    x = flow_vph / (split * saturation_vph)
    per_s = flow_vph / 3600.0
    uniform = cycle_s * (1.0 - split) ** 2 / (2.0 * (1.0 - split * x))
    return uniform + x * x / (2.0 * per_s * (1.0 - x))


def stage_orders(junction: Junction, own: Sequence[str], *, others: bool = True) -> list[StageOrder]:
    """The plan's own order of stages first, then every other order of the same stages, as far as they are legal."""
    own = tuple(own)
    found = [StageOrder(junction, own)]
    if others and 2 < len(own) <= LONGEST_ORDERS and len(set(own)) == len(own):
        every = [(own[0], *rest) for rest in permutations(own[1:])]
        found += [StageOrder(junction, other) for other in every if other != own]
    return [order for order in found if order.legal]


def common_cycles(orders: Iterable[Sequence[StageOrder]], longest_s: int) -> list[int]:
    """Cycles that every junction can run, at least as every second one of its own, in ascending order."""
    shortest = 0
    for of_junction in orders:
        least = [order.shortest_cycle_s(longest_s) for order in of_junction]
        known = [cycle_s for cycle_s in least if cycle_s is not None]
        if not known:
            continue
        junction = of_junction[0].junction
        longest_s = min(longest_s, junction.cycle_max_s)
        shortest = max(shortest, junction.cycle_min_s, min(known))
    first = -(-shortest // STEP_S) * STEP_S
    return sorted({shortest, *range(first, longest_s + 1, STEP_S)}) if shortest <= longest_s else []
