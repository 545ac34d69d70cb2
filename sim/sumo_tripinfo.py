"""Reader of SUMO's tripinfo output, unfinished and never inserted road users included."""

from collections.abc import Callable, Mapping
from pathlib import Path

from sim.plant import RoadMode, Trip
from sim.sumo_files.xml import Element, read_xml

WALK_TAGS = ("walk",)


def read_tripinfo(path: Path, end_s: float, mode_of: Callable[[str, str], RoadMode]) -> list[Trip]:
    """One `Trip` per vehicle and per person who has set off on foot, in the file's order.

    SUMO counts no loss for who has not arrived; here it is what was waited so far, as in the embedded engine.

    Args:
        path: The file that `--tripinfo-output` named.
        end_s: Time at which the run ended.
        mode_of: Mode by road user's id and vType.
    """
    trips = []
    for element in read_xml(path, ("tripinfos",)):
        if element.tag == "tripinfo":
            trips.append(_vehicle(element, end_s, mode_of))
        elif element.tag == "personinfo" and any(child.tag in WALK_TAGS for child in element):
            trips.append(_person(element))
    return [trip for trip in trips if 0 <= trip.depart_s < end_s]


def _vehicle(element: Element, end_s: float, mode_of: Callable[[str, str], RoadMode]) -> Trip:
    vehicle, depart, delay = element.text("id"), element.number("depart"), element.number("departDelay")
    inserted = depart >= 0
    return Trip(
        id=vehicle,
        mode=mode_of(vehicle, element.text("vType", "")),
        depart_s=depart - delay if inserted else end_s - delay,
        depart_delay_s=delay,
        arrival_s=element.number("arrival"),
        time_loss_s=max(0.0, element.number("timeLoss")),
        waiting_s=max(0.0, element.number("waitingTime")),
        stops=max(0, element.integer("waitingCount", 0)),
        route_length_m=max(0.0, element.number("routeLength")),
        inserted=inserted,
    )


def _person(element: Element) -> Trip:
    walks = [child for child in element if child.tag in WALK_TAGS]
    depart, waiting_s = element.number("depart"), element.number("waitingTime", 0.0)
    arrivals = [walk.number("arrival", -1.0) for walk in walks]
    arrived = min(arrivals) >= 0
    loss_s = sum(max(0.0, walk.number("timeLoss", 0.0)) for walk in walks)
    return Trip(
        id=element.text("id"),
        mode=RoadMode.PEDESTRIAN,
        depart_s=depart,
        depart_delay_s=0.0,
        arrival_s=max(arrivals) if arrived else -1.0,
        time_loss_s=loss_s if arrived else waiting_s,
        waiting_s=waiting_s,
        stops=0,
        route_length_m=sum(max(0.0, walk.number("routeLength", 0.0)) for walk in walks),
        inserted=True,
    )


def with_lines(trips: list[Trip], lines: Mapping[str, str]) -> list[Trip]:
    """The trips with the public transport line of each vehicle that has one."""
    return [trip._replace(line=lines[trip.id]) if trip.id in lines else trip for trip in trips]
