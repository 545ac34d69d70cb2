"""From the network as read to the engine's arrays: lanes, links, who waits for whom, and where ways conflict."""

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from sim.engine.arrays import CONFLICT, EDGE, F8, I4, JUNCTION, LANE, LINK, Net, table
from sim.engine.geometry import NO_INTERSECTION, as_columns, conflict_point
from sim.network import Connection, Lane, Network
from sim.permissions import permission_mask

DRIVEN = frozenset({"normal", "internal", "connector"})
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


class _Builder:
    """Collects the pieces; each method fills one kind of arrays."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.edges = [edge for edge in network.edges.values() if edge.function in DRIVEN]
        self.edge_of = {edge.id: i for i, edge in enumerate(self.edges)}
        self.lanes: list[Lane] = [lane for edge in self.edges for lane in edge.lanes]
        self.lane_of = {lane.id: i for i, lane in enumerate(self.lanes)}
        self.tls_ids = tuple(network.programs)
        self.tls_of = {name: i for i, name in enumerate(self.tls_ids)}
        self.crossing_of = {name: i for i, name in enumerate(network.crossings)}
        self.junction_of = {name: i for i, name in enumerate(network.junctions)}
        self.links = [c for c in network.connections if c.from_lane in self.lane_of and c.to_lane in self.lane_of]
        self.link_of = {(c.from_lane, c.via or c.to_lane): i for i, c in enumerate(self.links)}
        self.by_lane: list[list[int]] = [[] for _ in self.lanes]
        for i, link in enumerate(self.links):
            self.by_lane[self.lane_of[link.from_lane]].append(i)
        self.entry_link = np.full(len(self.lanes), -1, np.int64)
        for i, link in enumerate(self.links):
            if link.via:
                self.entry_link[self.lane_of[link.via]] = i
        count = len(self.links)
        self.index = np.full(count, -1, np.int64)
        self.junction = np.full(count, -1, np.int64)
        self.cont = np.zeros(count, np.bool_)
        self.has_foes = np.zeros(count, np.bool_)
        self.foe_links: list[list[int]] = [[] for _ in range(count)]
        self.foe_lanes: list[list[str]] = [[] for _ in range(count)]
        self.columns: dict[str, tuple[F8, F8]] = {}

    def shape(self, lane_id: str) -> tuple[F8, F8]:
        """The points of a lane."""
        if lane_id not in self.columns:
            self.columns[lane_id] = as_columns(self.network.lanes[lane_id].shape)
        return self.columns[lane_id]

    def first_exit(self, lane: int) -> int:
        """The link at the end of an internal lane."""
        return self.by_lane[lane][0]

    def way(self, link: int) -> list[str]:
        """Internal lanes of a link in driving order."""
        return list(self.network.via_lanes(self.links[link]))

    def right_of_way(self) -> None:
        """Foes of every link from the request matrices of the junctions (as MSRightOfWayJunction does)."""
        for junction in self.network.junctions.values():
            if junction.type == "internal":
                continue
            positions = {
                i: c
                for i in range(len(junction.requests))
                if (c := self.network.link_positions.get((junction.id, i))) is not None
            }
            numbers = {i: self.link_of.get((c.from_lane, c.via or c.to_lane), -1) for i, c in positions.items()}
            for i, request in enumerate(junction.requests):
                link = numbers.get(i, -1)
                if link < 0:
                    continue
                self.index[link] = i
                self.junction[link] = self.junction_of[junction.id]
                self.cont[link] = request.cont
                self.has_foes[link] = any(request.foes)
                self.foe_links[link] = [
                    numbers[j] for j, waits in enumerate(request.response) if waits and numbers.get(j, -1) >= 0
                ]
                lanes: list[str] = []
                for j, foe in enumerate(request.foes):
                    if not foe or j not in positions:
                        continue
                    if numbers[j] >= 0:
                        lanes += self.way(numbers[j])
                    elif positions[j].to_edge in self.crossing_of:
                        lanes.append(positions[j].to_lane)
                self.foe_lanes[link] = lanes
                via = self.links[link].via
                if via and not request.cont:
                    leaving = self.first_exit(self.lane_of[via])
                    self.index[leaving] = i
                    self.junction[leaving] = self.junction_of[junction.id]
                    self.foe_lanes[leaving] = lanes
        self._inner_stop_lines()

    def _inner_stop_lines(self) -> None:
        """Links between two internal lanes: where a vehicle waits inside (as MSInternalJunction does)."""
        junctions = list(self.network.junctions.values())
        for junction in self.network.junctions.values():
            if junction.type != "internal" or not junction.incoming_lanes:
                continue
            special = self.lane_of.get(junction.incoming_lanes[0], -1)
            if special < 0 or not self.by_lane[special]:
                continue
            link = self.first_exit(special)
            entry = int(self.entry_link[special])
            if entry < 0 or self.index[entry] < 0:
                continue
            parent = junctions[self.junction[entry]]
            response = parent.requests[self.index[entry]].response
            lanes: list[str] = []
            for lane_id in junction.internal_lanes:
                lane = self.lane_of.get(lane_id, -1)
                if lane < 0:
                    lanes.append(lane_id)  # a crossing
                    continue
                first = int(self.entry_link[lane])
                while self.links[first].from_lane.startswith(":"):
                    first = int(self.entry_link[self.lane_of[self.links[first].from_lane]])
                if self.index[first] >= 0 and response[self.index[first]]:
                    lanes.append(lane_id)
            foes: list[int] = []
            for lane_id in junction.incoming_lanes[1:]:
                if lane_id not in self.lane_of:
                    if lane_id.rsplit("_", 1)[0] in self.crossing_of:
                        lanes.append(lane_id)
                    continue
                foes += [
                    foe
                    for foe in self.by_lane[self.lane_of[lane_id]]
                    if self.links[foe].via and self.index[foe] >= 0 and response[self.index[foe]]
                ]
            self.index[link] = self.index[entry]
            self.junction[link] = self.junction[entry]
            self.has_foes[link] = True
            self.foe_links[link] = foes
            self.foe_lanes[link] = lanes
            if self.links[link].via:
                leaving = self.first_exit(self.lane_of[self.links[link].via])
                self.index[leaving] = self.index[entry]
                self.junction[leaving] = self.junction[entry]
                self.foe_lanes[leaving] = list(lanes)

    def conflicts(self) -> dict[str, list[list[float]]]:
        """For every link that leaves an internal lane: the lanes it meets, and where."""
        rows: dict[int, list[tuple[str, float, float]]] = {}
        for link, connection in enumerate(self.links):
            if not connection.from_lane.startswith(":"):
                continue
            lane_id = connection.from_lane
            lane = self.network.lanes[lane_id]
            before = self.links[self.entry_link[self.lane_of[lane_id]]].from_lane
            found: dict[str, tuple[float, float]] = {}
            for foe_id in dict.fromkeys(self.foe_lanes[link]):
                found[foe_id] = self._meeting(link, lane, foe_id)
            for sibling_link in self.by_lane[self.lane_of[before]]:
                sibling = self.links[sibling_link].via
                if not sibling or sibling == lane_id:
                    continue
                (ax, ay), (bx, by) = self.shape(lane_id), self.shape(sibling)
                other = self.network.lanes[sibling]
                if np.hypot(ax[0] - bx[0], ay[0] - by[0]) < min(2.5, 0.5 * (lane.width_m + other.width_m)):
                    found[sibling] = conflict_point(ax, ay, bx, by, lane.length_m, lane.width_m, other.width_m, 2)
            rows[link] = [(foe, behind, size) for foe, (behind, size) in found.items()]
        return self._resolved(rows)

    def _meeting(self, link: int, lane: Lane, foe_id: str) -> tuple[float, float]:
        foe = self.network.lanes[foe_id]
        (ax, ay), (bx, by) = self.shape(lane.id), self.shape(foe_id)
        kind = 0
        if foe_id in self.lane_of:
            leaving = self.links[self.first_exit(self.lane_of[foe_id])]
            mine = self.links[link]
            if leaving.to_lane == mine.to_lane and not mine.via and not leaving.via:
                kind = 1
        behind, size = conflict_point(ax, ay, bx, by, lane.length_m, lane.width_m, foe.width_m, kind)
        return behind, size

    def _resolved(self, rows: dict[int, list[tuple[str, float, float]]]) -> dict[str, list[list[float]]]:
        """Look up for each conflict where it lies on the foe's way."""
        by_pair = {
            (self.links[link].from_lane, foe): (behind, size)
            for link, listed in rows.items()
            for foe, behind, size in listed
        }
        table: dict[str, list[list[float]]] = defaultdict(list)
        for link in range(len(self.links)):
            entries = []
            for foe_id, behind, size in rows.get(link, ()):
                if abs(behind - -NO_INTERSECTION) < 1e-6 and foe_id not in self.lane_of:
                    continue
                entries.append(self._entry(link, foe_id, behind, size, by_pair))
            table["rows"].append([len(entries)])
            table["entries"] += entries
        return table

    def _entry(
        self, link: int, foe_id: str, behind: float, size: float, by_pair: dict[tuple[str, str], tuple[float, float]]
    ) -> list[float]:
        own_id = self.links[link].from_lane
        mine = self.links[link]
        if foe_id not in self.lane_of:
            crossing = self.network.lanes[foe_id]
            back = self._foe_side(own_id, foe_id)
            return [-1, behind, size, back, crossing.width_m, 0, 0, 0, self.crossing_of[crossing.edge_id]]
        foe_lane = self.lane_of[foe_id]
        leaving = self.links[self.first_exit(foe_lane)]
        inner, foe_inner = bool(mine.via), bool(leaving.via)
        same_target = mine.to_lane == leaving.to_lane and not inner and not foe_inner
        own_before = self.links[self.entry_link[self.lane_of[own_id]]].from_lane
        same_source = own_before == self.links[self.entry_link[foe_lane]].from_lane
        second = own_before.startswith(":")
        cont = foe_inner and not (inner or second)
        if (foe_id, own_id) in by_pair:
            foe_behind, foe_size = by_pair[foe_id, own_id]
        else:
            foe_behind, foe_size = self._foe_side(own_id, foe_id), self.network.lanes[own_id].width_m
        return [foe_lane, behind, size, foe_behind, foe_size, same_target, same_source, cont, -1]

    def _foe_side(self, own_id: str, foe_id: str) -> float:
        (ax, ay), (bx, by) = self.shape(own_id), self.shape(foe_id)
        own, foe = self.network.lanes[own_id], self.network.lanes[foe_id]
        behind, _ = conflict_point(bx, by, ax, ay, foe.length_m, foe.width_m, own.width_m, 0)
        return behind


def _ragged(rows: list[list[int]]) -> tuple[I4, I4]:
    start = np.zeros(len(rows) + 1, np.int64)
    start[1:] = np.cumsum([len(row) for row in rows], dtype=np.int64)
    return start, np.array([value for row in rows for value in row], np.int64)


def build_streets(network: Network) -> Streets:
    """All arrays of a network."""
    b = _Builder(network)
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
            change_left=[permission_mask(lane.change_left) for lane in lanes],
            change_right=[permission_mask(lane.change_right) for lane in lanes],
            internal=[lane.internal for lane in lanes],
            before=before,
            source=source,
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
            second_part=[c.from_lane.startswith(":") and lanes[before[b.lane_of[c.from_lane]]].internal for c in links],
            radius=_radii(b, before, source),
            crossing_foe=[any(foe not in b.lane_of for foe in listed) for listed in b.foe_lanes],
            foe_start=foe_start,
            conflict_start=conflict_start,
            approach_head=[-1] * len(links),
        ),
        edge=table(
            EDGE,
            len(b.edges) + 1,
            length=[edge.length_m for edge in b.edges],
            lane_start=np.concatenate([[0], np.cumsum([len(edge.lanes) for edge in b.edges])]),
            roundabout=[edge.id in roundabouts for edge in b.edges],
            fringe=[not edge.internal and edge.to_junction not in outgoing for edge in b.edges],
            failed_at=[-1] * len(b.edges),
        ),
        conflict=table(
            CONFLICT,
            len(entries) + 1,
            lane=entries[:, 0],
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
        foe_link=foe_link,
        response=np.array(response, np.bool_),
        signal_start=np.searchsorted(tls[signal_link], np.arange(len(b.tls_ids) + 1)),
        signal_link=signal_link,
        multi_edges=np.array(
            [i for i, edge in enumerate(b.edges) if edge.function == "normal" and _changeable(edge.lanes)], np.int64
        ),
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


def _changeable(lanes: tuple[Lane, ...]) -> bool:
    return any(a.permissions & c.permissions for a, c in itertools.pairwise(lanes))


def _radii(b: _Builder, before: I4, source: I4) -> F8:
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


def _crossing_links(network: Network, b: _Builder) -> tuple[tuple[tuple[int, int, int], ...], tuple[str, ...]]:
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
