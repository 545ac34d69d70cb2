"""Pieces of the ways on foot: straight along sidewalks and crossings, round two corners over walking areas."""

import itertools
import math
from dataclasses import dataclass

from sim.engine.streets import Streets
from sim.network import Network, Point, Shape
from sim.permissions import ON_FOOT

NOTHING = -1
SHORTEST_M = 0.1


@dataclass(frozen=True)
class Piece:
    """A piece of a way, drawn straight, or a rest; it leads on to a piece, to a fork, or nowhere."""

    start: Point
    end: Point
    length_m: float
    crossing: int = -1
    direction: int = 0
    rest_s: float = -1.0
    until_s: float = -1.0
    next: int = NOTHING
    fork: int = NOTHING


class Pavement:
    """The shapes of what people walk on."""

    def __init__(self, network: Network, streets: Streets) -> None:
        self._network = network
        self._streets = streets

    def is_street(self, name: str) -> bool:
        """Whether an edge is neither a walking area nor a crossing."""
        return self._network.edges[name].function not in ("walkingarea", "crossing")

    def metres_of(self, name: str) -> float:
        """Length of an edge."""
        return self._network.edges[name].length_m

    def edge(
        self, path: tuple[str, ...], i: int, position: float | None, share: float, arrival: float | None
    ) -> list[Piece]:
        """The pieces of one edge of a path; on the first one from a position (None: from a share of it)."""
        shape, forward = self.shape(path, i)
        if self._network.edges[path[i]].function == "walkingarea":
            before = self.shape(path, i - 1)[0] if i > 0 else shape[:1]
            after = self.shape(path, i + 1)[0] if i + 1 < len(path) else shape[:1]
            return [self.across(before, path[i], after)]
        length = self.metres_of(path[i])
        low, high = 0.0, length
        if i == 0:
            low = share * length if position is None else metres_along(position, length, forward)
        if i == len(path) - 1 and arrival is not None:
            high = metres_along(arrival, length, forward)
        if high < low:
            shape, low, high = tuple(reversed(shape)), length - low, length - high
        crossing = self._streets.crossing_of.get(path[i], -1)
        pieces = _cut(shape, low / length, high / length, length, crossing, 1 if forward else -1)
        return pieces or [Piece(shape[0], shape[0], 0.0)]

    def across(self, before: Shape, area_id: str, after: Shape) -> Piece:
        """Over a walking area: people leave one shape straight on and come onto the next one straight.

        As in SUMO (MSPModel_Striping, walking area paths) the way has two corners, on the lines of both shapes, as far
        out as half the area is wide, but no farther than a quarter of the straight way. It is drawn straight.
        """
        start, end = before[-1], after[0]
        reach_m = min(math.dist(start, end) / 4.0, self._network.edges[area_id].lanes[0].width_m / 2.0)
        corners = (start, _beyond(before, reach_m), _beyond(tuple(reversed(after)), reach_m), end)
        length_m = sum(math.dist(a, b) for a, b in itertools.pairwise(corners))
        return Piece(start, end, max(SHORTEST_M, length_m))

    def shape(self, path: tuple[str, ...], i: int) -> tuple[Shape, bool]:
        """Shape of the lane walked on, in walking direction, and whether that is the lane's own direction."""
        edge = self._network.edges[path[i]]
        lane = next((lane for lane in edge.lanes if lane.permissions & ON_FOOT), edge.lanes[0])
        if edge.function == "walkingarea":
            return lane.shape, True
        forward = True
        if i + 1 < len(path):
            forward = self.leads_to(path[i], path[i + 1])
        elif i > 0:
            forward = not self.leads_to(path[i], path[i - 1])
        return (lane.shape if forward else tuple(reversed(lane.shape))), forward

    def leads_to(self, edge_id: str, area_id: str) -> bool:
        """Whether a walking area lies at the end of an edge (not at its start)."""
        edge = self._network.edges[edge_id]
        if edge.function == "crossing":
            return any(c.to_edge == area_id for c in self._network.outgoing.get(edge.lanes[0].id, ()))
        return area_id[1:].rsplit("_", 1)[0] == edge.to_junction


def _beyond(shape: Shape, metres: float) -> Point:
    """The point so many metres past the end of a shape, straight on (the end itself where the shape is a point)."""
    end = shape[-1]
    last_but_one = next((point for point in reversed(shape) if point != end), end)
    length = math.dist(last_but_one, end)
    if length == 0.0:
        return end
    share = metres / length
    return end[0] + (end[0] - last_but_one[0]) * share, end[1] + (end[1] - last_but_one[1]) * share


def metres_along(position: float, length: float, forward: bool) -> float:
    """Metres in walking direction of a position on an edge; a negative one is counted from the edge's end."""
    at = max(0.0, position + length) if position < 0 else min(position, length)
    return at if forward else length - at


def _cut(shape: Shape, low: float, high: float, length: float, crossing: int, direction: int) -> list[Piece]:
    """The pieces of a polyline between two of its fractions; a crossing stays one piece."""
    spans = [math.dist(a, b) for a, b in itertools.pairwise(shape)]
    total = max(sum(spans), 1e-9)
    if crossing >= 0:
        return [Piece(shape[0], shape[-1], length, crossing, direction)]
    result = []
    done = 0.0
    for (a, b), span in zip(itertools.pairwise(shape), spans, strict=True):
        from_, to = max(low * total, done), min(high * total, done + span)
        if to > from_ and span > 0:
            s, e = (from_ - done) / span, (to - done) / span
            start = (a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s)
            end = (a[0] + (b[0] - a[0]) * e, a[1] + (b[1] - a[1]) * e)
            result.append(Piece(start, end, (to - from_) / total * length))
        done += span
    return result
