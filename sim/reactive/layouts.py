"""What programmes look at: loops and crossings by phase, or areas by phase and how late counts as late."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.reactive.area_places import AreaPlace, area_before
from sim.reactive.loop_phases import loops_by_phase
from sim.reactive.loop_places import LoopPlace
from sim.reactive.parameters import Parameters
from sim.reactive.phases import GREEN
from sim.reactive.signal_links import SignalLinks
from sim.reactive.targets import chosen_targets
from sim.signal_programme import TrafficLightLogic

RANGE_M = 100.0
MIN_TIME_LOSS_S = 1.0


@dataclass(frozen=True)
class ActuatedLayout:
    """What an actuated programme looks at."""

    loops: tuple[LoopPlace, ...]
    by_phase: tuple[tuple[int, ...], ...]  # loops that speak for each phase
    crossings: tuple[tuple[str, ...], ...]  # of each phase: crossings with green, where it may be chosen or lengthened


def actuated_layout(links: SignalLinks, logic: TrafficLightLogic, loops: Sequence[LoopPlace]) -> ActuatedLayout:
    """Loops and crossings by phase."""
    targets = chosen_targets(logic.phases)
    by_phase = loops_by_phase(links, logic, targets, loops)
    crossings = tuple(
        tuple(c for i in range(links.count) if phase.state[i] == "G" for c in links.crossing_ids[i])
        for phase in logic.phases
    )
    return ActuatedLayout(tuple(loops), by_phase, crossings)


@dataclass(frozen=True)
class DelayLayout:
    """What a delay-based programme looks at."""

    areas: tuple[AreaPlace, ...]
    late_from_s: float  # who has lost more is late
    speeds_mps: tuple[float, ...]  # limit of the lane at the line
    served: tuple[tuple[int, ...], ...]  # areas of links that are green in each phase
    others: tuple[tuple[int, ...], ...]  # areas of those that are not


def delay_layout(links: SignalLinks, logic: TrafficLightLogic, parameters: Parameters) -> DelayLayout:
    """One area for each lane on which vehicles come to the signal."""
    range_m = parameters.number("detectorRange", RANGE_M)
    number: dict[str, int] = {}
    areas: list[AreaPlace] = []
    speeds: list[float] = []
    for name in links.driven:
        if parameters.text(name):
            parameters.fail(name, "areas of one's own are not simulated here")
        lane = links.network.lanes[name]
        number[name] = len(areas)
        areas.append(area_before(links.network, name, lane.length_m, range_m))
        speeds.append(lane.speed_mps)
    by_link = [[number[lane] for lane in lanes if lane in number] for lanes in links.lanes]
    served = tuple(_areas_of(by_link, phase.state, green=True) for phase in logic.phases)
    others = tuple(_areas_of(by_link, phase.state, green=False) for phase in logic.phases)
    # SUMO 1.28 documents this parameter as `minTimeLoss` and reads it in this spelling only.
    late_from_s = parameters.number("minTimeloss", MIN_TIME_LOSS_S)
    return DelayLayout(tuple(areas), late_from_s, tuple(speeds), served, others)


def _areas_of(by_link: Sequence[Sequence[int]], state: str, *, green: bool) -> tuple[int, ...]:
    """Areas of the links that are green, or of those that are not."""
    found = (areas for letter, areas in zip(state, by_link, strict=True) if (letter in GREEN) == green)
    return tuple(dict.fromkeys(area for areas in found for area in areas))
