"""Stops of buses and trams before signals: SUMO's stopping places, with dwell and share from who halts there."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from plans.defaults import STOP_DWELL_S
from plans.junction import Junction, Mode, TransitStop
from plans.stops import check_stops
from sim.demand import Demand, Planned, Rate, Route, Stop
from sim.network import Network
from sim.plant import RoadMode
from sim.signals import safe_name

STOPPING = {RoadMode.BUS: Mode.BUS, RoadMode.TRAM: Mode.TRAM}


@dataclass(frozen=True, slots=True)
class _Line:
    """Vehicles that take the same way and halt at the same places; `number` of them, a mean where flows are random."""

    mode: Mode
    edges: frozenset[str]
    stops: tuple[Stop, ...]
    number: float


def with_transit_stops(
    junctions: Mapping[str, Junction], network: Network, demands: Iterable[Demand]
) -> dict[str, Junction]:
    """The junctions with every place before their stop lines where buses or trams of these demands halt.

    Several demands (periods of a day) count together. Where vehicles only wait for a departure time their dwell is not
    known: a stop that knows no other takes the usual one.
    """
    lines = [line for demand in demands for line in _lines(demand)]
    halts: dict[tuple[str, float, str], list[tuple[_Line, Stop]]] = {}
    for line in lines:
        for stop in line.stops:
            halts.setdefault((stop.lane, stop.end_m, stop.place), []).append((line, stop))
    return {name: _with_stops(junction, network, lines, halts) for name, junction in junctions.items()}


def _with_stops(
    junction: Junction,
    network: Network,
    lines: list[_Line],
    halts: Mapping[tuple[str, float, str], list[tuple[_Line, Stop]]],
) -> Junction:
    """The junction with those places that lie on its approach lanes or what feeds them."""
    offset_m: dict[str, float] = {}
    for lane in junction.lanes.values():
        offset_m[lane.id] = 0.0
        for feeder in lane.feeders:
            offset_m[feeder.lane] = min(feeder.offset_m, offset_m.get(feeder.lane, math.inf))
    approaches = {lane.approach for lane in junction.lanes.values()}
    found = {}
    for (lane_id, end_m, place), halting in halts.items():
        here = [(line, stop) for line, stop in halting if line.edges & approaches]
        if lane_id not in offset_m or not here:
            continue
        name = safe_name(place or f"{lane_id}@{end_m:g}")
        distance_m = round(offset_m[lane_id] + network.lanes[lane_id].length_m - end_m, 2)
        edge = network.lanes[lane_id].edge_id
        modes = frozenset(line.mode for line, _ in here)
        passing = sum(o.number for o in lines if edge in o.edges and o.edges & approaches and o.mode in modes)
        share_ratio = round(sum(line.number for line, _ in here) / passing, 3)
        stop = TransitStop(name, lane_id, distance_m, *_dwell(here), min(1.0, share_ratio), modes)
        if not check_stops(replace(junction, stops={name: stop})):
            found[name] = stop
    derived = junction.derived | {"stops"} if found else junction.derived
    return replace(junction, stops=found, derived=derived)


def _dwell(halting: list[tuple[_Line, Stop]]) -> tuple[float, float]:
    """Mean and standard deviation."""
    known = [(line.number, stop.duration_s) for line, stop in halting if stop.duration_s > 0.0]
    if not known:
        return STOP_DWELL_S, 0.0
    total = sum(number for number, _ in known)
    mean_s = sum(number * dwell_s for number, dwell_s in known) / total
    square = sum(number * (dwell_s - mean_s) ** 2 for number, dwell_s in known) / total
    return round(mean_s, 1), round(math.sqrt(square), 1)


def _lines(demand: Demand) -> Iterator[_Line]:
    """Buses and trams of a demand whose way is known, and those of which only their halts are."""
    for planned in demand.vehicles:
        yield from _ways(planned, 1.0)
    for flow in demand.flows:
        yield from _ways(flow.template, _number(flow.rate))


def _ways(planned: Planned, number: float) -> Iterator[_Line]:
    """The ways that a vehicle may take, each with its part of the number."""
    vehicle = planned.vehicle
    types = planned.types
    kinds = [(vehicle.type, 1.0)] if types is None else list(zip(types.types, types.shares, strict=True))
    routes = planned.routes
    ways: list[tuple[Route, float]] = [(vehicle.route or Route(()), 1.0)]
    if routes is not None:
        ways = list(zip(routes.routes, routes.shares, strict=True))
    of_kinds, of_ways = sum(share for _, share in kinds), sum(share for _, share in ways)
    for kind, kind_share in kinds:
        mode = STOPPING.get(kind.mode)
        for way, way_share in ways:
            part = number * kind_share / of_kinds * way_share / of_ways
            if mode is not None and part > 0.0:
                stops = (*way.stops, *vehicle.stops)
                edges = {*way.edges, *(stop.lane.rsplit("_", 1)[0] for stop in stops)}
                yield _Line(mode, frozenset(edges), stops, part)


def _number(rate: Rate) -> float:
    """How many vehicles a flow brings, in the mean."""
    span_s = rate.end_s - rate.begin_s
    per_s = rate.probability_per_s or rate.poisson_per_s or (1.0 / rate.period_s if rate.period_s > 0.0 else 0.0)
    expected = max(1.0, span_s * per_s) if per_s > 0.0 else 0.0
    return min(expected, float(rate.number)) if rate.number >= 0 else expected
