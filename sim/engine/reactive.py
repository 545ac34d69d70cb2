"""The signals whose programmes react to traffic, on this engine: what they see of the road, and what they show."""

from collections.abc import Callable, Iterable, Mapping, Sequence

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
from sim.reactive.actuated import ActuatedLayout, ActuatedProgramme, actuated_layout
from sim.reactive.delay_based import DelayBasedProgramme, DelayLayout, delay_layout
from sim.reactive.loop_places import loop_places
from sim.reactive.parameters import Parameters
from sim.reactive.programme import ReactiveProgramme
from sim.reactive.signal_links import SignalLinks
from sim.reactive.targets import chosen_targets
from sim.sumo_files.xml import Element, SumoFileError

EVERYBODY = -1


class _Loops:
    """What one programme sees of a watch in which its loops begin at `first`."""

    def __init__(self, watch: LoopWatch, first: int, count: int, wants_to_cross: Callable[[str], bool]) -> None:
        self._watch, self._first, self._end = watch, first, first + count
        self.wants_to_cross = wants_to_cross

    def covered_last_s(self) -> Sequence[float]:
        return self._watch.covered_last_s[self._first : self._end]

    def covered_s(self, loop: int, now_s: float) -> float:
        return self._watch.covered_s(self._first + loop, now_s)


class _Areas:
    """What one programme sees of a watch in which its areas begin at `first`."""

    def __init__(self, watch: AreaWatch, first: int, count: int) -> None:
        self._watch, self._first, self._end = watch, first, first + count

    def count(self) -> Sequence[float]:
        return self._watch.count[self._first : self._end]

    def late_m(self) -> Sequence[float]:
        return self._watch.late_m[self._first : self._end]

    def all_late_m(self, area: int) -> Sequence[float]:
        return self._watch.all_late_m(self._first + area)


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
        self._watches: list[tuple[LoopWatch, AreaWatch]] = []
        self._running: dict[tuple[str, str], ReactiveProgramme] = {}
        self._started: set[str] = set()

    def run(self, now_s: float, controlled: Mapping[str, str]) -> list[str]:
        """Let programmes decide what they show in the step that begins now; start those of signals just left alone.

        Returns:
            Signals that changed their phase, or that just began.

        Raises:
            sim.sumo_files.SumoFileError: A programme has rules or parameters that are not simulated here.
        """
        new = [name for name in self.names if name not in self._started and name not in controlled]
        if new:
            self._start(new, now_s)
        now_ms, step_ms = round(now_s * 1000), round(self._step_s * 1000)
        changed = new
        for programme in self._running.values():
            if programme.due < now_ms + step_ms:
                before = programme.phase
                programme.run(now_ms, step_ms)
                if programme.phase != before:
                    changed.append(programme.logic.id)
        return changed

    def see(self, world: World, begin_s: float, now_s: float) -> None:
        """Look at the road after a step."""
        for loops, areas in self._watches:
            loops.see(world, begin_s, now_s)
            areas.see(world, begin_s, now_s)

    def running(self, logic: TrafficLightLogic) -> ReactiveProgramme:
        """A programme as it runs."""
        return self._running[logic.id, logic.program_id]

    def wants_to_cross(self, crossing: str) -> bool:
        """Whether somebody comes to a crossing or waits at it."""
        number = self._streets.crossing_of[crossing]
        pieces = self._people.walkers.piece
        here = self._people.persons.piece[self._people.active]
        ahead = pieces.next[here]
        return bool(((ahead >= 0) & (pieces.crossing[ahead] == number) & (pieces.crossing[here] < 0)).any())

    def _start(self, names: Sequence[str], now_s: float) -> None:
        """Build what the programmes of some signals look at, and let them begin."""
        kinds: dict[frozenset[str], int] = {}
        actuated: list[tuple[TrafficLightLogic, Parameters, ActuatedLayout, int]] = []
        delayed: list[tuple[TrafficLightLogic, Parameters, DelayLayout, int]] = []
        for logic in self._programmes(names):
            if logic.not_run:
                raise SumoFileError(f"{logic.not_run} (signal {logic.id!r})")
            links = SignalLinks(self._network, logic.id, len(logic.phases[0].state))
            parameters = Parameters(logic, frozenset(links.lane_ids), links.count)
            types = parameters.words("vTypes")
            kind = kinds.setdefault(self._known(types, parameters), len(kinds)) if types else EVERYBODY
            if logic.type == "actuated":
                targets = chosen_targets(logic.phases)
                places = loop_places(links, logic.phases, targets, parameters, self._given_loops(parameters, links))
                actuated.append((logic, parameters, actuated_layout(links, logic, places), kind))
            else:
                delayed.append((logic, parameters, delay_layout(links, parameters), kind))
        counts = self._counts(kinds)
        loops = self._loop_watch([(layout, kind) for _, _, layout, kind in actuated], counts)
        areas = self._area_watch([(layout, kind) for _, _, layout, kind in delayed], counts)
        self._watches.append((loops, areas))
        begin_ms, first = round(now_s * 1000), 0
        for logic, parameters, layout, _ in actuated:
            seen = _Loops(loops, first, len(layout.loops), self.wants_to_cross)
            programme = ActuatedProgramme(logic, parameters, begin_ms, layout, seen)
            self._running[logic.id, logic.program_id] = programme
            first += len(layout.loops)
        first = 0
        for logic, parameters, area_layout, _ in delayed:
            view = _Areas(areas, first, len(area_layout.areas))
            delay_based = DelayBasedProgramme(logic, parameters, begin_ms, area_layout, view)
            self._running[logic.id, logic.program_id] = delay_based
            first += len(area_layout.areas)
        self._started.update(names)

    def _loop_watch(self, layouts: Sequence[tuple[ActuatedLayout, int]], counts: B1) -> LoopWatch:
        loops = [(loop, kind) for layout, kind in layouts for loop in layout.loops]
        longest_m = max((vehicle.type.length_m for vehicle in self._demand), default=0.0)
        return LoopWatch(
            [loop for loop, _ in loops],
            [kind for _, kind in loops],
            counts,
            self._network,
            self._streets,
            longest_m,
            self._step_s,
        )

    def _area_watch(self, layouts: Sequence[tuple[DelayLayout, int]], counts: B1) -> AreaWatch:
        areas = [(area, layout.late_from_s, kind) for layout, kind in layouts for area in layout.areas]
        return AreaWatch(
            [area for area, _, _ in areas],
            [late_s for _, late_s, _ in areas],
            [kind for _, _, kind in areas],
            counts,
            self._streets,
        )

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
