"""Whether one radar's scenes fit together: who was seen a second ago is still on the road, and who moves is not frozen.

Judged from the scenes alone, so that a radar that is not believed can be believed again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from detectors.balance import FlowBalance
from detectors.readings import RadarObject

MOVING_MPS = 2.0
NEAR_M = 25.0
"""Nearer to the stop line than this an object may have crossed it within the second."""
FOUND_M = 6.0
LONGEST_GAP_S = 2.0
MEMORY_OBJECTS = 120.0
LEAST_OBJECTS = 30.0
FLICKERS_RATIO = 0.06
"""A radar that loses three times as many objects as usual also misses some altogether."""
NO_COUNTS: Mapping[str, int] = MappingProxyType({})
VANISHED_OBJECTS = 2
"""So many do not all vanish within a second."""


class SceneWatch:
    """The scenes of one radar, one after the other."""

    def __init__(self, lanes: Mapping[str, float]) -> None:
        """`lanes` end at the stop line, with their lengths in metres: from other lanes vehicles may turn off."""
        self._lanes = lanes
        self._balance = FlowBalance(lanes)
        self._scene: tuple[RadarObject, ...] = ()
        self._stamp_s = float("-inf")
        self._found = self._lost = 0.0
        self.same_s = 0.0
        """How long the scene has repeated to the last digit; noise moves even what stands."""
        self.same_moving_s = 0.0
        """The same with somebody in it who moves: in a second or two the place would differ."""
        self.crossed_meanwhile = 0.0
        """Vehicles that crossed the stop line while the scene repeated: each would have changed it."""
        self.vanished = False
        """Everybody was gone from one second to the next, and nobody has been seen since."""

    def take(
        self,
        scene: tuple[RadarObject, ...],
        t_s: float,
        elapsed_s: float,
        crossed_veh: float = 0.0,
        counts: Mapping[str, int] = NO_COUNTS,
    ) -> None:
        """Compare a scene with the one before.

        Loops counted `crossed_veh` over the stop line meanwhile; `counts` says how many by lane, where one is believed.
        """
        same = bool(scene) and scene == self._scene
        self.same_s = self.same_s + elapsed_s if same else 0.0
        self.crossed_meanwhile = self.crossed_meanwhile + crossed_veh if same else 0.0
        moving = same and any(found.speed_mps > MOVING_MPS for found in scene)
        self.same_moving_s = self.same_moving_s + elapsed_s if moving else 0.0
        gap_s = t_s - self._stamp_s
        if scene:
            self.vanished = False
        if 0.0 < gap_s <= LONGEST_GAP_S and not same:
            self._compare(scene, gap_s)
        self._balance.take(scene, counts, elapsed_s)
        self._scene, self._stamp_s = scene, t_s

    @property
    def lost_ratio(self) -> float:
        """Part of the objects that were gone a second later and could not have left; 0 while too few are known."""
        known = self._found + self._lost
        return self._lost / known if known >= LEAST_OBJECTS else 0.0

    @property
    def falls_short(self) -> bool:
        """Whether the radar shows too little of the traffic that loops count over its stop line."""
        return self._balance.falls_short(flickers=self.lost_ratio > FLICKERS_RATIO)

    @property
    def shows_part(self) -> bool:
        """Whether loops say that what is shown is a useful part of the traffic."""
        return self._balance.shows_part

    @property
    def stale(self) -> bool:
        """Whether this scene may tell nothing of this second: it repeats with somebody who moves, or all vanished."""
        return self.same_moving_s > 0.0 or self.vanished

    def _compare(self, scene: tuple[RadarObject, ...], gap_s: float) -> None:
        places = [found.distance_m for found in scene]
        lost_before = self._lost
        for before in self._scene:
            if before.lane not in self._lanes or before.distance_m <= NEAR_M + before.speed_mps * (gap_s - 1.0):
                continue
            expected_m = before.distance_m - before.speed_mps * gap_s
            if any(abs(place_m - expected_m) <= FOUND_M for place_m in places):
                self._found += 1.0
            else:
                self._lost += 1.0
        if not scene and self._lost - lost_before >= VANISHED_OBJECTS:
            self.vanished = True
        known = self._found + self._lost
        if known > MEMORY_OBJECTS:
            self._found *= MEMORY_OBJECTS / known
            self._lost *= MEMORY_OBJECTS / known
