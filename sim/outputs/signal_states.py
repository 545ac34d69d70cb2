"""What every signal shows, second by second, as SUMO's `SaveTLSStates`."""

import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import itemgetter
from pathlib import Path

from sim.network import Network
from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element

ONLINE = "online"
"""SUMO's name for a programme that somebody sets from outside."""
ROUNDING_S = 1e-6


class SignalStateWriter:
    """Writes the letters of each signal in each step, with the programme and phase that they come from."""

    def __init__(self, path: Path, network: Network, tls_ids: Sequence[str], displayed: Callable[[str], str]) -> None:
        self._network, self._tls_ids, self._displayed = network, tls_ids, displayed
        self._file = XmlFile(path, "tlsStates")

    def see(self, step: Step) -> None:
        """Write what was shown in this step."""
        for tls_id in self._tls_ids:
            programme, phase = (ONLINE, 0) if tls_id in step.controlled else self._running(tls_id, step.begin_s)
            self._file.write(
                element(
                    4,
                    "tlsState",
                    time=step.begin_s,
                    id=tls_id,
                    programID=programme,
                    phase=phase,
                    state=self._displayed(tls_id),
                )
            )

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _running(self, tls_id: str, at_s: float) -> tuple[str, int]:
        """Programme and phase of the network at this second."""
        timetable = self._network.timetable(tls_id)
        logic = timetable[bisect.bisect_right(timetable, at_s + ROUNDING_S, key=itemgetter(0)) - 1][1]
        ends_s = list(accumulate(phase.duration_s for phase in logic.phases))
        phase = bisect.bisect_right(ends_s, (at_s - logic.offset_s) % logic.cycle_s)
        return logic.program_id, min(phase, len(ends_s) - 1)
