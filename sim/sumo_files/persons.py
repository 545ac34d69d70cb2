"""Reader of persons' plans: walks and pauses."""

from collections.abc import Mapping

from sim.demand import Pause, StoppingPlace, Walk
from sim.network import Network
from sim.sumo_files.xml import Element

WALK_ATTRIBUTES = frozenset(
    {"edges", "from", "to", "busStop", "trainStop", "arrivalPos", "speed", "duration", "departPos", "route"}
)


def read_plan(element: Element, network: Network, places: Mapping[str, StoppingPlace]) -> tuple[Walk | Pause, ...]:
    """The stages of one person, in order; a walk without `from` starts where the last one ended."""
    plan: list[Walk | Pause] = []
    position = ""
    for child in element:
        if child.tag in {"walk", "personTrip"}:
            walk = _walk(child, network, places, position)
            position = walk.edges[-1] if walk.edges else walk.destination
            plan.append(walk)
        elif child.tag == "stop":
            plan.append(Pause(child.time("duration", 0.0), child.time("until", -1.0)))
        elif child.tag == "ride":
            child.fail("persons in vehicles are not simulated here")
        elif child.tag != "param":
            child.fail("expected walk or stop in a person's plan")
    if not any(isinstance(stage, Walk) for stage in plan):
        element.fail("expected at least one walk, got none")
    return tuple(plan)


def _walk(element: Element, network: Network, places: Mapping[str, StoppingPlace], start: str) -> Walk:
    if unknown := set(element.attributes) - WALK_ATTRIBUTES:
        element.fail(f"{min(unknown)}: this attribute is not simulated here")
    arrival = element.number("arrivalPos") if element.has("arrivalPos") else None
    speed, duration = element.number("speed", -1.0), element.time("duration", -1.0)
    edges = element.words("edges")
    if element.has("route"):
        element.fail("route: expected edges, or from and to")
    if edges:
        for edge in edges:
            if edge not in network.edges:
                element.fail(f"edges: expected edges of the net, got {edge!r}")
        return Walk(edges=edges, arrival_position_m=arrival, speed_mps=speed, duration_s=duration)
    stop_id = element.attributes.get("busStop") or element.attributes.get("trainStop")
    if stop_id is not None:
        place = places.get(stop_id)
        if place is None:
            element.fail(f"busStop: expected a stop of the additional files, got {stop_id!r}")
        destination = place.lane.rsplit("_", 1)[0]
        arrival = arrival if arrival is not None else (place.start_m + place.end_m) / 2
    else:
        destination = element.text("to")
    origin = element.text("from", start)
    for name, edge in (("from", origin), ("to", destination)):
        if edge not in network.edges:
            element.fail(f"{name}: expected an edge of the net, got {edge!r}")
    return Walk((), origin, destination, arrival, speed, duration)
