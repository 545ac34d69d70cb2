"""Approach lanes with what feeds them, movements across the stop line, and the detectors that would see them."""

from collections.abc import Mapping
from dataclasses import replace

from detectors.equipment import Detection, detectors_of
from plans.defaults import SATURATION_FLOW_VPH
from plans.junction import Detector, Feeder, Junction, Lane, Mode, Movement, Turn
from sim.network import Connection, Network
from sim.permissions import RAIL_CLASSES
from sim.signals import safe_name

REACH_M = 250.0
MIN_SHARE_RATIO = 0.02
TURNS = {
    "s": Turn.STRAIGHT, "l": Turn.LEFT, "L": Turn.LEFT, "r": Turn.RIGHT, "R": Turn.RIGHT,
    "t": Turn.UTURN, "T": Turn.UTURN,
}  # fmt: skip
CLASSES_OF_MODE = (
    (Mode.CAR, frozenset({"passenger", "private", "taxi"})),
    (Mode.TRUCK, frozenset({"truck", "delivery", "trailer"})),
    (Mode.BUS, frozenset({"bus", "coach"})),
    (Mode.TRAM, RAIL_CLASSES),
    (Mode.BICYCLE, frozenset({"bicycle"})),
    (Mode.EMERGENCY, frozenset({"emergency"})),
)


def approach_lanes(network: Network, tls_id: str, group_of: Mapping[int, str]) -> dict[str, Lane]:
    """The lanes that end at a stop line of the signal, with their feeders."""
    result = {}
    for connection in _driven(network, tls_id, group_of):
        lane = network.lanes[connection.from_lane]
        if lane.id not in result:
            result[lane.id] = Lane(
                id=lane.id,
                approach=lane.edge_id,
                length_m=lane.length_m,
                speed_mps=lane.speed_mps,
                modes=frozenset(mode for mode, classes in CLASSES_OF_MODE if classes & lane.permissions),
                saturation_flow_vph=SATURATION_FLOW_VPH,
                feeders=feeders(network, lane.id),
            )
    return result


def _driven(network: Network, tls_id: str, group_of: Mapping[int, str]) -> list[Connection]:
    """Connections of the signal that vehicles use and that a group drives, by link index."""
    return [
        connection
        for index, connections in network.signal_links.get(tls_id, {}).items()
        for connection in connections
        if index in group_of and not connection.from_lane.startswith(":")
    ]


def feeders(network: Network, lane_id: str) -> tuple[Feeder, ...]:
    """Lanes upstream within `REACH_M` of the stop line from which vehicles come without passing another signal."""
    found: dict[str, Feeder] = {}
    waiting = [(lane_id, network.lanes[lane_id].length_m, 1.0)]
    seen = {lane_id}
    while waiting:
        here, offset_m, share = waiting.pop(0)
        for connection in network.incoming.get(here, ()):
            origin = connection.from_lane
            if connection.tl or origin.startswith(":") or origin in seen:
                continue
            at_m = offset_m + sum(network.lanes[via].length_m for via in network.via_lanes(connection))
            onward = share * _share(network, origin, here)
            if at_m >= REACH_M or onward < MIN_SHARE_RATIO:
                continue
            seen.add(origin)
            length_m = network.lanes[origin].length_m
            found[origin] = Feeder(origin, round(at_m, 2), length_m, round(onward, 3))
            waiting.append((origin, at_m + length_m, onward))
    return tuple(sorted(found.values(), key=lambda feeder: feeder.offset_m))


def _share(network: Network, origin: str, target: str) -> float:
    """Part of a lane's traffic that goes on to another: all its ways count alike, for the net has no counts."""
    onward = [one for one in network.outgoing.get(origin, ()) if TURNS[one.direction] is not Turn.UTURN]
    ways = [connection.to_lane for connection in onward]
    ways = ways or [connection.to_lane for connection in network.outgoing.get(origin, ())]
    return max(ways.count(target), 1) / max(len(ways), 1)


def movements(
    network: Network, tls_id: str, group_of: Mapping[int, str], yields: Mapping[int, tuple[str, ...]]
) -> tuple[Movement, ...]:
    """Every way across a stop line of the signal."""
    result = []
    for connection in _driven(network, tls_id, group_of):
        vias = network.via_lanes(connection)
        speeds = [network.lanes[via].speed_mps for via in vias] or [network.lanes[connection.to_lane].speed_mps]
        result.append(
            Movement(
                id=f"{connection.from_lane}>{connection.to_lane}",
                lane=connection.from_lane,
                group=group_of[connection.link_index],
                turn=TURNS[connection.direction],
                exit_lane=connection.to_lane,
                yields_to=yields.get(connection.link_index, ()),
                link=connection.link_index,
                turn_speed_mps=min(speeds),
            )
        )
    return tuple(result)


def with_detectors(junction: Junction) -> Junction:
    """The junction with the standard detectors of every detection level, under names that MQTT topics may hold."""
    found: dict[str, Detector] = {}
    for level in (Detection.LOOPS, Detection.RADAR):
        for detector in detectors_of(junction, level).values():
            name = safe_name(detector.id)
            found.setdefault(name, replace(detector, id=name))
    return replace(junction, detectors=found)
