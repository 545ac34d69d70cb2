"""Reader of `.net.xml`: streets, lanes, connections, right of way and signal programmes."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from sim.network import LINK_DIRECTIONS, Connection, Edge, Junction, Lane, Location, Network, Request, Roundabout
from sim.permissions import EVERYBODY, permission_set
from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.programmes import knows_program, read_program
from sim.sumo_files.xml import Element, read_xml

EDGE_FUNCTIONS = frozenset({"normal", "internal", "connector", "crossing", "walkingarea"})
IGNORED = frozenset({"location", "type", "param", "stopOffset", "neigh", "prohibition"})
OUTER_JUNCTION_TYPES = frozenset(
    {
        "dead_end", "priority", "priority_stop", "traffic_light", "traffic_light_unregulated",
        "traffic_light_right_on_red", "right_before_left", "left_before_right", "unregulated", "allway_stop", "zipper",
        "rail_signal", "rail_crossing", "district", "internal",
    }
)  # fmt: skip
LINK_STATES = frozenset("MmZ=sweoOGgyYrRu-")
DEFAULT_LANE_WIDTH_M = 3.2


def read_net(path: Path, *, all_programmes: bool = True) -> Network:
    """The network that a net file describes.

    Args:
        path: The file.
        all_programmes: Whether every programme must be of a kind that is known here; else signals with others have
            none, and whoever simulates the network runs them.

    Raises:
        SumoFileError: Anything malformed, dangling or not simulated here, by file, line and element.
    """
    root = read_xml(path, ("net",))
    edges: dict[str, Edge] = {}
    junctions: dict[str, Junction] = {}
    connections: list[Connection] = []
    programs: dict[str, list[TrafficLightLogic]] = defaultdict(list)
    roundabouts: list[Roundabout] = []
    location = Location()
    for element in root:
        if element.tag == "edge":
            edge = _edge(element)
            if edge.id in edges:
                element.fail("expected each edge once, got it twice")
            edges[edge.id] = edge
        elif element.tag == "junction":
            junctions[element.text("id")] = _junction(element)
        elif element.tag == "connection":
            connections.append(_connection(element, edges))
        elif element.tag == "tlLogic" and (all_programmes or knows_program(element)):
            programs[element.text("id")].append(read_program(element))
        elif element.tag == "roundabout":
            roundabouts.append(Roundabout(element.words("nodes"), element.words("edges")))
        elif element.tag == "location":
            location = _location(element)
        elif element.tag not in IGNORED | {"tlLogic"}:
            element.fail("an element that this reader does not know")
    _check_references(root, edges, junctions)
    return Network(
        path=path,
        location=location,
        edges=_with_bidi(edges),
        junctions=junctions,
        connections=tuple(connections),
        programs={tls: tuple(listed) for tls, listed in programs.items()},
        roundabouts=tuple(roundabouts),
        lefthand=root.flag("lefthand", False),
        limit_turn_speed=root.number("limitTurnSpeed", -1.0),
    )


def _location(element: Element) -> Location:
    offset = element.shape("netOffset") or ((0.0, 0.0),)
    boundaries = []
    for name in ("convBoundary", "origBoundary"):
        numbers = [float(word) for word in element.words(name)] or [0.0] * 4
        if len(numbers) != 4:
            element.fail(f"{name}: expected four numbers, got {len(numbers)}")
        boundaries.append((numbers[0], numbers[1], numbers[2], numbers[3]))
    return Location(offset[0], boundaries[0], boundaries[1], element.text("projParameter", "!"))


def _edge(element: Element) -> Edge:
    function = element.text("function", "normal")
    if function not in EDGE_FUNCTIONS:
        element.fail(f"function: expected one of {', '.join(sorted(EDGE_FUNCTIONS))}, got {function!r}")
    edge_id = element.text("id")
    lanes = tuple(_lane(child, edge_id) for child in element.named("lane"))
    if [lane.index for lane in lanes] != list(range(len(lanes))) or not lanes:
        element.fail(f"expected lanes 0, 1, ... in order, got {[lane.index for lane in lanes]}")
    normal = function in {"normal", "connector"}
    return Edge(
        id=edge_id,
        function=function,
        from_junction=element.text("from") if normal else element.text("from", ""),
        to_junction=element.text("to") if normal else element.text("to", ""),
        priority=element.integer("priority", -1),
        type=element.text("type", ""),
        name=element.text("name", ""),
        lanes=lanes,
        shape=element.shape("shape") or lanes[0].shape,
        crossing_edges=element.words("crossingEdges"),
        bidi_edge_id=element.text("bidi", ""),
    )


def _lane(element: Element, edge_id: str) -> Lane:
    shape = element.shape("shape")
    if len(shape) < 2:
        element.fail(f"shape: expected at least two points, got {len(shape)}")
    length, speed = element.number("length"), element.number("speed")
    if length <= 0 or speed <= 0:
        element.fail(f"expected length and speed above 0, got {length} m and {speed} m/s")
    return Lane(
        id=element.text("id"),
        edge_id=edge_id,
        index=element.integer("index"),
        length_m=length,
        speed_mps=speed,
        width_m=element.number("width", DEFAULT_LANE_WIDTH_M),
        shape=shape,
        permissions=_permissions(element, "allow", "disallow") or frozenset(),
        change_left=_permissions(element, "changeLeft", "") or EVERYBODY,
        change_right=_permissions(element, "changeRight", "") or EVERYBODY,
        end_offset_m=element.number("endOffset", 0.0),
        acceleration=element.flag("acceleration", False),
    )


def _permissions(element: Element, allow: str, disallow: str) -> frozenset[str] | None:
    try:
        return permission_set(element.attributes.get(allow), element.attributes.get(disallow))
    except KeyError as error:
        element.fail(f"{allow}: expected SUMO's vehicle classes, got {error.args[0]!r}")


def _connection(element: Element, edges: dict[str, Edge]) -> Connection:
    lanes = []
    for edge_name, lane_name in (("from", "fromLane"), ("to", "toLane")):
        edge = edges.get(element.text(edge_name))
        index = element.integer(lane_name)
        if edge is None or not 0 <= index < len(edge.lanes):
            element.fail(f"{edge_name}: expected an existing lane, got {element.text(edge_name)!r} lane {index}")
        lanes.append(edge.lanes[index].id)
    direction, state = element.text("dir", "s"), element.text("state", "M")
    if direction not in LINK_DIRECTIONS:
        element.fail(f"dir: expected one of {' '.join(LINK_DIRECTIONS)}, got {direction!r}")
    if state not in LINK_STATES:
        element.fail(f"state: expected one of {' '.join(sorted(LINK_STATES))}, got {state!r}")
    given = element.has("allow") or element.has("disallow")
    return Connection(
        from_lane=lanes[0],
        to_lane=lanes[1],
        via=element.text("via", ""),
        tl=element.text("tl", ""),
        link_index=element.integer("linkIndex", -1),
        link_index2=element.integer("linkIndex2", -1),
        direction=direction,
        state=state,
        pass_over=element.flag("pass", False),
        keep_clear=element.flag("keepClear", True),
        contact_position_m=element.number("contPos", -1.0),
        visibility_m=element.number("visibility", -1.0),
        speed_mps=element.number("speed", -1.0),
        uncontrolled=element.flag("uncontrolled", False),
        permissions=_permissions(element, "allow", "disallow") if given else None,
        indirect=element.flag("indirect", False),
    )


def _junction(element: Element) -> Junction:
    kind = element.text("type")
    if kind not in OUTER_JUNCTION_TYPES:
        element.fail(f"type: expected one of {', '.join(sorted(OUTER_JUNCTION_TYPES))}, got {kind!r}")
    listed = element.named("request")
    requests = []
    for child in sorted(listed, key=lambda item: item.integer("index")):
        response, foes = (tuple(bit == "1" for bit in reversed(child.text(n))) for n in ("response", "foes"))
        if len(response) != len(listed) or len(foes) != len(listed):
            child.fail(f"expected {len(listed)} bits in response and foes, got {len(response)} and {len(foes)}")
        requests.append(Request(child.integer("index"), response, foes, child.flag("cont", False)))
    if [request.index for request in requests] != list(range(len(requests))):
        element.fail(f"expected requests 0 to {len(requests) - 1}, got {[r.index for r in requests]}")
    return Junction(
        element.text("id"),
        kind,
        element.number("x"),
        element.number("y"),
        element.shape("shape"),
        element.words("incLanes"),
        element.words("intLanes"),
        tuple(requests),
    )


def _check_references(root: Element, edges: dict[str, Edge], junctions: dict[str, Junction]) -> None:
    """Every lane and junction that is named must exist."""
    lanes = {lane.id for edge in edges.values() for lane in edge.lanes}
    for element in root:
        if element.tag == "edge":
            edge = edges[element.text("id")]
            for name, junction in (("from", edge.from_junction), ("to", edge.to_junction)):
                if junction and junction not in junctions:
                    element.fail(f"{name}: expected an existing junction, got {junction!r}")
        elif element.tag == "junction":
            for name in ("incLanes", "intLanes"):
                for lane in element.words(name):
                    if lane not in lanes:
                        element.fail(f"{name}: expected existing lanes, got {lane!r}")
        elif element.tag == "connection":
            via = element.text("via", "")
            if via and via not in lanes:
                element.fail(f"via: expected an existing lane, got {via!r}")


def _with_bidi(edges: dict[str, Edge]) -> dict[str, Edge]:
    """Name on every lane of a two-way track the lane that is the same rails in the other direction."""
    result = dict(edges)
    for edge in edges.values():
        other = edges.get(edge.bidi_edge_id)
        if other is None:
            continue
        lanes = []
        for lane in edge.lanes:
            reverse = [
                o for o in other.lanes if _close(o.shape[0], lane.shape[-1]) and _close(o.shape[-1], lane.shape[0])
            ]
            lanes.append(replace(lane, bidi_lane_id=reverse[0].id) if reverse else lane)
        result[edge.id] = replace(edge, lanes=tuple(lanes))
    return result


def _close(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) < 0.3
