"""Signal groups from signal links: links of one approach and one kind that always show the same form a group."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plans.defaults import MAX_RED_S, MIN_GREEN_S, PEDESTRIAN_CLEARING_MPS, RED_AMBER_S
from plans.junction import GroupKind, SignalGroup
from sim.network import Connection, Network
from sim.permissions import RAIL_CLASSES
from sim.signals import safe_name
from sim.site_derivation.programme import AMBER_S, Programme

PREFIX = {GroupKind.VEHICLE: "V", GroupKind.TRANSIT: "T", GroupKind.BICYCLE: "B", GroupKind.PEDESTRIAN: "P"}
MOTOR_CLASSES = frozenset({"passenger", "truck", "delivery", "private", "taxi"})
BUS_CLASSES = frozenset({"bus", "coach"})
BICYCLE_CLASSES = frozenset({"bicycle", "scooter"})
MIN_VEHICLE_GREEN_S = 5


@dataclass(frozen=True, slots=True)
class SignalLink:
    """One letter of a signal: who crosses there, and from where."""

    index: int
    connections: tuple[Connection, ...]
    kind: GroupKind
    approach: str  # the edge that is left, or the crossing


def signal_links(network: Network, tls_id: str, programme: Programme) -> tuple[SignalLink, ...]:
    """The links that need a group: those that are green at some time and not always."""
    found = []
    for index, connections in network.signal_links.get(tls_id, {}).items():
        if index >= programme.links or not 0 < sum(programme.signature(index)) < len(programme.steps):
            continue
        kind = _kind(network, connections)
        crossing = next((c.to_edge for c in connections if c.to_edge in network.crossings), "")
        found.append(SignalLink(index, connections, kind, crossing or connections[0].from_edge))
    return tuple(found)


def _kind(network: Network, connections: tuple[Connection, ...]) -> GroupKind:
    if any(connection.to_edge in network.crossings for connection in connections):
        return GroupKind.PEDESTRIAN
    allowed = _allowed(network, connections)
    if allowed & MOTOR_CLASSES:
        return GroupKind.VEHICLE
    if allowed & (RAIL_CLASSES | BUS_CLASSES):
        return GroupKind.TRANSIT
    return GroupKind.BICYCLE if allowed & BICYCLE_CLASSES else GroupKind.VEHICLE


def _allowed(network: Network, connections: tuple[Connection, ...]) -> frozenset[str]:
    """Vehicle classes that may use one of the connections."""
    allowed: frozenset[str] = frozenset()
    for connection in connections:
        permissions = network.lanes[connection.from_lane].permissions & network.lanes[connection.to_lane].permissions
        allowed |= permissions if connection.permissions is None else permissions & connection.permissions
    return allowed


def signal_groups(network: Network, links: tuple[SignalLink, ...], programme: Programme) -> dict[str, SignalGroup]:
    """Groups by id (`V1`, `V2`, ... `P1`), in the order of their first link."""
    members: dict[tuple[object, ...], list[SignalLink]] = {}
    for link in _with_bus_lanes_joined(network, links, programme):
        members.setdefault((link.kind, link.approach, programme.signature(link.index)), []).append(link)
    counts = dict.fromkeys(GroupKind, 0)
    groups = {}
    for listed in members.values():
        kind = listed[0].kind
        counts[kind] += 1
        group = _group(network, f"{PREFIX[kind]}{counts[kind]}", listed, programme)
        groups[group.id] = group
    return groups


def _with_bus_lanes_joined(
    network: Network, links: tuple[SignalLink, ...], programme: Programme
) -> tuple[SignalLink, ...]:
    """A bus lane whose signal always shows what the cars beside it see has no signal of its own."""
    cars = {(link.approach, programme.signature(link.index)) for link in links if link.kind == GroupKind.VEHICLE}

    def joins(link: SignalLink) -> bool:
        beside_cars = (link.approach, programme.signature(link.index)) in cars
        return (
            link.kind == GroupKind.TRANSIT and beside_cars and bool(_allowed(network, link.connections) & BUS_CLASSES)
        )

    return tuple(replace(link, kind=GroupKind.VEHICLE) if joins(link) else link for link in links)


def _group(network: Network, name: str, links: list[SignalLink], programme: Programme) -> SignalGroup:
    kind = links[0].kind
    walking = kind == GroupKind.PEDESTRIAN
    min_green_s = MIN_VEHICLE_GREEN_S
    clearance_s = 0
    if walking:
        crossing_m = max((network.crossings[link.approach].length_m for link in links), default=0.0)
        guaranteed = min(programme.guaranteed_green_s(link.index) for link in links)
        min_green_s = max(MIN_GREEN_S[kind], guaranteed)
        clearance_s = -int(-crossing_m // PEDESTRIAN_CLEARING_MPS)
    approach = links[0].approach
    label = network.edges[approach].name or safe_name(approach.lstrip(":"))
    return SignalGroup(
        id=name,
        kind=kind,
        min_green_s=min_green_s,
        amber_s=0 if walking else AMBER_S,
        red_amber_s=RED_AMBER_S[kind],
        clearance_s=clearance_s,
        max_red_s=max(MAX_RED_S[kind], *(programme.longest_red_s(link.index) for link in links)),
        links=tuple(sorted(link.index for link in links)),
        name=label,
    )


def group_of_links(groups: Mapping[str, SignalGroup]) -> dict[int, str]:
    """Group by link index."""
    return {link: group.id for group in groups.values() for link in group.links}
