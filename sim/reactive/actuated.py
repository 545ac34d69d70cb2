"""SUMO's `actuated` programmes: green goes on while vehicles follow each other closely.

After SUMO's MSActuatedTrafficLightLogic, release 1.28. With several phases in `next`, the one is chosen whose loops ask
most; without, the phases follow each other, each between its least and longest duration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.network import TrafficLightLogic
from sim.reactive.loop_phases import loops_by_phase
from sim.reactive.loop_places import DETECTOR_GAP_S, LoopPlace
from sim.reactive.parameters import Parameters
from sim.reactive.programme import NO_LIMIT, ReactiveProgramme, milliseconds
from sim.reactive.signal_links import SignalLinks
from sim.reactive.targets import chosen_targets, following, green_ahead, served_by

SERVED_PRIORITY = 10
CROSSING_PRIORITY = 100
INACTIVE_MS = 180_000
A_SECOND_MS = 1000


class SeenByLoops(Protocol):
    """What a programme asks about its loops and crossings."""

    def covered_last_s(self) -> Sequence[float]:
        """Per loop: when somebody was on it last; now, when somebody is."""
        ...

    def covered_s(self, loop: int, now_s: float) -> float:
        """For how long the vehicle that came first has been on the loop; 0 when it is free."""
        ...

    def wants_to_cross(self, crossing: str) -> bool:
        """Whether somebody comes to a crossing or waits at it."""
        ...


@dataclass(frozen=True)
class ActuatedLayout:
    """What an actuated programme looks at."""

    loops: tuple[LoopPlace, ...]
    by_phase: tuple[tuple[int, ...], ...]  # loops that speak for each phase
    crossings: tuple[tuple[str, ...], ...]  # of each phase: crossings with green, where it may be chosen or lengthened


def actuated_layout(links: SignalLinks, logic: TrafficLightLogic, loops: Sequence[LoopPlace]) -> ActuatedLayout:
    """Loops and crossings by phase."""
    targets = chosen_targets(logic.phases)
    by_phase = loops_by_phase(links, logic.phases, targets, loops)
    crossings = tuple(
        tuple(c for i in range(links.count) if phase.state[i] == "G" for c in links.crossing_ids[i])
        for phase in logic.phases
    )
    return ActuatedLayout(tuple(loops), by_phase, crossings)


class ActuatedProgramme(ReactiveProgramme):
    """An actuated programme as it runs."""

    def __init__(
        self,
        logic: TrafficLightLogic,
        parameters: Parameters,
        begin_ms: int,
        layout: ActuatedLayout,
        seen: SeenByLoops,
    ) -> None:
        super().__init__(logic, parameters, begin_ms)
        self._layout, self._seen = layout, seen
        self._after = following(self.phases)
        self._chooses = any(len(numbers) > 1 for numbers in self._after)
        self._targets = [green_ahead(self.phases, number)[0] for number in range(len(self.phases))]
        self._served_by = [served_by(self.phases, number) for number in range(len(self.phases))]
        self._detector_gap_s = parameters.number("detector-gap", DETECTOR_GAP_S)
        self._inactive = parameters.milliseconds("inactive-threshold", INACTIVE_MS)
        self._link_most, self._link_least = parameters.by_link("linkMaxDur"), parameters.by_link("linkMinDur")
        self._link_green = [0] * len(self.state)
        self._max_gap_s = [loop.max_gap_s for loop in layout.loops]
        self._last_green = [0] * len(layout.loops)
        self._last_decided = 0

    def _decide(self, now: int) -> int:
        if self._link_most or self._link_least:
            passed = now - self._last_decided
            self._link_green = [
                (before + passed) if letter in "Gg" else 0
                for before, letter in zip(self._link_green, self.state, strict=True)
            ]
        self._last_decided = now
        after, before = self._after[self.phase], self.phase
        if len(after) > 1:
            phase = self._choose(now)
        else:
            gap_s = self._shortest_gap_s(now)
            if gap_s is not None:
                return self._longer(now, gap_s)
            phase = after[0]
        if wait := self._links_need(self._targets[phase]):
            return A_SECOND_MS if len(after) > 1 else wait
        began_before = self._enter(phase, now)
        if self._chooses and self._green[self.phase]:
            for loop in self._layout.by_phase[self.phase]:
                self._last_green[loop] = now
        retry = A_SECOND_MS if self.phase == before else 0
        return max(retry, self._least[self.phase] - self._lasted(now), self._earliest(now, began_before))

    def _longer(self, now: int, gap_s: float) -> int:
        """Until when the last vehicle has come from its loop to the line, in whole seconds of the phase."""
        lasted = self._lasted(now)
        more = max(self._least[self.phase] - lasted, milliseconds(self._detector_gap_s - gap_s), 1)
        if more % A_SECOND_MS:
            more = ((more + lasted) // A_SECOND_MS + 1) * A_SECOND_MS - lasted
        return min(more, self._most[self.phase] - lasted, self._latest(now))

    def _may_go_on(self, now: int) -> bool:
        if self._lasted(now) >= self._most[self.phase] or self._latest(now) <= 0:
            return False
        return not any(self._link_green[i] >= most for i, most in self._link_most.items())

    def _shortest_gap_s(self, now: int) -> float | None:
        """Shortest gap at a loop of this phase that is short enough to go on; None when the phase ends."""
        loops = self._layout.by_phase[self.phase]
        if not loops or not self._green[self.phase] or not self._may_go_on(now):
            return None
        now_s, shortest_s = now / 1000.0, None
        last_s = self._seen.covered_last_s()
        for loop in loops:
            gap_s = now_s - last_s[loop]
            if gap_s < self._max_gap_s[loop] and (shortest_s is None or gap_s < shortest_s):
                shortest_s = shortest_s if self._is_jammed(loop, now_s) else gap_s
        return shortest_s

    def _is_jammed(self, loop: int, now_s: float) -> bool:
        jam_s = self._layout.loops[loop].jam_s
        return jam_s > 0 and self._seen.covered_s(loop, now_s) >= jam_s

    def _choose(self, now: int) -> int:
        """The phase whose loops and crossings ask most; the first that `next` names when nobody asks."""
        after = self._after[self.phase]
        chosen, most = after[0], 0
        if self._may_go_on(now):
            asked = self._asked(self.phase, now)
            if asked > most:
                chosen, most = self.phase, asked
        for phase in after:
            asked = sum(self._asked(target, now) for target in self._served_by[self.phase][phase])
            if asked > most and self._links_allow(self._targets[phase]):
                chosen, most = phase, asked
        return chosen

    def _asked(self, phase: int, now: int) -> int:
        """How urgently a phase is asked for."""
        loops = sum(self._urgency(loop, now) for loop in self._layout.by_phase[phase])
        return loops + CROSSING_PRIORITY * sum(
            1 for crossing in self._layout.crossings[phase] if self._seen.wants_to_cross(crossing)
        )

    def _urgency(self, loop: int, now: int) -> int:
        now_s = now / 1000.0
        gap_s = now_s - self._seen.covered_last_s()[loop]
        close = gap_s < self._max_gap_s[loop] and not self._is_jammed(loop, now_s)
        if not close and self._last_green[loop] >= now - milliseconds(gap_s):
            return 0
        inactive = now - self._last_green[loop]
        if inactive > self._inactive:
            return inactive // A_SECOND_MS
        if loop in self._layout.by_phase[self.phase]:
            goes_on = self._lasted(now) < self._most[self.phase] and self._latest(now) > 0
            return SERVED_PRIORITY if goes_on else 0
        return 1

    def _links_allow(self, target: int) -> bool:
        state = self.phases[target].state
        return not any(
            self._link_green[i] >= most and state[i] in "Gg" for i, most in self._link_most.items() if most < NO_LIMIT
        )

    def _links_need(self, target: int) -> int:
        """How long links that would lose their green must keep it yet."""
        if target == self.phase:
            return 0
        state = self.phases[target].state
        needed = [
            least - self._link_green[i]
            for i, least in self._link_least.items()
            if self.state[i] in "Gg" and state[i] not in "Gg"
        ]
        return max(0, max(needed, default=0))
