"""The streams that a time-space diagram follows: from the busiest piece of road always on with the strongest stream."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.network import Connection, Network
from sim.outputs.trajectories import Trajectories, driven
from sim.plant import RoadMode


@dataclass(frozen=True, slots=True)
class StopLine:
    """A signalised stop line of a way: how far along, and which of a signal's links lead on."""

    tls: str
    links: tuple[int, ...]
    at_m: float


@dataclass(frozen=True)
class Way:
    """Edges that follow each other; `offset_m` says where each lane on them begins along the way."""

    edges: tuple[str, ...]
    offset_m: Mapping[str, float]
    length_m: float
    stop_lines: tuple[StopLine, ...]


def main_ways(paths: Trajectories, network: Network, count: int) -> list[Way]:
    """The `count` strongest streams that share no edge, the strongest first; fewer where there are no more."""
    driven_on: Counter[str] = Counter()
    onward: Counter[tuple[str, str]] = Counter()
    for edges in _edges_driven(paths):
        driven_on.update(edges)
        onward.update(pairwise(edges))
    found: list[Way] = []
    while driven_on and len(found) < count:
        edges = _chain(driven_on, onward)
        for edge in edges:
            del driven_on[edge]
        if len(edges) > 1:
            found.append(_way(edges, network))
    return found


def _edges_driven(paths: Trajectories) -> Iterator[Sequence[str]]:
    """The edges of each motor vehicle, in its order."""
    edge = [name.rsplit("_", 1)[0] for name in paths.lane_ids]
    for vehicle, rows in driven(paths):
        if paths.modes[vehicle] != RoadMode.BICYCLE:
            lanes = paths.lane[rows]
            kept = lanes[np.flatnonzero(np.diff(lanes, prepend=-1))].tolist()
            yield list(dict.fromkeys(edge[lane] for lane in kept if not edge[lane].startswith(":")))


def _chain(driven_on: Counter[str], onward: Counter[tuple[str, str]]) -> list[str]:
    """From the busiest edge on and back along the strongest streams, over edges that are still free."""
    edges = [max(driven_on, key=lambda edge: (driven_on[edge], edge))]
    for end, own, other, add in ((-1, 0, 1, edges.append), (0, 1, 0, lambda edge: edges.insert(0, edge))):
        while True:
            streams = {
                pair[other]: vehicles
                for pair, vehicles in onward.items()
                if pair[own] == edges[end] and pair[other] in driven_on and pair[other] not in edges
            }
            if not streams:
                break
            add(max(streams, key=lambda edge: (streams[edge], edge)))
    return edges


def _way(edges: Sequence[str], network: Network) -> Way:
    offset_m: dict[str, float] = {}
    stop_lines = []
    at_m = 0.0
    for edge, following in zip(edges, [*edges[1:], ""], strict=True):
        for lane in network.edges[edge].lanes:
            offset_m[lane.id] = at_m
        at_m += network.edges[edge].length_m
        links = _links(network, edge, following)
        signals = {link.tl for link in links if link.tl}
        if signals:
            tls = min(signals)
            indices = tuple(sorted({link.link_index for link in links if link.tl == tls}))
            stop_lines.append(StopLine(tls, indices, at_m))
        longest_m = 0.0
        for link in links:
            inside_m = 0.0
            for via in network.via_lanes(link):
                offset_m[via] = at_m + inside_m
                inside_m += network.lanes[via].length_m
            longest_m = max(longest_m, inside_m)
        at_m += longest_m
    return Way(tuple(edges), offset_m, at_m, tuple(stop_lines))


def _links(network: Network, edge: str, following: str) -> list[Connection]:
    """Connections from one edge to the next."""
    return [
        link
        for lane in network.edges[edge].lanes
        for link in network.outgoing.get(lane.id, ())
        if link.to_edge == following
    ]
