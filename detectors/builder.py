"""From a batch of readings to the picture of this second."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from detectors.boarding import halting_lanes, with_halts
from detectors.crossings import CrossingMemory
from detectors.health import DetectorReading
from detectors.lanes import STANDING_SPEED_MPS, LaneMemory, LaneView
from detectors.lateness import LatenessBoard
from detectors.neighbours import Neighbours
from detectors.picture import CrossingPicture, Health, JunctionPicture, LanePicture, Picture
from detectors.radar import LENGTH_M
from detectors.readings import (
    AirReading,
    ButtonReading,
    ExactReading,
    LoopReading,
    LorawanReading,
    RadarReading,
    Reading,
    TransitReading,
)
from detectors.sensing import Sensing
from detectors.signal_view import NO_SIGNALS, SignalView
from detectors.source import Batch
from detectors.transit import RequestBook
from detectors.usual import CONFIDENCE, NOTHING, Today, UsualLanes
from plans.junction import Aspect, DetectorKind, GroupKind, Junction
from plans.transit import TransitSettings

EXIT_ROOM_M = 8.0
"""An exit lane with less room behind its last standing vehicle takes nobody more."""
MAX_UNKNOWN = 1000
Guard = Callable[[str], AbstractContextManager[object]]
"""By junction: a context that ends what fails in it, and notes that."""
_BY_DETECTOR = (LoopReading, RadarReading, ButtonReading)


class PictureBuilder:
    """Keeps what must be remembered between two pictures; one junction's readings never touch another's estimate."""

    def __init__(
        self,
        junctions: Mapping[str, Junction],
        transit: TransitSettings | None = None,
        lateness: LatenessBoard | None = None,
    ) -> None:
        self._lateness = lateness
        self._neighbours = Neighbours(junctions)
        self._junctions = {
            id_: _JunctionBuilder(junction, transit, self._neighbours) for id_, junction in junctions.items()
        }
        self._exits = {
            id_: frozenset(movement.exit_lane for movement in junction.movements) for id_, junction in junctions.items()
        }
        self._utc_s: float | None = None
        self._today = Today()
        self.unknown: Counter[str] = Counter()
        """Readings for junctions that are not ours, by junction."""
        self.air: dict[str, AirReading] = {}
        """The newest word of each air-quality station."""

    def update(
        self,
        utc_s: float,
        batch: Batch,
        signals: Mapping[str, SignalView],
        usual_vph: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
        guard: Guard = nullcontext,
    ) -> Picture:
        """The picture at `utc_s`, from what came since the last one and what the signals show.

        `usual_vph` says what lanes usually carry at this time, by junction and lane, as far as that is known. What is
        computed for one junction runs in `guard`; where that ends a failure, the picture is without the junction.
        """
        elapsed_s = 0.0 if self._utc_s is None else utc_s - self._utc_s
        if elapsed_s < 0.0:
            for builder in self._junctions.values():
                builder.set_clock_back(utc_s, -elapsed_s)
            elapsed_s = 0.0
        self._utc_s = utc_s
        said: dict[str, _Said] = {id_: _Said() for id_ in self._junctions}
        for reading in batch.readings:
            here = said.get(reading.junction)
            if here is not None:
                if isinstance(reading, _BY_DETECTOR):
                    here.by_detector[reading.detector] = reading
                else:
                    with guard(reading.junction):
                        self._sort(reading, here, utc_s)
            elif isinstance(reading, AirReading):
                self.air[reading.station] = reading
            elif not isinstance(reading, LorawanReading) and len(self.unknown) < MAX_UNKNOWN:
                self.unknown[reading.junction] += 1
        self._neighbours.advance(elapsed_s)
        pictures = {}
        for id_, builder in self._junctions.items():
            with guard(id_):
                pictures[id_] = builder.update(
                    utc_s,
                    elapsed_s,
                    said[id_],
                    signals.get(id_, NO_SIGNALS),
                    usual_vph.get(id_, NOTHING),
                    self._today,
                )
        if usual_vph:
            self._today = Today()
            for builder in self._junctions.values():
                self._today.add(builder.today.flow_vph, builder.today.usual_vph)
        self._neighbours.observe(pictures, signals)
        return Picture(utc_s=utc_s, junctions=self._with_blocked_exits(pictures), air=dict(self.air))

    def _sort(self, reading: Reading, said: "_Said", utc_s: float) -> None:
        """Put what comes from no detector to its kind."""
        if isinstance(reading, TransitReading):
            said.transit.append(self._with_lateness(reading, utc_s))
        elif isinstance(reading, ExactReading) and said.exact is None:
            said.exact = reading

    def _with_lateness(self, reading: TransitReading, utc_s: float) -> TransitReading:
        """A request that does not say how late the vehicle is gets it from the operator's centre."""
        if self._lateness is None or reading.lateness_s is not None:
            return reading
        return replace(reading, lateness_s=self._lateness.lateness_s(reading, utc_s))

    def _with_blocked_exits(self, pictures: dict[str, JunctionPicture]) -> dict[str, JunctionPicture]:
        """A junction sees its exits through its neighbours' detectors: their approach lanes are its exit lanes."""
        full = {
            lane
            for builder in self._junctions.values()
            for lane, room_m in builder.room_at_start_m().items()
            if room_m < EXIT_ROOM_M
        }
        return {
            id_: replace(picture, blocked_exits=picture.blocked_exits | blocked)
            if (blocked := self._exits[id_] & full)
            else picture
            for id_, picture in pictures.items()
        }


@dataclass(slots=True)
class _Said:
    """What came for one junction."""

    by_detector: dict[str, DetectorReading] = field(default_factory=dict)
    transit: list[TransitReading] = field(default_factory=list)
    exact: ExactReading | None = None


class _JunctionBuilder:
    """One junction's memory."""

    def __init__(self, junction: Junction, transit: TransitSettings | None, neighbours: Neighbours) -> None:
        self._junction = junction
        self._lanes = {lane: LaneMemory(lane) for lane in junction.lanes}
        self._lane_groups = {
            lane: frozenset(movement.group for movement in junction.movements_by_lane[lane]) for lane in junction.lanes
        }
        self._sensing = Sensing(junction, neighbours)
        self._buttons = {
            detector.group: detector.id
            for detector in junction.detectors.values()
            if detector.kind is DetectorKind.BUTTON and detector.group is not None
        }
        served = {movement.group for movement in junction.movements}
        self._crossings = {
            group.id: CrossingMemory(group.id)
            for group in junction.groups.values()
            if group.kind is GroupKind.PEDESTRIAN or (group.kind is GroupKind.BICYCLE and group.id not in served)
        }
        self._requests = RequestBook(junction, transit)
        self._halting: frozenset[str] = frozenset()
        self._rooms: dict[str, float] = {}
        self._aspects: Mapping[str, Aspect] = {}
        self._green: set[str] = set()
        self._green_lanes = dict.fromkeys(junction.lanes, False)
        self._usual = UsualLanes()
        self._confidence: Mapping[str, float] = {}

    @property
    def today(self) -> Today:
        """How today differs from what is usual here."""
        return self._usual.today

    def set_clock_back(self, utc_s: float, by_s: float) -> None:
        """The clock says `utc_s` now, `by_s` less than before: what is remembered is as long ago as it was.

        Else somebody at a crossing would begin to wait in an hour, and nobody's request would end before.
        """
        self._sensing.set_clock_back(utc_s, by_s)
        self._requests.set_clock_back(by_s)
        for crossing in self._crossings.values():
            crossing.set_clock_back(by_s)

    def update(
        self,
        utc_s: float,
        elapsed_s: float,
        said: _Said,
        signals: SignalView,
        usual_vph: Mapping[str, float],
        today: Today,
    ) -> JunctionPicture:
        """The junction's part of the picture; `today` is how the whole site differs from what is usual."""
        if usual_vph or self._usual.lanes:
            self._usual.update(usual_vph, today, self._lanes, self._confidence, elapsed_s)
        green, green_lanes = self._greens(signals.aspects)
        exact = said.exact
        views = self._sensing.update(
            said.by_detector,
            exact,
            utc_s,
            elapsed_s,
            green_lanes=green_lanes,
            green_groups=green,
            memories=self._lanes,
            halting=self._halting,
        )
        lanes = self._lane_pictures(views, green_lanes, elapsed_s)
        if usual_vph:
            self._confidence = {lane: picture.confidence_ratio for lane, picture in lanes.items()}
        requests, ended = self._requests.update(utc_s, said.transit, signals.aspects, lanes)
        self._halting = halting_lanes(requests, self._junction)
        self._rooms = {} if exact is not None else self._measure_rooms(lanes)
        return JunctionPicture(
            junction=self._junction.id,
            lanes=with_halts(lanes, requests, self._junction),
            crossings=self._crossing_pictures(utc_s, elapsed_s, signals),
            requests=requests,
            health=self._sensing.health,
            blocked_exits=exact.blocked_exits if exact is not None else frozenset(),
            ended=ended,
            phantoms=0 if exact is not None else self._sensing.phantoms,
        )

    def _greens(self, aspects: Mapping[str, Aspect]) -> tuple[set[str], dict[str, bool]]:
        """Groups that show green, and of each lane whether one of its groups does: the same until a signal changes."""
        if aspects != self._aspects:
            self._aspects = aspects
            self._green = {group for group, aspect in aspects.items() if aspect is Aspect.GREEN}
            self._green_lanes = {lane: not groups.isdisjoint(self._green) for lane, groups in self._lane_groups.items()}
        return self._green, self._green_lanes

    def room_at_start_m(self) -> Mapping[str, float]:
        """Per lane: metres from its start to the last one who stands there, where somebody does."""
        return self._rooms

    def _lane_pictures(
        self, views: Mapping[str, LaneView], green_lanes: Mapping[str, bool], elapsed_s: float
    ) -> dict[str, LanePicture]:
        pictures = {
            lane: memory.picture(views[lane], green=green_lanes[lane], elapsed_s=elapsed_s)
            for lane, memory in self._lanes.items()
        }
        for lane in self._usual.lanes:
            if pictures[lane].confidence_ratio < CONFIDENCE:
                pictures[lane] = replace(pictures[lane], confidence_ratio=CONFIDENCE, by_usual=True)
        return pictures

    def _crossing_pictures(self, utc_s: float, elapsed_s: float, signals: SignalView) -> dict[str, CrossingPicture]:
        health = self._sensing.health
        pictures = {}
        for group, memory in self._crossings.items():
            button = self._buttons.get(group, "")
            aspect = signals.aspects.get(group, Aspect.RED)
            said = self._sensing.buttons.get(button)
            pictures[group] = memory.update(utc_s, elapsed_s, said, aspect, health.get(button, Health.SILENT))
        return pictures

    def _measure_rooms(self, lanes: Mapping[str, LanePicture]) -> dict[str, float]:
        rooms = dict(self._sensing.room_at_start_m())
        for lane, picture in lanes.items():
            if not picture.queue_veh or picture.confidence_ratio < 0.5:
                continue  # who stands is in the queue
            standing = picture.speed_mps < STANDING_SPEED_MPS
            if standing.any():
                rear_m = float(picture.distance_m[standing][-1]) + LENGTH_M[int(picture.mode[standing][-1])]
                length_m = self._junction.lanes[lane].length_m
                if rear_m - LENGTH_M[0] <= length_m:  # else it stands on a lane further upstream
                    rooms[lane] = min(rooms.get(lane, length_m), length_m - rear_m)
        return rooms
