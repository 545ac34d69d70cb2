"""Who halts at a stop before the stop line is not on its way yet: no green serves it before its doors are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detectors.lanes import STANDING_SPEED_MPS
from detectors.picture import MODES, LanePicture, PriorityRequest, RequestState
from plans.junction import Junction

MOST_HALT_S = 90.0
"""For no longer is a vehicle in sight taken to stay away because it says so."""
OPEN = frozenset({RequestState.RECEIVED, RequestState.QUEUED, RequestState.ACTIVATED})


def halting_lanes(requests: Sequence[PriorityRequest], junction: Junction) -> frozenset[str]:
    """The lanes on which somebody has announced to stand at a stop."""
    groups = {request.group for request in requests if request.halts and request.state in OPEN}
    if not groups:
        return frozenset()
    return frozenset(move.lane for move in junction.movements if move.group in groups)


def with_halts(
    lanes: dict[str, LanePicture], requests: Sequence[PriorityRequest], junction: Junction
) -> dict[str, LanePicture]:
    """The lanes, with vehicles in sight that have announced a halt marked as coming later (`not_before_s`).

    A request is taken for the vehicle of its mode that stands, else for the first one, on the lanes of its way. The
    lane of one that stands first at the stop line does not count as one whose head is not served.
    """
    halting = [request for request in requests if request.halts and request.state in OPEN and request.eta_s > 0.0]
    if not halting:
        return lanes
    marks: dict[str, NDArray[np.float64]] = {}
    for request in halting:
        found = _find(request, lanes, marks, junction)
        if found is not None:
            lane, row = found
            mark = marks.setdefault(lane, np.zeros(lanes[lane].distance_m.size))
            mark[row] = min(request.eta_s, MOST_HALT_S)
    return lanes | {lane: _marked(lanes[lane], mark) for lane, mark in marks.items()}


def _find(
    request: PriorityRequest,
    lanes: Mapping[str, LanePicture],
    marks: Mapping[str, NDArray[np.float64]],
    junction: Junction,
) -> tuple[str, int] | None:
    """Lane and row of the vehicle that the request is about, if it is in sight and no other request has it."""
    kind = MODES.index(request.mode)
    moving: tuple[str, int] | None = None
    for lane in dict.fromkeys(move.lane for move in junction.movements if move.group == request.group):
        picture = lanes.get(lane)
        if picture is None or request.lane not in (None, lane):
            continue
        for row in np.flatnonzero(picture.mode == kind).tolist():
            if lane in marks and marks[lane][row] > 0.0:
                continue
            if picture.speed_mps[row] < STANDING_SPEED_MPS:
                return lane, row
            moving = moving or (lane, row)
    return moving


def _marked(lane: LanePicture, not_before_s: NDArray[np.float64]) -> LanePicture:
    head_still_s = 0.0 if not_before_s[0] > 0.0 else lane.head_still_s
    return replace(lane, not_before_s=not_before_s, head_still_s=head_still_s)
