"""Which detectors a junction has at each level of detection, where its site file names none.

`perfect` needs none on the road (the simulator tells all); `radar` is one radar per approach and a stop-line loop per
lane; `loops` is a stop-line and an advance loop per lane. Pedestrian groups have a button each, bicycles their own
loops.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

from plans.junction import Detector, DetectorKind, GroupKind, Junction, Lane, Mode

STOP_LOOP_LENGTH_M = 4.0
ADVANCE_LOOP_LENGTH_M = 2.0
ADVANCE_NEAR_M = 40.0
ADVANCE_FAR_M = 80.0
MOUTH_M = 10.0
BICYCLE_ADVANCE_M = 25.0
STOP_LINE_M = 10.0
"""A loop nearer than this is a stop-line loop, one further away an advance loop."""


class Detection(StrEnum):
    """How much the detectors see, as `--detection` names it."""

    PERFECT = "perfect"
    RADAR = "radar"
    LOOPS = "loops"


def equip(junctions: Mapping[str, Junction], detection: Detection) -> dict[str, Junction]:
    """The junctions with the detectors of this level: their own ones where they have them, standard ones elsewhere."""
    return {id_: replace(junction, detectors=detectors_of(junction, detection)) for id_, junction in junctions.items()}


def detectors_of(junction: Junction, detection: Detection) -> dict[str, Detector]:
    """Detectors at this level; a site's own detector takes the place of the standard one with the same task."""
    wanted = {_task(junction, detector): detector for detector in _standard(junction, detection)}
    own = [d for d in junction.detectors.values() if _belongs(d, detection)]
    tasks = {_task(junction, detector) for detector in own}
    added = [detector for task, detector in wanted.items() if task not in tasks]
    return {detector.id: detector for detector in (*own, *added)}


def is_stop_line(detector: Detector) -> bool:
    """Whether the loop lies at the stop line."""
    return detector.distance_m < STOP_LINE_M


def advance_position(lane: Lane) -> tuple[str, float]:
    """Where the advance loop lies: the lane (the approach lane, or a feeder where that is short) and its distance.

    As far away as the range of 40 to 80 m allows, but not in the mouth of a lane where vehicles still change lanes.
    """
    if lane.length_m >= ADVANCE_NEAR_M + ADVANCE_LOOP_LENGTH_M or not lane.feeders:
        least_m = min(ADVANCE_NEAR_M, lane.length_m / 2.0)
        return lane.id, min(ADVANCE_FAR_M, max(lane.length_m - MOUTH_M, least_m))
    # one loop sees one lane: the one that most of the traffic comes from, and of those the one that looks furthest
    reach_m = {f.lane: max(f.offset_m, min(ADVANCE_FAR_M, f.offset_m + f.length_m - MOUTH_M)) for f in lane.feeders}
    near = [feeder for feeder in lane.feeders if reach_m[feeder.lane] <= ADVANCE_FAR_M] or lane.feeders
    feeder = max(near, key=lambda feeder: (feeder.share_ratio, reach_m[feeder.lane]))
    return feeder.lane, reach_m[feeder.lane]


def approach_lanes(junction: Junction, radar: Detector) -> tuple[str, ...]:
    """The approach lanes that a radar watches: those of its lane's approach, or all when it names no lane."""
    if radar.lane is None or radar.lane not in junction.lanes:
        return tuple(junction.lanes)
    approach = junction.lanes[radar.lane].approach
    return tuple(lane.id for lane in junction.lanes.values() if lane.approach == approach)


def _belongs(detector: Detector, detection: Detection) -> bool:
    if detector.kind is DetectorKind.BUTTON:
        return True
    if detection is Detection.PERFECT:
        return False
    if detection is Detection.LOOPS:
        return detector.kind is DetectorKind.LOOP
    return detector.kind is DetectorKind.RADAR or is_stop_line(detector)


def _task(junction: Junction, detector: Detector) -> tuple[str, ...]:
    if detector.kind is DetectorKind.BUTTON:
        return ("button", detector.group or "")
    if detector.kind is DetectorKind.RADAR:
        lane = junction.lanes.get(detector.lane or "")
        return ("radar", lane.approach if lane else "")
    return (
        "loop",
        "stop" if is_stop_line(detector) else "advance",
        "bicycle" if detector.mode is Mode.BICYCLE else "motor",
        detector.lane or "",
    )


def _standard(junction: Junction, detection: Detection) -> Iterator[Detector]:
    for group in junction.groups.values():
        if group.kind is GroupKind.PEDESTRIAN:
            yield Detector(id=f"{group.id}.button", kind=DetectorKind.BUTTON, group=group.id)
    if detection is Detection.PERFECT:
        return
    if detection is Detection.RADAR:
        first = {lane.approach: lane.id for lane in reversed(tuple(junction.lanes.values()))}
        for approach, lane_id in first.items():
            yield Detector(id=f"{approach}.radar", kind=DetectorKind.RADAR, lane=lane_id, length_m=150.0)
    for lane in junction.lanes.values():
        yield from _loops(lane, advance=detection is Detection.LOOPS)


def _loops(lane: Lane, *, advance: bool) -> Iterator[Detector]:
    where, distance_m = advance_position(lane)
    if lane.modes - {Mode.BICYCLE, Mode.PEDESTRIAN}:
        yield Detector(id=f"{lane.id}.stop", kind=DetectorKind.LOOP, lane=lane.id, length_m=STOP_LOOP_LENGTH_M)
        if advance and distance_m >= STOP_LINE_M:
            yield Detector(f"{where}.advance", DetectorKind.LOOP, where, None, distance_m, ADVANCE_LOOP_LENGTH_M)
    # radars see bicycles among the motor traffic; only lanes of their own get a loop then
    if Mode.BICYCLE in lane.modes and (advance or lane.modes <= {Mode.BICYCLE, Mode.PEDESTRIAN}):
        stop = Detector(f"{lane.id}.bicycle", DetectorKind.LOOP, lane.id, None, 0.0, STOP_LOOP_LENGTH_M, Mode.BICYCLE)
        yield stop
        if advance and lane.length_m >= BICYCLE_ADVANCE_M + ADVANCE_LOOP_LENGTH_M:
            yield replace(
                stop, id=f"{lane.id}.bicycle-advance", distance_m=BICYCLE_ADVANCE_M, length_m=ADVANCE_LOOP_LENGTH_M
            )
