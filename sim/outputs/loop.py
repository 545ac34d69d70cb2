"""An induction loop (E1) as an additional file of SUMO describes it."""

from dataclasses import dataclass

from sim.network import Network
from sim.outputs.described import read_period_s, read_position, refuse_some_users_only
from sim.sumo_files.xml import Element

TAGS = frozenset({"inductionLoop", "e1Detector"})


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
    refuse_some_users_only(element, "loops")
    lane, at_m = read_position(element, network)
    length_m = element.number("length", 0.0)
    if not 0.0 <= length_m <= lane.length_m - at_m:
        element.fail(f"length: expected at most {lane.length_m - at_m:g} m, which the lane has left, got {length_m:g}")
    return Loop(element.text("id"), lane.id, at_m, length_m, read_period_s(element))
