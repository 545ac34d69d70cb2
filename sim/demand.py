"""Who travels, from where to where and when: the content of route files, before anybody is on the road."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sim.vehicle_types import VehicleType


@dataclass(frozen=True, slots=True)
class StoppingPlace:
    """A bus stop, container stop or parking area: a stretch of one lane with a name."""

    id: str
    kind: str  # busStop, containerStop, parkingArea, chargingStation
    lane: str
    start_m: float
    end_m: float
    name: str = ""
    capacity: int = 0  # roadside spaces of a parking area
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """A planned halt. `parking` leaves the lane free for others, as a bay does."""

    lane: str
    start_m: float
    end_m: float
    duration_s: float = 0.0
    until_s: float = -1.0  # earliest departure; of a route with a name or in a flow, counted from the departure
    parking: bool = False
    place: str = ""  # id of a StoppingPlace

    def later(self, shift_s: float) -> "Stop":
        """The same halt with its timetable moved."""
        return replace(self, until_s=self.until_s + shift_s) if self.until_s >= 0 else self


@dataclass(frozen=True, slots=True)
class Route:
    """Edges to drive and the halts on them."""

    edges: tuple[str, ...]
    stops: tuple[Stop, ...] = ()

    def from_departure(self, depart_s: float) -> "Route":
        """The route of one vehicle, whose timetable counts from its departure."""
        return Route(self.edges, tuple(stop.later(depart_s) for stop in self.stops)) if self.stops else self


@dataclass(frozen=True, slots=True)
class Departure:
    """How a vehicle enters: SUMO's words or numbers, and where it leaves."""

    lane: str = "best_prob"
    position: str = "base"
    speed: str = "avg"
    arrival_position_m: float | None = None  # None: the end of the last edge; negative: from the end


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle; without a route it is a trip to be routed from `origin` over `via` to `destination`."""

    id: str
    type: VehicleType
    depart_s: float
    route: Route | None = None
    origin: str = ""
    destination: str = ""
    via: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()  # in addition to those of the route
    departure: Departure = Departure()
    line: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A way on foot: along given edges, or the shortest between two."""

    edges: tuple[str, ...] = ()
    origin: str = ""
    destination: str = ""
    arrival_position_m: float | None = None
    speed_mps: float = -1.0
    duration_s: float = -1.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A person stays where it is."""

    duration_s: float = 0.0
    until_s: float = -1.0


@dataclass(frozen=True, slots=True)
class Person:
    """One pedestrian and its plan."""

    id: str
    type: VehicleType
    depart_s: float
    plan: tuple[Walk | Pause, ...]
    depart_position_m: float | None = 0.0  # None: random on the edge


@dataclass(frozen=True, slots=True)
class Rate:
    """How a flow repeats: exactly one of the first three kinds."""

    begin_s: float
    end_s: float
    period_s: float = 0.0  # fixed spacing
    probability_per_s: float = 0.0  # a coin each second
    poisson_per_s: float = 0.0  # exponential gaps
    number: int = -1  # at most so many, -1 for no bound


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """A vTypeDistribution: types with their shares."""

    types: tuple[VehicleType, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RouteChoice:
    """A routeDistribution: routes with their shares."""

    routes: tuple[Route, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A vehicle whose type or route is drawn when it departs."""

    vehicle: Vehicle
    types: TypeChoice | None = None
    routes: RouteChoice | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Vehicles like `template`, one after the other; their ids are `id.0`, `id.1`, ..."""

    id: str
    template: Planned
    rate: Rate


@dataclass(frozen=True, slots=True)
class PersonFlow:
    """Persons like `template`, one after the other."""

    id: str
    template: Person
    rate: Rate


@dataclass(frozen=True, slots=True)
class Demand:
    """Everything that the route and additional files ask for. `sim.flows.expand` turns it into single road users."""

    types: Mapping[str, VehicleType] = field(default_factory=dict)
    vehicles: tuple[Planned, ...] = ()
    flows: tuple[Flow, ...] = ()
    persons: tuple[Person, ...] = ()
    person_flows: tuple[PersonFlow, ...] = ()
    places: Mapping[str, StoppingPlace] = field(default_factory=dict)
