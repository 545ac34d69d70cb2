"""Fastest ways through the network when it is empty, as SUMO routes a trip then."""

import heapq
from collections.abc import Sequence
from functools import cached_property

from sim.network import Network
from sim.permissions import ON_FOOT
from sim.road_graph import RoadGraph, RoutingRules
from sim.vehicle_types import VehicleType


class NoRouteError(ValueError):
    """There is no way for this class between the two edges."""


class Router:
    """Dijkstra over edges, pieces inside junctions included; answers are kept per origin, destination and type.

    Edges cost what they take the type's vehicle when they are empty, and of ways that cost the same SUMO takes the one
    whose edges come first in the network's file.
    """

    def __init__(self, network: Network, rules: RoutingRules | None = None) -> None:
        self.graph = RoadGraph(network, rules or RoutingRules())
        self._network = network
        self._rank = {edge: rank for rank, edge in enumerate(network.edges)}
        self._known: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def route(self, origin: str, destination: str, kind: VehicleType, via: Sequence[str] = ()) -> tuple[str, ...]:
        """Edges from origin over all of `via` to the destination, both included.

        Raises:
            NoRouteError: The class of `kind` cannot get there.
        """
        result: tuple[str, ...] = (origin,)
        for target in (*via, destination):
            result += self._leg(result[-1], target, kind)[1:]
        return result

    def _leg(self, origin: str, destination: str, kind: VehicleType) -> tuple[str, ...]:
        key = (origin, destination, kind.id)
        if key not in self._known:
            self._known[key] = self._search(origin, destination, kind)
        return self._known[key]

    def _search(self, origin: str, destination: str, kind: VehicleType) -> tuple[str, ...]:
        arcs, rank = self.graph.arcs(kind.vehicle_class), self._rank
        costs = {origin: 0.0}
        before: dict[str, str] = {}
        done: set[str] = set()
        heap = [(0.0, rank[origin], origin)]
        while heap:
            cost, _, edge = heapq.heappop(heap)
            if edge in done:
                continue
            if edge == destination:
                return _unwound(before, origin, destination)
            done.add(edge)
            cost += self._travel_time_s(edge, kind)
            for arc in arcs.get(edge, ()):
                new = cost
                for piece in arc.inside:
                    new += self._travel_time_s(piece, kind)
                if new < costs.get(arc.target, float("inf")):
                    costs[arc.target] = new
                    before[arc.target] = edge
                    heapq.heappush(heap, (new, rank[arc.target], arc.target))
        raise NoRouteError(
            f"expected a way for class {kind.vehicle_class!r} from {origin!r} to {destination!r}, got none"
        )

    def _travel_time_s(self, edge: str, kind: VehicleType) -> float:
        """On an empty edge: at its limit, or at the type's own top speed with the penalties for giving way."""
        length_m, limit_mps = self._network.edges[edge].length_m, self._network.edges[edge].lanes[0].speed_mps
        top_mps = min(limit_mps, kind.max_speed_mps, kind.desired_max_speed_mps)
        return max(length_m / limit_mps, length_m / top_mps + self.graph.penalties_s.get(edge, 0.0))


class Footpaths:
    """Shortest ways on foot over sidewalks, walking areas and crossings; sidewalks are walked both ways."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    @cached_property
    def neighbours(self) -> dict[str, set[str]]:
        """Edges that touch on foot."""
        result: dict[str, set[str]] = {}
        lanes = self._network.lanes
        for c in self._network.connections:
            if lanes[c.from_lane].permissions & ON_FOOT and lanes[c.to_lane].permissions & ON_FOOT:
                walkable = {c.from_edge, c.to_edge} & (
                    self._network.walking_areas.keys() | self._network.crossings.keys()
                )
                if walkable:
                    result.setdefault(c.from_edge, set()).add(c.to_edge)
                    result.setdefault(c.to_edge, set()).add(c.from_edge)
        return result

    def path(self, origin: str, destination: str) -> tuple[str, ...]:
        """Every edge walked on, walking areas and crossings included.

        Raises:
            NoRouteError: The two are not joined on foot.
        """
        key = (origin, destination)
        if key not in self._known:
            self._known[key] = self._search(origin, destination)
        return self._known[key]

    def _search(self, origin: str, destination: str) -> tuple[str, ...]:
        before: dict[str, str] = {}
        costs = {origin: 0.0}
        heap = [(0.0, origin)]
        while heap:
            cost, edge = heapq.heappop(heap)
            if edge == destination:
                return _unwound(before, origin, destination)
            if cost > costs[edge]:
                continue
            cost += self._network.edges[edge].length_m if edge != origin else 0.0
            for following in self.neighbours.get(edge, ()):
                if cost < costs.get(following, float("inf")):
                    costs[following] = cost
                    before[following] = edge
                    heapq.heappush(heap, (cost, following))
        raise NoRouteError(f"expected a way on foot from {origin!r} to {destination!r}, got none")


def _unwound(before: dict[str, str], origin: str, destination: str) -> tuple[str, ...]:
    path = [destination]
    while path[-1] != origin:
        path.append(before[path[-1]])
    return tuple(reversed(path))
