"""Which of a junction's detectors is believed for which lane, second by second.

Full knowledge goes before a radar, a radar before loops, and where neither can be believed the queue model runs on the
lane's average alone, with low confidence. A lane that changes from one to another is seeded with what was seen last, so
that its queue does not vanish when its radar does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from detectors.equipment import approach_lanes, is_stop_line
from detectors.exact import ExactLanes
from detectors.health import DetectorReading, DetectorWatch
from detectors.lanes import LaneMemory, LaneView
from detectors.loops import LoopLanes
from detectors.picture import Health
from detectors.radar import RadarLanes
from detectors.readings import ButtonReading, ExactReading, LoopReading, RadarReading, Reading
from plans.junction import Detector, DetectorKind, Junction, Mode

KIND_OF = {LoopReading: DetectorKind.LOOP, RadarReading: DetectorKind.RADAR, ButtonReading: DetectorKind.BUTTON}


class Sensing:
    """All detectors of one junction."""

    def __init__(self, junction: Junction) -> None:
        self._junction = junction
        self._detectors = dict(junction.detectors)
        self._watches = {
            id_: DetectorWatch(detector, approach_lanes=frozenset(approach_lanes(junction, detector)))
            for id_, detector in self._detectors.items()
        }
        self._partners = {id_: self._partners_of(detector) for id_, detector in self._detectors.items()}
        self._exact = ExactLanes(len(junction.lanes))
        self._radar = RadarLanes(junction)
        self._loops = LoopLanes(junction)
        self._watched_by: dict[str, list[str]] = defaultdict(list)
        for detector in self._detectors.values():
            if detector.kind is DetectorKind.RADAR:
                for lane in approach_lanes(junction, detector):
                    self._watched_by[lane].append(detector.id)
        self._lanes_of = {
            id_: self._loops.active_lanes(id_) if detector.kind is DetectorKind.LOOP and detector.lane else ()
            for id_, detector in self._detectors.items()
        }
        self._group_of = {
            id_: detector.group if detector.kind is DetectorKind.BUTTON else None
            for id_, detector in self._detectors.items()
        }
        self._stop_line = {
            detector.lane: id_
            for id_, detector in self._detectors.items()
            if detector.kind is DetectorKind.LOOP and detector.mode is not Mode.BICYCLE and is_stop_line(detector)
        }
        self._by_model: set[str] = set()
        self._views: dict[str, LaneView] = {}
        self._counts: dict[str, float] = {}
        self._crossed: dict[str, int] = {}
        self.buttons: dict[str, ButtonReading] = {}
        """What the believed buttons said since the last picture."""

    @property
    def health(self) -> dict[str, Health]:
        """Health of every detector."""
        return {id_: watch.health for id_, watch in self._watches.items()}

    def update(
        self,
        readings: Sequence[Reading],
        utc_s: float,
        elapsed_s: float,
        *,
        green_lanes: Mapping[str, bool],
        green_groups: Mapping[str, bool],
        memories: Mapping[str, LaneMemory],
    ) -> Mapping[str, LaneView]:
        """The lanes as the best believed detectors see them."""
        usable = self._judge(readings, utc_s, elapsed_s, green_lanes, green_groups)
        self.buttons = {id_: said for id_, said in usable.items() if isinstance(said, ButtonReading)}
        exact = next((reading for reading in readings if isinstance(reading, ExactReading)), None)
        if exact is not None:
            views = self._exact.update(exact, elapsed_s)
            self._views = dict(zip(self._junction.lanes, views, strict=True))
            self._by_model = set()
            return self._views
        unclassified = {id_ for id_, said in usable.items() if isinstance(said, RadarReading) and not said.classified}
        scene = [found for said in usable.values() if isinstance(said, RadarReading) for found in said.objects]
        unseen = {lane for lane, radars in self._watched_by.items() if not any(radar in usable for radar in radars)}
        loops = {id_: said for id_, said in usable.items() if isinstance(said, LoopReading)}
        by_radar = {}
        if self._watched_by:
            by_radar = self._radar.update(scene, elapsed_s, green_lanes, unseen, self._stop_lines(loops))
        self._counts = {id_: float(said.count) for id_, said in loops.items()}
        self._crossed = {lane: view.passed for lane, view in by_radar.items()}
        shared = self._loops.share(loops)
        seen: dict[str, LaneView] = {}
        for lane in self._junction.lanes:
            radars = self._watched_by.get(lane, ())
            if any(self._watches[radar].health is Health.OK for radar in radars):
                self._by_model.discard(lane)
                counted = self._counts.get(self._stop_line.get(lane, ""))
                # a loop counts who crosses, a radar only notices that somebody is gone
                passed = by_radar[lane].passed if counted is None else int(counted)
                seen[lane] = replace(by_radar[lane], passed=passed, kinds_known=unclassified.isdisjoint(radars))
                continue
            if lane not in self._by_model and lane in self._views:
                self._loops.seed(lane, self._views[lane])
            self._by_model.add(lane)
            seen[lane] = self._loops.update(
                lane,
                loops,
                shared,
                green=green_lanes[lane],
                elapsed_s=elapsed_s,
                rate_vph=memories[lane].rate.flow_vph,
            )
        self._views = seen
        return seen

    def room_at_start_m(self) -> Mapping[str, float]:
        """Per lane that radars see (feeders included): metres from its start to the last one who stands there."""
        return self._radar.room_at_start_m()

    def _stop_lines(self, loops: Mapping[str, LoopReading]) -> dict[str, bool]:
        """Whether the stop line is covered, by lane where a loop says it clearly."""
        return {
            lane: loops[loop].present
            for lane, loop in self._stop_line.items()
            if lane is not None and loop in loops and loops[loop].present == (loops[loop].occupancy_ratio > 0.0)
        }

    def _judge(
        self,
        readings: Sequence[Reading],
        utc_s: float,
        elapsed_s: float,
        green_lanes: Mapping[str, bool],
        green_groups: Mapping[str, bool],
    ) -> dict[str, DetectorReading]:
        """Health first: only readings of believed detectors come back."""
        said = {r.detector: r for r in readings if isinstance(r, LoopReading | RadarReading | ButtonReading)}
        usable: dict[str, DetectorReading] = {}
        for id_, watch in self._watches.items():
            reading = said.get(id_)
            if reading is not None and KIND_OF[type(reading)] is not self._detectors[id_].kind:
                reading = None  # another kind's topic with this detector's name: as good as silence
            green = False
            for lane in self._lanes_of[id_]:
                green = green or green_lanes[lane]
            group = self._group_of[id_]
            if group is not None:
                green = green_groups.get(group, False)
            others_veh = self._radar_count(self._detectors[id_])
            for partner in self._partners[id_]:
                others_veh = max(others_veh, self._counts.get(partner, 0.0))
            if watch.observe(reading, utc_s, elapsed_s, green=green, others_veh=others_veh) and reading is not None:
                usable[id_] = reading
        return usable

    def _radar_count(self, detector: Detector) -> float:
        """Vehicles that radars saw crossing the stop line over this loop."""
        if detector.kind is not DetectorKind.LOOP or detector.mode is not None:
            return 0.0
        return float(self._crossed.get(detector.lane or "", 0))

    def _partners_of(self, detector: Detector) -> tuple[str, ...]:
        """Loops that see the same traffic: on the same lane for a loop, all in its approach for a radar."""
        loops = [d for d in self._detectors.values() if d.kind is DetectorKind.LOOP and d.id != detector.id]
        if detector.kind is DetectorKind.RADAR:
            lanes = approach_lanes(self._junction, detector)
            return tuple(loop.id for loop in loops if loop.lane in lanes)
        if detector.kind is DetectorKind.LOOP:
            return tuple(loop.id for loop in loops if loop.lane == detector.lane and loop.mode is detector.mode)
        return ()
