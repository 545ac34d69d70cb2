"""Trips choose their way as they depart, by the speeds of the last minutes, as SUMO's rerouting device does.

They choose when their departure is due and the edge is not full; again after every minute that they wait, where the
lane to depart on is to be the best of the way (`departLane="best"`); else once more on entering, if they had to wait
for longer than that. Trips with one possible way, and routes, cost nothing here.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from sim.demand import Vehicle
from sim.engine.arrays import DRIVING, F8, I8, INSERTED, PENDING, Vehicles
from sim.engine.insertion import LANE_BEST
from sim.engine.itineraries import Collector, waypoints
from sim.engine.jit import direct
from sim.engine.plantables import PlanTables
from sim.engine.pointers import World
from sim.engine.seeking import see_room, seek, take
from sim.engine.speeds import EdgeSpeeds
from sim.engine.streets import Streets
from sim.engine.ways import Ways, build_ways, fastest_way, has_choice
from sim.road_graph import RoadGraph, RoutingRules


class Choices:
    """Which trips have more than one possible way, and what ways there are for their classes."""

    def __init__(self, streets: Streets, graph: RoadGraph, collector: Collector) -> None:
        self._streets = streets
        self._graph = graph
        self._collector = collector
        self._known: dict[tuple[tuple[str, ...], str], bool] = {}
        self._points: dict[tuple[str, ...], I8] = {}
        self.ways: dict[str, Ways] = {}
        self._level: F8 = np.full(len(streets.net.edge) - 1, 1.0)

    def among(self, demand: Sequence[Vehicle]) -> I8:
        """The vehicles that choose, in order of departure."""
        return np.array([i for i, one in enumerate(demand) if one.route is None and self._has_choice(one)], np.int64)

    def points(self, trip: Vehicle) -> I8:
        """The edges that a trip must go over; trips with the same ones share them."""
        names = waypoints(trip)
        if names not in self._points:
            self._points[names] = np.array([self._streets.edge_of[name] for name in names], np.int64)
        return self._points[names]

    def _has_choice(self, trip: Vehicle) -> bool:
        key = (waypoints(trip), trip.type.vehicle_class)
        if key not in self._known:
            kind = trip.type.vehicle_class
            if kind not in self.ways:
                self.ways[kind] = build_ways(self._streets, self._graph, kind)
            ways, points = self.ways[kind], self.points(trip)
            self._known[key] = any(
                has_choice(ways, fastest_way(ways, self._level, 1.0, 1.0, first, last))
                for first, last in itertools.pairwise(points.tolist())
                if first != last
            )
        return self._known[key]


class Guide:
    """Gives each trip its way, and adds plans as new ways come up.

    Args:
        demand: All vehicles, in order of departure.
        vehicles: The same as the engine sees them.
        chooses: Those that choose their way.
        choices: What ways there are.
        collector: Of plans.
        tables: The plans as tables.
        rules: How ways are chosen.
        begin_s: When the run begins.
    """

    def __init__(
        self, demand: Sequence[Vehicle], vehicles: Vehicles, chooses: I8, choices: Choices, collector: Collector,
        tables: PlanTables, rules: RoutingRules, begin_s: float,
    ) -> None:  # fmt: skip
        self._demand = demand
        self._choices = choices
        self._collector = collector
        self._tables = tables
        self._period_s = rules.pre_period_s
        edges = len(collector.streets.net.edge) - 1
        self._speeds = EdgeSpeeds(edges, rules, begin_s)
        self._chooses: list[int] = chooses.tolist()
        self._points = {v: choices.points(demand[v]) for v in self._chooses}
        self._found: I8 = np.zeros(edges * max(points.size for points in self._points.values()), np.int64)
        self._depart_s = [demand[v].depart_s for v in self._chooses]
        self._next = 0
        self._waiting: I8 = np.zeros(0, np.int64)
        self._again_s: F8 = np.zeros(0)  # when each of them chooses again
        self._soonest_s = np.inf
        self._entered = 0
        self._status: I8 = vehicles.view(np.ndarray)["status"]
        self._depart_lane: I8 = vehicles.view(np.ndarray)["depart_lane"]
        self._plans: dict[tuple[bytes, int], int] = {}
        self._seek, self._take, self._see_room = direct(seek), direct(take), direct(see_room)

    def before_entering(self, world: World, now: float) -> bool:
        """Ways for those who are to choose now; whether the tables of plans are others since."""
        before = self._tables.plans
        self._speeds.begin(world)
        first = self._next
        while self._next < len(self._chooses) and self._depart_s[self._next] <= now + 1e-6:
            self._next += 1
        if self._next > first:
            self._waiting = np.concatenate([self._waiting, np.array(self._chooses[first : self._next], np.int64)])
            self._again_s = np.concatenate([self._again_s, np.full(self._next - first, now)])
            self._soonest_s = now
        if self._soonest_s <= now + 1e-6:
            self._choose_again(world, now)
        return self._tables.plans is not before

    def _choose_again(self, world: World, now: float) -> None:
        """Those who wait and are to choose, once their edge is not full."""
        due = self._again_s <= now + 1e-6
        who = self._waiting[due]
        ready = np.zeros(who.size, np.bool_)
        self._see_room(world, who, ready)
        for v in who[ready].tolist():
            self._choose(world, v)
        repeats = (self._depart_lane[who] == LANE_BEST) & (self._period_s > 0)
        self._again_s[due] = np.where(ready, np.where(repeats, now + self._period_s, np.inf), now)
        self._soonest_s = float(self._again_s.min(initial=np.inf))

    def after_entering(self, world: World, now: float) -> bool:
        """Ways for those who entered late, and a look at the speeds; whether the tables of plans are others since."""
        before = self._tables.plans
        entered = world.tra.counters[INSERTED]
        if entered != self._entered:
            self._entered = entered
            status = self._status[self._waiting]
            kept = status == PENDING
            if not kept.all():
                late = (status == DRIVING) & np.isinf(self._again_s)
                for v in self._waiting[late].tolist():
                    if 0 < self._period_s < now - self._demand[v].depart_s:
                        self._choose(world, v)
                self._waiting, self._again_s = self._waiting[kept], self._again_s[kept]
        self._speeds.look(world, now)
        return self._tables.plans is not before

    def _choose(self, world: World, v: int) -> None:
        """Put a vehicle on the way that is the cheapest now."""
        ways = self._choices.ways[self._demand[v].type.vehicle_class]
        count = self._seek(world, ways, self._speeds.smoothed, self._points[v], self._found, v)
        if count > 0:
            self._assign(world, v, self._found[:count])

    def _assign(self, world: World, v: int, edges: I8) -> None:
        """Put the vehicle on a way."""
        veh, vehicle = world.veh, self._demand[v]
        key = (edges.tobytes(), id(vehicle.type))
        plan = self._plans.get(key) if not vehicle.stops else None
        if plan is None:
            known = len(self._collector.listed)
            plan, stops = self._collector.plan(vehicle, tuple(edges.tolist()))
            if plan == known and self._tables.add(self._collector.listed[plan]):
                veh.own_cells[:] = -1  # what they have stays as it is, but is too small to be written anew
            for k, (_, position, _) in enumerate(stops):
                self._tables.plans.stop.position[veh.first_stop[v] + k] = position
            if not vehicle.stops:
                self._plans[key] = plan
        if self._tables.plans is not world.plans:
            world = World(world.net, veh, self._tables.plans, world.tra, world.wal, world.sig)
        self._take(world, v, plan)
