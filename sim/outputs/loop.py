"""An induction loop (E1) as an additional file of SUMO describes it."""

from dataclasses import dataclass

from sim.network import Network
from sim.sumo_files.xml import Element

TAGS = frozenset({"inductionLoop", "e1Detector"})
NOT_MEASURED = ("vTypes", "detectPersons", "nextEdges")


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop across one lane; `period_s` is the length of its intervals, None for one over the whole run."""

    id: str
    lane: str
    position_m: float
    length_m: float = 0.0
    period_s: float | None = None


def read_loop(element: Element, network: Network) -> Loop:
    """The loop that an element of an additional file describes.

    Raises:
        sim.sumo_files.SumoFileError: Its lane or position does not exist, or it measures what is not measured here.
    """
    lane = network.lanes.get(element.text("lane"))
    if lane is None:
        element.fail(f"lane: expected an existing lane, got {element.text('lane')!r}")
    for name in NOT_MEASURED:
        if element.has(name):
            element.fail(f"{name}: loops that look at some road users only are not measured here")
    at_m = element.number("pos")
    at_m = at_m + lane.length_m if at_m < 0 else at_m
    if element.flag("friendlyPos", False):
        at_m = min(max(at_m, 0.0), lane.length_m)
    if not 0.0 <= at_m <= lane.length_m:
        element.fail(f"pos: expected 0 to {lane.length_m:g} m, got {element.text('pos')}")
    length_m = element.number("length", 0.0)
    if not 0.0 <= length_m <= lane.length_m - at_m:
        element.fail(f"length: expected at most {lane.length_m - at_m:g} m, which the lane has left, got {length_m:g}")
    return Loop(element.text("id"), lane.id, at_m, length_m, read_period_s(element))


def read_period_s(element: Element) -> float | None:
    """Length of a detector's intervals; None for one over the whole run."""
    given = next((name for name in ("period", "freq") if element.has(name)), None)
    period_s = None if given is None else element.time(given)
    return period_s if period_s is not None and period_s > 0 else None
