"""Which junction feeds which: a movement's exit lane is, or leads to, an approach lane of the next signal.

Nothing has to be drawn: lanes upstream (`Lane.feeders`) and exit lanes of movements carry the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from plans.junction import Junction, Movement


@dataclass(frozen=True, slots=True)
class Road:
    """From a stop line to the next: traffic of `movement` at `origin` comes to `lanes` of `approach` at `target`.

    `distance_m` is from the begin of the exit lane to the stop line, `speed_mps` the limit on the approach.
    """

    origin: str
    movement: Movement
    target: str
    approach: str
    lanes: tuple[str, ...]
    distance_m: float
    speed_mps: float


def roads_between(junctions: Mapping[str, Junction]) -> tuple[Road, ...]:
    """Every road between two signals of the site, also from a signal back to itself."""
    ends: dict[str, list[tuple[str, str, str, float]]] = {}
    for junction in junctions.values():
        for lane in junction.lanes.values():
            ends.setdefault(lane.id, []).append((junction.id, lane.approach, lane.id, lane.length_m))
            for feeder in lane.feeders:
                ends.setdefault(feeder.lane, []).append(
                    (junction.id, lane.approach, lane.id, feeder.offset_m + feeder.length_m)
                )
    roads = []
    for junction in junctions.values():
        for movement in junction.movements:
            reached: dict[tuple[str, str], list[tuple[str, float]]] = {}
            for target, approach, lane_id, distance_m in ends.get(movement.exit_lane, ()):
                reached.setdefault((target, approach), []).append((lane_id, distance_m))
            for (target, approach), found in reached.items():
                lanes = tuple(lane for lane, _ in found)
                speed_mps = min(junctions[target].lanes[lane].speed_mps for lane in lanes)
                distance_m = min(distance for _, distance in found)
                roads.append(Road(junction.id, movement, target, approach, lanes, distance_m, speed_mps))
    return tuple(roads)
