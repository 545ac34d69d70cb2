"""Where an area before a signal lies, as SUMO's MSE2Collector chooses its lanes upstream of a stop line."""

import math
from dataclasses import dataclass

from sim.network import Connection, Lane, Network

SHORTEST_M = 0.1  # SUMO's POSITION_EPS: shorter pieces of a lane are left out


@dataclass(frozen=True, slots=True)
class AreaPlace:
    """A stretch of road: its lanes from upstream to downstream, and where each begins, seen from the area's start."""

    lanes: tuple[str, ...]
    offsets_m: tuple[float, ...]
    length_m: float


def area_before(network: Network, lane: str, end_m: float, length_m: float) -> AreaPlace:
    """The last `length_m` metres before a point of a lane, over as many lanes upstream as it takes.

    Where several ways lead onto a lane, the area goes on along the one with right of way, or else the straightest.
    """
    lanes = [lane]
    left_m = length_m - end_m
    while left_m >= SHORTEST_M:
        before = _lane_before(network, lanes[-1])
        if before is None or before in lanes:
            break
        lanes.append(before)
        left_m -= network.lanes[before].length_m
    start_m = 0.0 if left_m > -SHORTEST_M else -left_m
    return area_over(network, tuple(reversed(lanes)), start_m, end_m)


def area_behind(network: Network, lane: str, start_m: float, length_m: float) -> AreaPlace:
    """The first `length_m` metres behind a point of a lane, straight on over as many lanes downstream as it takes."""
    lanes = [lane]
    left_m = length_m + start_m - network.lanes[lane].length_m
    while left_m >= SHORTEST_M:
        behind = _lane_behind(network, lanes[-1])
        if behind is None or behind in lanes:
            break
        lanes.append(behind)
        left_m -= network.lanes[behind].length_m
    end_m = network.lanes[lanes[-1]].length_m
    return area_over(network, tuple(lanes), start_m, end_m if left_m > -SHORTEST_M else end_m + left_m)


def area_over(network: Network, lanes: tuple[str, ...], start_m: float, end_m: float) -> AreaPlace:
    """The area over lanes that follow each other, from a point of the first to one of the last."""
    offsets, at_m = [], -start_m
    for name in lanes:
        offsets.append(at_m)
        at_m += network.lanes[name].length_m
    return AreaPlace(lanes, tuple(offsets), at_m - network.lanes[lanes[-1]].length_m + end_m)


def _lane_before(network: Network, lane: str) -> str | None:
    ways = network.onto.get(lane, ())
    if not ways:
        return None
    entries = [network.entry_of(way) for way in ways]
    best = min(
        range(len(ways)),
        key=lambda i: (
            any(_waits_for(network, entries[i], other) for other in entries),
            _turn(network, entries[i].from_lane, lane),
        ),
    )
    return ways[best].from_lane


def _lane_behind(network: Network, lane: str) -> str | None:
    """Where one comes to from a lane: by the way with right of way, or else the straightest."""
    links = network.outgoing.get(lane, ())
    if not links:
        return None
    best = min(
        links, key=lambda link: (any(_waits_for(network, link, o) for o in links), _turn(network, lane, link.to_lane))
    )
    return best.via or best.to_lane


def _waits_for(network: Network, link: Connection, other: Connection) -> bool:
    places = network.positions_of_links
    at, foe = places.get(link), places.get(other)
    if at is None or foe is None or at[0] != foe[0]:
        return False
    return network.junctions[at[0]].requests[at[1]].response[foe[1]]


def _turn(network: Network, before: str, lane: str) -> float:
    """How far the direction changes from one lane to another, in radians."""
    change = _heading(network.lanes[lane]) - _heading(network.lanes[before])
    return abs((change + math.pi) % math.tau - math.pi)


def _heading(lane: Lane) -> float:
    (x, y), (to_x, to_y) = lane.shape[0], lane.shape[-1]
    return math.atan2(to_y - y, to_x - x)
