"""Where the induction loops of an actuated programme lie, as SUMO's MSActuatedTrafficLightLogic puts them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.network import Network, Phase
from sim.outputs.loop import Loop
from sim.permissions import ON_FOOT
from sim.reactive.parameters import Parameters
from sim.reactive.phases import is_actuated
from sim.reactive.signal_links import SignalLinks
from sim.vehicle_types import BICYCLE_MPS

VEHICLE_M = 7.5  # length with gap
BICYCLE_M = 2.1
HALF_A_VEHICLE = 0.5
NO_DETECTOR = "NO_DETECTOR"
MAX_GAP_S, PASSING_TIME_S, DETECTOR_GAP_S = 3.0, 1.9, 2.0
NO_JAM_S = -1.0


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """A loop: `approach` is the lane whose vehicles it stands for, `lane` the one that it lies on."""

    approach: str
    lane: str
    position_m: float
    length_m: float
    max_gap_s: float
    jam_s: float  # a vehicle that has stood on it for so long does not count; never where this is not above 0


def loop_places(
    links: SignalLinks,
    phases: Sequence[Phase],
    targets: frozenset[int],
    parameters: Parameters,
    loops: Mapping[str, Loop],
) -> tuple[LoopPlace, ...]:
    """One loop for each lane that has green in a phase of no fixed duration, or in one that may be chosen.

    Args:
        links: Links of the signal.
        phases: Phases of the programme.
        targets: Numbers of the phases among which the programme may choose.
        parameters: Parameters of the programme.
        loops: Induction loops of additional files by id, for lanes that name one of them.

    Raises:
        sim.sumo_files.SumoFileError: A lane names a loop that does not exist.
    """
    result = []
    for approach in links.lane_ids:
        named = parameters.text(approach)
        if named == NO_DETECTOR or (links.network.lanes[approach].permissions <= ON_FOOT and not named):
            continue
        least_s = _least_s(approach, links, phases, targets)
        if named:
            if named not in loops:
                parameters.fail(approach, f"expected an induction loop of an additional file, got {named!r}")
            lane, at_m, length_m = loops[named].lane, loops[named].position_m, loops[named].length_m
        elif least_s is None:
            continue
        else:
            lane, at_m = _place(approach, links.network, parameters, least_s)
            length_m = parameters.number_at("detector-length", approach, parameters.number("detector-length", 0.0))
            length_m = min(length_m, links.network.lanes[lane].length_m - at_m)
        gap_s = parameters.number_at("max-gap", approach, parameters.number("max-gap", MAX_GAP_S))
        jam_s = parameters.number_at("jam-threshold", approach, parameters.number("jam-threshold", NO_JAM_S))
        result.append(LoopPlace(approach, lane, at_m, length_m, gap_s, jam_s))
    return tuple(result)


def _least_s(lane: str, links: SignalLinks, phases: Sequence[Phase], targets: frozenset[int]) -> float | None:
    """The shortest guaranteed green of a lane; None where no loop could lengthen or call it."""
    found = []
    for number, phase in enumerate(phases):
        if not any(phase.state[i] in "Gg" and lane in lanes for i, lanes in enumerate(links.lanes)):
            continue
        if is_actuated(phase):
            found.append(phase.min_duration_s)
        elif number in targets:
            found.append(0.0)
    return min(found, default=None)


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
