"""Reader of route files: vehicles, trips, flows, routes and persons."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.demand import (
    Demand,
    Departure,
    Flow,
    Person,
    PersonFlow,
    Planned,
    Rate,
    Route,
    RouteChoice,
    Stop,
    StoppingPlace,
    TypeChoice,
    Vehicle,
)
from sim.network import Network
from sim.permissions import ON_FOOT
from sim.sumo_files.additional import stretch
from sim.sumo_files.ignored import IGNORED_STOP_ATTRIBUTES, IGNORED_VEHICLE_ATTRIBUTES
from sim.sumo_files.persons import read_plan
from sim.sumo_files.types import read_type, read_type_choice
from sim.sumo_files.xml import Element, parse_time, read_xml
from sim.vehicle_types import BUILT_IN_TYPES, VehicleType, default_type

RATE_ATTRIBUTES = frozenset({"begin", "end", "vehsPerHour", "perHour", "period", "probability", "number"})
VEHICLE_ATTRIBUTES = IGNORED_VEHICLE_ATTRIBUTES | RATE_ATTRIBUTES | {
    "id", "type", "depart", "route", "from", "to", "via", "line", "fromJunction", "toJunction",
    "departLane", "departPos", "departSpeed", "arrivalPos", "arrivalLane", "arrivalSpeed",
}  # fmt: skip
PERSON_ATTRIBUTES = IGNORED_VEHICLE_ATTRIBUTES | RATE_ATTRIBUTES | {"id", "type", "depart", "departPos", "departLane"}
STOP_ATTRIBUTES = IGNORED_STOP_ATTRIBUTES | {
    "lane", "edge", "startPos", "endPos", "duration", "until", "parking", "busStop", "trainStop", "containerStop",
    "parkingArea", "chargingStation", "index", "triggered",
}  # fmt: skip
PLACE_ATTRIBUTES = ("busStop", "trainStop", "containerStop", "parkingArea", "chargingStation")
DEPART_LANE_WORDS = frozenset({"first", "free", "best", "best_prob", "random", "allowed"})
DEPART_POSITION_WORDS = frozenset({"base", "random", "random_free", "free", "last", "stop"})
DEPART_SPEED_WORDS = frozenset({"max", "desired", "speedLimit", "random", "avg", "last"})
DEFAULT_STOP_LENGTH_M = 10.0


@dataclass
class DemandReader:
    """Collects the demand over several files, in which types and routes may be used before the file that follows."""

    network: Network
    places: dict[str, StoppingPlace]
    speed_deviation: float | None = None
    default_lane: str = "best_prob"
    default_speed: str = "avg"
    types: dict[str, VehicleType] = field(default_factory=dict)
    type_choices: dict[str, TypeChoice] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    route_choices: dict[str, RouteChoice] = field(default_factory=dict)
    vehicles: list[Planned] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    person_flows: list[PersonFlow] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Know the types that SUMO has without a definition."""
        for name, vehicle_class in BUILT_IN_TYPES.items():
            self.types[name] = default_type(name, vehicle_class, self.speed_deviation)

    def read_file(self, path: Path) -> None:
        """Take in a route file."""
        self.read(read_xml(path, ("routes", "additional")))

    def read(self, elements: Iterable[Element]) -> None:
        """Take in elements in their order."""
        for element in elements:
            match element.tag:
                case "vType":
                    kind = read_type(element, self.speed_deviation)
                    self.types[kind.id] = kind
                case "vTypeDistribution":
                    choice = read_type_choice(element, self.types, self.speed_deviation)
                    self.type_choices[element.text("id")] = choice
                case "route":
                    self.routes[element.text("id")] = self._route(element)
                case "routeDistribution":
                    self.route_choices[element.text("id")] = self._route_choice(element)
                case "vehicle" | "trip":
                    self.vehicles.append(self._vehicle(element, element.time("depart")))
                case "flow":
                    rate = self._rate(element)
                    flow = Flow(element.text("id"), self._vehicle(element, rate.begin_s), rate)
                    self.flows.append(flow)
                case "person":
                    self.persons.append(self._person(element, element.time("depart")))
                case "personFlow":
                    rate = self._rate(element)
                    self.person_flows.append(PersonFlow(element.text("id"), self._person(element, rate.begin_s), rate))
                case "param" | "include" | "interval":
                    if element.tag != "param":
                        element.fail("this element is not read here")
                case _:
                    element.fail("this element is not simulated here")

    def demand(self) -> Demand:
        """What was read so far."""
        return Demand(
            types=dict(self.types),
            vehicles=tuple(sorted(self.vehicles, key=lambda planned: planned.vehicle.depart_s)),
            flows=tuple(self.flows),
            persons=tuple(sorted(self.persons, key=lambda person: person.depart_s)),
            person_flows=tuple(self.person_flows),
            places=dict(self.places),
        )

    def _vehicle(self, element: Element, depart_s: float) -> Planned:
        if unknown := set(element.attributes) - VEHICLE_ATTRIBUTES:
            element.fail(f"{min(unknown)}: this attribute is not simulated here")
        name = element.text("id")
        space = "flow" if element.tag == "flow" else "vehicle"
        if (space, name) in self.seen:
            element.fail(f"id: expected each {space} once, got it twice")
        self.seen.add((space, name))
        kind, choice = self._type(element, "DEFAULT_VEHTYPE")
        route, routes = self._route_of(element)
        if route is not None and space == "vehicle" and "route" in element.attributes:
            route = route.from_departure(depart_s)  # an inner route's timetable is meant as it stands
        stops = [self._stop(child, route) for child in element.named("stop")]
        for child in element:
            if child.tag not in {"stop", "route", "routeDistribution", "param"}:
                child.fail("this element is not simulated here")
        vehicle = Vehicle(
            id=name,
            type=kind,
            depart_s=depart_s,
            route=route,
            origin="" if route or routes else self._edge(element, "from"),
            destination="" if route or routes else self._edge(element, "to"),
            via=element.words("via"),
            stops=tuple(stops),
            departure=self._departure(element),
            line=element.text("line", ""),
        )
        return Planned(vehicle, choice, routes)

    def _person(self, element: Element, depart_s: float) -> Person:
        if unknown := set(element.attributes) - PERSON_ATTRIBUTES:
            element.fail(f"{min(unknown)}: this attribute is not simulated here")
        kind, choice = self._type(element, "DEFAULT_PEDTYPE")
        if choice is not None:
            element.fail("type: expected a vType for a person, got a vTypeDistribution")
        if kind.vehicle_class not in ON_FOOT:
            element.fail(f"type: expected the class pedestrian or wheelchair, got {kind.vehicle_class!r}")
        raw = element.text("departPos", "0")
        position = None if raw == "random" else element.number("departPos", 0.0)
        return Person(element.text("id"), kind, depart_s, read_plan(element, self.network, self.places), position)

    def _type(self, element: Element, default: str) -> tuple[VehicleType, TypeChoice | None]:
        name = element.text("type", default)
        if name in self.type_choices:
            return self.type_choices[name].types[0], self.type_choices[name]
        if name not in self.types:
            element.fail(f"type: expected a vType defined before, got {name!r}")
        return self.types[name], None

    def _route_of(self, element: Element) -> tuple[Route | None, RouteChoice | None]:
        inner = element.named("route")
        if inner:
            return self._route(inner[0]), None
        if choices := element.named("routeDistribution"):
            return None, self._route_choice(choices[0])
        name = element.attributes.get("route")
        if name is None:
            if element.tag == "vehicle":
                element.fail("route: expected a route, got none")
            return None, None
        if name in self.route_choices:
            return None, self.route_choices[name]
        if name not in self.routes:
            element.fail(f"route: expected a route defined before, got {name!r}")
        return self.routes[name], None

    def _route(self, element: Element) -> Route:
        edges = element.words("edges")
        if not edges:
            element.fail("edges: expected at least one edge, got none")
        for edge in edges:
            if edge not in self.network.edges:
                element.fail(f"edges: expected edges of the net, got {edge!r}")
        repeat = element.integer("repeat", 0)
        bare = Route(edges * (repeat + 1))
        return replace(bare, stops=tuple(self._stop(child, bare) for child in element.named("stop")))

    def _route_choice(self, element: Element) -> RouteChoice:
        members = [(self._route(child), child.number("probability", 1.0)) for child in element.named("route")]
        for position, name in enumerate(element.words("routes")):
            given = element.words("probabilities")
            if name not in self.routes:
                element.fail(f"routes: expected routes defined before, got {name!r}")
            members.append((self.routes[name], float(given[position]) if position < len(given) else 1.0))
        if not members:
            element.fail("expected at least one route")
        return RouteChoice(tuple(route for route, _ in members), tuple(share for _, share in members))

    def _edge(self, element: Element, name: str) -> str:
        edge = element.text(name)
        if edge not in self.network.edges:
            element.fail(f"{name}: expected an edge of the net, got {edge!r}")
        return edge

    def _stop(self, element: Element, route: Route | None) -> Stop:
        if unknown := set(element.attributes) - STOP_ATTRIBUTES:
            element.fail(f"{min(unknown)}: this attribute is not simulated here")
        if element.flag("triggered", False):
            element.fail("triggered: stops that wait for persons are not simulated here")
        if not element.has("duration") and not element.has("until"):
            element.fail("expected duration or until, got neither")
        place_id = next((element.text(name) for name in PLACE_ATTRIBUTES if element.has(name)), "")
        if place_id:
            place = self.places.get(place_id)
            if place is None:
                element.fail(f"expected a stopping place of the additional files, got {place_id!r}")
            lane, start, end = place.lane, place.start_m, place.end_m
            parking = place.kind == "parkingArea"
        else:
            lane = element.text("lane")
            if lane not in self.network.lanes:
                element.fail(f"lane: expected an existing lane, got {lane!r}")
            start, end = stretch(element, self.network.lanes[lane].length_m, DEFAULT_STOP_LENGTH_M)
            parking = False
        if route is not None and lane.rsplit("_", 1)[0] not in route.edges:
            element.fail(f"expected a stop on the route, got one on lane {lane!r}")
        return Stop(
            lane,
            start,
            end,
            element.time("duration", 0.0),
            element.time("until", -1.0),
            parking or element.flag("parking", False),
            place_id,
        )

    def _departure(self, element: Element) -> Departure:
        lane = element.text("departLane", self.default_lane)
        position = element.text("departPos", "base")
        speed = element.text("departSpeed", self.default_speed)
        for name, value, words in (
            ("departLane", lane, DEPART_LANE_WORDS),
            ("departPos", position, DEPART_POSITION_WORDS),
            ("departSpeed", speed, DEPART_SPEED_WORDS),
        ):
            if value not in words:
                element.number(name, float(value) if not element.has(name) else None)
        arrival = element.text("arrivalPos", "max")
        if arrival == "max":
            arrival_position = None
        elif arrival == "random":
            element.fail("arrivalPos: expected 'max' or metres, got 'random'")
        else:
            arrival_position = element.number("arrivalPos")
        return Departure(lane, position, speed, arrival_position)

    def _rate(self, element: Element) -> Rate:
        begin, end = element.time("begin", 0.0), element.time("end", 86400.0)
        number = element.integer("number", -1)
        rates = [name for name in ("vehsPerHour", "perHour", "period", "probability") if element.has(name)]
        if len(rates) > 1:
            element.fail(f"expected one of vehsPerHour, period and probability, got {' and '.join(rates)}")
        if not rates and number < 0:
            element.fail("expected vehsPerHour, period, probability or number, got none")
        if not rates:
            return Rate(begin, end, period_s=max((end - begin) / max(number, 1), 1e-3), number=number)
        if not element.has("end") and number >= 0:
            end = 1e12
        if rates[0] in {"vehsPerHour", "perHour"}:
            per_hour = element.number(rates[0])
            return Rate(
                begin, end, period_s=3600.0 / per_hour if per_hour > 0 else 1e12, number=number if per_hour else 0
            )
        if rates[0] == "probability":
            return Rate(begin, end, probability_per_s=element.number("probability"), number=number)
        period = element.text("period")
        if period.startswith("exp(") and period.endswith(")"):
            try:
                return Rate(begin, end, poisson_per_s=float(period[4:-1]), number=number)
            except ValueError:
                element.fail(f"period: expected exp(rate), got {period!r}")
        try:
            seconds = parse_time(period)
        except ValueError:
            element.fail(f"period: expected seconds or exp(rate), got {period!r}")
        if seconds <= 0:
            element.fail(f"period: expected more than 0 s, got {period!r}")
        return Rate(begin, end, period_s=seconds, number=number)
