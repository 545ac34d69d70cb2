"""Signal groups, intergreens, stages and transitions of a junction, from the network's geometry and `signals.yaml`."""

import math
from collections.abc import Mapping
from dataclasses import replace

from plans.amber import walking_s
from plans.defaults import AMBER_S, PEDESTRIAN_CLEARING_MPS, RED_AMBER_S
from plans.junction import GroupKind, Junction, SignalGroup, Stage
from plans.stage_transition import GroupSwitch, StageTransition
from sim.network import Connection, Network
from sim.scenarios.builder.intergreens import SignalPath, intergreen_s, signal_path
from sim.scenarios.builder.source import GroupSource, JunctionSource
from sim.site_derivation.conflicts import right_of_way, yielding
from sim.site_derivation.lanes import approach_lanes, movements, with_detectors

MIN_GREEN_S = 5
Pair = tuple[str, str]


def derive_junction(network: Network, tls_id: str, source: JunctionSource) -> Junction:
    """Join the source's groups and stages with the network's links and geometry.

    Groups that share a stage and meet are conditionally compatible: one of each pair of links has to yield. All other
    groups that meet are in conflict.

    Raises:
        ValueError: A link without a group, a stage with conflicting groups, or a name that does not exist.
    """
    links = {index: connections[0] for index, connections in network.signal_links[tls_id].items()}
    paths = {index: signal_path(network, connection) for index, connection in links.items()}
    members = {group: _links(network, tls_id, links, spec) for group, spec in source.groups.items()}
    _check_partition(tls_id, members, links)
    stages = {stage: Stage(stage, frozenset(groups)) for stage, groups in source.stages.items()}
    together = {(a, b) for stage in stages.values() for a in stage.groups for b in stage.groups if a != b}
    way = right_of_way(network, tls_id)
    group_of = {link: group for group, own in members.items() for link in own}
    intergreens: dict[Pair, int] = {}
    for i, j in sorted(way.foes):
        a, b = group_of[i], group_of[j]
        if (a, b) in together:
            if (i, j) not in way.yields and (j, i) not in way.yields:
                raise ValueError(f"{tls_id}: {a} and {b} share a stage, but neither link {i} nor {j} yields")
        elif a != b:
            least_s = AMBER_S[_kind(source.groups[a])] + RED_AMBER_S[_kind(source.groups[b])]
            intergreens[a, b] = max(intergreens.get((a, b), least_s), intergreen_s(paths[i], paths[j]))
    intergreens = {(a, b): intergreens[a, b] for a in members for b in members if (a, b) in intergreens}
    conflicts = frozenset(intergreens)
    yields = {link: yielding(link, group_of, way, conflicts) for link in group_of}
    node = network.junctions[tls_id]
    junction = Junction(
        id=tls_id,
        name=source.name,
        groups={group: _group(group, spec, members[group], paths) for group, spec in source.groups.items()},
        intergreens=intergreens,
        stages=stages,
        lanes=approach_lanes(network, tls_id, group_of),
        movements=movements(network, tls_id, group_of, yields),
        position_m=(node.x, node.y),
        derived=frozenset({"intergreens", "lanes", "movements", "detectors"}),
    )
    pairs = [(a, b) for a in stages for b in stages if a != b]
    staggered = {pair: staggered_transition(junction, *pair) for pair in pairs}
    return with_detectors(replace(junction, transitions=staggered))


def staggered_transition(junction: Junction, origin: str, target: str) -> StageTransition:
    """How `target` follows `origin`: as short as the slowest conflict allows, with every green as long as that leaves.

    Whoever clears slowly (people on foot, bicycles) ends first, and the others keep their green meanwhile.
    """
    before, after = junction.stages[origin].groups, junction.stages[target].groups
    ending, starting = sorted(before - after), sorted(after - before)
    needed = {(a, b): s for (a, b), s in junction.intergreens.items() if a in ending and b in starting}
    red_amber = {b: junction.groups[b].red_amber_s for b in starting}
    duration_s = max([*needed.values(), *red_amber.values()], default=0)
    ends = {a: duration_s - max((s for (x, _), s in needed.items() if x == a), default=0) for a in ending}
    starts = {b: max([red_amber[b], *(ends[a] + s for (a, x), s in needed.items() if x == b)]) for b in starting}
    switches = [GroupSwitch(a, at_s, green=False) for a, at_s in ends.items()]
    switches += [GroupSwitch(b, at_s, green=True) for b, at_s in starts.items()]
    return StageTransition(origin, target, tuple(sorted(switches, key=lambda s: (s.at_s, s.group))), duration_s)


def arm_of(edge: str) -> str:
    """The arm that an edge belongs to: `nw` and `se` for the corridor, `w04` or `e07` for a cross street."""
    return edge.split("_", 1)[0]


def _links(network: Network, tls_id: str, links: Mapping[int, Connection], spec: GroupSource) -> tuple[int, ...]:
    found = []
    for index, link in links.items():
        crossing = network.crossings.get(link.to_edge)
        if crossing is not None:
            arms = {arm_of(edge) for edge in crossing.crossing_edges if network.edges[edge].to_junction == tls_id}
            if spec.crossing in arms or crossing.crossing_edges == (spec.crossing,):
                found.append(index)
        elif arm_of(link.from_edge) == spec.from_arm and arm_of(link.to_edge) in spec.to_arms:
            classes = network.lanes[link.from_lane].permissions & network.lanes[link.to_lane].permissions
            if spec.only in (None, "bicycle" if classes <= {"bicycle"} else "motor"):
                found.append(index)
    return tuple(found)


def _check_partition(tls_id: str, members: Mapping[str, tuple[int, ...]], links: Mapping[int, Connection]) -> None:
    for group, own in members.items():
        if not own:
            raise ValueError(f"{tls_id}: {group}: expected at least one link, got none")
    for index, link in links.items():
        owners = [group for group, own in members.items() if index in own]
        if len(owners) != 1:
            raise ValueError(f"{tls_id}: {link.from_lane} -> {link.to_lane}: expected one group, got {owners}")


def _kind(spec: GroupSource) -> GroupKind:
    if spec.crossing is not None:
        return GroupKind.PEDESTRIAN
    return GroupKind.BICYCLE if spec.only == "bicycle" else GroupKind.VEHICLE


def _group(group: str, spec: GroupSource, links: tuple[int, ...], paths: Mapping[int, SignalPath]) -> SignalGroup:
    kind = _kind(spec)
    crossing_m = 0.0
    if kind is GroupKind.PEDESTRIAN:
        crossing_m = math.ceil(10 * max(paths[link].length_m for link in links)) / 10
    return SignalGroup(
        id=group,
        kind=kind,
        min_green_s=spec.min_green_s or max(MIN_GREEN_S, walking_s(crossing_m / 2, PEDESTRIAN_CLEARING_MPS)),
        amber_s=AMBER_S[kind],
        red_amber_s=RED_AMBER_S[kind],
        clearance_s=walking_s(crossing_m, PEDESTRIAN_CLEARING_MPS),
        links=links,
        crossing_m=crossing_m,
    )
