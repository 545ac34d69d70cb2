"""Footways: from the plans of people to pieces, with forks where a junction offers several crossings.

A piece leads on to the next one or to a fork. A fork is where people enter a walking area: there they choose the way
that is quickest by the lights at that moment (`sim/engine/detours.py`). Plans share what follows their first junction.
"""

import heapq
import math
from dataclasses import dataclass, replace

import numpy as np

from sim.demand import Pause, Person, Walk
from sim.engine.arrays import F8, I4, Table, table
from sim.engine.pavement import NOTHING, Pavement, Piece, metres_along
from sim.engine.records import FOOTWAY, FORK, HURDLE, PIECE
from sim.engine.streets import Streets
from sim.network import Network, Point, Shape
from sim.routing import Footpaths, NoRouteError

LONGEST_DETOUR_M = 80.0  # red lights never make a longer one worth while
MOST_WAYS = 8  # through one junction, the shortest ones

Plan = tuple[Walk | Pause, ...]


@dataclass(frozen=True)
class _Way:
    """Through a junction: the piece it begins with, all its metres, and crossings with signals after so many metres."""

    piece: int
    length_m: float
    hurdles: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class _Onward:
    """What comes after the last piece of something: a piece, or a fork, or nothing."""

    next: int = NOTHING
    fork: int = NOTHING


class Footways:
    """The pieces and forks of all plans."""

    def __init__(self, network: Network, streets: Streets) -> None:
        self._network = network
        self._streets = streets
        self._pavement = Pavement(network, streets)
        self._paths = Footpaths(network)
        self._listed: list[Piece] = []
        self._forks: list[list[_Way]] = []
        self._known_forks: dict[tuple[str, Point, str, str, int], int] = {}
        self._known_ways: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
        self._known_rest: dict[tuple[object, ...], _Onward] = {}

    def first_piece(self, person: Person, share: float) -> int:
        """Lay out the plan of somebody; who does not say where it sets off does so at a share of its first edge.

        Raises:
            NoRouteError: A walk's edges are not joined on foot.
        """
        start = person.depart_position_m
        try:
            return self._stage(person.plan, 0, (0.0, 0.0), start, share if start is None else 0.5).next
        except NoRouteError as error:
            raise NoRouteError(f"person {person.id!r}: {error}") from None

    def tables(self) -> tuple[Table, Table, Table, Table]:
        """Pieces, forks, ways and hurdles."""
        pieces = self._listed
        ways = [way for fork in self._forks for way in fork]
        hurdles = [hurdle for way in ways for hurdle in way.hurdles]
        piece = table(
            PIECE,
            len(pieces) + 1,
            length=[p.length_m for p in pieces],
            crossing=[p.crossing for p in pieces],
            direction=[p.direction for p in pieces],
            rest=[p.rest_s for p in pieces],
            until=[p.until_s for p in pieces],
            next=[p.next for p in pieces],
            fork=[p.fork for p in pieces],
        )
        fork = table(FORK, len(self._forks) + 1, way_start=_starts([len(fork) for fork in self._forks]))
        way = table(
            FOOTWAY,
            len(ways) + 1,
            piece=[way.piece for way in ways],
            length=[way.length_m for way in ways],
            hurdle_start=_starts([len(way.hurdles) for way in ways]),
        )
        hurdle = table(HURDLE, len(hurdles) + 1, crossing=[h[0] for h in hurdles], before=[h[1] for h in hurdles])
        return piece, fork, way, hurdle

    def ends(self) -> tuple[F8, F8]:
        """Where the pieces begin and end, metres, shape (pieces, 2)."""
        start = np.array([piece.start for piece in self._listed], np.float64).reshape(-1, 2)
        return start, np.array([piece.end for piece in self._listed], np.float64).reshape(-1, 2)

    def _put(self, pieces: list[Piece], onward: _Onward) -> _Onward:
        """Take pieces into the list, the last one leading on; what leads to the first of them."""
        for piece in reversed(pieces):
            self._listed.append(replace(piece, next=onward.next, fork=onward.fork))
            onward = _Onward(len(self._listed) - 1)
        return onward

    def _stage(self, plan: Plan, number: int, where: Point, position: float | None, share: float) -> _Onward:
        """A stage of a plan and everything after it; it begins at `where` if it is a pause."""
        if number == len(plan):
            return _Onward()
        stage = plan[number]
        if isinstance(stage, Walk):
            return self._walk(stage, plan, number, position, share)
        key = (plan, number, where, position, share)
        if key not in self._known_rest:
            pause = Piece(where, where, 0.0, rest_s=stage.duration_s, until_s=stage.until_s)
            after = self._stage(plan, number + 1, where, position, share)
            self._known_rest[key] = self._put([pause], after)
        return self._known_rest[key]

    def _walk(self, walk: Walk, plan: Plan, number: int, position: float | None, share: float) -> _Onward:
        """A walk and what comes after it; from its second edge on people of one plan share the pieces."""
        key = (plan, number, position, share)
        if key in self._known_rest:
            return self._known_rest[key]
        path = self._path(walk, position)
        first = self._pavement.edge(path, 0, position, share, walk.arrival_position_m)
        rest = (plan, number, path)
        if rest not in self._known_rest:
            last = (
                first
                if len(path) == 1
                else self._pavement.edge(path, len(path) - 1, None, 0.5, walk.arrival_position_m)
            )
            onward = self._stage(plan, number + 1, last[-1].end, None, 0.5)
            if len(path) == 1:
                return self._put(first, onward)
            onward = self._put(last, onward)
            self._known_rest[rest] = self._before(path, onward, forced=self._names_crossings(walk))
        self._known_rest[key] = self._put(first, self._known_rest[rest])
        return self._known_rest[key]

    def _before(self, path: tuple[str, ...], onward: _Onward, *, forced: bool) -> _Onward:
        """The edges between the first and the last one of a path; `forced` people keep to the crossings it names."""
        at = len(path) - 2
        while at > 0:
            first = at
            while first > 0 and not self._pavement.is_street(path[first]):
                first -= 1
            if (
                first == at
                or forced
                or not self._pavement.is_street(path[at + 1])
                or not self._pavement.is_street(path[first])
            ):
                onward = self._put(self._pavement.edge(path, at, None, 0.5, None), onward)
                at -= 1
                continue
            leaves, enters = self._pavement.shape(path, first)[0], self._pavement.shape(path, at + 1)[0]
            onward = _Onward(fork=self._fork(path[first], leaves, path[first + 1], path[at + 1], enters, onward.next))
            at = first
        return onward

    def _fork(self, before: str, leaves: Shape, area: str, target: str, enters: Shape, ahead: int) -> int:
        """The fork of those who come from an edge onto a walking area and go to another edge of the junction."""
        key = (before, leaves[-1], area, target, ahead)
        if key in self._known_forks:
            return self._known_forks[key]
        number = self._known_forks[key] = len(self._forks)
        self._forks.append([])
        ways = self._ways(area, before, target)
        choice = len({way[1] for way in ways}) > 1
        begins: dict[str, int] = {}
        for way in ways:
            step = way[1]
            if step not in begins:
                beginning, onward = enters, _Onward(ahead)
                if step != target:
                    shape, forward = self._pavement.shape(way, 1)
                    index = self._streets.crossing_of[step]
                    walked = Piece(shape[0], shape[-1], self._pavement.metres_of(step), index, 1 if forward else -1)
                    after = self._fork(step, shape, way[2], target, enters, ahead)
                    beginning, onward = shape, self._put([walked], _Onward(fork=after))
                begins[step] = self._put([self._pavement.across(leaves, area, beginning)], onward).next
                if choice:
                    self._listed[-1] = replace(self._listed[-1], fork=number)
            self._forks[number].append(self._measured(way, begins[step]))
        return number

    def _measured(self, way: tuple[str, ...], piece: int) -> _Way:
        metres, hurdles = 0.0, list[tuple[int, float]]()
        for name in way[:-1]:
            crossing = self._streets.crossing_of.get(name, -1)
            if crossing >= 0 and self._streets.crossing_signal[crossing][0] >= 0:
                hurdles.append((crossing, metres))
            metres += self._pavement.metres_of(name)
        return _Way(piece, metres, tuple(hurdles))

    def _ways(self, area: str, before: str, target: str) -> list[tuple[str, ...]]:
        """The shortest ways through a junction, as edges from a walking area to the target; nobody turns back."""
        key = (area, before, target)
        if key in self._known_ways:
            return self._known_ways[key]
        found: list[tuple[str, ...]] = []
        heap: list[tuple[float, tuple[str, ...]]] = [(self._pavement.metres_of(area), (area,))]
        bound_m = math.inf
        while heap and len(found) < MOST_WAYS:
            metres, way = heapq.heappop(heap)
            if metres > bound_m:
                break
            if way[-1] == target:
                found.append(way)
                bound_m = min(bound_m, metres + LONGEST_DETOUR_M)
                continue
            for name in self._paths.neighbours.get(way[-1], ()):
                if name == target:
                    heapq.heappush(heap, (metres, (*way, name)))
                elif name != before and name not in way and not self._pavement.is_street(name):
                    heapq.heappush(heap, (metres + self._pavement.metres_of(name), (*way, name)))
        self._known_ways[key] = found
        return found

    def _names_crossings(self, walk: Walk) -> bool:
        return not all(self._pavement.is_street(name) for name in walk.edges)

    def _path(self, walk: Walk, position: float | None) -> tuple[str, ...]:
        """Every edge of a walk by the shortest way."""
        edges = walk.edges or tuple(dict.fromkeys((walk.origin, walk.destination)))
        path: tuple[str, ...] = edges[:1]
        for i, edge in enumerate(edges[1:], 1):
            at = position if i == 1 else None
            to = walk.arrival_position_m if i == len(edges) - 1 else None
            path = path[:-1] + self._between(path[-1], edge, at, to)
        return path

    def _between(self, origin: str, destination: str, at: float | None, to: float | None) -> tuple[str, ...]:
        """The way between two edges that is shortest from one position to the other (None: the middle)."""
        edges = self._network.edges
        best, best_m = self._paths.path(origin, destination), math.inf
        for first in sorted(self._paths.neighbours.get(origin, ())):
            for last in sorted(self._paths.neighbours.get(destination, ())):
                inner = self._paths.path(first, last)
                if origin in inner or destination in inner:
                    continue
                walked = sum(edges[name].length_m for name in inner)
                for edge, area, position in ((origin, first, at), (destination, last, to)):
                    length = edges[edge].length_m
                    metres = length / 2 if position is None else metres_along(position, length, True)
                    walked += length - metres if self._pavement.leads_to(edge, area) else metres
                if walked < best_m:
                    best, best_m = (origin, *inner, destination), walked
        return best


def _starts(counts: list[int]) -> I4:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
