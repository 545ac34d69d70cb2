"""Which of a junction's detectors is believed for which lane, second by second.

Full knowledge goes before a radar, a radar before loops, and where neither can be believed the queue model runs on the
lane's average alone, with low confidence. A lane that changes from one to another is seeded with what was seen last, so
that its queue does not vanish when its radar does.
"""

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from detectors.calls import StopLineCall
from detectors.equipment import approach_lanes, is_stop_line
from detectors.exact import ExactLanes
from detectors.health import DetectorReading, DetectorWatch
from detectors.lanes import LaneMemory, LaneView, only_movement
from detectors.loops import LoopLanes, LoopNews
from detectors.neighbours import Neighbours
from detectors.picture import Health
from detectors.radar import RadarLanes
from detectors.readings import ButtonReading, ExactReading, LoopReading, RadarReading
from plans.junction import Detector, DetectorKind, Junction, Mode

PART_CONFIDENCE = 0.25
"""Of a lane whose radar misses vehicles: whom it shows is there, but nothing follows from whom it does not show."""


class _Post(NamedTuple):
    """One detector that is judged: by the lanes that it tells of, a button by its group."""

    id: str
    watch: DetectorWatch
    lanes: tuple[str, ...]
    group: str | None


@dataclass(slots=True)
class _Usable:
    """What believed detectors said, by detector."""

    loops: dict[str, LoopReading] = field(default_factory=dict)
    radars: dict[str, RadarReading] = field(default_factory=dict)
    buttons: dict[str, ButtonReading] = field(default_factory=dict)


class Sensing:
    """All detectors of one junction."""

    def __init__(self, junction: Junction, neighbours: Neighbours) -> None:
        self._junction = junction
        self._neighbours = neighbours
        self._exact = ExactLanes(len(junction.lanes))
        self._radar = RadarLanes(junction)
        self._loops = LoopLanes(junction)
        detectors = junction.detectors.values()
        self._watches = {
            detector.id: DetectorWatch(
                detector,
                approach_lanes={lane: junction.lanes[lane].length_m for lane in approach_lanes(junction, detector)},
            )
            for detector in detectors
        }
        self._loop_posts, self._radar_posts, self._button_posts = (
            tuple(self._post(detector) for detector in detectors if detector.kind is kind)
            for kind in (DetectorKind.LOOP, DetectorKind.RADAR, DetectorKind.BUTTON)
        )
        self._partners: dict[str, list[str]] = defaultdict(list)
        self._crossed_by: dict[str, list[str]] = defaultdict(list)
        for detector in detectors:
            for loop in self._partners_of(detector):
                self._partners[loop].append(detector.id)
            if detector.kind is DetectorKind.LOOP and detector.mode is None and detector.lane:
                self._crossed_by[detector.lane].append(detector.id)
        watched_by: dict[str, set[str]] = defaultdict(set)
        for detector in junction.detectors.values():
            if detector.kind is DetectorKind.RADAR:
                for lane in approach_lanes(junction, detector):
                    watched_by[lane].add(detector.id)
        self._watched_by = {lane: frozenset(radars) for lane, radars in watched_by.items()}
        self._radars = frozenset[str]().union(*self._watched_by.values())
        self._stop_line: dict[str, str] = {
            detector.lane: id_
            for id_, detector in junction.detectors.items()
            if detector.kind is DetectorKind.LOOP
            and detector.mode is not Mode.BICYCLE
            and detector.lane
            and is_stop_line(detector)
        }
        self._ways = tuple((lane, self._watched_by.get(lane), self._stop_line.get(lane, "")) for lane in junction.lanes)
        self._calls = {lane: StopLineCall(only_movement(junction, lane)) for lane in junction.lanes}
        self._by_model: set[str] = set()
        self._views: dict[str, LaneView] = {}
        self._counts: dict[str, float] = {}
        self._crossed: dict[str, float] = {}
        self.health: Mapping[str, Health] = {id_: watch.health for id_, watch in self._watches.items()}
        """Health of every detector; another mapping when one changes."""
        self.buttons: dict[str, ButtonReading] = {}
        """What the believed buttons said since the last picture."""

    def _post(self, detector: Detector) -> _Post:
        is_loop = detector.kind is DetectorKind.LOOP
        return _Post(
            detector.id,
            self._watches[detector.id],
            self._loops.active_lanes(detector.id) if is_loop and detector.lane else (),
            detector.group if detector.kind is DetectorKind.BUTTON else None,
        )

    def set_clock_back(self, utc_s: float, by_s: float) -> None:
        """The clock says `utc_s` now, `by_s` less than before."""
        for watch in self._watches.values():
            watch.set_clock_back(utc_s, by_s)

    def update(
        self,
        readings: Mapping[str, DetectorReading],
        exact: ExactReading | None,
        utc_s: float,
        elapsed_s: float,
        *,
        green_lanes: Mapping[str, bool],
        green_groups: Container[str],
        memories: Mapping[str, LaneMemory],
        halting: Container[str] = (),
    ) -> Mapping[str, LaneView]:
        """The lanes as the best believed detectors see them; `readings` are by detector.

        On `halting` lanes a bus or tram has announced that it stands at a stop.
        """
        usable = self._judge(readings, utc_s, elapsed_s, green_lanes, green_groups)
        self.buttons = usable.buttons
        if exact is not None:
            views = self._exact.update(exact, elapsed_s)
            self._views = dict(zip(self._junction.lanes, views, strict=True))
            self._by_model = set()
            return self._views
        loops = usable.loops
        by_radar = self._by_radar(usable, elapsed_s, green_lanes, halting) if self._watched_by else {}
        self._counts = {id_: float(said.count) for id_, said in loops.items() if said.count}
        self._crossed = {lane: float(view.passed) for lane, view in by_radar.items() if view.passed}
        shared = self._loops.share(loops)
        faulty = {radar for radar in self._radars if self.health[radar] is not Health.OK}
        blind = {radar for radar in faulty if not self._watches[radar].sees_part} if faulty else faulty
        seen: dict[str, LaneView] = {}
        for lane, watching, stop_line in self._ways:
            if watching is not None and not (blind and watching <= blind):
                counting = loops.get(stop_line)
                view = self._calls[lane].complete(by_radar[lane], counting, elapsed_s, green=green_lanes[lane])
                # a loop counts who crosses, a radar only notices that somebody is gone
                if counting is not None and counting.count != view.passed:
                    view = replace(view, passed=counting.count)
                if faulty and watching <= faulty:
                    view = replace(view, confidence_ratio=PART_CONFIDENCE, kinds_known=False)
                seen[lane] = view
                if self._by_model:
                    self._by_model.discard(lane)
                continue
            if lane not in self._by_model and lane in self._views:
                self._loops.seed(lane, self._views[lane])
            self._by_model.add(lane)
            memory = memories[lane]
            expected = self._neighbours.expected(self._junction.id, lane, memory.rate.flow_vph)
            news = LoopNews(loops, shared, green_lanes[lane], elapsed_s, expected, memory.groups.size_veh)
            seen[lane] = self._loops.update(lane, news)
        self._views = seen
        return seen

    def _by_radar(
        self, usable: _Usable, elapsed_s: float, green_lanes: Mapping[str, bool], halting: Container[str]
    ) -> dict[str, LaneView]:
        """All lanes as the radars see them that can be used."""
        radars = usable.radars
        scene = [found for said in radars.values() for found in said.objects]
        unseen: Container[str] = ()
        if len(radars) < len(self._radars):
            unseen = {lane for lane, watching in self._watched_by.items() if radars.keys().isdisjoint(watching)}
        unclassified: Container[str] = ()
        blunt = {id_ for id_, said in radars.items() if not said.classified}
        if blunt:
            unclassified = {lane for lane, watching in self._watched_by.items() if not blunt.isdisjoint(watching)}
        stop_lines = self._stop_lines(usable.loops)
        return self._radar.update(scene, elapsed_s, green_lanes, unseen, stop_lines, unclassified, halting)

    @property
    def phantoms(self) -> int:
        """How many the radars show who are not there."""
        return self._radar.phantoms

    def room_at_start_m(self) -> Mapping[str, float]:
        """Per lane that radars see (feeders included): metres from its start to the last one who stands there."""
        return self._radar.room_at_start_m()

    def _stop_lines(self, loops: Mapping[str, LoopReading]) -> dict[str, bool]:
        """Whether the stop line is covered, by lane where a loop says it clearly."""
        told = {}
        for lane, loop in self._stop_line.items():
            said = loops.get(loop)
            if said is not None and said.present == (said.occupancy_ratio > 0.0):
                told[lane] = said.present
        return told

    def _judge(
        self,
        readings: Mapping[str, DetectorReading],
        utc_s: float,
        elapsed_s: float,
        green_lanes: Mapping[str, bool],
        green_groups: Container[str],
    ) -> _Usable:
        """Health first: only readings of believed detectors come back."""
        usable = _Usable()
        changed = False
        others_veh = self._seen_by_others()
        open_lanes = {lane for lane, green in green_lanes.items() if green}
        counts: dict[str, int] = {}
        for posts, kind, told in (
            (self._loop_posts, LoopReading, usable.loops),
            (self._radar_posts, RadarReading, usable.radars),
            (self._button_posts, ButtonReading, usable.buttons),
        ):
            believed: dict[str, Any] = told
            if kind is RadarReading and posts:
                counts = {lane: usable.loops[id_].count for lane, id_ in self._stop_line.items() if id_ in usable.loops}
            for id_, watch, lanes, group in posts:
                reading = readings.get(id_)
                if type(reading) is not kind:
                    reading = None  # another kind's topic with this detector's name: as good as silence
                elif (
                    type(reading) is LoopReading
                    and id_ not in others_veh
                    and watch.hears_nobody(reading, utc_s, elapsed_s)
                ):
                    believed[id_] = reading
                    continue
                green = group in green_groups if group is not None else not open_lanes.isdisjoint(lanes)
                before = watch.health
                others = others_veh.get(id_, 0.0)
                if watch.observe(reading, utc_s, elapsed_s, green=green, others_veh=others, counts=counts):
                    believed[id_] = reading
                if watch.health is not before:
                    changed = True
        if changed:
            self.health = {id_: watch.health for id_, watch in self._watches.items()}
        return usable

    def _seen_by_others(self) -> dict[str, float]:
        """By detector: vehicles that others saw of its traffic since the last picture, where there were any."""
        others_veh: dict[str, float] = {}
        for loop, counted in self._counts.items():
            for id_ in self._partners.get(loop, ()):
                others_veh[id_] = max(counted, others_veh.get(id_, 0.0))
        for lane, crossed in self._crossed.items():
            for id_ in self._crossed_by.get(lane, ()):
                others_veh[id_] = max(crossed, others_veh.get(id_, 0.0))
        return others_veh

    def _partners_of(self, detector: Detector) -> tuple[str, ...]:
        """Loops that see the same traffic: on the same lane for a loop, all in its approach for a radar."""
        loops = [d for d in self._junction.detectors.values() if d.kind is DetectorKind.LOOP and d.id != detector.id]
        if detector.kind is DetectorKind.RADAR:
            lanes = approach_lanes(self._junction, detector)
            return tuple(loop.id for loop in loops if loop.lane in lanes)
        if detector.kind is DetectorKind.LOOP:
            return tuple(loop.id for loop in loops if loop.lane == detector.lane and loop.mode is detector.mode)
        return ()
