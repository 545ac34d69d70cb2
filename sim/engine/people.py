"""People on foot: from plans to paths of straight pieces, and what became of everybody."""

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.demand import Pause, Person, Walk
from sim.engine.arrays import CROSSING, F8, I4, PERSON, PIECE, Table, Walkers, table
from sim.engine.jit import direct
from sim.engine.pointers import World
from sim.engine.streets import Streets
from sim.engine.travellers import hashed, speed_factors
from sim.engine.walking import DONE, walk_everybody
from sim.network import Network, Point, Shape
from sim.permissions import ON_FOOT
from sim.plant import RoadMode, Trip
from sim.routing import Footpaths, NoRouteError


@dataclass(frozen=True)
class _Piece:
    start: Point
    end: Point
    length_m: float
    crossing: int = -1
    direction: int = 0
    rest_s: float = -1.0
    until_s: float = -1.0


class People:
    """All persons of a scenario."""

    def __init__(self, network: Network, streets: Streets, persons: Sequence[Person], seed: int, step_s: float) -> None:
        self._network = network
        self._streets = streets
        self._paths = Footpaths(network)
        self._people = persons
        self._step_s = step_s
        self._move_all = direct(walk_everybody)
        self._active: I4 = np.zeros(len(persons) + 1, np.int64)
        listed, plan_of = self._listed(seed)
        pieces = [piece for row in listed for piece in row]
        self.start_xy: F8 = np.array([piece.start for piece in pieces], np.float64).reshape(-1, 2)
        self.end_xy: F8 = np.array([piece.end for piece in pieces], np.float64).reshape(-1, 2)
        self.walkers = self._tables(listed, plan_of, pieces, seed)
        signals = streets.crossing_signal
        self._signalled: I4 = np.array([c for c, s in enumerate(signals) if s[0] >= 0 and s[1] >= 0], np.int64)
        self._signal: I4 = np.array([signals[c][0] for c in self._signalled], np.int64)
        self._index: I4 = np.array([signals[c][1] for c in self._signalled], np.int64)

    @property
    def persons(self) -> Table:
        """One row per person."""
        return self.walkers.person

    def _listed(self, seed: int) -> tuple[list[list[_Piece]], I4]:
        """The different ways of all persons, and which of them each one goes: people of a flow mostly share theirs."""
        listed: list[list[_Piece]] = []
        known: dict[tuple[object, ...], int] = {}
        share = hashed(seed, np.arange(len(self._people)), 77).tolist()
        plan_of = np.zeros(len(self._people), np.int64)
        for i, person in enumerate(self._people):
            start = person.depart_position_m
            key = (person.plan, start, share[i] if start is None else None)
            if key not in known:
                known[key] = len(listed)
                listed.append(self._pieces(person, share[i]))
            plan_of[i] = known[key]
        return listed, plan_of

    def _tables(self, listed: list[list[_Piece]], plan_of: I4, pieces: list[_Piece], seed: int) -> Walkers:
        n = len(self._people)
        last = np.cumsum([0, *(len(row) for row in listed)], dtype=np.int64)
        first, last = last[plan_of], last[plan_of + 1]
        kinds = [person.type for person in self._people]
        desired = np.array([min(k.desired_max_speed_mps, k.max_speed_mps) for k in kinds], np.float64)
        given = np.array([_given_speed(person) for person in self._people], np.float64)
        speed = np.maximum(0.2, np.where(given > 0, given, desired * speed_factors(kinds, seed, salt=500)))
        walked = np.array([sum(piece.length_m for piece in row) for row in listed], np.float64)[plan_of]
        person = table(
            PERSON,
            n + 1,
            depart=[p.depart_s for p in self._people],
            speed=speed,
            first=first,
            last=last,
            piece=first,
            free_s=walked / speed,
            started_at=np.full(n, -1.0),
            arrived_at=np.full(n, -1.0),
            next=np.full(n, -1),
        )
        piece = table(
            PIECE,
            len(pieces) + 1,
            length=[p.length_m for p in pieces],
            crossing=[p.crossing for p in pieces],
            direction=[p.direction for p in pieces],
            rest=[p.rest_s for p in pieces],
            until=[p.until_s for p in pieces],
        )
        crossing, links = self._crossings()
        return Walkers(crossing, person, piece, links, np.array([0, 0, 0, n], np.int64))

    def _crossings(self) -> tuple[Table, I4]:
        """The crossings, and for each the links of the vehicles that cross it."""
        net, streets = self._streets.net, self._streets
        lanes = [self._network.edges[name].lanes[0] for name in streets.crossing_of]
        by_crossing: list[set[int]] = [set() for _ in lanes]
        for link in range(len(net.link) - 1):
            for c in range(net.link.conflict_start[link], net.link.conflict_start[link + 1]):
                if net.conflict.crossing[c] >= 0:
                    by_crossing[net.conflict.crossing[c]].add(int(net.link.entry[link]))
        crossing = table(
            CROSSING,
            len(lanes) + 1,
            length=[lane.length_m for lane in lanes],
            width=[lane.width_m for lane in lanes],
            state=[ord(letter) for letter in streets.crossing_letter],
            signal=[s[0] for s in streets.crossing_signal],
            index=[s[1] for s in streets.crossing_signal],
            link_start=np.concatenate([[0], np.cumsum([len(row) for row in by_crossing])]),
            head=-1,
            approaching=-1,
            entered_forward=-1e9,
            entered_back=-1e9,
        )
        crossed = np.array([link for row in by_crossing for link in sorted(row)], np.int64)
        net.link.heard[crossed] = True
        return crossing, crossed

    def _pieces(self, person: Person, share: float) -> list[_Piece]:
        result: list[_Piece] = []
        position = person.depart_position_m
        for stage in person.plan:
            if isinstance(stage, Pause):
                where = result[-1].end if result else (0.0, 0.0)
                result.append(_Piece(where, where, 0.0, rest_s=stage.duration_s, until_s=stage.until_s))
            else:
                result += self._walk(person.id, stage, position, share)
                position, share = None, 0.5
        return result

    def _walk(self, name: str, walk: Walk, position: float | None, share: float) -> list[_Piece]:
        """From metres on the first edge (negative: before its end), or from a share of its length when not given."""
        try:
            if walk.edges:
                path: tuple[str, ...] = walk.edges[:1]
                for i, edge in enumerate(walk.edges[1:], 1):
                    at = position if i == 1 else None
                    to = walk.arrival_position_m if i == len(walk.edges) - 1 else None
                    path = path[:-1] + self._between(path[-1], edge, at, to)
            else:
                path = self._paths.path(walk.origin, walk.destination)
        except NoRouteError as error:
            raise NoRouteError(f"person {name!r}: {error}") from None
        return self._along(path, position, share, walk.arrival_position_m)

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
                    metres = length / 2 if position is None else _metres(position, length, True)
                    walked += length - metres if self._leads_to(edge, area) else metres
                if walked < best_m:
                    best, best_m = (origin, *inner, destination), walked
        return best

    def _along(
        self, path: tuple[str, ...], position: float | None, share: float, arrival: float | None
    ) -> list[_Piece]:
        edges = self._network.edges
        shapes = [self._shape(path, i) for i in range(len(path))]
        result: list[_Piece] = []
        for i, name in enumerate(path):
            shape, forward = shapes[i]
            if edges[name].function == "walkingarea":
                before = result[-1].end if result else shape[0]
                after = shapes[i + 1][0][0] if i + 1 < len(path) else shape[0]
                result.append(_Piece(before, after, max(0.1, math.dist(before, after))))
                continue
            length = self._network.edges[name].length_m
            low, high = 0.0, length
            if i == 0:
                low = share * length if position is None else _metres(position, length, forward)
            if i == len(path) - 1 and arrival is not None:
                high = _metres(arrival, length, forward)
            if high < low:
                shape, low, high = tuple(reversed(shape)), length - low, length - high
            crossing = self._streets.crossing_of.get(name, -1)
            result += _cut(shape, low / length, high / length, length, crossing, 1 if forward else -1)
        return result or [_Piece(shapes[0][0][0], shapes[0][0][0], 0.1)]

    def _shape(self, path: tuple[str, ...], i: int) -> tuple[Shape, bool]:
        """Shape of the lane walked on, in walking direction, and whether that is the lane's own direction."""
        edge = self._network.edges[path[i]]
        lane = next((lane for lane in edge.lanes if lane.permissions & ON_FOOT), edge.lanes[0])
        if edge.function == "walkingarea":
            return lane.shape, True
        forward = True
        if i + 1 < len(path):
            forward = self._leads_to(path[i], path[i + 1])
        elif i > 0:
            forward = not self._leads_to(path[i], path[i - 1])
        return (lane.shape if forward else tuple(reversed(lane.shape))), forward

    def _leads_to(self, edge_id: str, area_id: str) -> bool:
        """Whether a walking area lies at the end of an edge (not at its start)."""
        edge = self._network.edges[edge_id]
        if edge.function == "crossing":
            return any(c.to_edge == area_id for c in self._network.outgoing.get(edge.lanes[0].id, ()))
        return area_id[1:].rsplit("_", 1)[0] == edge.to_junction

    def show(self, letters: I4) -> None:
        """Show the signals to people."""
        self.walkers.crossing.state[self._signalled] = letters[self._signal, self._index]

    def step(self, now: float, world: World) -> None:
        """Let people walk."""
        if self._people:
            self._move_all(world, self._active, now, self._step_s)

    @property
    def finished(self) -> bool:
        """Whether everybody has arrived."""
        return bool(self.walkers.counters[1] == len(self._people))

    @property
    def started(self) -> int:
        """How many set off."""
        return int(self.walkers.counters[2])

    @property
    def walking(self) -> int:
        """How many are on their way."""
        return int(self.walkers.counters[0])

    @property
    def arrived(self) -> int:
        """How many are there."""
        return int(self.walkers.counters[1])

    def loaded(self, now_s: float) -> int:
        """How many were to set off by now."""
        return int(np.count_nonzero(self.persons.depart[: len(self._people)] <= now_s))

    @property
    def active(self) -> I4:
        """Indices of those who walk."""
        return self._active[: self.walking]

    def trips(self, now_s: float) -> list[Trip]:
        """One record per person whose departure is due."""
        per = self.persons
        due = bisect.bisect_right(self._people, now_s, key=lambda person: person.depart_s)
        columns = (
            per.status, per.started_at, per.arrived_at, per.speed, per.free_s, per.walked, per.wait_total, per.halts,
            per.wait_longest,
        )  # fmt: skip
        rows = zip(*(column[:due].tolist() for column in columns), strict=True)
        result = []
        for person, row in zip(self._people[:due], rows, strict=True):
            status, started_s, arrived_s, speed_mps, free_s, walked_m, waited_s, halts, longest_s = row
            done, started = status == DONE, started_s >= 0
            spent_s = (arrived_s if done else now_s) - started_s if started else 0.0
            rests_s = sum(stage.duration_s for stage in person.plan if isinstance(stage, Pause))
            free_s = free_s + rests_s if done else walked_m / speed_mps
            result.append(
                Trip(
                    id=person.id,
                    mode=RoadMode.PEDESTRIAN,
                    depart_s=person.depart_s,
                    depart_delay_s=0.0 if started else max(0.0, now_s - person.depart_s),
                    arrival_s=arrived_s if done else -1.0,
                    time_loss_s=max(0.0, spent_s - free_s) if done else waited_s,
                    waiting_s=waited_s,
                    stops=halts,
                    route_length_m=walked_m,
                    inserted=started,
                    max_wait_s=longest_s,
                )
            )
        return result


def _metres(position: float, length: float, forward: bool) -> float:
    """Metres in walking direction of a position on an edge; a negative one is counted from the edge's end."""
    at = max(0.0, position + length) if position < 0 else min(position, length)
    return at if forward else length - at


def _given_speed(person: Person) -> float:
    return next((s.speed_mps for s in person.plan if isinstance(s, Walk) and s.speed_mps > 0), -1.0)


def _cut(shape: Shape, low: float, high: float, length: float, crossing: int, direction: int) -> list[_Piece]:
    """The pieces of a polyline between two of its fractions; a crossing stays one piece."""
    spans = [math.dist(a, b) for a, b in itertools.pairwise(shape)]
    total = max(sum(spans), 1e-9)
    if crossing >= 0:
        return [_Piece(shape[0], shape[-1], length, crossing, direction)]
    result = []
    done = 0.0
    for (a, b), span in zip(itertools.pairwise(shape), spans, strict=True):
        from_, to = max(low * total, done), min(high * total, done + span)
        if to > from_ and span > 0:
            s, e = (from_ - done) / span, (to - done) / span
            start = (a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s)
            end = (a[0] + (b[0] - a[0]) * e, a[1] + (b[1] - a[1]) * e)
            result.append(_Piece(start, end, (to - from_) / total * length))
        done += span
    return result
