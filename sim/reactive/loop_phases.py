"""Which loops speak for which phase of an actuated programme.

A loop may lengthen a phase only if whoever it counts can go: every link of its lane is green for good. Permissive green
counts where nobody but people and bicycles, or only the same road, is met; where the road has one lane; and where the
link never has anything better and another of the lane is green for good. A loop whose vehicles come to a red line
of the same signal right behind does not count. With a jam threshold all loops count that serve anything green.
"""

from collections.abc import Sequence

from sim.reactive.loop_places import LoopPlace
from sim.reactive.phases import actuated_phases
from sim.reactive.signal_links import TURNAROUND, SignalLinks
from sim.signal_programme import TrafficLightLogic


def loops_by_phase(
    links: SignalLinks, logic: TrafficLightLogic, targets: frozenset[int], loops: Sequence[LoopPlace]
) -> tuple[tuple[int, ...], ...]:
    """Numbers of the loops that speak for each phase."""
    phases, actuated = logic.phases, actuated_phases(logic)
    on = {loop.approach: number for number, loop in enumerate(loops)}
    served = [[i for i, lanes in enumerate(links.lanes) if loop.approach in lanes] for loop in loops]
    never_major = [all(phase.state[i] != "G" for phase in phases) for i in range(links.count)]
    result: list[tuple[int, ...]] = []
    for number, phase in enumerate(phases):
        if not actuated[number] and number not in targets:
            result.append(())
            continue
        free = frozenset(i for i in range(links.count) if _goes(links, phase.state, i, never_major[i]))
        usable = [
            which
            for which, loop in enumerate(loops)
            if _speaks(loop, served[which], free, phase.state)
            and (loop.jam_s > 0 or not _stopped_behind(links, loop, on, served, free))
        ]
        result.append(tuple(usable))
    return tuple(result)


def _goes(links: SignalLinks, state: str, link: int, never_major: bool) -> bool:
    """Whether a link's green lets vehicles go without waiting for others for long."""
    if state[link] != "g":
        return state[link] == "G"
    unimportant = (never_major or links.turnaround[link]) and _has_major(links, state, link)
    return unimportant or links.one_lane[link] or links.weakly_opposed(link, state)


def _has_major(links: SignalLinks, state: str, link: int) -> bool:
    lanes = set(links.lanes[link])
    return any(state[i] == "G" and not lanes.isdisjoint(links.lanes[i]) for i in range(links.count))


def _speaks(loop: LoopPlace, served: Sequence[int], free: frozenset[int], state: str) -> bool:
    if loop.jam_s > 0:
        return any(i in free or state[i] == "g" for i in served)
    return free.issuperset(served)


def _stopped_behind(
    links: SignalLinks, loop: LoopPlace, on: dict[str, int], served: Sequence[Sequence[int]], free: frozenset[int]
) -> bool:
    """Whether the signal has another line right behind this one, with a link that is not green."""
    return any(
        not free.issuperset(served[on[link.to_lane]])
        for link in links.network.outgoing.get(loop.approach, ())
        if link.direction != TURNAROUND and link.to_lane in on
    )
