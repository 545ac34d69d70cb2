"""Reader of additional files: stopping places, signal programmes and when they run, vTypes and routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sim.demand import StoppingPlace
from sim.network import Network
from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.ignored import DETECTORS, GUI_AND_OUTPUT_ELEMENTS
from sim.sumo_files.programmes import knows_program, read_program
from sim.sumo_files.waut import TAGS as WAUT_TAGS
from sim.sumo_files.xml import Element, read_xml

PLACES = frozenset({"busStop", "trainStop", "containerStop", "parkingArea", "chargingStation"})
DEMAND_ELEMENTS = frozenset(
    {"vType", "vTypeDistribution", "route", "routeDistribution", "vehicle", "trip", "flow", "person", "personFlow"}
)


@dataclass
class Additional:
    """What an additional file adds, each kind in the file's order."""

    places: list[StoppingPlace] = field(default_factory=list)
    programs: list[tuple[Element, TrafficLightLogic]] = field(default_factory=list)
    schedules: list[Element] = field(default_factory=list)
    demand: list[Element] = field(default_factory=list)
    detectors: list[Element] = field(default_factory=list)


def read_signals(path: Path, network: Network) -> Additional:
    """Signal programmes, their schedules and detectors; everything else is the business of whoever simulates it.

    Raises:
        SumoFileError: Programmes or schedules are malformed, or no signal of the network has them.
    """
    added = Additional()
    for element in read_xml(path):
        if element.tag != "tlLogic" or knows_program(element):
            _take_signal(element, network, added)
    return added


def read_additional(path: Path, network: Network) -> Additional:
    """Stopping places, signal programmes, their schedules, detectors, and the elements that belong to the demand.

    Raises:
        SumoFileError: Also for whatever would change the traffic and is not simulated here.
    """
    added = Additional()
    for element in read_xml(path):
        if _take_signal(element, network, added):
            continue
        if element.tag in PLACES:
            added.places.append(_place(element, network))
        elif element.tag in DEMAND_ELEMENTS:
            added.demand.append(element)
        elif element.tag not in GUI_AND_OUTPUT_ELEMENTS:
            element.fail("this element would change the traffic and is not simulated here")
    return added


def _take_signal(element: Element, network: Network, added: Additional) -> bool:
    """Take the element where it is about signals or measures; whether it is."""
    if element.tag == "tlLogic":
        added.programs.append((element, _checked(element, read_program(element), network)))
    elif element.tag in WAUT_TAGS:
        added.schedules.append(element)
    elif element.tag in DETECTORS:
        added.detectors.append(element)
    else:
        return False
    return True


def _checked(element: Element, program: TrafficLightLogic, network: Network) -> TrafficLightLogic:
    known: Mapping[str, tuple[TrafficLightLogic, ...]] = network.programs
    if program.id not in known:
        element.fail(
            f"id: expected a signal of the net ({', '.join(sorted(known)) or 'it has none'}), got {program.id!r}"
        )
    links = max(network.signal_links.get(program.id, {0: ()})) + 1
    if len(program.phases[0].state) < links:
        element.fail(f"state: expected at least {links} letters, got {len(program.phases[0].state)}")
    return program


def _place(element: Element, network: Network) -> StoppingPlace:
    lane = network.lanes.get(element.text("lane"))
    if lane is None:
        element.fail(f"lane: expected an existing lane, got {element.text('lane')!r}")
    start, end = stretch(element, lane.length_m, None)
    return StoppingPlace(
        element.text("id"),
        element.tag,
        lane.id,
        start,
        end,
        element.text("name", ""),
        element.integer("roadsideCapacity", 0),
        element.words("lines"),
    )


def stretch(element: Element, length_m: float, default_length_m: float | None) -> tuple[float, float]:
    """`startPos` and `endPos` on a lane; negative values count from its end."""
    end = element.number("endPos", length_m)
    end = end + length_m if end < 0 else end
    default_start = 0.0 if default_length_m is None else max(0.0, end - default_length_m)
    start = element.number("startPos", default_start)
    start = start + length_m if start < 0 else start
    if element.flag("friendlyPos", False):
        start, end = max(0.0, min(start, length_m - 0.1)), min(end, length_m)
    if not 0 <= start <= end <= length_m + 0.1:
        element.fail(f"expected 0 <= startPos <= endPos <= {length_m:g} m, got {start:g} and {end:g}")
    return start, min(end, length_m)
