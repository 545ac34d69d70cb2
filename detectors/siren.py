"""Whether an announced siren can be among the traffic that is seen on its lanes.

Nobody tells a fire engine from a lorry, and any car could be it. But it comes by the road: shortly before it is due
somebody must be near enough to be it, and once it is due at the stop line, no more can cross at green than stood and
drove there then, until it has crossed itself. A siren that nobody can be any more has not been there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.picture import LanePicture

SURELY_IN_SIGHT_S = 4.0
"""So long before its arrival it is in sight of every kind of detector that sees vehicles come."""
SLACK_S = 5.0
"""By so much its own arrival may be wrong."""
LEAST_SPEED_MPS = 5.0
"""Who halts is expected to be this fast before long."""
CROSSED_S = 5.0
"""Between somebody's crossing of the stop line and the check-out."""
MISCOUNTED_VEH = 2
"""So many more than were seen may cross before it: missed ones, and who changed lanes."""
SIGHT_M = 100.0
"""Where somebody is seen as far away as this, there may be more behind who are not."""


@dataclass(slots=True)
class SirenWatch:
    """One siren against the traffic of its lanes, second by second."""

    absent_s: float = 0.0
    """For so long nobody could have been it, although it said that it was there; who comes later makes up for
    nothing."""
    _crossed_ago_s: float = CROSSED_S
    _left_veh: int | None = None
    _overtaken_s: float = 0.0

    def watch(self, elapsed_s: float, eta_s: float, lanes: Sequence[LanePicture]) -> None:
        """Fold in one second of all its lanes; `eta_s` is until its announced arrival, below 0 when that is over."""
        passed = sum(lane.passed for lane in lanes)
        self._crossed_ago_s = 0.0 if passed else self._crossed_ago_s + elapsed_s
        if eta_s > SURELY_IN_SIGHT_S:
            self.absent_s, self._left_veh, self._overtaken_s = 0.0, None, 0.0
            return
        could_be = self._crossed_ago_s < CROSSED_S or any(_comes(lane, eta_s) for lane in lanes)
        self.absent_s += 0.0 if could_be else elapsed_s
        if eta_s <= 0.0:
            self._count(passed, elapsed_s, lanes)

    def _count(self, passed: int, elapsed_s: float, lanes: Sequence[LanePicture]) -> None:
        """Of those who were there when it was due, how many have not crossed yet."""
        if self._left_veh is None:
            if any(lane.distance_m.size and lane.distance_m[-1] >= SIGHT_M for lane in lanes):
                return  # nobody knows how many are ahead of it
            self._left_veh = sum(lane.distance_m.size for lane in lanes) + MISCOUNTED_VEH
            return
        self._left_veh -= passed
        if self._left_veh < 0:
            self._overtaken_s += elapsed_s

    @property
    def doubted_s(self) -> float:
        """For how long it has not been there, or should have crossed and said so."""
        return max(self.absent_s, self._overtaken_s)

    @property
    def is_disproved(self) -> bool:
        """Whether it cannot have been there."""
        return self.absent_s > CROSSED_S or self._overtaken_s > 0.0


def _comes(lane: LanePicture, eta_s: float) -> bool:
    """Whether somebody on this lane can be at the stop line by then."""
    arrival_s = lane.distance_m / np.maximum(lane.speed_mps, LEAST_SPEED_MPS)
    return bool((arrival_s <= max(eta_s, 0.0) + SLACK_S).any())
