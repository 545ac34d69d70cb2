"""Lanes from loops: which loop tells of which lane's arrivals and departures, and the queue model behind it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from detectors.equipment import is_stop_line
from detectors.feeders import FeederShares
from detectors.lanes import JAM_SPACING_M, LaneView, only_movement
from detectors.loop_evidence import NO_ARRIVALS, Expected, LoopEvidence, Stream
from detectors.picture import MODES
from detectors.queue_model import ENTRY_M, QueueModel
from detectors.readings import LoopReading
from detectors.unseen_queue import UnseenQueue
from plans.junction import Detector, DetectorKind, Junction, Lane, Mode
from plans.record import record

VEHICLE_LENGTH_M = {False: 4.5, True: 1.8}
BICYCLE_SPEED_MPS = 5.0
BICYCLE_SPACING_M = 2.5
BICYCLE_SATURATION_VPH = 2000.0


@record
class LoopNews:
    """What usable loops said, by detector, and what is known of one lane without them.

    `shared` is what `LoopLanes.share` made of the readings; `expected` says who comes where nobody is seen, and
    `group_veh` in groups of which mean size.
    """

    readings: Mapping[str, LoopReading]
    shared: Mapping[tuple[str, str], int]
    green: bool
    elapsed_s: float
    expected: Expected
    group_veh: float


class LoopLanes:
    """All lanes of one junction as their loops see them."""

    def __init__(self, junction: Junction) -> None:
        loops = [d for d in junction.detectors.values() if d.kind is DetectorKind.LOOP and d.lane is not None]
        self._loops = {loop.id: loop for loop in loops}
        self._lanes = {lane.id: _LoopLane(junction, lane, loops) for lane in junction.lanes.values()}
        self._shares = FeederShares(junction)
        self._upstream = {
            lane.id: tuple(loop.lane for loop in loops if loop.lane in {feeder.lane for feeder in lane.feeders})
            for lane in junction.lanes.values()
        }

    def seed(self, lane: str, view: LaneView) -> None:
        """Begin a lane from what another kind of sensing last saw there."""
        self._lanes[lane].seed(view)

    def share(self, readings: Mapping[str, LoopReading]) -> dict[tuple[str, str], int]:
        """Vehicles at each loop that counted some, (detector, lane) -> count; those on a common feeder go by share."""
        counts: dict[tuple[str, str], int] = {}
        for detector_id, reading in readings.items():
            if not reading.count:
                continue
            loop = self._loops[detector_id]
            lane = loop.lane or ""
            if lane in self._lanes:
                counts[detector_id, lane] = reading.count
                continue
            for _ in range(reading.count if self._shares.lanes(lane) else 0):
                target = self._shares.deal(lane)
                counts[detector_id, target] = counts.get((detector_id, target), 0) + 1
        return counts

    def update(self, lane: str, news: LoopNews) -> LaneView:
        """The view of one lane."""
        view = self._lanes[lane].update(news)
        if view.passed:
            for feeder in self._upstream[lane]:
                self._shares.learn(feeder or "", lane, view.passed)
        return view

    def active_lanes(self, detector: str) -> tuple[str, ...]:
        """The approach lanes that a loop tells of."""
        lane = self._loops[detector].lane or ""
        return (lane,) if lane in self._lanes else self._shares.lanes(lane)


class _Stream:
    """Motor traffic or bicycles of one lane: followed from the advance loop on where there is one, else expected."""

    def __init__(self, lane: Lane, loops: list[Detector], *, movement: int, bicycle: bool) -> None:
        self._lane = lane.id
        self.bicycle = bicycle
        self._stop, self._advance = _ends(lane.id, loops)
        speed_mps = BICYCLE_SPEED_MPS if bicycle else lane.speed_mps
        saturation_vph = BICYCLE_SATURATION_VPH if bicycle else lane.saturation_flow_vph
        mode = MODES.index(Mode.BICYCLE if bicycle else Mode.CAR if Mode.CAR in lane.modes else _largest(lane))
        spacing_m = BICYCLE_SPACING_M if bicycle else JAM_SPACING_M
        stream = Stream(speed_mps, saturation_vph, mode, movement, spacing_m)
        self._seen, self._unseen = QueueModel(stream), UnseenQueue(stream)
        self._is_seen = True
        self._view: LaneView | None = None

    def seed(self, view: LaneView) -> None:
        """Begin from what another kind of sensing last saw."""
        self._seen.seed(view)
        self._unseen.seed(view)
        self._view = None

    def update(self, news: LoopNews) -> LaneView:
        """The stream as its loops see it; it is followed from its advance loop on while that is usable."""
        readings = news.readings
        stop, advance = self._stop, self._advance
        said = readings.get(advance.id) if advance else None
        leaving = readings.get(stop.id) if stop else None
        evidence = LoopEvidence(
            elapsed_s=news.elapsed_s,
            green=news.green,
            arrivals=news.shared.get((advance.id, self._lane), 0) if said and advance else None,
            arrival_m=advance.distance_m if advance else ENTRY_M,
            arrival_speed_mps=_speed(said, advance, bicycle=self.bicycle) if said and advance else None,
            advance_ratio=said.occupancy_ratio if said else None,
            departures=leaving.count if leaving else None,
            stop_ratio=leaving.occupancy_ratio if leaving else None,
            stop_present=leaving.present if leaving else False,
        )
        is_seen = said is not None
        if is_seen is not self._is_seen and self._view is not None:
            (self._seen if is_seen else self._unseen).seed(self._view)
        self._is_seen = is_seen
        if is_seen:
            self._view = self._seen.update(evidence, news.expected.rate_vph)
        else:
            self._view = self._unseen.update(evidence, news.expected, news.group_veh)
        return self._view


class _LoopLane:
    """One lane: its motor traffic, and its bicycles where they have loops."""

    def __init__(self, junction: Junction, lane: Lane, loops: list[Detector]) -> None:
        feeders = {feeder.lane for feeder in lane.feeders}
        here = [loop for loop in loops if loop.lane == lane.id or (loop.lane in feeders and not is_stop_line(loop))]
        movement = only_movement(junction, lane.id)
        bicycles = [loop for loop in here if loop.mode is Mode.BICYCLE]
        cyclists_only = lane.modes <= {Mode.BICYCLE, Mode.PEDESTRIAN}
        self._streams: list[_Stream] = []
        if not cyclists_only:
            motor_loops = [loop for loop in here if loop.mode is not Mode.BICYCLE]
            self._streams.append(_Stream(lane, motor_loops, movement=movement, bicycle=False))
        if bicycles or cyclists_only:
            self._streams.append(_Stream(lane, bicycles, movement=movement, bicycle=True))

    def seed(self, view: LaneView) -> None:
        """The motor traffic's model takes everybody but bicycles, that of bicycles the bicycles."""
        cycling = view.mode == MODES.index(Mode.BICYCLE)
        for stream in self._streams:
            rows = cycling if stream.bicycle else ~cycling
            stream.seed(_rows(view, rows if len(self._streams) > 1 else np.ones(cycling.size, np.bool_)))

    def update(self, news: LoopNews) -> LaneView:
        """All its streams together; the lane's average is of all its traffic and stands in for the first one only."""
        others = replace(news, expected=NO_ARRIVALS) if len(self._streams) > 1 else news
        views = [stream.update(others if number else news) for number, stream in enumerate(self._streams)]
        return views[0] if len(views) == 1 else _merged(views)


def _ends(lane: str, loops: list[Detector]) -> tuple[Detector | None, Detector | None]:
    """The stop-line loop and the advance loop of a lane, None where there is none; its own before those of feeders."""
    stop = min((loop for loop in loops if is_stop_line(loop)), key=lambda loop: loop.distance_m, default=None)
    advancing = [loop for loop in loops if not is_stop_line(loop)]
    advance = max(advancing, key=lambda loop: (loop.lane == lane, loop.distance_m), default=None)
    return stop, advance


def _speed(reading: LoopReading, loop: Detector, *, bicycle: bool) -> float | None:
    """Speed from count and occupancy, taking vehicles as of usual length; None when nobody passed."""
    if reading.count <= 0 or reading.occupancy_ratio <= 0.0:
        return None
    covered_s = reading.occupancy_ratio * reading.span_s
    return reading.count * (VEHICLE_LENGTH_M[bicycle] + loop.length_m) / covered_s


def _largest(lane: Lane) -> Mode:
    return next((mode for mode in (Mode.BUS, Mode.TRAM, Mode.TRUCK, Mode.EMERGENCY) if mode in lane.modes), Mode.CAR)


def _rows(view: LaneView, rows: np.typing.NDArray[np.bool_]) -> LaneView:
    return LaneView(
        distance_m=view.distance_m[rows],
        speed_mps=view.speed_mps[rows],
        movement=view.movement[rows],
        mode=view.mode[rows],
        waiting_s=view.waiting_s[rows],
        passed=view.passed,
        arrived=view.arrived,
        confidence_ratio=view.confidence_ratio,
        presence=None if view.presence is None else view.presence[rows],
    )


def _merged(views: list[LaneView]) -> LaneView:
    """Motor traffic and bicycles of one lane as one list, nearest to the stop line first."""
    filled = [view for view in views if view.distance_m.size] or views[:1]
    if len(filled) == 1:
        return replace(
            filled[0],
            passed=sum(view.passed for view in views),
            arrived=sum(view.arrived for view in views),
            confidence_ratio=views[0].confidence_ratio,
            queue_variance=sum(view.queue_variance for view in views),
            reach_m=views[0].reach_m,
        )
    distance_m = np.concatenate([view.distance_m for view in views])
    order = np.argsort(distance_m, kind="stable")
    presence = None
    if any(view.presence is not None for view in filled):
        ones = (np.ones(view.distance_m.size) if view.presence is None else view.presence for view in filled)
        presence = np.concatenate(list(ones))[order]
    return LaneView(
        distance_m=distance_m[order],
        speed_mps=np.concatenate([view.speed_mps for view in views])[order],
        movement=np.concatenate([view.movement for view in views])[order],
        mode=np.concatenate([view.mode for view in views])[order],
        waiting_s=np.concatenate([view.waiting_s for view in views])[order],
        passed=sum(view.passed for view in views),
        arrived=sum(view.arrived for view in views),
        confidence_ratio=views[0].confidence_ratio,
        queue_variance=sum(view.queue_variance for view in views),
        reach_m=views[0].reach_m,
        presence=presence,
    )
