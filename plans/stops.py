"""Stops of buses and trams before a stop line: whose way leads past them, and how long they hold up who halts there."""

from plans.codes import Code
from plans.defaults import STOP_LOSS_S
from plans.junction import Junction, Lane, Mode, TransitStop
from plans.timing import Finding

LOSS_SPEED_MPS = 13.9
"""Speed that `STOP_LOSS_S` is given for."""
PLACE_M = 1.0
"""Lengths of lanes are rounded, and lanes that lie side by side are not quite as long."""


def stop_lanes(junction: Junction, stop: TransitStop) -> tuple[Lane, ...]:
    """Approach lanes whose buses or trams come past the stop: those of its lane's approach that its modes may use.

    Who has halted may go on in any lane of the approach. A lane without an approach stands for itself.
    """
    at = [lane for lane in junction.lanes.values() if _place_m(lane, stop.lane) is not None]
    approaches = {lane.approach for lane in at if lane.approach}
    return tuple(
        lane
        for lane in junction.lanes.values()
        if (lane in at or lane.approach in approaches) and lane.modes & stop.modes
    )


def stop_loss_s(mode: Mode, speed_mps: float) -> float:
    """What braking and starting at a stop take, beside the dwell: v / 2 (1 / a + 1 / b)."""
    return STOP_LOSS_S[mode] * speed_mps / LOSS_SPEED_MPS


def check_stops(junction: Junction) -> list[Finding]:
    """Stops that lie beyond their lane, or on the way of nobody."""
    found = []
    for stop in junction.stops.values():
        element = f"{junction.id}/stops/{stop.id}"
        places = [_place_m(lane, stop.lane) for lane in junction.lanes.values()]
        bounds = [place for place in places if place is not None]
        if not any(first - PLACE_M <= stop.distance_m <= last + PLACE_M for first, last in bounds):
            expected = " or ".join(f"{first:g} to {last:g} m before the stop line" for first, last in bounds)
            found.append(Finding(Code.STOP_OFF_LANE, f"{element}/distance_m", expected, f"{stop.distance_m:g}"))
        if not stop_lanes(junction, stop):
            modes = ", ".join(sorted(stop.modes))
            expected = f"a lane of this approach that is open to {modes}"
            found.append(Finding(Code.STOP_FOR_NOBODY, f"{element}/lane", expected, stop.lane))
    return found


def _place_m(lane: Lane, place: str) -> tuple[float, float] | None:
    """From where to where a lane or its feeder lies before the stop line; None where it is neither."""
    if lane.id == place:
        return 0.0, lane.length_m
    for feeder in lane.feeders:
        if feeder.lane == place:
            return feeder.offset_m, feeder.offset_m + feeder.length_m
    return None
