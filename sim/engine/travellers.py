"""From the demand to the engine's arrays: vehicles with their own speed factors."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from sim.demand import Vehicle
from sim.engine.arrays import F8, I8, INFINITE, Plans, Vehicles, table
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
from sim.engine.records import VEHICLE
from sim.engine.streets import Streets
from sim.permissions import RAIL_CLASSES, class_bit
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


def build_vehicles(
    streets: Streets, demand: Sequence[Vehicle], plans: Plans, rows: Sequence[tuple[int, int, int]], seed: int
) -> Vehicles:
    """Vehicles in order of departure.

    Args:
        streets: The network.
        demand: The vehicles.
        plans: The tables of their plans.
        rows: Plan, first and last stop of each.
        seed: Of random numbers.
    """
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
    return table(
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
        row=np.full(n, -1),
        own_cells=np.full(n, -1),
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
