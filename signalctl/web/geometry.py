"""What the page draws: lanes, stop lines, crossings, and the corridor's axis, in metres.

With a network the real shapes are drawn; without one, the junctions on a line by their positions.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from plans.junction import GroupKind, Junction, Turn
from sim.network import Lane, Network, Shape

_WALKING = frozenset({"pedestrian"})
_ALIGNED_COS = 0.5


def describe_geometry(
    junctions: Mapping[str, Junction], corridors: Mapping[str, Sequence[str]], network: Network | None
) -> dict[str, Any]:
    """The drawing as plain data.

    Args:
        junctions: by id.
        corridors: junction ids in their order, by corridor.
        network: the street network, when there is one.
    """
    lines: dict[str, Any] = {}
    for name, order in corridors.items():
        distances = _distances([junctions[one].position_m for one in order])
        lines[name] = [
            {
                "junction": one,
                "name": junctions[one].name or one,
                "distance_m": round(distance),
                **_main_groups(order, one, junctions, network),
            }
            for one, distance in zip(order, distances, strict=True)
        ]
    positions = {name: junction.position_m for name, junction in junctions.items()}
    if network is None:
        return {"lanes": [], "areas": [], "stop_lines": [], "crossings": [], "positions": positions, "corridors": lines}
    return {
        "lanes": [
            {"shape": _rounded(lane.shape), "width_m": lane.width_m, "kind": _kind(lane)}
            for edge in network.edges.values()
            if not edge.internal
            for lane in edge.lanes
        ],
        "areas": [
            _rounded(one.shape) for one in network.junctions.values() if len(one.shape) > 2 and one.type != "internal"
        ],
        "stop_lines": _stop_lines(junctions, network),
        "crossings": _crossings(junctions, network),
        "positions": positions,
        "corridors": lines,
    }


def _kind(lane: Lane) -> str:
    if lane.permissions <= _WALKING:
        return "walk"
    if lane.permissions <= {"bicycle", "pedestrian"}:
        return "bicycle"
    if "passenger" not in lane.permissions:
        return "transit"
    return "road"


def _stop_lines(junctions: Mapping[str, Junction], network: Network) -> list[dict[str, Any]]:
    """One short line across each approach lane for each group that serves it."""
    found = []
    for name, junction in junctions.items():
        for lane_id, movements in junction.movements_by_lane.items():
            lane = network.lanes.get(lane_id)
            if lane is None:
                continue
            (x0, y0), (x1, y1) = lane.shape[-2], lane.shape[-1]
            groups = list(dict.fromkeys(one.group for one in movements))
            found.append(
                {
                    "junction": name,
                    "groups": groups,
                    "x": round(x1, 1),
                    "y": round(y1, 1),
                    "heading": round(math.atan2(y1 - y0, x1 - x0), 3),
                    "width_m": lane.width_m,
                }
            )
    return found


def _crossings(junctions: Mapping[str, Junction], network: Network) -> list[dict[str, Any]]:
    found = []
    for name, junction in junctions.items():
        links = network.signal_links.get(name, {})
        for group_id, group in junction.groups.items():
            if group.kind is not GroupKind.PEDESTRIAN:
                continue
            for index in group.links:
                for connection in links.get(index, ()):
                    for lane_id in (connection.to_lane, connection.from_lane, connection.via):
                        lane = network.lanes.get(lane_id)
                        if lane is not None and lane.edge_id in network.crossings:
                            found.append(
                                {
                                    "junction": name,
                                    "group": group_id,
                                    "shape": _rounded(lane.shape),
                                    "width_m": lane.width_m,
                                }
                            )
                            break
    return found


def _main_groups(
    order: Sequence[str], name: str, junctions: Mapping[str, Junction], network: Network | None
) -> dict[str, list[str]]:
    """Groups that go straight on along the corridor, in its direction and against it."""
    result: dict[str, list[str]] = {"forward": [], "backward": []}
    if network is None or len(order) < 2:
        return result
    index = list(order).index(name)
    before, after = order[max(index - 1, 0)], order[min(index + 1, len(order) - 1)]
    (ax, ay), (bx, by) = junctions[before].position_m, junctions[after].position_m
    length = math.hypot(bx - ax, by - ay)
    if length == 0:
        return result
    for movement in junctions[name].movements:
        lane = network.lanes.get(movement.lane)
        if lane is None or movement.turn is not Turn.STRAIGHT or _kind(lane) not in ("road", "transit"):
            continue
        (x0, y0), (x1, y1) = lane.shape[-2], lane.shape[-1]
        run = math.hypot(x1 - x0, y1 - y0)
        along = ((x1 - x0) * (bx - ax) + (y1 - y0) * (by - ay)) / (run * length) if run else 0.0
        side = "forward" if along > _ALIGNED_COS else "backward" if along < -_ALIGNED_COS else ""
        if side and movement.group not in result[side]:
            result[side].append(movement.group)
    return result


def _distances(positions: Sequence[tuple[float, float]]) -> list[float]:
    result = [0.0]
    for (ax, ay), (bx, by) in itertools.pairwise(positions):
        result.append(result[-1] + math.hypot(bx - ax, by - ay))
    return result[: len(positions)]


def _rounded(shape: Shape) -> list[tuple[float, float]]:
    return [(round(point[0], 1), round(point[1], 1)) for point in shape]
