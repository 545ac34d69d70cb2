"""Who goes where: the ways that vehicles go, each with its stops; equal ones are shared."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.demand import Stop, Vehicle
from sim.engine.streets import Streets
from sim.permissions import RAIL_CLASSES, class_bit
from sim.routing import NoRouteError, Router
from sim.vehicle_types import VehicleType

Stops = list[tuple[int, int, Stop]]  # lane, route position, stop


@dataclass(frozen=True)
class Plan:
    """A way for a class, and where it halts."""

    edges: tuple[int, ...]
    bit: int
    railway: bool
    look_m: float
    stops: tuple[tuple[int, int, float], ...]  # lane, route position, start


class Collector:
    """Interns equal plans, and lists the stops of every vehicle."""

    def __init__(self, streets: Streets, router: Router, step_s: float) -> None:
        self.streets = streets
        self.step_s = step_s
        self.router = router
        self.listed: list[Plan] = []
        self.stops: Stops = []
        self._plans: dict[tuple[object, ...], int] = {}
        self._routed: dict[tuple[int, int], tuple[int, Stops]] = {}

    def add(self, vehicle: Vehicle) -> tuple[int, int, int]:
        """Plan, first and last stop of a vehicle."""
        if vehicle.route is None or vehicle.stops:
            plan, stops = self.plan(vehicle, self._edges(vehicle))
        else:  # of a flow: one route and one type for all
            key = (id(vehicle.route), id(vehicle.type))
            if key not in self._routed:
                self._routed[key] = self.plan(vehicle, self._edges(vehicle))
            plan, stops = self._routed[key]
        first = len(self.stops)
        self.stops += stops
        return plan, first, len(self.stops)

    def plan(self, vehicle: Vehicle, edges: tuple[int, ...]) -> tuple[int, Stops]:
        """The plan of a vehicle that takes this way, which may be a new one at the end of `listed`, and its stops."""
        kind = vehicle.type
        stops = self._stops(vehicle, edges)
        key = (edges, kind.vehicle_class, kind.max_speed_mps, tuple((s[0], s[1], s[2].start_m) for s in stops))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = len(self.listed)
            railway = kind.vehicle_class in RAIL_CLASSES
            halts = tuple((lane, position, stop.start_m) for lane, position, stop in stops)
            look_m = _look_ahead_m(kind, self.step_s)
            self.listed.append(Plan(edges, class_bit(kind.vehicle_class), railway, look_m, halts))
        return plan, stops

    def _edges(self, vehicle: Vehicle) -> tuple[int, ...]:
        names: Sequence[str]
        if vehicle.route is not None:
            names = vehicle.route.edges
        else:
            origin, *via, destination = waypoints(vehicle)
            try:
                names = self.router.route(origin, destination, vehicle.type, via)
            except NoRouteError as error:
                raise NoRouteError(f"vehicle {vehicle.id!r}: {error}") from None
        return tuple(self.streets.edge_of[name] for name in names)

    def _stops(self, vehicle: Vehicle, edges: tuple[int, ...]) -> Stops:
        listed = [*(vehicle.route.stops if vehicle.route is not None else ()), *vehicle.stops]
        result = []
        position = 0
        for stop in listed:
            lane = self.streets.lane_of[stop.lane]
            edge = self.streets.net.lane.edge[lane]
            while position < len(edges) and edges[position] != edge:
                position += 1
            if position == len(edges):
                raise NoRouteError(
                    f"vehicle {vehicle.id!r}: expected its stop on {stop.lane!r} along its route, got none"
                )
            result.append((lane, position, stop))
        return result


def waypoints(trip: Vehicle) -> tuple[str, ...]:
    """Edges that a trip goes over: from its origin over `via`, or else over its stops, to its destination."""
    between = trip.via or tuple(stop.lane.rsplit("_", 1)[0] for stop in trip.stops)
    return (trip.origin, *between, trip.destination)


def _look_ahead_m(kind: VehicleType, step_s: float) -> float:
    """How far beyond its edge a vehicle judges lanes at least: what it needs to stop from its top speed."""
    top = min(kind.max_speed_mps, kind.desired_max_speed_mps)
    drop = kind.decel_mps2 * step_s
    steps = int(top / drop)
    braking_m = step_s * (steps * top - drop * steps * (steps + 1) / 2)
    return 2 * kind.tau_s * top + braking_m + kind.min_gap_m
