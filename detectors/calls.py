"""Who is felt at the stop line and not shown by the radar: without this, a radar that goes blind starves its approach.

A radar that shows an empty road is only found out by those who cross, and nobody crosses where nobody is shown. So a
loop that is covered while its lane is shown empty calls for green like a push-button. If it stays covered through green
with nobody counted, it is the loop that is wrong, and its call counts no more until it has been free.
"""

from dataclasses import dataclass, replace

import numpy as np

from detectors.lanes import LaneView
from detectors.loop_evidence import COVERED_RATIO, HALT_M
from detectors.readings import LoopReading

FELT_S = 5.0
"""For so long somebody must stand on the loop; traffic that drives covers it for less."""
ANSWERED_S = 10.0
"""Green in which whoever stands there has gone."""
CALL_CONFIDENCE = 0.5
"""Radar and loop contradict each other."""


@dataclass(slots=True)
class StopLineCall:
    """One lane with a radar and a stop-line loop."""

    movement: int
    _felt_s: float = 0.0
    _answered_s: float = 0.0

    def complete(self, view: LaneView, loop: LoopReading | None, elapsed_s: float, *, green: bool) -> LaneView:
        """What the radar shows of the lane, and whom the loop feels where that is nobody."""
        if loop is None or loop.count or not loop.present or loop.occupancy_ratio < COVERED_RATIO:
            self._felt_s = self._answered_s = 0.0
            return view
        if view.passed:
            self._felt_s = 0.0  # somebody drove over it: what it feels is not standing there
            return view
        self._felt_s += elapsed_s
        self._answered_s += elapsed_s * green
        if view.distance_m.size or self._felt_s < FELT_S or self._answered_s > ANSWERED_S:
            return view
        return replace(
            view,
            distance_m=np.array([HALT_M]),
            speed_mps=np.zeros(1),
            movement=np.array([self.movement], np.int32),
            mode=np.zeros(1, np.int8),
            waiting_s=np.array([self._felt_s]),
            confidence_ratio=CALL_CONFIDENCE,
            queue_variance=view.queue_variance + 1.0,
        )
