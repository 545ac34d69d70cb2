"""Who a radar follows from scene to scene, and what speaks against somebody's being there at all."""

from dataclasses import dataclass

from detectors.picture import MODES
from plans.junction import Mode

MODE_INDEX = {mode: index for index, mode in enumerate(MODES)}
PHANTOM_PASSES = 3
"""Nobody drives through a standing vehicle: after so many more crossings than stood ahead of it, it is not there."""
PHANTOM_GREEN_S = 6.0
"""Nor does the first one stand so long at green before a stop line that a loop says is free."""
FREE_S = 3.0
"""Nor on a loop that does not feel it, if that loop feels others."""


@dataclass(slots=True)
class Track:
    """An object of a radar, followed on; `lane` is the approach lane to which it is believed to come."""

    seen_on: str
    lane: str
    distance_m: float
    speed_mps: float
    mode: Mode
    waiting_s: float = 0.0
    missed_s: float = 0.0
    seen_m: float = 0.0
    came_by: tuple[str, ...] = ()
    stood_m: float = float("inf")
    ahead: int = 0
    passes: int = 0
    idle_s: float = 0.0
    free_s: float = 0.0
    clutter: bool = False
    born_m: float = 0.0

    @property
    def disproved(self) -> bool:
        """Traffic drives where it is said to stand, it does not use a free road at green, or no loop feels it."""
        driven_through = self.passes >= self.ahead + PHANTOM_PASSES
        return driven_through or self.idle_s >= PHANTOM_GREEN_S or self.free_s >= FREE_S

    @property
    def phantom(self) -> bool:
        """Whether it is not there: disproved, or shown where somebody was disproved."""
        return self.clutter or self.disproved

    @property
    def mode_index(self) -> int:
        """Its index in `MODES`."""
        return MODE_INDEX[self.mode]
