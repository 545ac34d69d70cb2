"""Whether one radar sees all who drive: what it shows driving to the stop line against what the loops there count.

Whoever crosses the stop line has driven the metres before it. The metres that a radar shows driven on them, over their
length, are the number that went through (the generalised flow of Edie, 1963), and need nobody to be followed from scene
to scene. A radar that shows every second vehicle shows half of the metres.
"""

from collections.abc import Mapping, Sequence

from detectors.readings import RadarObject
from plans.junction import Mode

ZONE_M, LEAST_ZONE_M = 60.0, 10.0
"""Nearer to the stop line than this it is looked; lanes shorter than the latter tell too little."""
DRIVES_MPS = 1.0
"""Slower than this a speed may be the noise of who stands."""
LONGEST_STEP_S = 2.0
LEAST_VEH, LEAST_LANE_VEH = 30.0, 10.0
"""So many must have been counted before the radar, or one of its lanes, is judged."""
MEMORY_VEH = 60.0
SHORT_RATIO, WHOLE_RATIO = 0.7, 0.8
"""A radar that shows less of the traffic than the first misses vehicles, until it shows more than the second."""
USEFUL_RATIO = 0.35
"""A radar that shows at least so much of the traffic tells more than none."""


class FlowBalance:
    """The traffic of one radar's approach lanes, by what it shows and by what loops count."""

    def __init__(self, lanes: Mapping[str, float]) -> None:
        """`lanes` are the approach lanes with their lengths in metres."""
        self._zone_m = {lane: min(ZONE_M, length_m) for lane, length_m in lanes.items() if length_m >= LEAST_ZONE_M}
        self._shown = dict.fromkeys(self._zone_m, 0.0)
        self._counted = dict.fromkeys(self._zone_m, 0.0)
        self._was_short = False

    def take(self, scene: Sequence[RadarObject], counts: Mapping[str, int], elapsed_s: float) -> None:
        """Add one scene; `counts` are vehicles over the stop line, by lane where a believed loop tells."""
        if not 0.0 < elapsed_s <= LONGEST_STEP_S:
            return
        for lane, count in counts.items():
            if count and lane in self._zone_m:
                self._counted[lane] += count
        for lane, distance_m, speed_mps, mode in scene:
            zone_m = self._zone_m.get(lane, 0.0)
            if distance_m < zone_m and speed_mps > DRIVES_MPS and lane in counts and mode is not Mode.BICYCLE:
                self._shown[lane] += speed_mps * elapsed_s / zone_m
        known = sum(self._counted.values())
        if known > MEMORY_VEH:
            keep = MEMORY_VEH / known
            for lane in self._zone_m:
                self._shown[lane] *= keep
                self._counted[lane] *= keep

    @property
    def shown_ratio(self) -> float:
        """Part of the traffic that the radar shows; 1 while too little is known."""
        counted = sum(self._counted.values())
        return sum(self._shown.values()) / counted if counted >= LEAST_VEH else 1.0

    @property
    def shows_part(self) -> bool:
        """Whether it is known that the radar shows a useful part of the traffic."""
        return sum(self._counted.values()) >= LEAST_VEH and self.shown_ratio >= USEFUL_RATIO

    def falls_short(self, *, flickers: bool) -> bool:
        """Whether the radar misses vehicles, and it is not a loop that counts too many.

        A second witness is asked for: objects that come and go (`flickers`), or that two lanes at least say the same.
        """
        limit = WHOLE_RATIO if self._was_short else SHORT_RATIO
        if self.shown_ratio >= limit:
            self._was_short = False
        elif not self._was_short:
            told = [lane for lane, counted in self._counted.items() if counted >= LEAST_LANE_VEH]
            short = [lane for lane in told if self._shown[lane] < limit * self._counted[lane]]
            self._was_short = flickers or (len(told) > 1 and len(short) == len(told))
        return self._was_short
