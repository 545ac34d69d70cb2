"""From the network as read to the engine's arrays of lanes, links, edges, conflicts and junctions."""

import itertools
from dataclasses import dataclass

import numpy as np

from sim.engine.arrays import F8, I4, Net, table
from sim.engine.meetings import Meetings
from sim.engine.records import CONFLICT, EDGE, FAN, JUNCTION, LANE, LINK
from sim.network import Connection, Edge, Lane, Network
from sim.permissions import permission_mask

CROSSING_COLUMN = 8
GIVING_WAY = frozenset("m=sw-")
SAFETY_GAP_M = 1.0  # SUMO's distance to people on a crossing
VISIBILITY_M = 4.5  # SUMO's default distance at which foes at a minor link are seen


@dataclass(frozen=True)
class Streets:
    """The arrays, and the names behind their indices."""

    net: Net
    lane_ids: tuple[str, ...]
    lane_of: dict[str, int]
    edge_of: dict[str, int]
    tls_ids: tuple[str, ...]
    crossing_of: dict[str, int]  # crossing edge id -> index
    crossing_signal: tuple[tuple[int, int, int], ...]  # per crossing: signal, link index there and back
    crossing_letter: tuple[str, ...]  # per crossing: right of way without signal
    link_connection: tuple[Connection, ...]


def _ragged(rows: list[list[int]]) -> tuple[I4, I4]:
    start = np.zeros(len(rows) + 1, np.int64)
    start[1:] = np.cumsum([len(row) for row in rows], dtype=np.int64)
    return start, np.array([value for row in rows for value in row], np.int64)


def build_streets(network: Network) -> Streets:
    """All arrays of a network."""
    b = Meetings(network)
    b.right_of_way()
    meetings = b.conflicts()
    entries = np.array(meetings["entries"], np.float64).reshape(-1, 9)
    conflict_start = np.zeros(len(b.links) + 1, np.int64)
    conflict_start[1:] = np.cumsum([row[0] for row in meetings["rows"]])
    lanes, links = b.lanes, b.links
    lane_link_start, lane_link = _ragged(b.by_lane)
    foe_start, foe_link = _ragged(b.foe_links)
    into: list[list[int]] = [[] for _ in lanes]
    for i, link in enumerate(links):
        into[b.lane_of[link.via or link.to_lane]].append(i)
    lane_in_start, lane_in_link = _ragged(into)
    before = np.array([b.lane_of[links[e].from_lane] if e >= 0 else -1 for e in b.entry_link], np.int64)
    source = np.arange(len(lanes), dtype=np.int64)
    for i in range(len(lanes)):
        while lanes[source[i]].internal and before[source[i]] >= 0:
            source[i] = before[source[i]]
    entry = np.arange(len(links), dtype=np.int64)
    for i in range(len(links)):
        while links[entry[i]].from_lane.startswith(":"):
            first = b.entry_link[b.lane_of[links[entry[i]].from_lane]]
            if first < 0:
                break
            entry[i] = first
    requests = [junction.requests for junction in network.junctions.values()]
    counts = np.array([len(listed) for listed in requests], np.int64)
    request_start = np.zeros(len(requests), np.int64)
    request_start[1:] = np.cumsum(counts[:-1].astype(np.int64) ** 2)
    response = [waits for listed in requests for request in listed for waits in request.response]
    roundabouts = {edge for roundabout in network.roundabouts for edge in roundabout.edges}
    outgoing = {edge.from_junction for edge in b.edges if edge.function == "normal"}
    tls = np.array([b.tls_of.get(c.tl, -1) if c.link_index >= 0 else -1 for c in links], np.int64)
    signal_link = np.argsort(tls, kind="stable")[np.count_nonzero(tls < 0) :]
    fans = _fans(b, tls)
    signal_fan_start, signal_fan = _ragged(
        [[i for i, signals in enumerate(fans.values()) if s in signals] for s in range(len(b.tls_ids))]
    )
    net = Net(
        lane=table(
            LANE,
            len(lanes) + 1,
            length=[lane.length_m for lane in lanes],
            speed=[lane.speed_mps for lane in lanes],
            width=[lane.width_m for lane in lanes],
            edge=[b.edge_of[lane.edge_id] for lane in lanes],
            index=[lane.index for lane in lanes],
            permissions=[permission_mask(lane.permissions) for lane in lanes],
            change_left=[_to_side(b, before, i, 1) for i in range(len(lanes))],
            change_right=[_to_side(b, before, i, -1) for i in range(len(lanes))],
            internal=[lane.internal for lane in lanes],
            roundabout=[lane.edge_id in roundabouts for lane in lanes],
            changes=[_changeable(edge.lanes) and _may_change(b, edge) for edge in b.edges for _ in edge.lanes],
            before=before,
            source=source,
            exit=[b.first_exit(i) if lane.internal and b.by_lane[i] else -1 for i, lane in enumerate(lanes)],
            entry_link=b.entry_link,
            junction=[b.junction[e] if e >= 0 else -1 for e in b.entry_link],
            bidi=[b.lane_of.get(lane.bidi_lane_id, -1) for lane in lanes],
            link_start=lane_link_start,
            in_start=lane_in_start,
        ),
        link=table(
            LINK,
            len(links) + 1,
            src=[b.lane_of[c.from_lane] for c in links],
            dst=[b.lane_of[c.to_lane] for c in links],
            via=[b.lane_of.get(c.via, -1) for c in links],
            next=[b.lane_of[c.via or c.to_lane] for c in links],
            state=[ord(c.state) for c in links],
            green_state=[ord(c.state) for c in links],
            changed_s=[-1e9] * len(links),
            tls=np.append(tls, -1),
            tls_index=[c.link_index for c in links],
            direction=[ord(c.direction) for c in links],
            index=b.index,
            junction=b.junction,
            cont=b.cont,
            has_foes=b.has_foes,
            heard=np.isin(np.arange(len(links)), foe_link),
            keep_clear=[c.keep_clear for c in links],
            visibility=[c.visibility_m if c.visibility_m > 0 else VISIBILITY_M for c in links],
            length=[network.lanes[c.via].length_m if c.via else 0.0 for c in links],
            entry=entry,
            stop_before=_before_crossings(b, entries, conflict_start),
            radius=_radii(b, before, source),
            crossing_foe=[any(foe not in b.lane_of for foe in listed) for listed in b.foe_lanes],
            foe_start=foe_start,
            conflict_start=conflict_start,
        ),
        edge=table(
            EDGE,
            len(b.edges) + 1,
            length=[edge.length_m for edge in b.edges],
            lane_start=np.concatenate([[0], np.cumsum([len(edge.lanes) for edge in b.edges])]),
            fringe=[not edge.internal and edge.to_junction not in outgoing for edge in b.edges],
            refused_at=[-1] * len(b.edges),
        ),
        conflict=table(
            CONFLICT,
            len(entries) + 1,
            behind=entries[:, 1],
            extent=entries[:, 2],
            foe_behind=entries[:, 3],
            foe_extent=entries[:, 4],
            same_target=entries[:, 5],
            same_source=entries[:, 6],
            cont=entries[:, 7],
            crossing=entries[:, 8],
        ),
        junction=table(JUNCTION, len(requests) + 1, request_start=request_start, links=counts),
        lane_link=lane_link,
        lane_in_link=lane_in_link,
        foe_link=foe_link.astype(np.int32),
        conflict_lane=entries[:, 0].astype(np.int32),
        response=np.array(response, np.bool_),
        signal_start=np.searchsorted(tls[signal_link], np.arange(len(b.tls_ids) + 1)),
        signal_link=signal_link,
        fan=table(FAN, len(fans) + 1, edge=[edge for edge, _ in fans], following=[following for _, following in fans]),
        signal_fan_start=signal_fan_start,
        signal_fan=signal_fan,
    )
    signals, letters = _crossing_links(network, b)
    return Streets(
        net,
        tuple(lane.id for lane in lanes),
        b.lane_of,
        b.edge_of,
        b.tls_ids,
        b.crossing_of,
        signals,
        letters,
        tuple(links),
    )


def _fans(b: Meetings, tls: I4) -> dict[tuple[int, int], set[int]]:
    """Edges with the edges after them to which several lanes lead past signals, and these signals."""
    lanes: dict[tuple[int, int], set[str]] = {}
    signals: dict[tuple[int, int], set[int]] = {}
    for link, connection in enumerate(b.links):
        if not connection.from_lane.startswith(":"):
            way = b.edge_of[connection.from_edge], b.edge_of[connection.to_edge]
            lanes.setdefault(way, set()).add(connection.from_lane)
            if tls[link] >= 0:
                signals.setdefault(way, set()).add(int(tls[link]))
    return {way: found for way, found in signals.items() if len(lanes[way]) > 1}


def _before_crossings(b: Meetings, entries: F8, conflict_start: I4) -> F8:
    """For each link: how far before its line one stops that must leave `SAFETY_GAP_M` to a crossing behind it."""
    result = np.zeros(len(b.links))
    for link, connection in enumerate(b.links):
        for c in range(conflict_start[link], conflict_start[link + 1]):
            if entries[c, CROSSING_COLUMN] >= 0:
                lane = b.lane_of[connection.from_lane]
                entry, behind_line_m = b.entry_link[lane], b.lanes[lane].length_m - entries[c, 1]
                result[entry] = max(result[entry], SAFETY_GAP_M - behind_line_m)
    return result


def _may_change(b: Meetings, edge: Edge) -> bool:
    """Lanes are changed on normal edges, and inside junctions where nobody comes in who has to give way."""
    if not edge.internal:
        return edge.function == "normal"
    entries = [b.entry_link[b.lane_of[lane.id]] for lane in edge.lanes]
    return all(entry >= 0 and b.links[entry].state not in GIVING_WAY for entry in entries)


def _to_side(b: Meetings, before: I4, lane: int, side: int) -> int:
    """Classes that may change to one side: inside a junction none to a lane of another length, or out of the same lane.

    So does SUMO's MSLaneChanger::MSLaneChanger; a position on one of the lanes would be another place on the other.
    """
    own = b.lanes[lane]
    there = lane + side
    beside = 0 <= there < len(b.lanes) and b.lanes[there].edge_id == own.edge_id
    if own.internal and beside and (own.length_m != b.lanes[there].length_m or before[lane] == before[there]):
        return 0
    return permission_mask(own.change_left if side > 0 else own.change_right)


def _changeable(lanes: tuple[Lane, ...]) -> bool:
    return any(a.permissions & c.permissions for a, c in itertools.pairwise(lanes))


def _radii(b: Meetings, before: I4, source: I4) -> F8:
    """Turning radius of left turns, which widens the room that their foes keep (as in SUMO)."""
    result = np.zeros(len(b.links))
    for i, connection in enumerate(b.links):
        if not connection.from_lane.startswith(":") or connection.direction in "sR":
            continue
        lane = b.lane_of[connection.from_lane]
        entry = b.links[b.entry_link[lane]]
        if connection.direction == "r" or entry.direction == "r":
            continue
        (sx, sy), (tx, ty) = b.shape(b.lanes[source[lane]].id), b.shape(connection.to_lane)
        turn = np.arctan2(ty[1] - ty[0], tx[1] - tx[0]) - np.arctan2(sy[-1] - sy[-2], sx[-1] - sx[-2])
        angle = abs((turn + np.pi) % (2 * np.pi) - np.pi)
        length = b.lanes[lane].length_m
        if before[lane] >= 0 and b.lanes[before[lane]].internal:
            length += b.lanes[before[lane]].length_m
        elif connection.via:
            length += b.network.lanes[connection.via].length_m
        result[i] = length / angle if angle > 0.01 else 0.0
    return result


def _crossing_links(network: Network, b: Meetings) -> tuple[tuple[tuple[int, int, int], ...], tuple[str, ...]]:
    """Which letter of which signal lets people onto each crossing."""
    signals: dict[str, tuple[int, int, int]] = {}
    letters: dict[str, str] = {}
    for connection in network.connections:
        if connection.to_edge in b.crossing_of:
            back = connection.link_index2 if connection.link_index2 >= 0 else connection.link_index
            signals[connection.to_edge] = (b.tls_of.get(connection.tl, -1), connection.link_index, back)
            letters[connection.to_edge] = connection.state
    names = list(b.crossing_of)
    return tuple(signals.get(n, (-1, -1, -1)) for n in names), tuple(letters.get(n, "M") for n in names)
