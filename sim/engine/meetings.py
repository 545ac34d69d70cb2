"""Who waits for whom at the links of a network, and where ways meet inside junctions."""

from collections import defaultdict

import numpy as np

from sim.engine.arrays import F8
from sim.engine.geometry import NO_INTERSECTION, as_columns, conflict_point
from sim.network import Lane, Network

DRIVEN = frozenset({"normal", "internal", "connector"})


class Meetings:
    """Lanes and links of a network by number, and for each link its foes; each method fills one kind of arrays."""

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
        if second and behind < -NO_INTERSECTION and not same_target and not same_source:
            behind = self.network.lanes[own_id].length_m  # who waits inside does so until the foe is past the meeting
        return [foe_lane, behind, size, foe_behind, foe_size, same_target, same_source, cont, -1]

    def _foe_side(self, own_id: str, foe_id: str) -> float:
        (ax, ay), (bx, by) = self.shape(own_id), self.shape(foe_id)
        own, foe = self.network.lanes[own_id], self.network.lanes[foe_id]
        behind, _ = conflict_point(bx, by, ax, ay, foe.length_m, foe.width_m, own.width_m, 0)
        return behind
