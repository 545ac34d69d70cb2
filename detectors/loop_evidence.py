"""What the loops of a lane say in a second, and of whom: what models of followed and of expected queues share."""

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from detectors.lanes import JAM_SPACING_M
from plans.record import record

ACCELERATION_MPS2 = 2.0
HALT_M = 1.0
COVERED_RATIO = 0.99
PROOF_S = 3.0
"""For so long occupancy must contradict a model before it is corrected; one second may be a gap between vehicles."""


@record
class Stream:
    """One kind of road user on one lane: `mode` and `movement` as in `LanePicture`."""

    speed_mps: float
    saturation_flow_vph: float
    mode: int
    movement: int
    spacing_m: float = JAM_SPACING_M

    @property
    def saturation_vps(self) -> float:
        """Vehicles a second that leave a queue at green."""
        return self.saturation_flow_vph / 3600.0


@record
class LoopEvidence:
    """What the lane's usable loops said over the last `elapsed_s` seconds; None where there is no usable loop.

    `arrivals` are vehicles at the advance loop, `departures` those over the stop line; the ratios are occupancies.
    """

    elapsed_s: float
    green: bool
    arrivals: int | None
    arrival_m: float
    arrival_speed_mps: float | None
    advance_ratio: float | None
    departures: int | None
    stop_ratio: float | None
    stop_present: bool

    @property
    def stop_covered(self) -> bool:
        """Somebody stands on the stop line all the time, other than the rear of who has just been counted."""
        return self.stop_present and (self.stop_ratio or 0.0) >= COVERED_RATIO and not self.departures

    @property
    def stop_free(self) -> bool:
        """Nobody was at the stop line at any time."""
        return not self.stop_present and (self.stop_ratio or 0.0) <= 0.0


NOBODY: NDArray[np.float64] = np.empty(0)
NOBODY.setflags(write=False)


@record
class Expected:
    """Who comes to a lane where nobody is seen: how many now, and where those are who are known to be on the way.

    `coming_m` are their distances from the stop line, the nearest first; nobody beyond `reach_m` would be known.
    """

    rate_vph: float
    coming_m: NDArray[np.float64] = field(default_factory=lambda: NOBODY)
    reach_m: float = 0.0


NO_ARRIVALS = Expected(0.0)
