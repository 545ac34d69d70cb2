"""The signals whose programmes react to traffic, on this engine: what they see of the road, and what they show."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sim.demand import Vehicle
from sim.engine.area_watch import AreaWatch
from sim.engine.arrays import B1
from sim.engine.loop_watch import LoopWatch
from sim.engine.people import People
from sim.engine.pointers import World
from sim.engine.streets import Streets
from sim.network import Network, TrafficLightLogic
from sim.outputs.loop import TAGS, Loop, read_loop
from sim.reactive.actuated import ActuatedProgramme, actuated_layout
from sim.reactive.area_places import AreaPlace
from sim.reactive.delay_based import DelayBasedProgramme, delay_layout
from sim.reactive.loop_places import LoopPlace, loop_places
from sim.reactive.parameters import Parameters
from sim.reactive.programme import ReactiveProgramme
from sim.reactive.signal_links import SignalLinks
from sim.reactive.targets import chosen_targets
from sim.sumo_files.xml import Element, SumoFileError

EVERYBODY = -1


class _Numbered:
    """The watch of several programmes, seen by one whose loops or areas begin at `first`; crossings too."""

    def __init__(self, board: "ReactiveSignals", first: int) -> None:
        self._board, self._first = board, first
        self._batch = len(board.watches)

    def gap_s(self, loop: int, now_s: float) -> float:
        return self._board.watches[self._batch][0].gap_s(self._first + loop, now_s)

    def covered_s(self, loop: int, now_s: float) -> float:
        return self._board.watches[self._batch][0].covered_s(self._first + loop, now_s)

    def is_empty(self, area: int) -> bool:
        return self._board.watches[self._batch][1].is_empty(self._first + area)

    def late_m(self, area: int, least_loss_s: float) -> Sequence[float]:
        return self._board.watches[self._batch][1].late_m(self._first + area, least_loss_s)

    def wants_to_cross(self, crossing: str) -> bool:
        return self._board.wants_to_cross(crossing)


class ReactiveSignals:
    """Runs actuated and delay-based programmes, those that wait for their hour included.

    A signal is looked at from the moment at which nobody controls it: one that is always controlled costs nothing.

    Args:
        network: The network.
        streets: Its arrays.
        demand: All vehicles.
        people: All persons.
        detectors: Detectors of additional files.
        step_s: The engine's step.
    """

    def __init__(
        self,
        network: Network,
        streets: Streets,
        demand: Sequence[Vehicle],
        people: People,
        detectors: Iterable[Element],
        step_s: float,
    ) -> None:
        self._network, self._streets, self._demand, self._people = network, streets, demand, people
        self._detectors, self._step_s = tuple(detectors), step_s
        self.names = tuple(
            name for name in network.programs if any(logic.reacts for _, logic in network.timetable(name))
        )
        self.watches: list[tuple[LoopWatch, AreaWatch]] = []
        self._running: dict[tuple[str, str], ReactiveProgramme] = {}
        self._started: set[str] = set()

    def run(self, now_s: float, controlled: Mapping[str, str]) -> None:
        """Let programmes decide what they show in the step that begins now; start those of signals just left alone.

        Raises:
            sim.sumo_files.SumoFileError: A programme has rules or parameters that are not simulated here.
        """
        new = [name for name in self.names if name not in self._started and name not in controlled]
        if new:
            self._start(new, now_s)
        now_ms, step_ms = round(now_s * 1000), round(self._step_s * 1000)
        for programme in self._running.values():
            if programme.is_due(now_ms, step_ms):
                programme.run(now_ms, step_ms)

    def see(self, world: World, begin_s: float, now_s: float) -> None:
        """Look at the road after a step."""
        for loops, areas in self.watches:
            loops.see(world, begin_s, now_s)
            areas.see(world, begin_s, now_s)

    def running(self, logic: TrafficLightLogic) -> ReactiveProgramme:
        """A programme as it runs."""
        return self._running[logic.id, logic.program_id]

    def wants_to_cross(self, crossing: str) -> bool:
        """Whether somebody comes to a crossing or waits at it."""
        number = self._streets.crossing_of[crossing]
        pieces = self._people.walkers.piece
        ahead = pieces.next[self._people.persons.piece[self._people.active]]
        return bool((pieces.crossing[ahead] == number).any())

    def _start(self, names: Sequence[str], now_s: float) -> None:
        loops: list[LoopPlace] = []
        areas: list[AreaPlace] = []
        kinds: dict[frozenset[str], int] = {}
        loop_kinds: list[int] = []
        area_kinds: list[int] = []
        begin_ms = round(now_s * 1000)
        for logic in self._programmes(names):
            if logic.not_run:
                raise SumoFileError(f"{logic.not_run} (signal {logic.id!r})")
            links = SignalLinks(self._network, logic.id, len(logic.phases[0].state))
            parameters = Parameters(logic, frozenset(links.lane_ids), links.count)
            types = parameters.words("vTypes")
            kind = kinds.setdefault(self._known(types, parameters), len(kinds)) if types else EVERYBODY
            programme: ReactiveProgramme
            if logic.type == "actuated":
                targets = chosen_targets(logic.phases)
                places = loop_places(links, logic.phases, targets, parameters, self._given_loops(parameters, links))
                layout = actuated_layout(links, logic, places)
                programme = ActuatedProgramme(logic, parameters, begin_ms, layout, _Numbered(self, len(loops)))
                loops += places
                loop_kinds += [kind] * len(places)
            else:
                delays = delay_layout(links, parameters)
                programme = DelayBasedProgramme(logic, parameters, begin_ms, delays, _Numbered(self, len(areas)))
                areas += delays.areas
                area_kinds += [kind] * len(delays.areas)
            self._running[logic.id, logic.program_id] = programme
        counts = self._counts(kinds)
        longest_m = max((vehicle.type.length_m for vehicle in self._demand), default=0.0)
        self.watches.append(
            (
                LoopWatch(loops, loop_kinds, counts, self._network, self._streets, longest_m, self._step_s),
                AreaWatch(areas, area_kinds, counts, self._streets),
            )
        )
        self._started.update(names)

    def _programmes(self, names: Sequence[str]) -> Iterable[TrafficLightLogic]:
        for name in names:
            seen = set()
            for _, logic in self._network.timetable(name):
                if logic.reacts and logic.program_id not in seen:
                    seen.add(logic.program_id)
                    yield logic

    def _given_loops(self, parameters: Parameters, links: SignalLinks) -> Mapping[str, Loop]:
        """Loops of additional files that lanes of the signal name."""
        named = {parameters.text(lane) for lane in links.lane_ids}
        return {
            element.text("id"): read_loop(element, self._network)
            for element in self._detectors
            if element.tag in TAGS and element.text("id") in named
        }

    def _known(self, types: frozenset[str], parameters: Parameters) -> frozenset[str]:
        known = {vehicle.type.id for vehicle in self._demand}
        if missing := types - known:
            parameters.fail("vTypes", f"expected types of vehicles of the demand, got {', '.join(sorted(missing))}")
        return types

    def _counts(self, kinds: Mapping[frozenset[str], int]) -> B1:
        """Per set of types and vehicle: whether the vehicle is of one of them."""
        rows = [[vehicle.type.id in types for vehicle in self._demand] for types in kinds]
        return np.array(rows, np.bool_).reshape(len(kinds), len(self._demand))
