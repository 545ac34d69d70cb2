"""From a batch of readings to the picture of this second."""

from collections import defaultdict
from collections.abc import Mapping

from detectors.crossings import CrossingMemory
from detectors.equipment import approach_lanes
from detectors.exact import ExactLanes
from detectors.lanes import LaneMemory, LaneView
from detectors.picture import CrossingPicture, Health, JunctionPicture, LanePicture, Picture
from detectors.radar import RadarLanes
from detectors.readings import (
    AirReading,
    ButtonReading,
    ExactReading,
    LorawanReading,
    RadarReading,
    Reading,
    TransitReading,
)
from detectors.signal_view import NO_SIGNALS, SignalView
from detectors.source import Batch
from detectors.transit import RequestBook
from plans.junction import Aspect, DetectorKind, GroupKind, Junction


class PictureBuilder:
    """Keeps what must be remembered between two pictures; one junction's readings never touch another's estimate."""

    def __init__(self, junctions: Mapping[str, Junction]) -> None:
        self._junctions = {id_: _JunctionBuilder(junction) for id_, junction in junctions.items()}
        self._utc_s: float | None = None
        self.unknown: dict[str, int] = defaultdict(int)
        """Readings for junctions that are not ours, by junction."""

    def update(self, utc_s: float, batch: Batch, signals: Mapping[str, SignalView]) -> Picture:
        """The picture at `utc_s`, from what came since the last one and what the signals show."""
        elapsed_s = 0.0 if self._utc_s is None else max(0.0, utc_s - self._utc_s)
        self._utc_s = utc_s
        by_junction: dict[str, list[Reading]] = defaultdict(list)
        for reading in batch.readings:
            if reading.junction in self._junctions:
                by_junction[reading.junction].append(reading)
            elif not isinstance(reading, AirReading | LorawanReading):
                self.unknown[reading.junction] += 1
        pictures = {
            id_: builder.update(utc_s, elapsed_s, by_junction.get(id_, []), signals.get(id_, NO_SIGNALS))
            for id_, builder in self._junctions.items()
        }
        return Picture(utc_s=utc_s, junctions=pictures)


class _JunctionBuilder:
    """One junction's memory."""

    def __init__(self, junction: Junction) -> None:
        self._junction = junction
        self._lane_index = {lane: index for index, lane in enumerate(junction.lanes)}
        self._lanes = {lane: LaneMemory(lane) for lane in junction.lanes}
        self._lane_groups = {
            lane: tuple({movement.group for movement in movements})
            for lane, movements in junction.movements_by_lane.items()
        }
        self._exact = ExactLanes(len(junction.lanes))
        self._radar = RadarLanes(junction)
        self._watched = {
            detector.id: approach_lanes(junction, detector)
            for detector in junction.detectors.values()
            if detector.kind is DetectorKind.RADAR
        }
        self._crossings = {
            group.id: CrossingMemory(group.id)
            for group in junction.groups.values()
            if group.kind is GroupKind.PEDESTRIAN
        }
        self._requests = RequestBook(junction)

    def update(self, utc_s: float, elapsed_s: float, readings: list[Reading], signals: SignalView) -> JunctionPicture:
        exact = next((reading for reading in readings if isinstance(reading, ExactReading)), None)
        views: Mapping[str, LaneView]
        if exact is not None:
            views = dict(zip(self._lanes, self._exact.update(exact, elapsed_s), strict=True))
        else:
            scene = [found for r in readings if isinstance(r, RadarReading) for found in r.objects]
            views = self._radar.update(scene, elapsed_s)
        requests, ended = self._requests.update(
            utc_s, [r for r in readings if isinstance(r, TransitReading)], signals.aspects
        )
        return JunctionPicture(
            junction=self._junction.id,
            lanes=self._lane_pictures(views, elapsed_s, signals),
            crossings=self._crossing_pictures(utc_s, elapsed_s, readings, signals),
            requests=requests,
            ended=ended,
            blocked_exits=exact.blocked_exits if exact is not None else frozenset(),
        )

    def _lane_pictures(
        self, views: Mapping[str, LaneView], elapsed_s: float, signals: SignalView
    ) -> dict[str, LanePicture]:
        pictures = {}
        for lane, memory in self._lanes.items():
            green = any(signals.aspects.get(group) is Aspect.GREEN for group in self._lane_groups[lane])
            pictures[lane] = memory.picture(views[lane], green=green, elapsed_s=elapsed_s)
        return pictures

    def _crossing_pictures(
        self, utc_s: float, elapsed_s: float, readings: list[Reading], signals: SignalView
    ) -> dict[str, CrossingPicture]:
        said: dict[str, ButtonReading] = {}
        for reading in readings:
            if isinstance(reading, ButtonReading):
                detector = self._junction.detectors.get(reading.detector)
                if detector is not None and detector.group is not None:
                    said[detector.group] = reading
        return {
            group: memory.update(
                utc_s, elapsed_s, said.get(group), signals.aspects.get(group, Aspect.RED), Health.UNKNOWN
            )
            for group, memory in self._crossings.items()
        }
