"""A street network as SUMO's net file describes it, and the questions others ask of it.

Everything is immutable and keyed by SUMO's own ids. `load_network` reads one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sim.signal_programme import TrafficLightLogic

Point = tuple[float, float]
Shape = tuple[Point, ...]

LINK_DIRECTIONS = {
    "s": "straight", "l": "left", "r": "right", "L": "partly left", "R": "partly right", "t": "turn", "T": "turn"
}  # fmt: skip
"""SUMO's `dir` letters; `t` is a U-turn, `T` one where traffic keeps left."""


@dataclass(frozen=True, slots=True)
class Location:
    """How network coordinates relate to the world."""

    net_offset: Point = (0.0, 0.0)
    conv_boundary: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    orig_boundary: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    projection: str = "!"


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane; index 0 is the rightmost."""

    id: str
    edge_id: str
    index: int
    length_m: float
    speed_mps: float
    width_m: float
    shape: Shape
    permissions: frozenset[str]
    change_left: frozenset[str]  # classes that may leave this lane to the left
    change_right: frozenset[str]
    end_offset_m: float = 0.0
    acceleration: bool = False
    bidi_lane_id: str = ""  # the same track used in the other direction

    @property
    def internal(self) -> bool:
        """Whether it lies inside a junction."""
        return self.id.startswith(":")


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of a street between two junctions, or a piece inside a junction."""

    id: str
    function: str  # normal, internal, connector, crossing, walkingarea
    from_junction: str
    to_junction: str
    priority: int
    type: str
    name: str
    lanes: tuple[Lane, ...]
    shape: Shape
    crossing_edges: tuple[str, ...] = ()
    bidi_edge_id: str = ""

    @property
    def internal(self) -> bool:
        """Whether it lies inside a junction (crossings and walking areas included)."""
        return self.id.startswith(":")

    @property
    def length_m(self) -> float:
        """Length of its lanes."""
        return self.lanes[0].length_m


@dataclass(frozen=True, slots=True)
class Connection:
    """A way from the end of one lane to the start of another."""

    from_lane: str
    to_lane: str
    via: str  # first internal lane, empty when there is none
    tl: str  # id of the signal that controls it, empty when none does
    link_index: int  # index in the signal's state, -1 when uncontrolled
    link_index2: int  # second signal index (crossings signalled from both sides), -1 when none
    direction: str  # SUMO's letter, see LINK_DIRECTIONS
    state: str  # SUMO's letter: M major, m minor, = equal, s stop, w all-way stop, Z zip, o/O off, - dead end
    pass_over: bool = False  # never yields nor is yielded to
    keep_clear: bool = True
    contact_position_m: float = -1.0
    visibility_m: float = -1.0
    speed_mps: float = -1.0
    uncontrolled: bool = False
    permissions: frozenset[str] | None = None  # None: those of both lanes
    indirect: bool = False

    @property
    def from_edge(self) -> str:
        """Edge that it leaves."""
        return self.from_lane.rsplit("_", 1)[0]

    @property
    def to_edge(self) -> str:
        """Edge that it enters."""
        return self.to_lane.rsplit("_", 1)[0]


@dataclass(frozen=True, slots=True)
class Request:
    """Right of way of one link of a junction.

    `response[j]`: this link waits for link `j`; `foes[j]`: the two cross or merge. `cont`: a vehicle may wait inside.
    Index 0 is link 0 (SUMO's strings are read from their right end).
    """

    index: int
    response: tuple[bool, ...]
    foes: tuple[bool, ...]
    cont: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """A node, or an inner stop line (`type` internal)."""

    id: str
    type: str
    x: float
    y: float
    shape: Shape
    incoming_lanes: tuple[str, ...]
    internal_lanes: tuple[str, ...]  # those that cross here, in SUMO's order: one per link
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Roundabout:
    """Edges and nodes that SUMO treats as a roundabout."""

    nodes: tuple[str, ...]
    edges: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """The whole net file.

    `programs[tls_id]` holds every programme in the file's order; `tl_logics[tls_id]` the one that SUMO starts with (the
    last one loaded, which is how an additional file overrides the net's). `schedules[tls_id]` says from what second on
    which programme runs, where that changes during the day.
    """

    path: Path
    location: Location
    edges: Mapping[str, Edge]
    junctions: Mapping[str, Junction]
    connections: tuple[Connection, ...]
    programs: Mapping[str, tuple[TrafficLightLogic, ...]]
    roundabouts: tuple[Roundabout, ...]
    lefthand: bool = False
    limit_turn_speed: float = 5.5
    schedules: Mapping[str, tuple[tuple[float, str], ...]] = field(default_factory=dict)

    @cached_property
    def lanes(self) -> Mapping[str, Lane]:
        """Every lane by id, internal ones, crossings and walking areas included."""
        return {lane.id: lane for edge in self.edges.values() for lane in edge.lanes}

    @cached_property
    def tl_logics(self) -> Mapping[str, TrafficLightLogic]:
        """The programme each signal starts with."""
        return {tls_id: self.timetable(tls_id)[0][1] for tls_id in self.programs}

    def timetable(self, tls_id: str) -> tuple[tuple[float, TrafficLightLogic], ...]:
        """From what second on which programme runs; the first from ever on."""
        programs = self.programs[tls_id]
        by_id = {program.program_id: program for program in programs}
        planned = self.schedules.get(tls_id, ((-math.inf, programs[-1].program_id),))
        return tuple((since_s, by_id[program]) for since_s, program in planned)

    @cached_property
    def crossings(self) -> Mapping[str, Edge]:
        """Pedestrian crossings by edge id."""
        return {edge.id: edge for edge in self.edges.values() if edge.function == "crossing"}

    @cached_property
    def walking_areas(self) -> Mapping[str, Edge]:
        """Walking areas by edge id."""
        return {edge.id: edge for edge in self.edges.values() if edge.function == "walkingarea"}

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Connection, ...]]:
        """Connections by the lane they leave."""
        return _grouped(self.connections, [connection.from_lane for connection in self.connections])

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Connection, ...]]:
        """Connections by the lane they enter (never a `via` lane)."""
        return _grouped(self.connections, [connection.to_lane for connection in self.connections])

    @cached_property
    def onto(self) -> Mapping[str, tuple[Connection, ...]]:
        """Connections by the lane that comes right behind them: the first one inside the junction, if it has any."""
        return _grouped(self.connections, [connection.via or connection.to_lane for connection in self.connections])

    def entry_of(self, connection: Connection) -> Connection:
        """The connection by which one enters the junction in which another one lies; itself, where it enters one."""
        while connection.from_lane.startswith(":") and connection.from_lane in self.onto:
            connection = self.onto[connection.from_lane][0]
        return connection

    @cached_property
    def signal_links(self) -> Mapping[str, Mapping[int, tuple[Connection, ...]]]:
        """Connections by signal and by link index; crossings are the links whose `via` or target is a crossing."""
        result: dict[str, dict[int, list[Connection]]] = {tls_id: {} for tls_id in self.programs}
        for connection in self.connections:
            for index in {connection.link_index, connection.link_index2} - {-1}:
                result.setdefault(connection.tl, {}).setdefault(index, []).append(connection)
        return {
            tls: {index: tuple(links) for index, links in sorted(by_index.items())}
            for tls, by_index in result.items()
            if tls
        }

    @cached_property
    def link_positions(self) -> Mapping[tuple[str, int], Connection]:
        """Connection by (junction id, request index), crossings included.

        SUMO counts a junction's links over its incoming lanes in their order, and over each lane's connections in the
        file's order; of the links of walking areas only those onto a crossing count.
        """
        result: dict[tuple[str, int], Connection] = {}
        for junction in self.junctions.values():
            if junction.type == "internal":
                continue
            index = 0
            for lane_id in junction.incoming_lanes:
                for connection in self.outgoing.get(lane_id, ()):
                    if connection.to_edge in self.walking_areas:
                        continue
                    if lane_id.startswith(":") and connection.to_edge not in self.crossings:
                        continue
                    result[junction.id, index] = connection
                    index += 1
        return result

    @cached_property
    def positions_of_links(self) -> Mapping[Connection, tuple[str, int]]:
        """Junction id and request index by connection, the reverse of `link_positions`."""
        return {connection: place for place, connection in self.link_positions.items()}

    @cached_property
    def signal_positions(self) -> Mapping[str, tuple[tuple[str, int, Connection], ...]]:
        """By signal: junction id, request index and connection of each of its links, as in `link_positions`."""
        result: dict[str, list[tuple[str, int, Connection]]] = {}
        for (junction, index), connection in self.link_positions.items():
            if connection.tl:
                result.setdefault(connection.tl, []).append((junction, index, connection))
        return {tls: tuple(places) for tls, places in result.items()}

    def via_lanes(self, connection: Connection) -> tuple[str, ...]:
        """Internal lanes that a connection passes, in driving order."""
        result = []
        via = connection.via
        while via:
            result.append(via)
            following = self.outgoing.get(via, ())
            via = following[0].via if following else ""
        return tuple(result)

    def junction_of(self, lane_id: str) -> Junction | None:
        """Junction at the end of a lane; for an internal lane the one that it lies in."""
        edge = self.edges[lane_id.rsplit("_", 1)[0]]
        if edge.internal:
            return self.junctions.get(edge.id[1:].rsplit("_", 1)[0])
        return self.junctions.get(edge.to_junction)


def _grouped(connections: Sequence[Connection], keys: Sequence[str]) -> Mapping[str, tuple[Connection, ...]]:
    result: dict[str, list[Connection]] = {}
    for key, connection in zip(keys, connections, strict=True):
        result.setdefault(key, []).append(connection)
    return {key: tuple(value) for key, value in result.items()}


def load_network(path: Path | str, *, all_programmes: bool = True) -> Network:
    """Read a `.net.xml` (or `.net.xml.gz`); signals with programmes not known here are refused, or left without.

    Raises:
        sim.sumo_files.SumoFileError: Named by file, line and element.
    """
    from sim.sumo_files.net import read_net

    return read_net(Path(path), all_programmes=all_programmes)
