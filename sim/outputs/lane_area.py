"""An area over one lane or several that follow each other (E2), as an additional file of SUMO describes it."""

from dataclasses import dataclass

from sim.network import Lane, Network
from sim.outputs.described import HALT_MPS, HALT_S, read_halt, read_period_s, refuse_some_users_only
from sim.reactive.area_places import SHORTEST_M, AreaPlace, area_before, area_behind, area_over
from sim.sumo_files.xml import Element

TAGS = frozenset({"laneAreaDetector", "e2Detector"})
WITH_SIGNALS = ("tl", "to")


@dataclass(frozen=True, slots=True)
class LaneArea:
    """An area; who is slower than `halt_mps` for longer than `halt_s` is in a jam.

    `jamThreshold` is not here: in SUMO 1.28 no gap ends a jam, only a vehicle that moves.
    """

    id: str
    place: AreaPlace
    halt_s: float = HALT_S
    halt_mps: float = HALT_MPS
    period_s: float | None = None


def read_lane_area(element: Element, network: Network) -> LaneArea:
    """The area that an element of an additional file describes.

    Raises:
        sim.sumo_files.SumoFileError: Its place does not exist, or it measures what is not measured here.
    """
    refuse_some_users_only(element, "areas")
    for name in WITH_SIGNALS:
        if element.has(name):
            element.fail(f"{name}: areas that measure by the phases of a signal are not built here")
    return LaneArea(
        element.text("id"),
        _over_lanes(element, network) if element.has("lanes") else _over_length(element, network),
        *read_halt(element),
        read_period_s(element),
    )


def _lane(element: Element, network: Network, name: str, attribute: str) -> Lane:
    lane = network.lanes.get(name)
    if lane is None:
        element.fail(f"{attribute}: expected existing lanes, got {name!r}")
    return lane


def _over_lanes(element: Element, network: Network) -> AreaPlace:
    """From `pos` on the first of some lanes to `endPos` on the last, with what lies between them in junctions."""
    named = [_lane(element, network, name, "lanes") for name in element.words("lanes")]
    lanes = [named[0].id]
    for lane in named[1:]:
        inner = next(
            (network.via_lanes(link) for link in network.outgoing.get(lanes[-1], ()) if link.to_lane == lane.id), None
        )
        if inner is None:
            element.fail(f"lanes: expected lanes that follow each other, got {lane.id!r} behind {lanes[-1]!r}")
        lanes += [*(name for name in inner if name not in lanes), lane.id]
    start_m, end_m = element.number("pos", 0.0), element.number("endPos", named[-1].length_m)
    return area_over(network, tuple(lanes), _within(start_m, named[0]), _within(end_m, named[-1]))


def _over_length(element: Element, network: Network) -> AreaPlace:
    """Between `pos` and `endPos` of one lane, or `length` metres from one of them, over as many lanes as it takes."""
    lane = _lane(element, network, element.text("lane"), "lane")
    if not element.has("length"):
        start_m = _within(element.number("pos", 0.0), lane)
        end_m = _within(element.number("endPos", lane.length_m), lane)
        if element.flag("friendlyPos", False):
            start_m, end_m = max(0.0, min(start_m, lane.length_m - SHORTEST_M)), min(end_m, lane.length_m)
        if not 0.0 <= start_m < end_m <= lane.length_m:
            element.fail(f"expected 0 <= pos < endPos <= {lane.length_m:g} m, got {start_m:g} and {end_m:g}")
        return area_over(network, (lane.id,), start_m, end_m)
    length_m = element.number("length")
    if element.has("pos") == element.has("endPos"):
        element.fail("expected one of pos and endPos with length, got " + ("both" if element.has("pos") else "none"))
    if element.has("endPos"):
        return area_before(network, lane.id, _within(element.number("endPos"), lane), length_m)
    return area_behind(network, lane.id, _within(element.number("pos"), lane), length_m)


def _within(at_m: float, lane: Lane) -> float:
    """A position that may count from the lane's end; close to an end it is the end."""
    at_m = at_m + lane.length_m if at_m < 0 else at_m
    if at_m < SHORTEST_M:
        return 0.0
    return lane.length_m if abs(at_m - lane.length_m) < SHORTEST_M else at_m
