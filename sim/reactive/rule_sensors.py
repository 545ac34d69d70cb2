"""What the expressions of a programme ask of the road and of the signal: which loops, areas, links and crossings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.outputs import lane_area, loop
from sim.reactive.area_places import AreaPlace
from sim.reactive.loop_places import NO_JAM_S, LoopPlace, WatchedLane
from sim.reactive.own_types import without_types
from sim.reactive.rule_code import (
    COUNT,
    GAP,
    GREEN_TIME,
    OCCUPIED,
    PEOPLE,
    PLUS,
    PUSH,
    RED_TIME,
    STOOD,
    Instruction,
)
from sim.reactive.signal_links import SignalLinks
from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.xml import Element

OF_LOOPS = {"z": GAP, "a": OCCUPIED, "w": STOOD}
OF_LINKS = {"g": GREEN_TIME, "r": RED_TIME}


@dataclass(frozen=True, slots=True)
class WatchedArea:
    """An area, and the types of vehicles that count there; all where it names none."""

    place: AreaPlace
    types: frozenset[str]


class RuleSensors:
    """Finds what expressions name; loops count from those of the programme's lanes on, in their order.

    Args:
        logic: The programme.
        links: Links of the signal.
        watched: Its lanes with loops.
        detectors: Detectors of additional files.
    """

    def __init__(
        self,
        logic: TrafficLightLogic,
        links: SignalLinks,
        watched: Sequence[WatchedLane],
        detectors: Iterable[Element],
    ) -> None:
        self._links, self._prefix = links, f"{logic.id}_{logic.program_id}_"
        self._loops: dict[str, int] = {}
        for number, lane in enumerate(watched):
            self._loops.setdefault(lane.given or self._prefix + lane.name, number)
        self._lanes = len(watched)
        self._elements: Mapping[str, Element] = {
            element.text("id"): element for element in detectors if element.tag in loop.TAGS | lane_area.TAGS
        }
        self._areas: dict[str, int] = {}
        self.loops: list[LoopPlace] = []  # of additional files
        self.areas: list[WatchedArea] = []
        self.links: list[int] = []  # whose times are asked for
        self.crossings: list[str] = []

    def read(self, function: str, argument: str) -> Sequence[Instruction] | None:
        """Instructions for one of SUMO's functions `z`, `a`, `w`, `g`, `r` and `p`; None for another one.

        Raises:
            ValueError: The argument names nothing that there is, or asks what is not simulated here.
        """
        if function in OF_LOOPS:
            return self._detector(function, argument)
        if function in OF_LINKS:
            link = self._link(argument)
            if link not in self.links:
                self.links.append(link)
            return [Instruction(OF_LINKS[function], link)]
        if function == "p":
            crossings = self._links.crossing_ids[self._link(argument)]
            if not crossings:
                return [Instruction(PUSH)]
            code = [Instruction(PEOPLE, self._crossing(name)) for name in crossings]
            return [*code, *(Instruction(PLUS) for _ in crossings[1:])]
        return None

    def _link(self, argument: str) -> int:
        if not argument.isdecimal() or int(argument) >= self._links.count:
            raise ValueError(f"expected the number of a link, 0 to {self._links.count - 1}, got {argument!r}")
        return int(argument)

    def _crossing(self, name: str) -> int:
        if name not in self.crossings:
            self.crossings.append(name)
        return self.crossings.index(name)

    def _detector(self, function: str, argument: str) -> Sequence[Instruction]:
        names = (self._prefix + argument, argument)
        for name in names:
            number = self._loop(name)
            if number is not None:
                return [Instruction(OF_LOOPS[function], number)]
        for name in names:
            element = self._elements.get(name)
            if element is not None and function != "z":
                if function == "w":
                    raise ValueError("the time that vehicles of an area stand is not simulated here")
                return [Instruction(COUNT, self._area(name, element))]
        kinds = "an induction loop" if function == "z" else "an induction loop or an area"
        own = ", ".join(name.removeprefix(self._prefix) for name in self._loops)
        raise ValueError(f"expected {kinds} of an additional file, or one of {own or 'no own loops'}, got {argument!r}")

    def _loop(self, name: str) -> int | None:
        element = self._elements.get(name)
        if name not in self._loops and element is not None and element.tag in loop.TAGS:
            element, types = without_types(element)
            found = loop.read_loop(element, self._links.network)
            place = LoopPlace(found.lane, found.lane, found.position_m, found.length_m, 0.0, NO_JAM_S, types)
            self._loops[name] = self._lanes + len(self.loops)
            self.loops.append(place)
        return self._loops.get(name)

    def _area(self, name: str, element: Element) -> int:
        if name not in self._areas:
            element, types = without_types(element)
            self._areas[name] = len(self.areas)
            self.areas.append(WatchedArea(lane_area.read_lane_area(element, self._links.network).place, types))
        return self._areas[name]
