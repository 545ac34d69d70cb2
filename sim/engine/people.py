"""People on foot: the tables that kernels work on, and what became of everybody."""

import bisect
from collections.abc import Sequence

import numpy as np

from sim.demand import Pause, Person, Walk
from sim.engine.arrays import I4, PEOPLE, Table, Walkers, table
from sim.engine.footways import Footways
from sim.engine.jit import direct
from sim.engine.pointers import World
from sim.engine.records import CROSSING, PERSON
from sim.engine.streets import Streets
from sim.engine.travellers import hashed, speed_factors
from sim.engine.walking import DONE, walk_everybody
from sim.network import Network
from sim.plant import RoadMode, Trip


class People:
    """All persons of a scenario."""

    def __init__(self, network: Network, streets: Streets, persons: Sequence[Person], seed: int, step_s: float) -> None:
        self._network = network
        self._streets = streets
        self._people = persons
        self._step_s = step_s
        self._move_all = direct(walk_everybody)
        footways = Footways(network, streets)
        share = hashed(seed, np.arange(len(persons)), 77).tolist()
        first = [footways.first_piece(person, share[i]) for i, person in enumerate(persons)]
        self.start_xy, self.end_xy = footways.ends()
        self.walkers = self._tables(first, footways, seed)

    @property
    def persons(self) -> Table:
        """One row per person."""
        return self.walkers.person

    def _tables(self, first: Sequence[int], footways: Footways, seed: int) -> Walkers:
        n = len(self._people)
        kinds = [person.type for person in self._people]
        desired = np.array([min(k.desired_max_speed_mps, k.max_speed_mps) for k in kinds], np.float64)
        given = np.array([_given_speed(person) for person in self._people], np.float64)
        speed = np.maximum(0.2, np.where(given > 0, given, desired * speed_factors(kinds, seed, salt=500)))
        person = table(
            PERSON,
            n + 1,
            depart=[p.depart_s for p in self._people],
            speed=speed,
            piece=first,
            started_at=np.full(n, -1.0),
            arrived_at=np.full(n, -1.0),
            next=np.full(n, -1),
        )
        crossing, links = self._crossings()
        return Walkers(
            crossing, person, *footways.tables(), links, np.array([0, 0, 0, n], np.int64), np.zeros(n + 1, np.int64)
        )

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
            free_forward=-1e9,
            free_back=-1e9,
            left_forward=-1e9,
            left_back=-1e9,
        )
        crossed = np.array([link for row in by_crossing for link in sorted(row)], np.int64)
        net.link.heard[crossed] = PEOPLE
        return crossing, crossed

    def step(self, now: float, world: World) -> None:
        """Let people walk."""
        if self._people:
            self._move_all(world, now, self._step_s)

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
        return self.walkers.active[: self.walking]

    def trips(self, now_s: float) -> list[Trip]:
        """One record per person whose departure is due."""
        per = self.persons
        due = bisect.bisect_right(self._people, now_s, key=lambda person: person.depart_s)
        columns = (
            per.status,
            per.started_at,
            per.arrived_at,
            per.speed,
            per.walked,
            per.wait_total,
            per.halts,
            per.wait_longest,
        )
        rows = zip(*(column[:due].tolist() for column in columns), strict=True)
        result = []
        for person, row in zip(self._people[:due], rows, strict=True):
            status, started_s, arrived_s, speed_mps, walked_m, waited_s, halts, longest_s = row
            done, started = status == DONE, started_s >= 0
            spent_s = (arrived_s if done else now_s) - started_s if started else 0.0
            rests_s = sum(stage.duration_s for stage in person.plan if isinstance(stage, Pause))
            free_s = walked_m / speed_mps + rests_s
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


def _given_speed(person: Person) -> float:
    return next((s.speed_mps for s in person.plan if isinstance(s, Walk) and s.speed_mps > 0), -1.0)
