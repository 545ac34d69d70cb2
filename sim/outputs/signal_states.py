"""What every signal shows, second by second, as SUMO's `SaveTLSStates`."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element

ONLINE = "online"
"""SUMO's name for a programme that somebody sets from outside."""


class SignalStateWriter:
    """Writes the letters of each signal in each step, with the programme and phase that they come from.

    Args:
        path: The file.
        tls_ids: The signals.
        displayed: The letters that one shows.
        programme: Programme of the network and number of its phase that one shows at a time.
    """

    def __init__(
        self,
        path: Path,
        tls_ids: Sequence[str],
        displayed: Callable[[str], str],
        programme: Callable[[str, float], tuple[str, int]],
    ) -> None:
        self._tls_ids, self._displayed, self._programme = tls_ids, displayed, programme
        self._file = XmlFile(path, "tlsStates")

    def see(self, step: Step) -> None:
        """Write what was shown in this step."""
        for tls_id in self._tls_ids:
            programme, phase = (ONLINE, 0) if tls_id in step.controlled else self._programme(tls_id, step.begin_s)
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
