"""Pedestrians as the kerb knows them: push-buttons, or presence detectors that count who waits."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detectors.readings import ButtonReading
from plans.junction import DetectorKind
from sim.plant import RoadState
from sim.sensors.roadmap import Roadmap

PRESS_AGAIN_S = 10.0
"""Who waits presses on arrival, and again now and then: a press that fell into green is not lost for ever.

Who turns to another crossing of the corner, because this one shows red for long, has arrived there.
"""


class KerbSensors:
    """All buttons of all junctions."""

    def __init__(self, roadmap: Roadmap, step_s: float, *, presence: bool) -> None:
        self._presence = presence
        self._step_s = step_s
        self._seq = 0
        self._stood: dict[int, int] = {}  # who waits at which button
        self._buttons: list[tuple[str, str]] = []
        crossings: list[tuple[int, int, int]] = []
        for junction in roadmap.junctions:
            for detector in junction.detectors.values():
                group = junction.groups.get(detector.group or "")
                if detector.kind is DetectorKind.BUTTON and group is not None:
                    tls = roadmap.tls_index[junction.id]
                    crossings.extend((tls, link, len(self._buttons)) for link in group.links)
                    self._buttons.append((junction.id, detector.id))
        links = 1 + max((link for _, link, _ in crossings), default=0)
        self._button = np.full((max(1, len(roadmap.tls_index)), links), -1, np.int64)
        for tls, link, button in crossings:
            self._button[tls, link] = button

    def read(self, state: RoadState, utc_s: float) -> Iterator[ButtonReading]:
        """One reading per button; `waiting` only from presence detectors."""
        self._seq += 1
        here = state.ped_waiting & (state.ped_tls >= 0) & (state.ped_link >= 0)
        here &= state.ped_link < self._button.shape[1]
        button = self._button[state.ped_tls[here], state.ped_link[here]]
        waited_s = state.ped_waiting_s[here]
        presses = (np.mod(waited_s, PRESS_AGAIN_S) < self._step_s) | self._arrived(state.ped_id[here], button)
        size = len(self._buttons) + 1  # the last slot takes who waits where no button is
        waiting = np.bincount(button % size, minlength=size)
        pressed = np.bincount(button[presses] % size, minlength=size)
        for number, (junction, detector) in enumerate(self._buttons):
            count = int(waiting[number]) if self._presence else None
            yield ButtonReading(junction, detector, utc_s, self._seq, bool(pressed[number]), count)

    def _arrived(self, person: NDArray[np.int64], button: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Who did not wait at this button a step ago."""
        stands = dict(zip(person.tolist(), button.tolist(), strict=True))
        before, self._stood = self._stood, stands
        return np.array([before.get(one) != at for one, at in stands.items()], np.bool_)
