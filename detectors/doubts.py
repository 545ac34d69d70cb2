"""Who is shown by a radar and is not there: told by the traffic of its lane, by the signal and the stop line's loop."""

import math
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence

from detectors.clutter import Clutter
from detectors.lanes import HEAD_ZONE_M, STANDING_SPEED_MPS
from detectors.sightings import LONG_MODES
from detectors.tracks import Track
from plans.junction import Mode

PHANTOM_ROOM_M = 3.0
"""Who has moved so far is not the one who stood."""
LOOP_M, COVERED_LATELY_S = 2.0, 180.0
"""Who stands this near to the stop line covers the loop there, if that loop has been covered by anybody lately."""
STANDS_S = 3.0
"""Who covers the loop for so long at green stands there; who drives over it is gone sooner."""
UNFELT_VEH = 2
"""A loop that did not feel more than so many who crossed one after the other is broken, and proves nothing either."""
DRIVEN_M = 5.0
"""Who was seen to drive up is there, whatever a loop feels (it misses one in a hundred)."""


class Doubts:
    """What is remembered of one junction's places and stop lines."""

    def __init__(self) -> None:
        self._clutter = Clutter()
        self._covered_ago_s: dict[str, float] = {}
        self._covered_s: dict[str, float] = {}
        self._unfelt_veh: dict[str, int] = {}

    def judge(
        self,
        tracks: Sequence[Track],
        passed: Mapping[str, int],
        elapsed_s: float,
        green_lanes: Mapping[str, bool],
        stop_lines: Mapping[str, bool],
        halting: Container[str] = (),
    ) -> None:
        """Find reflections, signs and frozen echoes: they stay, while traffic goes on or could go on.

        Long vehicles on lanes where one is `halting` may stand at its stop.
        """
        for lane, feels in stop_lines.items():
            self._covered_ago_s[lane] = 0.0 if feels else self._covered_ago_s.get(lane, math.inf) + elapsed_s
            self._covered_s[lane] = self._covered_s.get(lane, 0.0) + elapsed_s if feels else 0.0
        self._unfelt_veh = {
            lane: self._unfelt_veh.get(lane, 0) + passed.get(lane, 0) for lane, feels in stop_lines.items() if not feels
        }
        stay = [
            track
            for track in tracks
            if track.mode is not Mode.BICYCLE and not (track.seen_on in halting and track.mode in LONG_MODES)
        ]
        self._clutter.look(stay, passed, elapsed_s)
        self._clutter.mark(tracks, elapsed_s)
        ahead: dict[str, int] = defaultdict(int)
        real: dict[str, int] = defaultdict(int)
        stands = {track.seen_on for track in tracks if track.distance_m <= HEAD_ZONE_M and not track.phantom}
        for track in sorted(tracks, key=lambda one: one.distance_m):
            lane = track.seen_on
            if abs(track.distance_m - track.stood_m) > PHANTOM_ROOM_M:
                track.stood_m, track.ahead, track.passes, track.idle_s = track.distance_m, ahead[lane], 0, 0.0
                track.free_s = 0.0
            elif lane == track.lane and not (lane in halting and track.mode in LONG_MODES):
                track.passes += passed.get(lane, 0)
                covered = stop_lines.get(lane)
                self._feel(track, elapsed_s, covered=covered)
                idle = covered is False and self._feels(lane) and green_lanes[lane] and not real[lane]
                if idle and track.mode is not Mode.BICYCLE:
                    track.idle_s += elapsed_s
                elif (
                    covered
                    and (self._covered_s[lane] >= STANDS_S or not green_lanes[lane])
                    and track.phantom
                    and track.distance_m <= HEAD_ZONE_M
                    and lane not in stands
                ):
                    track.passes, track.idle_s, track.free_s, track.clutter = 0, 0.0, 0.0, False
                    self._clutter.forget(lane, track.distance_m)  # somebody does stand there
                    stands.add(lane)
                if track.disproved:
                    self._clutter.learn(lane, track.distance_m)
            ahead[lane] += 1
            real[lane] += not track.phantom

    def _feel(self, track: Track, elapsed_s: float, *, covered: bool | None) -> None:
        """A loop that feels others feels who stands on it; one that has not felt anybody for long proves nothing."""
        on_loop = track.distance_m <= LOOP_M and track.speed_mps < STANDING_SPEED_MPS and track.mode is not Mode.BICYCLE
        on_loop = on_loop and track.born_m - track.distance_m < DRIVEN_M
        if covered is False and on_loop and self._works(track.seen_on):
            track.free_s += elapsed_s
        elif covered:
            track.free_s = 0.0

    def _feels(self, lane: str) -> bool:
        """Whether hardly anybody has crossed since whom the loop did not feel."""
        return self._unfelt_veh.get(lane, 0) <= UNFELT_VEH

    def _works(self, lane: str) -> bool:
        """Whether the loop has felt anybody lately, and misses nobody."""
        return self._feels(lane) and self._covered_ago_s.get(lane, math.inf) <= COVERED_LATELY_S
