"""Who comes to the stop lines and when: the picture's vehicles as arrival times, with average rates beyond sensing."""

from typing import NamedTuple

import numpy as np

from signalctl.rollout.jit import allocating, helper
from signalctl.rollout.layout import Flags, Floats, Ints, Layout, Places

ACCELERATION_MPS2 = np.array([2.6, 1.3, 1.2, 1.0, 1.2, 1.5, 2.6])
"""Usual acceleration by mode index (`detectors.picture.MODES`), SUMO's defaults."""
TOP_SPEED_MPS = np.array([55.0, 36.0, 24.0, 22.0, 5.6, 1.4, 55.0])
"""Highest speed by mode index; a bicycle is slower than the street allows."""
HEADWAY_RATIO = np.array([1.0, 1.1, 1.3, 1.8, 0.9, 1.0, 1.0])
"""Saturation headway by mode index over a car's (bus 2.38 s, lorry 2.07 s, tram 3.42 s, bicycle 1.71 s measured)."""
CAR = 0
"""Mode index of a car."""
STANDING_MPS = 0.5
"""Slower than this a vehicle counts as standing: its stop is already paid for."""
PLATOON_S = 4.0
"""Traffic beyond sensing comes as one fractional vehicle each so many seconds."""
WEIGHT, WEIGHT_DUE, SIZE, WEIGHT_SIZE = 0, 1, 2, 3
"""Rows of `Demand.sums`."""


class Seen(NamedTuple):
    """The picture of one junction as flat arrays; V vehicles lane by lane, nearest first, indices as in the layout."""

    start: Ints  # (L+1,)
    distance_m: Floats  # (V,)
    speed_mps: Floats  # (V,)
    move: Ints  # (V,) -1 unknown
    mode: Ints  # (V,)
    weight: Floats  # (V,) persons, priority and waiting included
    not_before_s: Floats  # (V,) who halts at a stop on the way does not come before; 0 for the others
    stop_s: Floats  # by mode index: seconds of delay that a stop costs as much as
    rate_vps: Floats  # (L,) average arrivals beyond sensing
    rate_weight: Floats  # (L,) persons in an average vehicle
    reach_m: Floats  # (L,) how far back vehicles are seen
    startup_s: Floats  # (L,) begin of green to where a queue's steady headways begin
    headway_ratio: Floats  # (L,) of its steady headways over the layout's
    stuck_s: Floats  # (L,) for how long its head has not moved although it shows green; 0 where it is served
    stuck_move: Ints  # (L,) what the stuck head is believed to want, -1 unknown
    move_blocked: Flags  # (M,) its exit is full
    crossing_people: Floats  # (C,) weighted number waiting
    crossing_wait_s: Floats  # (C,) longest wait
    crossing_limit_s: Floats  # (C,)
    crossing_rate_ps: Floats  # (C,) weighted number of people who come in a second


class Demand(NamedTuple):
    """Arrivals over the horizon; vehicles lane by lane in their order on the road."""

    start: Places  # (L+1,)
    due_s: Floats  # (V,) would cross unhindered; waiting counts from here
    earliest_s: Floats  # (V,) cannot be at the stop line before
    move: Ints  # (V,)
    size: Floats  # (V,) headways it takes
    weight: Floats  # (V,)
    stop_s: Floats  # (V,) seconds of delay that stopping now costs it as much as
    sums: Floats  # (4, V+1) up to each vehicle: weight, weight times due, headways, weight times headways with its own


@helper
def travel_time_s(distance_m: float, speed_mps: float, top_mps: float, acceleration_mps2: float) -> float:
    """Seconds to cover a distance when accelerating from `speed_mps` up to `top_mps`."""
    if distance_m <= 0.0:
        return 0.0
    if speed_mps >= top_mps:
        return distance_m / speed_mps
    ramp_m = (top_mps * top_mps - speed_mps * speed_mps) / (2.0 * acceleration_mps2)
    if distance_m <= ramp_m:
        root = np.sqrt(speed_mps * speed_mps + 2.0 * acceleration_mps2 * distance_m)
        return float((root - speed_mps) / acceleration_mps2)
    return (top_mps - speed_mps) / acceleration_mps2 + (distance_m - ramp_m) / top_mps


@helper
def only_move(layout: Layout, lane: int) -> int:
    """The lane's movement when it has just one, else -1."""
    first = layout.lane_move_start[lane]
    return layout.lane_moves[first] if layout.lane_move_start[lane + 1] - first == 1 else -1


@allocating
def predict_demand(layout: Layout, seen: Seen, horizon_s: float, rate_ratio: float) -> Demand:
    """Arrival times of everybody who is seen, and fractional vehicles for the average rate behind them."""
    lanes = layout.lane_speed_mps.size
    room = seen.distance_m.size + lanes * (int(horizon_s / PLATOON_S) + 2)
    start = np.zeros(lanes + 1, np.uint32)
    due, earliest, size = np.empty(room), np.empty(room), np.empty(room)
    weight, stop_s = np.empty(room), np.empty(room)
    move = np.empty(room, np.int64)
    n = 0
    for lane in range(lanes):
        start[lane] = n
        last_due, last_earliest = 0.0, 0.0
        limit_mps = layout.lane_speed_mps[lane]
        single = only_move(layout, lane)
        for i in range(seen.start[lane], seen.start[lane + 1]):
            mode = seen.mode[i]
            top_mps = min(limit_mps, TOP_SPEED_MPS[mode])
            travel_s = travel_time_s(seen.distance_m[i], seen.speed_mps[i], top_mps, ACCELERATION_MPS2[mode])
            halts = seen.not_before_s[i] > travel_s
            if halts:
                travel_s = seen.not_before_s[i]
            if travel_s >= horizon_s:
                break
            last_earliest = max(last_earliest, travel_s)
            standing = seen.speed_mps[i] < STANDING_MPS
            last_due = last_due if standing and not halts else max(last_due, travel_s)
            due[n], earliest[n] = last_due, last_earliest
            move[n] = seen.move[i] if seen.move[i] >= 0 else single
            if i == seen.start[lane] and seen.stuck_s[lane] > 0.0 and move[n] < 0:
                move[n] = seen.stuck_move[lane]
            size[n] = HEADWAY_RATIO[mode]
            weight[n] = seen.weight[i]
            stop_s[n] = 0.0 if standing or halts else seen.stop_s[mode] * min(1.0, seen.speed_mps[i] / top_mps)
            n += 1
        if seen.rate_vps[lane] > 0.0:
            t = max(last_due, seen.reach_m[lane] / limit_mps) + 0.5 * PLATOON_S
            while t < horizon_s:
                due[n] = earliest[n] = t
                move[n] = single
                size[n] = rate_ratio * seen.rate_vps[lane] * PLATOON_S
                weight[n] = size[n] * seen.rate_weight[lane]
                stop_s[n] = seen.stop_s[CAR]
                n += 1
                t += PLATOON_S
    start[lanes] = n
    sums = np.zeros((4, n + 1))
    for i in range(n):
        sums[WEIGHT, i + 1] = sums[WEIGHT, i] + weight[i]
        sums[WEIGHT_DUE, i + 1] = sums[WEIGHT_DUE, i] + weight[i] * due[i]
        sums[SIZE, i + 1] = sums[SIZE, i] + size[i]
        sums[WEIGHT_SIZE, i + 1] = sums[WEIGHT_SIZE, i] + weight[i] * sums[SIZE, i + 1]
    return Demand(start, due[:n], earliest[:n], move[:n], size[:n], weight[:n], stop_s[:n], sums)
