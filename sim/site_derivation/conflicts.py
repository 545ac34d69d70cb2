"""Who must never be green together, for how long one waits for the other, and who gives way to whom.

Two links conflict when the net's right-of-way matrix calls them foes and no phase of its programme shows both green.
Foes that are green together are conditionally compatible: the one that the matrix makes wait yields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plans.junction import GroupKind, SignalGroup
from sim.network import Network
from sim.site_derivation.programme import Programme
from sim.site_derivation.stages import MainPhase

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RightOfWay:
    """Pairs of links of one signal: foes (both orders), and (who yields, to whom)."""

    foes: frozenset[tuple[int, int]]
    yields: frozenset[tuple[int, int]]


def right_of_way(network: Network, tls_id: str) -> RightOfWay:
    """Foes and yielding among the links of a signal, from the request matrices of its nodes."""
    foes, yields = set(), set()
    at_node: dict[str, list[tuple[int, int]]] = {}
    for node, position, connection in network.signal_positions.get(tls_id, ()):
        for link in {connection.link_index, connection.link_index2} - {-1}:
            at_node.setdefault(node, []).append((position, link))
    for node, placed in at_node.items():
        requests = network.junctions[node].requests
        for position, link in placed:
            if position >= len(requests):
                continue
            for other_position, other in placed:
                if other == link:
                    continue
                if requests[position].foes[other_position]:
                    foes |= {(link, other), (other, link)}
                if requests[position].response[other_position]:
                    yields.add((link, other))
    return RightOfWay(frozenset(foes), frozenset(yields))


def conflicting_pairs(group_of: Mapping[int, str], way: RightOfWay, programme: Programme) -> frozenset[Pair]:
    """Ordered pairs of groups that must never be green together; holds both orders of each."""
    pairs = set()
    for a, b in way.foes:
        if a in group_of and b in group_of and group_of[a] != group_of[b] and not programme.green_together(a, b):
            pairs |= {(group_of[a], group_of[b]), (group_of[b], group_of[a])}
    return frozenset(pairs)


def alternating_pairs(phases: tuple[MainPhase, ...], conflicts: frozenset[Pair]) -> frozenset[Pair]:
    """Pairs that the programme keeps apart although the net knows of no conflict, such as tracks that meet further on.

    Where not one of the groups that begin has a conflict with one that ends, the programme must have another reason to
    end them.
    """
    pairs = set()
    for number, phase in enumerate(phases):
        before = phases[number - 1]
        ending, beginning = before.groups - phase.groups, phase.groups - before.groups
        if not any((a, b) in conflicts for a in ending for b in beginning):
            pairs |= {pair for a in ending for b in beginning for pair in ((a, b), (b, a))}
    apart = {(a, b) for a, b in pairs if not any(a in phase.groups and b in phase.groups for phase in phases)}
    return frozenset(apart)


def yielding(link: int, group_of: Mapping[int, str], way: RightOfWay, conflicts: frozenset[Pair]) -> tuple[str, ...]:
    """Groups that the link's traffic gives way to when both are green."""
    own = group_of[link]
    others = {group_of[b] for a, b in way.yields if a == link and b in group_of}
    return tuple(sorted(other for other in others if other != own and (own, other) not in conflicts))


def intergreens(
    groups: Mapping[str, SignalGroup],
    conflicts: frozenset[Pair],
    programme: Programme,
    phases: tuple[MainPhase, ...],
) -> tuple[dict[Pair, int], dict[str, SignalGroup]]:
    """Intergreens as the programme shows them, and the groups with pedestrian clearances to match.

    A pair that the programme never shows one right after the other takes the longest that the leaving group shows to
    anybody, then the longest of its kind, then amber and one second of red (pedestrians: the time to walk across); but
    never more than the programme leaves between them, whatever it shows meanwhile.
    """
    observed: dict[Pair, int] = {}
    room = {(a, b): _room(groups[a], groups[b], programme) for a, b in conflicts}
    for a, b in conflicts:
        gap = _observed_gap(groups[a], groups[b], programme, phases)
        if gap is not None:
            observed[a, b] = max(gap, groups[a].amber_s, groups[b].red_amber_s)
    updated = dict(groups)
    for name, group in groups.items():
        shown = [gap for (a, _), gap in observed.items() if a == name]
        if group.kind == GroupKind.PEDESTRIAN and shown:
            least = [gap for (a, _), gap in room.items() if a == name]
            updated[name] = replace(group, clearance_s=min([*shown, *least]))
    result = {}
    for a, b in sorted(conflicts):
        gap_s = observed.get((a, b))
        if gap_s is None:
            gap_s = min(_fallback(updated[a], observed, updated), max(room[a, b], updated[a].amber_s))
        result[a, b] = max(gap_s, updated[a].clearance_s, updated[b].red_amber_s)
    return result, updated


def _observed_gap(a: SignalGroup, b: SignalGroup, programme: Programme, phases: tuple[MainPhase, ...]) -> int | None:
    """Least time from the end of `a` to the begin of `b` where the programme switches from one to the other."""
    cycle = programme.cycle_s
    ends = [(begin + length) % cycle for begin, length in programme.greens(a.links[0])]
    begins = [begin for begin, _ in programme.greens(b.links[0])]
    gaps = []
    for end in ends:
        gap = min(((begin - end) % cycle for begin in begins), default=0)
        if gap > 0 and not _phase_between(phases, cycle, end, gap):
            gaps.append(gap)
    return min(gaps, default=None)


def _room(a: SignalGroup, b: SignalGroup, programme: Programme) -> int:
    """Least time from an end of `a` to the next begin of `b`, with whatever is shown in between."""
    cycle = programme.cycle_s
    begins = [begin for begin, _ in programme.greens(b.links[0])]
    gaps = [
        (begin - start - length) % cycle or cycle for start, length in programme.greens(a.links[0]) for begin in begins
    ]
    return min(gaps, default=cycle)


def _phase_between(phases: tuple[MainPhase, ...], cycle_s: int, end: int, gap: int) -> bool:
    """Whether another stage is shown in between."""
    return any((phase.step.start_s - end) % cycle_s + phase.step.duration_s <= gap for phase in phases)


def _fallback(a: SignalGroup, observed: Mapping[Pair, int], groups: Mapping[str, SignalGroup]) -> int:
    own = [gap for (group, _), gap in observed.items() if group == a.id]
    kind = [gap for (group, _), gap in observed.items() if groups[group].kind == a.kind]
    if a.kind == GroupKind.PEDESTRIAN:
        return max(own, default=a.clearance_s)
    return max(own or kind or [a.amber_s + 1])
