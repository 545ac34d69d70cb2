"""Fastest ways through the network: by travel time at free flow, as SUMO routes a trip."""

import heapq
from collections.abc import Sequence
from functools import cached_property

from sim.network import Connection, Edge, Network
from sim.permissions import ON_FOOT
from sim.vehicle_types import VehicleType


class NoRouteError(ValueError):
    """There is no way for this class between the two edges."""


class Router:
    """Dijkstra over edges, pieces inside junctions included; answers are kept per origin, destination and type."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self._graphs: dict[str, dict[str, list[tuple[str, float]]]] = {}

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
        graph = self._graphs.get(kind.id)
        if graph is None:
            graph = self._graphs[kind.id] = self._graph(kind)
        edges = self._network.edges
        costs = {origin: 0.0}
        before: dict[str, str] = {}
        done: set[str] = set()
        heap = [(0.0, origin)]
        while heap:
            cost, edge = heapq.heappop(heap)
            if edge in done:
                continue
            if edge == destination:
                return _unwound(before, origin, destination)
            done.add(edge)
            cost += travel_time_s(edges[edge], kind)
            for following, inside_s in graph.get(edge, ()):
                new = cost + inside_s
                if new < costs.get(following, float("inf")):
                    costs[following] = new
                    before[following] = edge
                    heapq.heappush(heap, (new, following))
        raise NoRouteError(
            f"expected a way for class {kind.vehicle_class!r} from {origin!r} to {destination!r}, got none"
        )

    def _graph(self, kind: VehicleType) -> dict[str, list[tuple[str, float]]]:
        """Following edges of each edge that the class may use, with the time spent inside the junction."""
        network = self._network
        result: dict[str, dict[str, float]] = {}
        for connection in network.connections:
            if connection.from_lane.startswith(":") or not self._may_pass(connection, kind.vehicle_class):
                continue
            inside_s = sum(
                travel_time_s(network.edges[lane.rsplit("_", 1)[0]], kind) for lane in network.via_lanes(connection)
            )
            targets = result.setdefault(connection.from_edge, {})
            targets[connection.to_edge] = min(inside_s, targets.get(connection.to_edge, float("inf")))
        return {edge: list(targets.items()) for edge, targets in result.items()}

    def _may_pass(self, connection: Connection, vehicle_class: str) -> bool:
        lanes = self._network.lanes
        return (
            vehicle_class in lanes[connection.from_lane].permissions
            and vehicle_class in lanes[connection.to_lane].permissions
            and (connection.permissions is None or vehicle_class in connection.permissions)
        )


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


def travel_time_s(edge: Edge, kind: VehicleType) -> float:
    """Free-flow time on an edge at its limit and the type's own top speed."""
    return edge.length_m / min(edge.lanes[0].speed_mps, kind.max_speed_mps, kind.desired_max_speed_mps)


def _unwound(before: dict[str, str], origin: str, destination: str) -> tuple[str, ...]:
    path = [destination]
    while path[-1] != origin:
        path.append(before[path[-1]])
    return tuple(reversed(path))
