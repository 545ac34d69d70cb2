"""Signals: the network's own programmes, overridden by whatever control shows."""

import bisect
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import itemgetter

import numpy as np

from sim.engine.arrays import B1, I4, U1
from sim.engine.reactive import ReactiveSignals
from sim.engine.signal_arrays import Signals, new_signals
from sim.network import Network
from sim.reactive.phases import first_phase, milliseconds
from sim.signal_programme import TrafficLightLogic

ROUNDING_S = 1e-6
LETTERS = frozenset("GgyYrRusoO")
MOST_CODES = 10_000


class _Cycle:
    """When the phases of a static programme end within its cycle: added up once, as one asks after every phase."""

    def __init__(self, logic: TrafficLightLogic) -> None:
        self._offset_s, self._cycle_s = logic.offset_s, logic.cycle_s
        self._ends_s = tuple(accumulate(phase.duration_s for phase in logic.phases))

    def at(self, now_s: float) -> tuple[int, float]:
        """Number of the phase that runs now, and for how long it still does."""
        at_s = (now_s - self._offset_s) % self._cycle_s
        number = bisect.bisect_right(self._ends_s, at_s)
        if number == len(self._ends_s):  # at the very end of the cycle
            return number - 1, 0.0
        return number, self._ends_s[number] - at_s


class SignalBoard:
    """Shows letters: given ones, or those of the network's programme at its time.

    Programmes that react to traffic are decided and shown by `deciding.py`, on the tables here.

    Args:
        network: The network.
        tls_ids: Its signals.
        reactive: Who begins the programmes that react to traffic; not needed where there are none.
    """

    def __init__(self, network: Network, tls_ids: Sequence[str], reactive: ReactiveSignals | None = None) -> None:
        self._reactive = reactive
        self._timetables: list[Sequence[tuple[float, TrafficLightLogic]]] = [
            network.timetable(name) for name in tls_ids
        ]
        self._cycles = [[_Cycle(logic) for _, logic in timetable] for timetable in self._timetables]
        self._index = {name: i for i, name in enumerate(tls_ids)}
        self._lengths = [len(timetable[0][1].phases[0].state) for timetable in self._timetables]
        links = network.signal_links
        for name, i in self._index.items():
            needed = max(links.get(name, {0: ()}), default=0) + 1
            if self._lengths[i] < needed:
                raise ValueError(f"signal {name!r}: expected at least {needed} letters, got {self._lengths[i]}")
        self.tables: Signals
        self._keep(new_signals(self._lengths))
        self._start = self.tables.signal.letter_start.tolist()
        self._codes: dict[str, U1] = {}
        self._shown = [""] * len(tls_ids)  # where no reacting programme is shown
        self._reacting: list[TrafficLightLogic | None] = [None] * len(tls_ids)  # or the one that is
        self._until_s = [-math.inf] * len(tls_ids)  # until when, at least, that is what the network's programmes show
        self._next_s = -math.inf  # the first of these times

    def show(self, now_s: float, signals: Mapping[str, str]) -> None:
        """Set every signal for this instant, but for what reacting programmes decide; `tables` may be new ones then.

        Raises:
            KeyError: A named signal does not exist.
            ValueError: A state has the wrong length or unknown letters.
            sim.sumo_files.SumoFileError: A programme reacts to traffic in a way that is not simulated here.
        """
        if not signals and now_s < self._next_s:
            return
        for name in signals:
            if name not in self._index:
                raise KeyError(f"signal {name!r}: expected one of {', '.join(self._index) or 'none'}")
        if self._reactive is not None:
            tables = self._reactive.begin(self.tables, now_s, signals)
            if tables is not self.tables:
                self._keep(tables)
        for name, i in self._index.items():
            state = signals.get(name)
            if state is not None:
                if not state or state != self._shown[i]:  # nothing is shown before the first step
                    self._check(name, i, state)
                    self._put(i, state)
                self._until_s[i] = -math.inf
            elif now_s >= self._until_s[i]:
                self._look_up(i, now_s)
        self._next_s = min(self._until_s, default=math.inf)

    def _keep(self, tables: Signals) -> None:
        """These tables from now on, with columns that Python writes after every phase at hand as plain arrays."""
        self.tables = tables
        signal = tables.signal.view(np.ndarray)
        self._switched: B1 = signal["switched"]
        self._programme: I4 = signal["programme"]

    def _put(self, i: int, state: str) -> None:
        """Show these letters and no reacting programme."""
        code = self._codes.get(state)  # control and programmes show the same few states over and over
        if code is None:
            if len(self._codes) >= MOST_CODES:
                self._codes.clear()
            code = self._codes[state] = np.frombuffer(state.encode("ascii"), np.uint8)
        self._shown[i], self._reacting[i] = state, None
        self.tables.letter[self._start[i] : self._start[i + 1]] = code
        self._switched[i] = True
        self._programme[i] = -1

    def programme(self, name: str, now_s: float) -> tuple[str, int]:
        """Programme and number of the phase that the network's own programme of a signal shows at this time.

        Of a reacting one under control from the start on: the phase in which it would begin now.
        """
        i = self._index[name]
        logic = self._timetables[i][self._row(i, now_s)][1]
        if not logic.reacts:
            return logic.program_id, logic.phase_at(now_s)
        begun = self._reactive is not None and self._reactive.has_begun(logic)
        return logic.program_id, self._phase_of(logic) if begun else first_phase(logic, milliseconds(now_s))

    def _phase_of(self, logic: TrafficLightLogic) -> int:
        """Number of the phase that a reacting programme is in."""
        if self._reactive is None:
            raise ValueError(f"signal {logic.id!r}: expected somebody who runs its programme")
        programmes, number = self.tables.programme, self._reactive.number(logic)
        return int(programmes.phase[number] - programmes.phase_start[number])

    def _row(self, i: int, now_s: float) -> int:
        """Which row of its timetable holds now."""
        return bisect.bisect_right(self._timetables[i], now_s + ROUNDING_S, key=itemgetter(0)) - 1

    def _look_up(self, i: int, now_s: float) -> None:
        """Show what the network's programme of this time shows."""
        timetable, row = self._timetables[i], self._row(i, now_s)
        logic = timetable[row][1]
        next_s = timetable[row + 1][0] if row + 1 < len(timetable) else math.inf
        if logic.reacts and self._reactive is not None:
            self._shown[i], self._reacting[i] = "", logic
            self._programme[i] = self._reactive.number(logic)
            self.tables.signal.phase[i] = -1
            self._until_s[i] = next_s - ROUNDING_S
            return
        number, left_s = self._cycles[i][row].at(now_s)
        state = logic.phases[number].state
        if state != self._shown[i]:
            self._put(i, state)
        self._until_s[i] = min(now_s + left_s, next_s) - ROUNDING_S

    def _check(self, name: str, i: int, state: str) -> None:
        if len(state) != self._lengths[i]:
            raise ValueError(f"signal {name!r}: expected {self._lengths[i]} letters, got {len(state)}")
        if not LETTERS.issuperset(state):
            raise ValueError(f"signal {name!r}: expected letters of {''.join(sorted(LETTERS))}, got {state!r}")

    def shown(self, name: str, now_s: float) -> str:
        """What a signal shows now; before the first step, what the network's programme does."""
        i = self._index[name]
        reacting = self._reacting[i]
        if reacting is not None:
            return reacting.phases[self._phase_of(reacting)].state
        if self._shown[i]:
            return self._shown[i]
        logic = self._timetables[i][self._row(i, now_s)][1]
        return logic.phases[self.programme(name, now_s)[1]].state
