"""Which crossing people take: at a walking area the one on the way that is quickest by the lights of this moment.

As in SUMO, a crossing that shows red costs up to `RED_PENALTY_S`, less what passes before one gets there; who is
stopped by a red light weighs the ways anew in every step.
"""

import math

from sim.engine.arrays import Walkers
from sim.engine.jit import helper

RED = 114
RED_PENALTY_S = 20.0
NOTICED_S = 4.0  # people look at the light they come to when they are so close to it
MINIMUM_GAP_M = 0.25


@helper
def quickest_way(wal: Walkers, fork: int, speed: float) -> int:
    """The piece that the quickest way through the junction begins with."""
    best, least_s = -1, math.inf
    for way in range(wal.fork.way_start[fork], wal.fork.way_start[fork + 1]):
        needed_s = wal.way.length[way] / speed
        for hurdle in range(wal.way.hurdle_start[way], wal.way.hurdle_start[way + 1]):
            if wal.crossing.state[wal.hurdle.crossing[hurdle]] == RED:
                needed_s += max(0.0, RED_PENALTY_S - wal.hurdle.before[hurdle] / speed)
        if needed_s < least_s:
            best, least_s = wal.way.piece[way], needed_s
    return best


@helper
def piece_after(wal: Walkers, piece: int, speed: float) -> int:
    """The piece that somebody walks on after this one, -1 at the end of the plan."""
    following = wal.piece.next[piece]
    if following < 0 and wal.piece.fork[piece] >= 0:
        return quickest_way(wal, wal.piece.fork[piece], speed)
    return following


@helper
def look_for_detour(wal: Walkers, p: int) -> bool:
    """Turn towards another crossing of the walking area if the light shows red and that is quicker; whether one did."""
    piece = wal.person.piece[p]
    fork, following = wal.piece.fork[piece], wal.piece.next[piece]
    if fork < 0 or following < 0 or wal.piece.crossing[following] < 0:
        return False
    speed = wal.person.speed[p]
    left_m = wal.piece.length[piece] - wal.person.along[p]
    if left_m - MINIMUM_GAP_M >= NOTICED_S * speed or wal.crossing.state[wal.piece.crossing[following]] != RED:
        return False
    other = quickest_way(wal, fork, speed)
    if other == piece:
        return False
    wal.person.piece[p] = other
    wal.person.along[p] = max(0.0, wal.piece.length[other] - left_m)
    return True
