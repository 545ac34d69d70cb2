"""The search's open courses of action: each a road as it would be by then, what it cost so far, and how it began."""

from typing import NamedTuple

import numpy as np

from signalctl.rollout.jit import allocating, helper
from signalctl.rollout.layout import Flags, Floats, Ints, Places
from signalctl.rollout.road import Road

NOBODY = -1


class Nodes(NamedTuple):
    """N places for courses; G groups, L lanes, C crossings. Places are taken from and given back to a stack."""

    greens: Floats  # (N, 2, G)
    lanes: Floats  # (N, 3, L)
    heads: Places  # (N, 2, L)
    kerbs: Floats  # (N, 3, C)
    cost: Floats  # (N,) up to the course's own time
    score: Floats  # (N,) with what is still to come
    stage: Ints  # (N,) runs now
    begins: Ints  # (N,) the stage that the first second asks for
    changed: Flags  # (N,)
    after_s: Floats  # (N,) when the first change begins, -1 before there is one
    target: Ints  # (N,) where it leads, -1 likewise
    later: Ints  # (N,) the next course at the same second
    free: Ints  # (N,) stack of places
    left: Ints  # (1,) height of the stack


@allocating
def make_nodes(places: int, groups: int, lanes: int, crossings: int) -> Nodes:
    """All places free."""
    return Nodes(
        np.empty((places, 2, groups)),
        np.empty((places, 3, lanes)),
        np.empty((places, 2, lanes), np.uint32),
        np.empty((places, 3, crossings)),
        np.zeros(places),
        np.zeros(places),
        np.zeros(places, np.int64),
        np.zeros(places, np.int64),
        np.zeros(places, np.bool_),
        np.full(places, -1.0),
        np.full(places, NOBODY),
        np.full(places, NOBODY),
        np.arange(places - 1, -1, -1),
        np.full(1, places),
    )


@helper
def take(nodes: Nodes) -> int:
    """A free place."""
    nodes.left[0] -= 1
    return int(nodes.free[nodes.left[0]])


@helper
def give_back(nodes: Nodes, node: int) -> None:
    """The course is given up or has ended."""
    nodes.free[nodes.left[0]] = node
    nodes.left[0] += 1


@helper
def store(nodes: Nodes, node: int, road: Road) -> None:
    """Keep the road as the course leaves it."""
    for group in range(road.green_from.size):
        nodes.greens[node, 0, group] = road.green_from[group]
        nodes.greens[node, 1, group] = road.green_until[group]
    for lane in range(road.head.size):
        nodes.heads[node, 0, lane] = road.head[lane]
        nodes.heads[node, 1, lane] = road.arrived[lane]
        nodes.lanes[node, 0, lane] = road.ready_s[lane]
        nodes.lanes[node, 1, lane] = road.idle_until_s[lane]
        nodes.lanes[node, 2, lane] = road.crossed_s[lane]
    for crossing in range(road.people.size):
        nodes.kerbs[node, 0, crossing] = road.people[crossing]
        nodes.kerbs[node, 1, crossing] = road.walk_from[crossing]
        nodes.kerbs[node, 2, crossing] = road.kerb_from[crossing]


@helper
def load(nodes: Nodes, node: int, road: Road) -> None:
    """Make the road what the course left."""
    for group in range(road.green_from.size):
        road.green_from[group] = nodes.greens[node, 0, group]
        road.green_until[group] = nodes.greens[node, 1, group]
    for lane in range(road.head.size):
        road.head[lane] = nodes.heads[node, 0, lane]
        road.arrived[lane] = nodes.heads[node, 1, lane]
        road.ready_s[lane] = nodes.lanes[node, 0, lane]
        road.idle_until_s[lane] = nodes.lanes[node, 1, lane]
        road.crossed_s[lane] = nodes.lanes[node, 2, lane]
    for crossing in range(road.people.size):
        road.people[crossing] = nodes.kerbs[node, 0, crossing]
        road.walk_from[crossing] = nodes.kerbs[node, 1, crossing]
        road.kerb_from[crossing] = nodes.kerbs[node, 2, crossing]
