"""What a net's own signal programme shows, second by second, with amber cut to the length that is used here."""

import math
from dataclasses import dataclass
from functools import cached_property

from sim.signal_programme import TrafficLightLogic

AMBER_S = 3
GREEN = frozenset("Gg")
MIN_MAIN_PHASE_S = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One phase in whole seconds; `phase` is its number in the programme."""

    phase: int
    start_s: int
    duration_s: int
    least_s: int  # what an actuated programme guarantees; the duration where it says nothing
    state: str

    @property
    def end_s(self) -> int:
        """Second at which the phase is over."""
        return self.start_s + self.duration_s


@dataclass(frozen=True)
class Programme:
    """A cyclic programme whose ambers last `AMBER_S` where it ships longer ones."""

    steps: tuple[Step, ...]
    offset_s: int

    @property
    def cycle_s(self) -> int:
        """Length of the cycle after ambers were cut."""
        return self.steps[-1].end_s

    @property
    def links(self) -> int:
        """Number of signal links."""
        return len(self.steps[0].state)

    @cached_property
    def seconds(self) -> tuple[str, ...]:
        """The letters of each second of the cycle."""
        return tuple(step.state for step in self.steps for _ in range(step.duration_s))

    def shown(self, link: int) -> frozenset[str]:
        """Every letter that the link shows."""
        return frozenset(step.state[link] for step in self.steps)

    def signature(self, link: int) -> tuple[bool, ...]:
        """In which phases the link is green."""
        return tuple(step.state[link] in GREEN for step in self.steps)

    def green_together(self, a: int, b: int) -> bool:
        """Whether some phase shows green to both."""
        return any(step.state[a] in GREEN and step.state[b] in GREEN for step in self.steps)

    def greens(self, link: int) -> tuple[tuple[int, int], ...]:
        """Begin (within the cycle) and length of each green of the link; empty when it is always or never green."""
        green = [state[link] in GREEN for state in self.seconds]
        cycle = len(green)
        begins = [second for second in range(cycle) if green[second] and not green[second - 1]]
        intervals = []
        for begin in begins:
            length = next(n for n in range(1, cycle + 1) if not green[(begin + n) % cycle])
            intervals.append((begin, length))
        return tuple(intervals)

    def longest_red_s(self, link: int) -> int:
        """The longest time from the end of a green of the link to its next green."""
        greens = self.greens(link)
        following = [*greens[1:], *greens[:1]]
        gaps = [
            (after[0] - begin - length) % self.cycle_s for (begin, length), after in zip(greens, following, strict=True)
        ]
        return max(gaps, default=0)

    def guaranteed_green_s(self, link: int) -> int:
        """The shortest green that the link gets: the least durations of the phases that make up one green."""
        signature = self.signature(link)
        count = len(signature)
        if all(signature):
            return self.cycle_s
        lengths = []
        for first in range(count):
            if not signature[first] or signature[first - 1]:
                continue
            total, at = 0, first
            while signature[at]:
                total += self.steps[at].least_s
                at = (at + 1) % count
            lengths.append(total)
        return min(lengths, default=0)


def read_programme(logic: TrafficLightLogic) -> Programme:
    """The programme in whole seconds, with every amber longer than `AMBER_S` cut.

    Phases begin and end in the whole second next to their own, so that fractions do not add up over the cycle.
    """
    steps: list[Step] = []
    start, exact_s = 0, 0.0
    for number, phase in enumerate(logic.phases):
        exact_s += min(phase.duration_s, AMBER_S) if "y" in phase.state else phase.duration_s
        duration = math.floor(exact_s + 0.5) - start
        if duration:
            least = min(duration, max(1, round(phase.min_duration_s)))
            steps.append(Step(number, start, duration, least, phase.state))
            start += duration
    return Programme(tuple(steps), round(logic.offset_s))
