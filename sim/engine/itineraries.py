"""Plans: the ways that vehicles go, each with its stops and its tables of best lanes; equal ones are shared."""

from dataclasses import dataclass

import numpy as np

from sim.demand import Stop, Vehicle
from sim.engine.arrays import CELL, CHAIN, DRAFT, I8, PLACE, PLAN, STOP, Plans, table
from sim.engine.bestlanes import MOST_EDGES, fill_tables
from sim.engine.streets import Streets
from sim.permissions import RAIL_CLASSES, class_bit
from sim.routing import NoRouteError, Router
from sim.vehicle_types import VehicleType


@dataclass
class _Plan:
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
        self.plans: dict[tuple[object, ...], int] = {}
        self.listed: list[_Plan] = []
        self.stops: list[tuple[int, int, Stop]] = []
        self._routed: dict[tuple[int, int], tuple[int, list[tuple[int, int, Stop]]]] = {}

    def add(self, vehicle: Vehicle) -> tuple[int, int, int]:
        """Plan, first and last stop of a vehicle."""
        if vehicle.route is None or vehicle.stops:
            plan, stops = self._planned(vehicle)
        else:  # of a flow: one route and one type for all
            key = (id(vehicle.route), id(vehicle.type))
            if key not in self._routed:
                self._routed[key] = self._planned(vehicle)
            plan, stops = self._routed[key]
        first = len(self.stops)
        self.stops += stops
        return plan, first, len(self.stops)

    def _planned(self, vehicle: Vehicle) -> tuple[int, list[tuple[int, int, Stop]]]:
        names = self._edges(vehicle)
        edges = tuple(self.streets.edge_of[name] for name in names)
        kind = vehicle.type
        stops = self._stops(vehicle, names)
        railway = kind.vehicle_class in RAIL_CLASSES
        key = (edges, kind.vehicle_class, kind.max_speed_mps, tuple((s[0], s[1], s[2].start_m) for s in stops))
        plan = self.plans.get(key)
        if plan is None:
            plan = self.plans[key] = len(self.listed)
            look_m = _look_ahead_m(kind, self.step_s)
            self.listed.append(
                _Plan(
                    edges, class_bit(kind.vehicle_class), railway, look_m, tuple((a, b, s.start_m) for a, b, s in stops)
                )
            )
        return plan, stops

    def _edges(self, vehicle: Vehicle) -> tuple[str, ...]:
        if vehicle.route is not None:
            return vehicle.route.edges
        via = [*vehicle.via]
        try:
            return self.router.route(vehicle.origin, vehicle.destination, vehicle.type, via)
        except NoRouteError as error:
            raise NoRouteError(f"vehicle {vehicle.id!r}: {error}") from None

    def _stops(self, vehicle: Vehicle, names: tuple[str, ...]) -> list[tuple[int, int, Stop]]:
        listed = [*(vehicle.route.stops if vehicle.route is not None else ()), *vehicle.stops]
        result = []
        position = 0
        for stop in listed:
            edge = stop.lane.rsplit("_", 1)[0]
            while position < len(names) and names[position] != edge:
                position += 1
            if position == len(names):
                raise NoRouteError(
                    f"vehicle {vehicle.id!r}: expected its stop on {stop.lane!r} along its route, got none"
                )
            result.append((self.streets.lane_of[stop.lane], position, stop))
        return result


def build_plans(streets: Streets, collector: Collector, vehicles: int) -> Plans:
    """The tables of best lanes for all plans, with room for cells that each of so many vehicles may need for itself."""
    plans = collector.listed
    net = streets.net
    start = np.concatenate([[0], np.cumsum([len(p.edges) for p in plans])]).astype(np.int64)
    edge = np.array([e for p in plans for e in p.edges], np.int64)
    lanes = np.diff(net.edge.lane_start)[edge] if edge.size else np.zeros(0, np.int64)
    row = np.zeros(edge.size, np.int64)
    table_start = np.zeros(len(plans) + 1, np.int64)
    offsets: list[int] = []
    next_rows: list[I8] = []
    total = 0
    for i, plan in enumerate(plans):
        part = lanes[start[i] : start[i + 1]]
        row[start[i] : start[i + 1]] = np.concatenate([[0], np.cumsum(part)[:-1]])
        following = np.repeat(np.append(row[start[i] + 1 : start[i + 1]], 0), part)
        for _ in range(len(plan.stops) + 1):
            offsets.append(total)
            next_rows.append(total + following)
            total += int(part.sum())
        table_start[i + 1] = len(offsets)
    stop_first = np.concatenate([[0], np.cumsum([len(p.stops) for p in plans])]).astype(np.int64)
    flat = [stop for p in plans for stop in p.stops]
    cell = table(CELL, total + 1, link=np.full(total, -1))
    draft = table(DRAFT, MOST_EDGES * int(np.diff(net.edge.lane_start[:-1]).max(initial=1)))
    table_offset = np.array(offsets, np.int64)
    next_row = np.concatenate([*next_rows, np.zeros(1, np.int64)])
    plan_table = table(PLAN, len(plans) + 1, start=start, table_start=table_start)
    place = table(PLACE, edge.size + 1, edge=edge, row=row, fan=_fans(streets, edge, start))
    most = fill_tables(
        net, start, place, table_start, table_offset, np.array([p.bit for p in plans], np.int64),
        np.array([p.look_m for p in plans], np.float64), np.array([p.railway for p in plans], np.bool_), stop_first,
        np.array([s[0] for s in flat], np.int64), np.array([s[1] for s in flat], np.int64),
        np.array([s[2] for s in flat], np.float64), cell, draft,
    )  # fmt: skip
    lane = np.where(cell.link[:total] < 0, -1, net.link.dst[cell.link[:total]])
    next_cell = next_row[:total] + np.where(lane < 0, 0, net.lane.index[lane])
    blocks = vehicles if (place.fan[: edge.size] >= 0).any() else 0
    cells = table(CELL, total + 1 + blocks * most)  # fresh memory is used up by those only who come to need it
    cells[:total] = cell[:total]
    chain = table(CHAIN, len(cells), link=cell.link[:total], lane=lane, next=next_cell)
    stops = collector.stops
    stop = table(
        STOP,
        len(stops) + 1,
        lane=np.array([streets.lane_of[s[2].lane] for s in stops], np.int64),
        position=np.array([s[1] for s in stops], np.int64),
        start=np.array([s[2].start_m for s in stops], np.float64),
        end=np.array([s[2].end_m for s in stops], np.float64),
        duration=np.array([s[2].duration_s for s in stops], np.float64),
        until=np.array([s[2].until_s for s in stops], np.float64),
        parking=np.array([s[2].parking for s in stops], np.bool_),
        place=np.array([0 if s[2].place else -1 for s in stops], np.int64),
    )
    free, block = np.zeros(blocks + 1, np.int64), np.array([most, total + 1, 0], np.int64)
    return Plans(plan_table, place, table_offset, cells, chain, stop, draft, free, block)


def _fans(streets: Streets, edge: I8, start: I8) -> I8:
    """At each place of a plan: the fan of its edge and the one after it, -1 for none, (places,)."""
    fan = streets.net.fan[:-1]
    following = np.append(edge[1:], -1)
    following[start[1:] - 1] = -1
    key = edge * len(streets.net.edge) + following
    fan_key = fan.edge.astype(np.int64) * len(streets.net.edge) + fan.following
    order = np.argsort(fan_key)
    if not fan_key.size or not edge.size:
        return np.full(edge.size, -1)
    at = np.minimum(np.searchsorted(fan_key[order], key), fan_key.size - 1)
    return np.where((following >= 0) & (fan_key[order][at] == key), order[at], -1)


def _look_ahead_m(kind: VehicleType, step_s: float) -> float:
    """How far beyond its edge a vehicle judges lanes at least: what it needs to stop from its top speed."""
    top = min(kind.max_speed_mps, kind.desired_max_speed_mps)
    drop = kind.decel_mps2 * step_s
    steps = int(top / drop)
    braking_m = step_s * (steps * top - drop * steps * (steps + 1) / 2)
    return 2 * kind.tau_s * top + braking_m + kind.min_gap_m
