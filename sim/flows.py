"""From demand to single road users: flows are unrolled and shares are drawn, the same way for the same seed."""

import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice

from sim.demand import Demand, Person, Planned, Rate, Vehicle


def expand(demand: Demand, begin_s: float, end_s: float, seed: int = 0) -> tuple[list[Vehicle], list[Person]]:
    """Vehicles and persons that depart in [begin, end), in order of departure.

    Every flow has its own stream of random numbers, so that adding one flow leaves the others as they were.
    """
    vehicles = [
        _draw(planned, _stream(seed, planned.vehicle.id))
        for planned in demand.vehicles
        if begin_s <= planned.vehicle.depart_s < end_s
    ]
    for flow in demand.flows:
        source = _stream(seed, flow.id)
        for number, depart_s in enumerate(departure_times(flow.rate, source)):
            if depart_s >= end_s:
                break
            vehicle = _draw(flow.template, source)
            if depart_s >= begin_s:
                vehicles.append(_shifted(vehicle, f"{flow.id}.{number}", depart_s))
    persons = [person for person in demand.persons if begin_s <= person.depart_s < end_s]
    for person_flow in demand.person_flows:
        source = _stream(seed, person_flow.id)
        for number, depart_s in enumerate(departure_times(person_flow.rate, source)):
            if depart_s >= end_s:
                break
            if depart_s >= begin_s:
                persons.append(replace(person_flow.template, id=f"{person_flow.id}.{number}", depart_s=depart_s))
    vehicles.sort(key=lambda vehicle: vehicle.depart_s)
    persons.sort(key=lambda person: person.depart_s)
    return vehicles, persons


def departure_times(rate: Rate, source: random.Random) -> Iterator[float]:
    """Times at which a flow releases somebody, in order."""
    times = _tossed(rate, source) if rate.probability_per_s > 0 else _spaced(rate, source)
    return islice(times, rate.number) if rate.number >= 0 else times


def _tossed(rate: Rate, source: random.Random) -> Iterator[float]:
    toss, chance = source.random, rate.probability_per_s
    for time_s in count(rate.begin_s, 1.0):
        if time_s >= rate.end_s:
            break
        if toss() < chance:
            yield time_s


def _spaced(rate: Rate, source: random.Random) -> Iterator[float]:
    time_s = rate.begin_s
    if rate.poisson_per_s > 0:
        time_s += source.expovariate(rate.poisson_per_s)
    while time_s < rate.end_s:
        yield time_s
        time_s += source.expovariate(rate.poisson_per_s) if rate.poisson_per_s > 0 else rate.period_s


def _stream(seed: int, name: str) -> random.Random:
    return random.Random(seed * 0x9E3779B1 + zlib.crc32(name.encode()))  # noqa: S311 - traffic, not secrets


def _draw(planned: Planned, source: random.Random) -> Vehicle:
    """Settle what the vehicle leaves open."""
    vehicle = planned.vehicle
    if planned.types is not None:
        vehicle = replace(vehicle, type=source.choices(planned.types.types, planned.types.shares)[0])
    if planned.routes is not None:
        vehicle = replace(vehicle, route=source.choices(planned.routes.routes, planned.routes.shares)[0])
    return vehicle


def _shifted(vehicle: Vehicle, new_id: str, depart_s: float) -> Vehicle:
    """A flow's vehicle: its timetable counts from its own departure."""
    shift = depart_s - vehicle.depart_s
    route = vehicle.route.from_departure(depart_s) if vehicle.route is not None else None
    stops = tuple(stop.later(shift) for stop in vehicle.stops)
    return replace(vehicle, id=new_id, depart_s=depart_s, route=route, stops=stops)
