"""From the demand to the engine's arrays: vehicles with their own speed factors, shared plans, stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from sim.demand import Stop, Vehicle
from sim.engine.arrays import CELL, CHAIN, F8, I8, INFINITE, PLACE, PLAN, STOP, VEHICLE, Plans, Vehicles, table
from sim.engine.bestlanes import fill_tables
from sim.engine.insertion import (
    LANE_ALLOWED,
    LANE_BEST,
    LANE_BEST_PROB,
    LANE_FIRST,
    LANE_FREE,
    LANE_RANDOM,
    POSITION_BASE,
    POSITION_FREE,
    POSITION_LAST,
    POSITION_RANDOM,
    POSITION_STOP,
    SPEED_AVERAGE,
    SPEED_DESIRED,
    SPEED_LAST,
    SPEED_LIMIT,
    SPEED_MAX,
    SPEED_RANDOM,
)
from sim.engine.streets import Streets
from sim.permissions import RAIL_CLASSES, class_bit
from sim.routing import NoRouteError, Router
from sim.vehicle_types import VehicleType

LANE_WORDS = {
    "first": LANE_FIRST, "free": LANE_FREE, "best": LANE_BEST, "random": LANE_RANDOM, "allowed": LANE_ALLOWED,
    "best_prob": LANE_BEST_PROB,
}  # fmt: skip
POSITION_WORDS = {
    "base": POSITION_BASE, "random": POSITION_RANDOM, "free": POSITION_FREE, "random_free": POSITION_FREE,
    "last": POSITION_LAST, "stop": POSITION_STOP,
}  # fmt: skip
SPEED_WORDS = {
    "max": SPEED_MAX, "desired": SPEED_DESIRED, "speedLimit": SPEED_LIMIT, "random": SPEED_RANDOM,
    "avg": SPEED_AVERAGE, "last": SPEED_LAST,
}  # fmt: skip

T = TypeVar("T")


@dataclass
class _Plan:
    edges: tuple[int, ...]
    bit: int
    railway: bool
    look_m: float
    stops: tuple[tuple[int, int, float], ...]  # lane, route position, start


class _Collector:
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


def build_plans(streets: Streets, collector: _Collector) -> Plans:
    """The tables of best lanes for all plans."""
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
    table_offset = np.array(offsets, np.int64)
    next_row = np.concatenate([*next_rows, np.zeros(1, np.int64)])
    plan_table = table(PLAN, len(plans) + 1, start=start, table_start=table_start)
    place = table(PLACE, edge.size + 1, edge=edge, row=row)
    fill_tables(
        net, start, edge, row, table_start, table_offset, np.array([p.bit for p in plans], np.int64),
        np.array([p.look_m for p in plans], np.float64), np.array([p.railway for p in plans], np.bool_), stop_first,
        np.array([s[0] for s in flat], np.int64), np.array([s[1] for s in flat], np.int64),
        np.array([s[2] for s in flat], np.float64), cell,
    )  # fmt: skip
    chain = table(
        CHAIN, total + 1, link=cell.link, lane=np.where(cell.link < 0, -1, net.link.dst[cell.link]), next=next_row
    )
    chain.next += np.where(chain.lane < 0, 0, net.lane.index[chain.lane])
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
    return Plans(plan_table, place, table_offset, cell, chain, stop)


def build_vehicles(
    streets: Streets, demand: Sequence[Vehicle], router: Router, seed: int, step_s: float
) -> tuple[Vehicles, Plans]:
    """Vehicles in order of departure, and their plans.

    Raises:
        NoRouteError: A trip has no way, or a stop does not lie on the route.
    """
    collector = _Collector(streets, router, step_s)
    rows = [collector.add(vehicle) for vehicle in demand]
    plans = build_plans(streets, collector)
    n = len(demand)
    kinds = [vehicle.type for vehicle in demand]
    factor = speed_factors(kinds, seed)

    kind_of, different = _different(kinds)
    departure_of, departures = _different([vehicle.departure for vehicle in demand])

    def of(name: str) -> F8:
        return np.array([getattr(kind, name) for kind in different], np.float64)[kind_of]

    def entering(name: str, words: Mapping[str, float]) -> F8:
        return np.array([_word(getattr(departure, name), words) for departure in departures], np.float64)[departure_of]

    plan = np.array([row[0] for row in rows], np.int64)
    first_stop = np.array([row[1] for row in rows], np.int64)
    last_edge = plans.place.edge[plans.plan.start[plan + 1] - 1] if n else np.zeros(0, np.int64)
    vehicles = table(
        VEHICLE,
        n + 1,
        length=of("length_m"),
        min_gap=of("min_gap_m"),
        width=of("width_m"),
        max_speed=np.minimum(of("max_speed_mps"), of("desired_max_speed_mps") * factor),
        accel=of("accel_mps2"),
        decel=of("decel_mps2"),
        emergency_decel=of("emergency_decel_mps2"),
        sigma=of("sigma"),
        tau=of("tau_s"),
        speed_factor=factor,
        impatience=of("impatience"),
        startup_delay=of("startup_delay_s"),
        strategic=of("lc_strategic"),
        cooperative=of("lc_cooperative"),
        speed_gain=of("lc_speed_gain"),
        keep_right=of("lc_keep_right"),
        timegap_minor=of("jm_timegap_minor_s"),
        crossing_gap=of("jm_crossing_gap_m"),
        stopline_gap=of("jm_stopline_gap_m"),
        after_yellow=of("jm_drive_after_yellow_s"),
        after_red=of("jm_drive_after_red_s"),
        teleport_s=np.array([_or_none(kind.time_to_teleport_s) for kind in different], np.float64)[kind_of],
        teleport_bidi_s=np.array([_or_none(kind.time_to_teleport_bidi_s) for kind in different], np.float64)[kind_of],
        class_bit=np.array([class_bit(kind.vehicle_class) for kind in different], np.int64)[kind_of],
        mode=np.array([int(kind.mode) for kind in different], np.int8)[kind_of],
        is_idm=np.array([kind.follow_model == "IDM" for kind in different], np.bool_)[kind_of],
        idm_delta=of("idm_delta"),
        idm_stepping=of("idm_stepping_s"),
        railway=np.array([kind.vehicle_class in RAIL_CLASSES for kind in different], np.bool_)[kind_of],
        depart=np.array([vehicle.depart_s for vehicle in demand], np.float64),
        depart_lane=entering("lane", LANE_WORDS).astype(np.int64),
        depart_position=entering("position", POSITION_WORDS),
        depart_speed=entering("speed", SPEED_WORDS),
        arrival_position=_arrivals(demand, streets.net.edge.length[last_edge]),
        plan=plan,
        way=plans.plan.start[plan],
        edges=plans.plan.start[plan + 1] - plans.plan.start[plan],
        cells=plans.table_offset[plans.plan.table_start[plan]],
        row=plans.table_offset[plans.plan.table_start[plan]],
        first_stop=first_stop,
        last_stop=np.array([row[2] for row in rows], np.int64),
        lane=np.full(n, -1),
        next_stop=first_stop,
        stop_distance=np.full(n, INFINITE),
        startup_s=np.full(n, 1e6),
        inserted_at=np.full(n, -1.0),
        arrived_at=np.full(n, -1.0),
        requests_exit=np.full(n, 2),
        entry_s=np.full(n, INFINITE),
        entry_never_yield_s=np.full(n, INFINITE),
        conflict_entry_s=np.full(n, INFINITE),
        name_rank=_ranks([vehicle.id for vehicle in demand]),
        ahead=np.full(n, -1),
        behind=np.full(n, -1),
    )
    return vehicles, plans


def _look_ahead_m(kind: VehicleType, step_s: float) -> float:
    """How far beyond its edge a vehicle judges lanes at least: what it needs to stop from its top speed."""
    top = min(kind.max_speed_mps, kind.desired_max_speed_mps)
    drop = kind.decel_mps2 * step_s
    steps = int(top / drop)
    braking_m = step_s * (steps * top - drop * steps * (steps + 1) / 2)
    return 2 * kind.tau_s * top + braking_m + kind.min_gap_m


def _ranks(names: Sequence[str]) -> I8:
    """The place of each name in their order, (n,)."""
    ranks = np.empty(len(names), np.int64)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return ranks


def _arrivals(demand: Sequence[Vehicle], length: F8) -> F8:
    given = [v.departure.arrival_position_m for v in demand]
    return np.array(
        [end if p is None else p + end if p < 0 else min(p, end) for p, end in zip(given, length, strict=True)],
        np.float64,
    )


def _different(things: Sequence[T]) -> tuple[I8, list[T]]:
    """The different objects among these, and which of them each one is; many vehicles share their type."""
    numbers: dict[int, int] = {}
    which = np.array([numbers.setdefault(id(thing), len(numbers)) for thing in things], np.int64)
    return which, list({id(thing): thing for thing in things}.values())


def _or_none(value: float | None) -> float:
    return -1.0 if value is None else value


def _word(text: str, words: Mapping[str, float]) -> float:
    return words[text] if text in words else float(text)


def hashed(seed: int, numbers: I8, salt: int) -> F8:
    """Uniform random numbers in (0, 1), one per given number, reproducible one by one."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03) + np.uint64(
            (seed * 0x9E3779B97F4A7C15 + salt * 0x8CB92BA72F3D8DD7) & 0xFFFFFFFFFFFFFFFF
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 9007199254740992.0


def speed_factors(kinds: Sequence[VehicleType], seed: int, salt: int = 0) -> F8:
    """Everybody's own speed factor: normal, drawn again while outside the bounds (SUMO's normc)."""
    n = len(kinds)
    kind_of, different = _different(kinds)
    factors = [kind.speed_factor for kind in different]
    mean = np.array([factor.mean for factor in factors], np.float64)[kind_of]
    deviation = np.array([factor.deviation for factor in factors], np.float64)[kind_of]
    low = np.array([factor.minimum for factor in factors], np.float64)[kind_of]
    high = np.array([factor.maximum for factor in factors], np.float64)[kind_of]
    result = mean.copy()
    open_rows = np.flatnonzero(deviation > 0)
    for attempt in range(64):
        if open_rows.size == 0:
            break
        u = hashed(seed, open_rows.astype(np.int64), 1000 + salt + 2 * attempt)
        w = hashed(seed, open_rows.astype(np.int64), 1001 + salt + 2 * attempt)
        normal = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * w)
        result[open_rows] = mean[open_rows] + deviation[open_rows] * normal
        outside = (result[open_rows] < low[open_rows]) | (result[open_rows] > high[open_rows])
        open_rows = open_rows[outside]
    return np.clip(result, low, high) if n else result
