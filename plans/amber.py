"""How long amber and red-amber last, and the greens that a walk needs."""

from math import ceil

from plans.defaults import AMBER_BY_SPEED_S, AMBER_S, MIN_GREEN_S, TURN_AMBER_S
from plans.junction import GroupKind, Junction, Turn

# a limit is written in whole km/h and converted to m/s with rounding
SPEED_TOLERANCE_KMH = 1.0
TURNS = frozenset({Turn.LEFT, Turn.RIGHT, Turn.UTURN})


def amber_at_speed_s(speed_mps: float) -> int:
    """Amber of vehicles by the limit on the approach (VwV-StVO section 37): 3, 4, 5 s at 50, 60, 70 km/h."""
    speed_kmh = speed_mps * 3.6 - SPEED_TOLERANCE_KMH
    fitting = [amber for limit, amber in sorted(AMBER_BY_SPEED_S.items()) if speed_kmh <= limit]
    return fitting[0] if fitting else max(AMBER_BY_SPEED_S.values())


def required_amber_s(junction: Junction, group: str) -> int:
    """The amber that a group needs: by its approaches' limits, 3 s for a separate turn signal, none on foot."""
    kind = junction.groups[group].kind
    if kind is not GroupKind.VEHICLE:
        return AMBER_S[kind]
    own = [movement for movement in junction.movements if movement.group == group]
    if own and all(movement.turn in TURNS for movement in own):
        return TURN_AMBER_S
    limits = [junction.lanes[movement.lane].speed_mps for movement in own if movement.lane in junction.lanes]
    return max((amber_at_speed_s(limit) for limit in limits), default=AMBER_S[kind])


def walking_s(distance_m: float, walking_mps: float) -> int:
    """Whole seconds to walk a distance. The small slack keeps 12.0 m at 1.2 m/s at 10 s."""
    return ceil(distance_m / walking_mps - 1e-9)


def least_green_s(kind: GroupKind, crossing_m: float, walking_mps: float) -> int:
    """The minimum green that rules demand; on foot it must reach half of the crossing (RiLSA 2015)."""
    half = walking_s(crossing_m / 2, walking_mps) if kind is GroupKind.PEDESTRIAN else 0
    return max(MIN_GREEN_S[kind], half)
