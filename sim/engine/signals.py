"""Signals: the network's own programmes, overridden by whatever control shows."""

import bisect
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import itemgetter

import numpy as np

from sim.engine.arrays import I4
from sim.engine.reactive import ReactiveSignals
from sim.network import Network, TrafficLightLogic

ROUNDING_S = 1e-6
LETTERS = frozenset("GgyYrRusoO")
MOST_CODES = 10_000


class SignalBoard:
    """Shows letters: given ones, or those of the network's programme at its time.

    Args:
        network: The network.
        tls_ids: Its signals.
        reactive: Who runs the programmes that react to traffic; not needed where there are none.
    """

    def __init__(self, network: Network, tls_ids: Sequence[str], reactive: ReactiveSignals | None = None) -> None:
        self._reactive = reactive if reactive is not None and reactive.names else None
        self._timetables: list[Sequence[tuple[float, TrafficLightLogic]]] = [
            network.timetable(name) for name in tls_ids
        ]
        self._index = {name: i for i, name in enumerate(tls_ids)}
        self._lengths = [len(timetable[0][1].phases[0].state) for timetable in self._timetables]
        links = network.signal_links
        for name, i in self._index.items():
            needed = max(links.get(name, {0: ()}), default=0) + 1
            if self._lengths[i] < needed:
                raise ValueError(f"signal {name!r}: expected at least {needed} letters, got {self._lengths[i]}")
        self.letters: I4 = np.zeros((len(tls_ids), max(self._lengths, default=1)), np.int64)
        self._codes: dict[str, I4] = {}
        self._shown = [""] * len(tls_ids)
        self._programmed = [""] * len(tls_ids)  # what the network's programme shows
        self._until_s = [-math.inf] * len(tls_ids)  # and until when, at least

    def show(self, now_s: float, signals: Mapping[str, str]) -> I4:
        """Set every signal for this instant; the indices of those that show something else than before.

        Raises:
            KeyError: A named signal does not exist.
            ValueError: A state has the wrong length or unknown letters.
        """
        for name in signals:
            if name not in self._index:
                raise KeyError(f"signal {name!r}: expected one of {', '.join(self._index) or 'none'}")
        if self._reactive is not None:
            for name in self._reactive.run(now_s, signals):
                self._until_s[self._index[name]] = -math.inf
        switched = []
        for name, i in self._index.items():
            state = signals.get(name)
            if state is None:
                if now_s >= self._until_s[i]:
                    self._look_up(i, now_s)
                state = self._programmed[i]
            elif state != self._shown[i]:
                self._check(name, i, state)
            if state != self._shown[i]:
                self._shown[i] = state
                self.letters[i, : len(state)] = self._code(state)
                switched.append(i)
        return np.array(switched, np.int64)

    def _code(self, state: str) -> I4:
        """The letters as numbers; programmes show the same few states over and over."""
        code = self._codes.get(state)
        if code is None:
            if len(self._codes) >= MOST_CODES:
                self._codes.clear()
            code = self._codes[state] = np.array([ord(letter) for letter in state], np.int64)
        return code

    def programme(self, name: str, now_s: float) -> tuple[str, int]:
        """Programme and number of the phase that the network's own programme of a signal shows at this time."""
        logic, _ = self._due(self._index[name], now_s)
        if logic.reacts and self._reactive is not None:
            return logic.program_id, self._reactive.running(logic).phase
        return logic.program_id, logic.phase_at(now_s)

    def _due(self, i: int, now_s: float) -> tuple[TrafficLightLogic, float]:
        """The programme that runs now, and when the next one does."""
        timetable = self._timetables[i]
        row = bisect.bisect_right(timetable, now_s + ROUNDING_S, key=itemgetter(0)) - 1
        return timetable[row][1], timetable[row + 1][0] if row + 1 < len(timetable) else math.inf

    def _look_up(self, i: int, now_s: float) -> None:
        logic, next_s = self._due(i, now_s)
        if logic.reacts and self._reactive is not None:
            self._programmed[i] = self._reactive.running(logic).state
            self._until_s[i] = next_s - ROUNDING_S  # or until it changes
            return
        self._programmed[i] = logic.state_at(now_s)
        at_s = (now_s - logic.offset_s) % logic.cycle_s
        ends_s = accumulate(phase.duration_s for phase in logic.phases)
        left_s = next((end_s - at_s for end_s in ends_s if end_s > at_s), 0.0)
        self._until_s[i] = min(now_s + left_s, next_s) - ROUNDING_S

    def _check(self, name: str, i: int, state: str) -> None:
        if len(state) != self._lengths[i]:
            raise ValueError(f"signal {name!r}: expected {self._lengths[i]} letters, got {len(state)}")
        if not LETTERS.issuperset(state):
            raise ValueError(f"signal {name!r}: expected letters of {''.join(sorted(LETTERS))}, got {state!r}")

    def shown(self, name: str) -> str:
        """What a signal shows now."""
        return self._shown[self._index[name]]
