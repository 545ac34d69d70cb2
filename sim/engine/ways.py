"""Ways through the network for one class: the cheapest one now (SUMO's Dijkstra), and whether there are others."""

from typing import NamedTuple

import numpy as np

from sim.engine.arrays import B1, F8, I8
from sim.engine.jit import helper, kernel
from sim.engine.streets import Streets
from sim.road_graph import RoadGraph

SLOWEST_MPS = 1e-3


class Ways(NamedTuple):
    """Arcs from edge to edge for a class, in rows by edge; and room for searching."""

    arc_start: I8  # (edges + 1,)
    target: I8  # (arcs,) the edge that an arc leads to
    inside_start: I8  # (arcs + 1,)
    inside: I8  # pieces inside junctions, by arc
    length: F8  # (edges,)
    limit: F8
    penalty: F8
    cost: F8  # of getting to the beginning of each edge
    before: I8
    done: B1
    heap_cost: F8  # (arcs + 1,)
    heap_edge: I8
    way: I8  # (edges,) what was found


def build_ways(streets: Streets, graph: RoadGraph, vehicle_class: str) -> Ways:
    """The arcs of a class."""
    net, edge_of = streets.net, streets.edge_of
    count = len(net.edge) - 1
    arcs: list[list[tuple[int, list[int]]]] = [[] for _ in range(count)]
    for edge, following in graph.arcs(vehicle_class).items():
        arcs[edge_of[edge]] = [(edge_of[arc.target], [edge_of[piece] for piece in arc.inside]) for arc in following]
    flat = [arc for listed in arcs for arc in listed]
    penalty = np.zeros(count)
    for edge, penalty_s in graph.penalties_s.items():
        if edge in edge_of:
            penalty[edge_of[edge]] = penalty_s
    return Ways(
        arc_start=_starts([len(listed) for listed in arcs]),
        target=np.array([target for target, _ in flat], np.int64),
        inside_start=_starts([len(inside) for _, inside in flat]),
        inside=np.array([piece for _, inside in flat for piece in inside], np.int64),
        length=np.ascontiguousarray(net.edge.length[:count]),
        limit=np.ascontiguousarray(net.lane.speed[net.edge.lane_start[:count]]),
        penalty=penalty,
        cost=np.zeros(count),
        before=np.zeros(count, np.int64),
        done=np.zeros(count, np.bool_),
        heap_cost=np.zeros(len(flat) + 1),
        heap_edge=np.zeros(len(flat) + 1, np.int64),
        way=np.zeros(count, np.int64),
    )


def _starts(counts: list[int]) -> I8:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


@helper
def effort_s(ways: Ways, speed: F8, edge: int, factor: float, top_mps: float) -> float:
    """What an edge costs: at the mean speed on it, yet not less than the vehicle needs when alone."""
    alone_s = ways.length[edge] / min(top_mps, ways.limit[edge] * factor) + ways.penalty[edge]
    return max(ways.length[edge] / max(speed[edge], SLOWEST_MPS), alone_s)


@helper
def comes_first(ways: Ways, one: int, other: int) -> bool:
    """Of two entries of the heap: the cheaper, and among equals the one whose edge comes first in the network."""
    if ways.heap_cost[one] != ways.heap_cost[other]:
        return bool(ways.heap_cost[one] < ways.heap_cost[other])
    return bool(ways.heap_edge[one] < ways.heap_edge[other])


@helper
def swap(ways: Ways, one: int, other: int) -> None:
    """Exchange two entries of the heap."""
    cost, edge = ways.heap_cost[one], ways.heap_edge[one]
    ways.heap_cost[one], ways.heap_edge[one] = ways.heap_cost[other], ways.heap_edge[other]
    ways.heap_cost[other], ways.heap_edge[other] = cost, edge


@helper
def push(ways: Ways, size: int, cost: float, edge: int) -> None:
    """A further entry of a heap of this size."""
    at = size
    ways.heap_cost[at], ways.heap_edge[at] = cost, edge
    while at > 0 and comes_first(ways, at, (at - 1) // 2):
        swap(ways, at, (at - 1) // 2)
        at = (at - 1) // 2


@helper
def drop_first(ways: Ways, size: int) -> None:
    """Take the first entry out of a heap of this size."""
    last = size - 1
    swap(ways, 0, last)
    at = 0
    while True:
        best = at
        for child in (2 * at + 1, 2 * at + 2):
            if child < last and comes_first(ways, child, best):
                best = child
        if best == at:
            return
        swap(ways, at, best)
        at = best


@kernel
def fastest_way(ways: Ways, speed: F8, factor: float, top_mps: float, origin: int, destination: int) -> int:
    """How many edges the cheapest way has, which then stands in `ways.way`; 0 when there is none.

    Args:
        ways: Arcs, and room.
        speed: Mean speed on each edge, (edges,).
        factor: What the driver makes of a limit.
        top_mps: What the vehicle can and the driver would drive at most.
        origin: First edge.
        destination: Last edge.
    """
    for edge in range(ways.cost.size):
        ways.cost[edge] = np.inf
        ways.done[edge] = False
    ways.cost[origin] = 0.0
    ways.before[origin] = -1
    push(ways, 0, 0.0, origin)
    size = 1
    while size > 0:
        edge = ways.heap_edge[0]
        drop_first(ways, size)
        size -= 1
        if ways.done[edge]:
            continue
        if edge == destination:
            return unwind(ways, destination)
        ways.done[edge] = True
        cost = ways.cost[edge] + effort_s(ways, speed, edge, factor, top_mps)
        for arc in range(ways.arc_start[edge], ways.arc_start[edge + 1]):
            target = ways.target[arc]
            if ways.done[target]:
                continue
            there = cost
            for k in range(ways.inside_start[arc], ways.inside_start[arc + 1]):
                there += effort_s(ways, speed, ways.inside[k], factor, top_mps)
            if there < ways.cost[target]:
                ways.cost[target] = there
                ways.before[target] = edge
                push(ways, size, there, target)
                size += 1
    return 0


@helper
def unwind(ways: Ways, destination: int) -> int:
    """Write the way to an edge from its beginning."""
    count, edge = 0, destination
    while edge >= 0:
        count, edge = count + 1, ways.before[edge]
    edge = destination
    for i in range(count - 1, -1, -1):
        ways.way[i] = edge
        edge = ways.before[edge]
    return count


@kernel
def has_choice(ways: Ways, count: int) -> bool:
    """Whether another way leads where the one of `count` edges in `ways.way` does, without coming back to an edge.

    It then leaves that way somewhere and gets to its end over none of the edges passed until then.
    """
    destination = ways.way[count - 1]
    for i in range(count - 1):
        for arc in range(ways.arc_start[ways.way[i]], ways.arc_start[ways.way[i] + 1]):
            first = ways.target[arc]
            if first == ways.way[i + 1]:
                continue
            for edge in range(ways.done.size):
                ways.done[edge] = False
            for k in range(i + 1):
                ways.done[ways.way[k]] = True
            if not ways.done[first] and leads_to(ways, first, destination):
                return True
    return False


@helper
def leads_to(ways: Ways, origin: int, destination: int) -> bool:
    """Whether one gets from edge to edge over none that are marked."""
    ways.done[origin] = True
    ways.heap_edge[0] = origin
    size = 1
    while size > 0:
        size -= 1
        edge = ways.heap_edge[size]
        if edge == destination:
            return True
        for arc in range(ways.arc_start[edge], ways.arc_start[edge + 1]):
            target = ways.target[arc]
            if not ways.done[target]:
                ways.done[target] = True
                ways.heap_edge[size] = target
                size += 1
    return False
