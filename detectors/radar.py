"""Lanes from radar objects: followed from second to second, smoothed, and led from upstream lanes to the stop line.

A radar sees where an object is and how fast, not where it will turn, and now and then it misses one. Objects are
matched to the tracks of the second before by their place on the road; a track that is missed coasts for a few seconds.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

import numpy as np

from detectors.doubts import Doubts
from detectors.feeders import ELSEWHERE, FeederShares
from detectors.lane_arrays import arrays_of
from detectors.lanes import HEAD_ZONE_M, QUEUE_SPEED_MPS, STANDING_SPEED_MPS, LaneView, only_movement
from detectors.readings import RadarObject
from detectors.tracks import Track
from plans.junction import Junction

COAST_S = 3.0
"""A missed object is believed to be there for this long (2 % are missed in any second)."""
COAST_HEAD_S = 1.0
GATE_M = 5.0
GATE_S = 0.6
MISSED_COST_MPS = 3.0
"""An object is rather one that was seen a second ago than one that has been missed since."""
HALT_M = 1.0
SPEED_GAIN = 0.35
"""Weight of the measured speed (0.5 m/s noise) against the speed that follows from the places of two seconds."""
HALT_STEP_M = 0.3
CROSSED_M = 2.0
SCENE_S, SPEED_UP_MPS = 1.0, 2.0
"""Time between two scenes, and how much faster somebody may become meanwhile."""
NO_LOOPS: Mapping[str, bool] = {}
NOBODY = (np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int8), np.empty(0, np.int32))
"""An empty lane: places, speeds, waits, modes and movements; all pictures share it, so nobody may write to it."""
for _array in NOBODY:
    _array.setflags(write=False)
CONFIDENCE = 0.9
SCENE_VARIANCE, QUEUED_VARIANCE = 0.02, 0.03
"""Of the number in a queue: in all, and for each vehicle (missed ones, and those about to stop or to start)."""
EMPTY = {
    known: LaneView(
        distance_m=NOBODY[0],
        speed_mps=NOBODY[1],
        movement=NOBODY[4],
        mode=NOBODY[3],
        waiting_s=NOBODY[2],
        passed=0,
        arrived=0.0,
        confidence_ratio=CONFIDENCE,
        kinds_known=known,
        queue_variance=SCENE_VARIANCE,
    )
    for known in (False, True)
}
"""A lane with nobody on it, by whether detectors there tell kinds of vehicles: most lanes, most of the time."""
LENGTH_M = (5.0, 10.0, 12.0, 30.0, 2.0, 0.5, 6.0)
"""Usual length by index of the mode in `MODES`."""


class RadarLanes:
    """The lanes of one junction as its radars see them."""

    def __init__(self, junction: Junction) -> None:
        self._tracks: list[Track] = []
        self._doubts = Doubts()
        self._lanes = tuple(junction.lanes)
        self._movement = {lane: only_movement(junction, lane) for lane in self._lanes}
        self._number = {lane: number for number, lane in enumerate(self._lanes)}
        self._shares = FeederShares(junction)
        self._reach: dict[str, frozenset[str]] = {lane: frozenset({lane}) for lane in self._lanes}
        self._reach.update({feeder: frozenset(self._shares.lanes(feeder)) for feeder in self._shares.feeders})
        self._start_m = {
            feeder.lane: feeder.offset_m + feeder.length_m
            for lane in junction.lanes.values()
            for feeder in lane.feeders
        }
        self._start_m.update({lane.id: lane.length_m for lane in junction.lanes.values()})

    @property
    def phantoms(self) -> int:
        """How many are shown who are not there, feeders included."""
        return sum(track.phantom for track in self._tracks)

    def update(
        self,
        objects: Iterable[RadarObject],
        elapsed_s: float,
        green_lanes: Mapping[str, bool],
        unseen: Container[str] = (),
        stop_lines: Mapping[str, bool] = NO_LOOPS,
        unclassified: Container[str] = (),
        halting: Container[str] = (),
    ) -> dict[str, LaneView]:
        """The views of all lanes after a scene of objects.

        `elapsed_s` counts since the last scene; `unseen` are approach lanes whose radar said nothing this time: who was
        there is believed to be on its way, and to keep the signal. `stop_lines` tells by lane whether a loop at the
        stop line is covered, where one tells. On `unclassified` lanes nobody tells long vehicles from short ones. On
        `halting` ones a bus or tram has announced that it stands at a stop.
        """
        for track in self._tracks:
            track.distance_m -= track.speed_mps * elapsed_s
        free = [found for found in objects if found.lane in self._reach]
        matched, free, lost = self._match(free, elapsed_s)
        passed: dict[str, int] = defaultdict(int)
        arrived: dict[str, float] = defaultdict(float)
        kept = []
        for track in lost:
            if track.lane in unseen:
                if not green_lanes.get(track.lane, True):
                    track.distance_m = max(track.distance_m, HALT_M)
                if track.distance_m > -CROSSED_M:
                    kept.append(track)
                else:
                    passed[track.lane] += 1
                    self._learn(track)
                continue
            track.missed_s += elapsed_s
            rolled_off = track.distance_m <= CROSSED_M and track.speed_mps > STANDING_SPEED_MPS
            # who stood at the line and is gone at green has rather left than been missed
            set_off = track.distance_m <= HEAD_ZONE_M and green_lanes.get(track.lane, False)
            set_off = set_off and track.missed_s > COAST_HEAD_S
            if rolled_off or set_off:
                passed[track.lane] += 1
                self._learn(track)
            elif track.missed_s <= COAST_S and track.distance_m > -CROSSED_M:
                kept.append(track)
            else:
                self._learn(track)
        for found in free:
            track = Track(found.lane, self._target(found.lane), found.distance_m, found.speed_mps, found.mode)
            track.seen_m = track.born_m = found.distance_m
            arrived[track.lane] += 1.0
            kept.append(track)
        self._tracks = matched + kept
        self._doubts.judge(self._tracks, passed, elapsed_s, green_lanes, stop_lines, halting)
        return self._views(passed, arrived, unclassified)

    def room_at_start_m(self) -> dict[str, float]:
        """Per lane with somebody who stands: metres between its start and the rear of the last of them."""
        rooms: dict[str, float] = {}
        for track in self._tracks:
            if track.speed_mps < STANDING_SPEED_MPS and not track.phantom:
                rear_m = track.distance_m + LENGTH_M[track.mode_index]
                room_m = self._start_m[track.seen_on] - rear_m
                rooms[track.seen_on] = min(room_m, rooms.get(track.seen_on, room_m))
        return rooms

    def _match(
        self, objects: list[RadarObject], elapsed_s: float
    ) -> tuple[list[Track], list[RadarObject], list[Track]]:
        """Pair objects with predicted tracks: on the same lane first, then across lanes (lane change, next lane)."""
        matched: list[Track] = []
        lost = self._tracks
        for pairs_of in (self._pairs_on_lanes, self._pairs_across):
            if not objects or not lost:
                break
            used_tracks: set[int] = set()
            used_objects: set[int] = set()
            for _, t, o in sorted(pairs_of(lost, objects)):
                if t not in used_tracks and o not in used_objects:
                    used_tracks.add(t)
                    used_objects.add(o)
                    self._follow(lost[t], objects[o], elapsed_s)
                    matched.append(lost[t])
            lost = [track for t, track in enumerate(lost) if t not in used_tracks]
            objects = [found for o, found in enumerate(objects) if o not in used_objects]
        return matched, objects, lost

    def _pairs_on_lanes(self, tracks: list[Track], objects: list[RadarObject]) -> Iterator[tuple[float, int, int]]:
        """Whom an object on the same lane may be, and how far they are apart."""
        by_lane: dict[str, list[int]] = defaultdict(list)
        for o, found in enumerate(objects):
            by_lane[found.lane].append(o)
        for t, track in enumerate(tracks):
            for o in by_lane.get(track.seen_on, ()):
                found = objects[o]
                gap_m = abs(track.distance_m - found.distance_m)
                if gap_m <= GATE_M + GATE_S * found.speed_mps:
                    yield gap_m + MISSED_COST_MPS * track.missed_s, t, o

    def _pairs_across(self, tracks: list[Track], objects: list[RadarObject]) -> Iterator[tuple[float, int, int]]:
        """Whom an object may be that changed its lane: to one that its own leads to, or to the lane beside."""
        for t, track in enumerate(tracks):
            for o, found in enumerate(objects):
                gap_m = abs(track.distance_m - found.distance_m)
                if gap_m <= GATE_M + GATE_S * found.speed_mps and self._may_change(track, found):
                    yield gap_m + MISSED_COST_MPS * track.missed_s, t, o

    def _may_change(self, track: Track, found: RadarObject) -> bool:
        """One lane feeds what the other leads to: the same way to the stop line, or the lane beside on one approach."""
        return track.mode is found.mode and (
            not self._reach[track.seen_on].isdisjoint(self._reach[found.lane]) or _beside(track.seen_on, found.lane)
        )

    def _follow(self, track: Track, found: RadarObject, elapsed_s: float) -> None:
        since_s = elapsed_s + track.missed_s
        before_m = track.distance_m + track.speed_mps * since_s
        if elapsed_s > 0.0:
            step_mps = (before_m - found.distance_m) / since_s
            halted = abs(before_m - found.distance_m) < HALT_STEP_M * since_s
            speed = 0.0 if halted else SPEED_GAIN * found.speed_mps + (1.0 - SPEED_GAIN) * step_mps
            track.speed_mps = max(0.0, speed)
            if track.speed_mps < STANDING_SPEED_MPS:
                track.waiting_s += since_s
        track.distance_m = track.seen_m = found.distance_m
        track.mode = found.mode
        track.missed_s = 0.0
        if track.seen_on != found.lane:
            if track.seen_on not in self._number:
                track.came_by = (*track.came_by, track.seen_on)
            track.seen_on = found.lane
            if found.lane in self._number or not self._shares.plausible(found.lane, track.lane):
                track.lane = self._target(found.lane)

    def _learn(self, track: Track) -> None:
        """Whose way is over tells where the lanes that it came by lead to."""
        if track.seen_on in self._number:
            passed, way = track.came_by, track.lane
        elif track.seen_m <= (track.speed_mps + SPEED_UP_MPS) * SCENE_S:
            passed, way = track.came_by, track.lane  # crossed a short approach lane between two scenes
        else:
            passed, way = (*track.came_by, track.seen_on), ELSEWHERE
        for feeder in dict.fromkeys(passed):
            self._shares.learn(feeder, way)

    def _target(self, seen_on: str) -> str:
        """The approach lane for a vehicle that is seen on this lane; its own, or one that it feeds."""
        return seen_on if seen_on in self._number else self._shares.deal(seen_on)

    def _views(
        self, passed: Mapping[str, int], arrived: Mapping[str, float], unclassified: Container[str]
    ) -> dict[str, LaneView]:
        rows: dict[str, list[tuple[float, float, float, int]]] = {}
        for track in self._tracks:
            if track.lane != ELSEWHERE and not track.phantom:
                row = (max(0.0, track.distance_m), track.speed_mps, track.waiting_s, track.mode_index)
                rows.setdefault(track.lane, []).append(row)
        variance = self._variance()
        arrays = arrays_of(rows, self._movement)
        views = {}
        for lane in self._lanes:
            here = arrays.get(lane)
            known = lane not in unclassified
            if here is None and lane not in passed and lane not in arrived and lane not in variance:
                views[lane] = EMPTY[known]
                continue
            distance_m, speed_mps, waiting_s, mode, movement = NOBODY if here is None else here
            views[lane] = LaneView(
                distance_m=distance_m,
                speed_mps=speed_mps,
                movement=movement,
                mode=mode,
                waiting_s=waiting_s,
                passed=passed.get(lane, 0),
                arrived=arrived.get(lane, 0.0),
                confidence_ratio=CONFIDENCE,
                kinds_known=known,
                queue_variance=variance.get(lane, SCENE_VARIANCE),
            )
        return views

    def _variance(self) -> dict[str, float]:
        """Of each lane's queue: who stands on a lane upstream may be on the way to any of those that it leads to.

        Only lanes to which somebody who stands may be on the way are in it.
        """
        variance: dict[str, float] = {}
        for track in self._tracks:
            if track.speed_mps >= QUEUE_SPEED_MPS:
                continue
            for lane in self._reach[track.seen_on]:
                share = 1.0 if track.seen_on in self._number else self._shares.share(track.seen_on, lane)
                more = share * (1.0 - share) + share * QUEUED_VARIANCE
                variance[lane] = variance.get(lane, SCENE_VARIANCE) + more
        return variance


def _beside(a: str, b: str) -> bool:
    """Whether two lanes lie on the same road, by the convention of lane ids (`road_index`)."""
    return a.rpartition("_")[0] == b.rpartition("_")[0] != ""
