"""The same road users on the same routes for both: flows drawn and trips routed once, and written as single vehicles.

Two programs that draw a demand anew differ by the draw before they differ by the traffic, and both route a trip by the
speeds of the last three minutes, which differ by chance. What is left to chance after this is speed factors and
dawdling.
"""

import gzip
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from sim.demand import Person, Vehicle
from sim.flows import expand
from sim.routing import Router
from sim.scenario import Scenario, load_scenario
from sim.sumo_files.config import SumoConfig, read_config
from sim.sumo_files.xml import parse_time

RATE = frozenset({"begin", "end", "number", "period", "probability", "vehsPerHour", "personsPerHour", "perHour"})
FLOWS = {"flow": "vehicle", "personFlow": "person"}


def settled(scenario: Scenario, seed: int, folder: Path) -> Scenario:
    """The scenario with its flows and trips as single vehicles and people, in `folder`; its other files stay in place.

    Raises:
        ValueError: A flow leaves open what only its first vehicle would tell (a distribution of routes).
    """
    vehicles, persons = expand(scenario.demand, scenario.begin_s, scenario.end_s, seed)
    drawn = defaultdict[str, list[Vehicle | Person]](list)
    for one in (*vehicles, *persons):
        drawn[one.id.rpartition(".")[0]].append(one)
    departs = {one.id: one.depart_s for one in (*vehicles, *persons)}
    routes = _Routes(scenario, vehicles)
    config = read_config(scenario.path)
    timed: list[tuple[float, ET.Element]] = []
    rest: list[ET.Element] = []
    for path in config.route_files:
        for element in _root(path):
            if element.tag in FLOWS:
                timed += [_single(element, one) for one in drawn[element.attrib["id"]]]
            elif "depart" not in element.attrib:
                rest.append(element)
            elif element.attrib["id"] in departs:
                timed.append((departs[element.attrib["id"]], element))
    root = ET.Element("routes")
    root.extend(rest)
    root.extend(routes.settle(element) for _, element in sorted(timed, key=lambda row: row[0]))
    file = folder / "settled.rou.xml"
    ET.ElementTree(root).write(file)
    return load_scenario(_configured(config, file, folder))


class _Routes:
    """Routes of trips as both would choose them on empty streets; neither chooses again."""

    def __init__(self, scenario: Scenario, vehicles: Sequence[Vehicle]) -> None:
        self._router = Router(scenario.network, scenario.routing)
        self._vehicles = {vehicle.id: vehicle for vehicle in vehicles}

    def settle(self, element: ET.Element) -> ET.Element:
        """A trip as a vehicle with its route; everything else as it is."""
        vehicle = self._vehicles.get(element.attrib["id"])
        if vehicle is None or vehicle.route is not None:
            return element
        edges = self._router.route(vehicle.origin, vehicle.destination, vehicle.type, vehicle.via)
        kept = {key: value for key, value in element.attrib.items() if key not in {"from", "to", "via"}}
        result = ET.Element("vehicle", kept)
        result.append(ET.Element("route", edges=" ".join(edges)))
        result.extend(element)
        return result


def _single(flow: ET.Element, one: Vehicle | Person) -> tuple[float, ET.Element]:
    """The departure and the element of one that was drawn from a flow."""
    if any(child.tag == "routeDistribution" for child in flow):
        raise ValueError(f"flow {flow.get('id')!r}: expected one route, got a distribution")
    element = deepcopy(flow)
    element.tag = FLOWS[flow.tag]
    element.attrib = {key: value for key, value in flow.attrib.items() if key not in RATE}
    element.attrib |= {"id": one.id, "depart": f"{one.depart_s:.2f}", "type": one.type.id}
    later_s = one.depart_s - parse_time(flow.get("begin", "0"))
    for stop in element.findall("stop"):  # those of a route count from the departure anyway
        if "until" in stop.attrib:
            stop.set("until", f"{parse_time(stop.attrib['until']) + later_s:.2f}")
    return one.depart_s, element


def _configured(config: SumoConfig, routes: Path, folder: Path) -> Path:
    """The configuration with other routes."""
    root = _root(config.path)
    files = {
        "net-file": (config.net_file,),
        "route-files": (routes,),
        "additional-files": config.additional_files,
    }
    for option in root.iter():
        if option.tag in files:
            option.set("value", ",".join(str(path.resolve()) for path in files[option.tag]))
    path = folder / "settled.sumocfg"
    ET.ElementTree(root).write(path)
    return path


def _root(path: Path) -> ET.Element:
    """The root of a file, which may be packed."""
    data = path.read_bytes()
    return ET.fromstring(gzip.decompress(data) if path.suffix == ".gz" else data)
