"""Phases of a programme that reacts to traffic: when each may end, and when the next decision is due.

Times are whole milliseconds, as in SUMO, so that sums of durations have no rounding. `earliest` and `latest` are those
of SUMO's MSSimpleTrafficLightLogic: bounds within a cycle that is either the clock's (`coordinated`) or begins with
the first phase.
"""

from abc import ABC, abstractmethod

from sim.network import Phase, TrafficLightLogic
from sim.reactive.parameters import Parameters

NO_LIMIT = 10**12
NEVER = -1
GREEN = frozenset("Gg")
AMBER = frozenset("yY")


def milliseconds(seconds: float) -> int:
    """Seconds as SUMO counts them."""
    return int(seconds * 1000.0 + (0.5 if seconds >= 0 else -0.5))


def is_green(phase: Phase) -> bool:
    """Whether a phase serves somebody and nobody has amber: only such phases are lengthened."""
    return not GREEN.isdisjoint(phase.state) and AMBER.isdisjoint(phase.state)


def is_actuated(phase: Phase) -> bool:
    """Whether a phase has no fixed duration."""
    return phase.min_duration_s != phase.max_duration_s


class ReactiveProgramme(ABC):
    """One programme as it runs. It starts in the phase in which a fixed one would be, with that phase's least duration.

    Args:
        logic: The programme.
        parameters: Its parameters.
        begin_ms: When it starts.

    Attributes:
        phase: Number of the phase that it shows.
        due: When it decides next, in milliseconds.
    """

    def __init__(self, logic: TrafficLightLogic, parameters: Parameters, begin_ms: int) -> None:
        self.logic, self.phases = logic, logic.phases
        self._durations = [milliseconds(phase.duration_s) for phase in self.phases]
        self._least = [milliseconds(phase.min_duration_s) for phase in self.phases]
        self._most = [milliseconds(phase.max_duration_s) for phase in self.phases]
        self._green = [is_green(phase) for phase in self.phases]
        self._offset = milliseconds(logic.offset_s)
        self._cycle = parameters.milliseconds("cycleTime", sum(self._durations))
        self._coordinated = parameters.flag("coordinated")
        self._began = [begin_ms] * len(self.phases)
        self._ended = [NEVER] * len(self.phases)
        self.phase = 0
        at = (begin_ms - self._offset) % sum(self._durations)
        while at >= self._durations[self.phase]:
            at -= self._durations[self.phase]
            self.phase += 1
        self.due = begin_ms + max(self._least[self.phase], self._earliest(begin_ms, NEVER))

    @property
    def state(self) -> str:
        """The letters of the phase."""
        return self.phases[self.phase].state

    def run(self, now_ms: int, step_ms: int) -> None:
        """Decide as often as decisions are due in the step that begins now."""
        decisions = 0
        while self.due < now_ms + step_ms:
            wait = self._decide(now_ms)
            decisions += 1
            self.due += wait if wait > 0 else step_ms if decisions > len(self.phases) else 0

    @abstractmethod
    def _decide(self, now: int) -> int:
        """Stay or switch; returns how long to wait for the next decision."""

    def _lasted(self, now: int) -> int:
        return now - self._began[self.phase]

    def _in_cycle(self, now: int) -> int:
        since = now - (self._offset if self._coordinated else self._began[0])
        return since % self._cycle if since >= 0 else -(-since % self._cycle)  # as SUMO: below 0 before the offset

    def _enter(self, phase: int, now: int) -> int:
        """Switch to a phase, which may be the one that runs; returns when it had begun before."""
        before, previous = self._began[phase], self.phase
        self.phase = phase
        if phase != previous:
            self._ended[previous] = now
            self._began[phase] = now
        return before

    def _earliest(self, now: int, previous_begin: int) -> int:
        """How long the phase must go on for `earliestEnd`."""
        given = self.phases[self.phase].earliest_end_s
        if given is None:
            return 0
        earliest, at = milliseconds(given), self._in_cycle(now)
        latest = self.phases[self.phase].latest_end_s
        if previous_begin >= now - at and previous_begin < self._ended[self.phase]:
            earliest += self._cycle  # it has run in this cycle already
        elif latest is not None:
            latest_ms = milliseconds(latest)
            least_end = at + self._least[self.phase] - self._lasted(now)
            if earliest < latest_ms < least_end:
                earliest += self._cycle
            elif latest_ms < earliest and latest_ms >= least_end:
                earliest -= self._cycle
        return min(earliest - at, self._most[self.phase] - self._lasted(now))

    def _latest(self, now: int) -> int:
        """How long the phase may go on for `latestEnd`."""
        given = self.phases[self.phase].latest_end_s
        if given is None:
            return NO_LIMIT
        latest, at = milliseconds(given), self._in_cycle(now)
        earliest = self.phases[self.phase].earliest_end_s
        if (-1 if earliest is None else milliseconds(earliest)) > latest and self._lasted(now) < at:
            return NO_LIMIT  # it began in this cycle, and may end in the next
        if latest == self._cycle and at == 0:
            return 0
        return max(0, latest - at)
