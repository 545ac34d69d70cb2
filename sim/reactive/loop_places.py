"""Where the induction loops of an actuated programme lie, as SUMO's MSActuatedTrafficLightLogic puts them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from sim.network import Network
from sim.outputs.loop import Loop
from sim.permissions import ON_FOOT
from sim.reactive.parameters import Parameters
from sim.reactive.phases import actuated_phases
from sim.reactive.signal_links import SignalLinks
from sim.signal_programme import TrafficLightLogic
from sim.vehicle_types import BICYCLE_MPS

VEHICLE_M = 7.5  # length with gap
BICYCLE_M = 2.1
HALF_A_VEHICLE = 0.5
NO_DETECTOR = "NO_DETECTOR"
MAX_GAP_S, PASSING_TIME_S, DETECTOR_GAP_S = 3.0, 1.9, 2.0
NO_JAM_S = -1.0
LENGTHENED, CHOSEN = "lengthened", "chosen"


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """A loop: `approach` is the lane whose vehicles it stands for, `lane` the one that it lies on."""

    approach: str
    lane: str
    position_m: float
    length_m: float
    max_gap_s: float
    jam_s: float  # a vehicle that has stood on it for so long does not count; never where this is not above 0
    types: frozenset[str] | None = None  # of vehicles that it looks at, empty for all; None: those of the programme


class GivenLoop(NamedTuple):
    """A loop of an additional file, and the types of vehicles that it looks at, empty for all."""

    loop: Loop
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class WatchedLane:
    """A lane that gets a loop: the loop's name in expressions, or the one that the programme names for it."""

    approach: str
    name: str
    given: str


def watched_lanes(
    links: SignalLinks, logic: TrafficLightLogic, targets: frozenset[int], parameters: Parameters
) -> tuple[WatchedLane, ...]:
    """The lanes with a loop: those with green in a phase of no fixed duration, or in one that may be chosen.

    Loops are called `D0.0`, `D0.1`, `D1.0`: a number for each run of lanes of one road, and one within it. Numbers
    count lanes too whose loop is another one, or none.

    Args:
        links: Links of the signal.
        logic: The programme.
        targets: Numbers of the phases among which the programme may choose.
        parameters: Parameters of the programme.
    """
    return tuple(lane for lane in _numbered(links, logic, targets, parameters) if lane.given != NO_DETECTOR)


def _numbered(
    links: SignalLinks, logic: TrafficLightLogic, targets: frozenset[int], parameters: Parameters
) -> Iterator[WatchedLane]:
    road, lane_of_road, before = -1, 0, ""
    everywhere = parameters.flag("build-all-detectors")
    for approach in links.lane_ids:
        lane, given = links.network.lanes[approach], parameters.text(approach)
        if not given:
            if lane.permissions <= ON_FOOT:
                continue
            if not everywhere and not any(_greens(approach, links, logic, targets)):
                continue
        if lane.edge_id != before:
            road, lane_of_road, before = road + 1, 0, lane.edge_id
        else:
            lane_of_road += 1
        yield WatchedLane(approach, f"D{road}.{lane_of_road}", given)


def loop_places(
    links: SignalLinks,
    logic: TrafficLightLogic,
    targets: frozenset[int],
    parameters: Parameters,
    loops: Mapping[str, GivenLoop],
    least_s: Sequence[float],
) -> tuple[LoopPlace, ...]:
    """The loops of a programme, in the order of its watched lanes.

    Args:
        links: Links of the signal.
        logic: The programme.
        targets: Numbers of the phases among which the programme may choose.
        parameters: Parameters of the programme.
        loops: Induction loops of additional files by id, for lanes that name one of them.
        least_s: Least duration of each phase in seconds, as it is when the programme begins.

    Raises:
        sim.sumo_files.SumoFileError: A lane names a loop that does not exist.
    """
    result = []
    for watched in watched_lanes(links, logic, targets, parameters):
        approach, given, types = watched.approach, watched.given, None
        if given:
            if given not in loops:
                parameters.fail(approach, f"expected an induction loop of an additional file, got {given!r}")
            loop, types = loops[given]
            lane, at_m, length_m = loop.lane, loop.position_m, loop.length_m
        else:
            greens = _greens(approach, links, logic, targets)
            green_s = min(
                (least_s[n] if green == LENGTHENED else 0.0 for n, green in enumerate(greens) if green), default=inf
            )
            lane, at_m = _place(approach, links.network, parameters, green_s)
            length_m = parameters.number_at("detector-length", approach, parameters.number("detector-length", 0.0))
            length_m = min(length_m, links.network.lanes[lane].length_m - at_m)
        gap_s = parameters.number_at("max-gap", approach, parameters.number("max-gap", MAX_GAP_S))
        jam_s = parameters.number_at("jam-threshold", approach, parameters.number("jam-threshold", NO_JAM_S))
        result.append(LoopPlace(approach, lane, at_m, length_m, gap_s, jam_s, types))
    return tuple(result)


def _greens(lane: str, links: SignalLinks, logic: TrafficLightLogic, targets: frozenset[int]) -> list[str]:
    """By phase: whether a lane has green in it, and a loop could lengthen or call it; empty where not."""
    actuated = actuated_phases(logic)
    return [
        (LENGTHENED if actuated[number] else CHOSEN if number in targets else "")
        if any(phase.state[i] in "Gg" and lane in lanes for i, lanes in enumerate(links.lanes))
        else ""
        for number, phase in enumerate(logic.phases)
    ]


def _place(approach: str, network: Network, parameters: Parameters, least_s: float) -> tuple[str, float]:
    """Lane and position: as far before the line as vehicles drive in `detector-gap`, and as clear within the green.

    On a lane that is too short the loop goes upstream, as far as there is one way only and no signal on it.
    """
    lane = network.lanes[approach]
    cycles = lane.permissions - {"pedestrian"} == {"bicycle"}
    speed_mps, place_m = (BICYCLE_MPS, BICYCLE_M) if cycles else (lane.speed_mps, VEHICLE_M)
    passing_s = parameters.number("passing-time", PASSING_TIME_S)
    before_m = min(
        parameters.number("detector-gap", DETECTOR_GAP_S) * speed_mps, (least_s / passing_s + HALF_A_VEHICLE) * place_m
    )
    at_m = lane.length_m - before_m
    while at_m < 0:
        ways = network.onto.get(lane.id, ())
        if len(ways) != 1 or network.entry_of(ways[0]).tl:
            break
        lane = network.lanes[ways[0].from_lane]
        at_m += lane.length_m
    return lane.id, max(at_m, 0.0)
