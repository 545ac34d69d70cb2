"""Stages from a programme's phases, further ones from the conflict matrix, and transitions that waste no green."""

from collections.abc import Callable, Container, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from plans.junction import GroupKind, Junction, SignalGroup, Stage
from plans.stage_transition import GroupSwitch, StageTransition
from plans.transition import derive_transition
from sim.site_derivation.programme import GREEN, MIN_MAIN_PHASE_S, Programme, Step

MAX_STAGES = 16


@dataclass(frozen=True, slots=True)
class MainPhase:
    """A phase of the programme that is a stage: its groups, and the step that shows it."""

    groups: frozenset[str]
    step: Step


def main_phases(
    programme: Programme, groups: Mapping[str, SignalGroup], group_of: Mapping[int, str]
) -> tuple[MainPhase, ...]:
    """The phases that serve somebody, in the programme's order; amber, all-red and pedestrian clearing phases are not.

    Phases in a row with the same groups are one. Very short phases count only when nobody else serves one of their
    groups.
    """
    candidates = [
        MainPhase(frozenset(group_of[link] for link in group_of if step.state[link] in GREEN), step)
        for step in programme.steps
        if "y" not in step.state
    ]
    candidates = [phase for phase in candidates if phase.groups]
    kept: list[MainPhase] = []
    for number, phase in enumerate(candidates):
        before = candidates[number - 1] if number else None
        if before is not None and _clears_pedestrians(before, phase, groups, programme):
            continue
        elsewhere = frozenset[str]().union(*(other.groups for other in candidates if other is not phase))
        if phase.step.duration_s < MIN_MAIN_PHASE_S and phase.groups <= elsewhere:
            continue
        if kept and kept[-1].groups == phase.groups:
            continue
        kept.append(phase)
    while len(kept) > 1 and kept[0].groups == kept[-1].groups:
        kept = kept[1:]
    return tuple(kept)


def _clears_pedestrians(
    before: MainPhase, phase: MainPhase, groups: Mapping[str, SignalGroup], programme: Programme
) -> bool:
    """Whether the phase only lets pedestrians finish before the vehicles beside them end as well."""
    lost = before.groups - phase.groups
    adjacent = before.step.end_s == phase.step.start_s
    only_people = bool(lost) and all(groups[group].kind == GroupKind.PEDESTRIAN for group in lost)
    following = programme.steps[(programme.steps.index(phase.step) + 1) % len(programme.steps)]
    return adjacent and phase.groups < before.groups and only_people and "y" in following.state


def stages_of(phases: tuple[MainPhase, ...]) -> dict[str, Stage]:
    """Stages by id (`S1`, `S2`, ...); phases with the same groups share one."""
    stages: dict[str, Stage] = {}
    for phase in phases:
        if all(stage.groups != phase.groups for stage in stages.values()):
            name = f"S{len(stages) + 1}"
            stages[name] = Stage(name, phase.groups)
    return stages


def extra_stages(junction: Junction, together: frozenset[frozenset[str]], nodes: Mapping[str, str]) -> dict[str, Stage]:
    """Further stages that the programme does not show.

    First the programme's own stages without their crossings, for when nobody waits there; then the largest sets of
    groups that may be green together; then the largest in which nobody yields, such as one approach alone with its left
    turn protected, where that frees a group that yields in every other stage holding it.

    Groups of different nodes of a joined signal are put together only where the programme does so itself, for the net
    says nothing about what happens between them.

    Whoever drives on to another stop line of the junction, as between two nodes of a joined signal, finds green there
    in every further stage if the programme's own stages always show it: there may be no room to wait in between.

    Args:
        junction: With the programme's own stages.
        together: Pairs of groups that the programme shows green together.
        nodes: The node of each group.
    """
    names = junction.group_order

    def compatible(a: str, b: str) -> bool:
        if junction.conflicts(a, b):
            return False
        return nodes[a] == nodes[b] or frozenset((a, b)) in together

    yields = frozenset((move.group, other) for move in junction.movements for other in move.yields_to)

    def protected(a: str, b: str) -> bool:
        return compatible(a, b) and (a, b) not in yields and (b, a) not in yields

    known = [stage.groups for stage in junction.stages.values()]
    wide = [clique for clique in _sorted_cliques(names, compatible) if not any(clique <= stage for stage in known)]
    free = [
        clique
        for clique in _sorted_cliques(names, protected)
        if clique not in known
        and any(a in clique and b not in clique and not junction.conflicts(a, b) for a, b in yields)
    ]
    on_foot = frozenset(name for name, group in junction.groups.items() if group.kind == GroupKind.PEDESTRIAN)
    driving = [stage - on_foot for stage in known if stage & on_foot and stage - on_foot]
    onward = _always_green_beyond(junction)
    offered = [
        groups
        for groups in dict.fromkeys([*driving, *wide, *free])
        if groups not in known and all(beyond in groups for group in groups for beyond in onward.get(group, ()))
    ]
    found = offered[: max(0, MAX_STAGES - len(known))]
    return {f"X{n}": Stage(f"X{n}", clique) for n, clique in enumerate(found, start=1)}


def _always_green_beyond(junction: Junction) -> dict[str, frozenset[str]]:
    """By group: those at the next stop line of this junction on its way that are green whenever it is."""
    at_line: dict[str, set[str]] = {}
    for move in junction.movements:
        at_line.setdefault(move.lane, set()).add(move.group)
    beyond: dict[str, frozenset[str]] = {}
    for move in junction.movements:
        for other in at_line.get(move.exit_lane, set()) - {move.group}:
            if all(other in stage.groups for stage in junction.stages.values() if move.group in stage.groups):
                beyond[move.group] = beyond.get(move.group, frozenset()) | {other}
    return beyond


def _sorted_cliques(names: tuple[str, ...], related: Callable[[str, str], bool]) -> list[frozenset[str]]:
    """Maximal cliques, the largest first, equal ones in the order of the groups."""
    neighbours = {a: frozenset(b for b in names if b != a and related(a, b)) for a in names}
    return sorted(_cliques(neighbours), key=lambda clique: (-len(clique), sorted(map(names.index, clique))))


def _cliques(neighbours: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    """Maximal cliques (Bron and Kerbosch 1973, with pivot)."""

    def grow(clique: frozenset[str], candidates: frozenset[str], excluded: frozenset[str]) -> Iterator[frozenset[str]]:
        if not candidates and not excluded:
            yield clique
            return
        pivot = max(sorted(candidates | excluded), key=lambda v: len(neighbours[v] & candidates))
        for vertex in sorted(candidates - neighbours[pivot]):
            yield from grow(clique | {vertex}, candidates & neighbours[vertex], excluded & neighbours[vertex])
            candidates = candidates - {vertex}
            excluded = excluded | {vertex}

    yield from grow(frozenset(), frozenset(neighbours), frozenset())


def late_transitions(junction: Junction, shown: Container[str]) -> dict[tuple[str, str], StageTransition]:
    """Transitions in which a group whose intergreens are short stays green while others, such as pedestrians, clear.

    Between two of the stages that are `shown`, those of the programme, it keeps what the programme does. Elsewhere a
    turn that has had its way for itself is out of amber before those to whom it gives way begin. Only transitions that
    differ from the derived ones, where everybody ends at once.
    """
    gives_way = frozenset((move.group, other) for move in junction.movements for other in move.yields_to)
    result = {}
    for origin in junction.stages:
        for target in junction.stages:
            if origin != target:
                plain = derive_transition(junction, origin, target)
                late = _end_late(junction, plain)
                if not (origin in shown and target in shown):
                    late = _clear_first(junction, late, gives_way)
                if late != plain:
                    result[origin, target] = late
    return result


def _clear_first(junction: Junction, change: StageTransition, gives_way: Set[tuple[str, str]]) -> StageTransition:
    """Who begins waits for the amber of a turn that ends and gives way to it: the matrix has no intergreen for them."""
    ends = {switch.group: switch.at_s for switch in change.switches if not switch.green}
    begins = {
        switch.group: max(
            [switch.at_s]
            + [at_s + junction.groups[end].amber_s for end, at_s in ends.items() if (end, switch.group) in gives_way]
        )
        for switch in change.switches
        if switch.green
    }
    switches = tuple(
        replace(switch, at_s=begins[switch.group]) if switch.green else switch for switch in change.switches
    )
    return replace(change, switches=switches, duration_s=max([change.duration_s, *begins.values()]))


def _end_late(junction: Junction, plain: StageTransition) -> StageTransition:
    """Everybody ends as late as the transition's duration allows; then everybody begins as early as the ends allow."""
    matrix = junction.intergreens
    beginning = [switch.group for switch in plain.switches if switch.green]
    ends = {}
    for group in (switch.group for switch in plain.switches if not switch.green):
        waits = [matrix[group, other] for other in beginning if (group, other) in matrix]
        ends[group] = max(0, plain.duration_s - max(waits)) if waits else 0
    begins = {
        group: max(
            [junction.groups[group].red_amber_s]
            + [end_s + matrix[other, group] for other, end_s in ends.items() if (other, group) in matrix]
        )
        for group in beginning
    }
    switches = tuple(
        GroupSwitch(switch.group, (begins if switch.green else ends)[switch.group], switch.green)
        for switch in plain.switches
    )
    return StageTransition(plain.origin, plain.target, switches, plain.duration_s)
