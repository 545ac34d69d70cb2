"""What a programme knows of the links that its signal controls: the lanes that they leave, and whom they meet."""

from collections.abc import Mapping
from functools import cached_property

from sim.network import Connection, Network
from sim.permissions import EVERYBODY, ON_FOOT

UNPROTECTED = frozenset({"pedestrian", "wheelchair", "bicycle", "scooter"})
UNMOTORIZED = frozenset({"pedestrian", "bicycle"})
TURNAROUND = "t"


class SignalLinks:
    """Links of one signal by their index."""

    def __init__(self, network: Network, tls_id: str, letters: int) -> None:
        self.network, self.count = network, letters
        listed: Mapping[int, tuple[Connection, ...]] = network.signal_links.get(tls_id, {})
        self.links = [listed.get(index, ()) for index in range(letters)]
        self.lanes = [tuple(link.from_lane for link in links) for links in self.links]
        self._index = network.positions_of_links

    @cached_property
    def lane_ids(self) -> tuple[str, ...]:
        """Lanes that lead to the signal, each once."""
        return tuple(dict.fromkeys(lane for lanes in self.lanes for lane in lanes))

    @cached_property
    def driven(self) -> tuple[str, ...]:
        """Those of them on which vehicles drive."""
        return tuple(lane for lane in self.lane_ids if not self.network.lanes[lane].permissions <= ON_FOOT)

    @cached_property
    def turnaround(self) -> tuple[bool, ...]:
        """Per index: whether all its links turn round."""
        return tuple(all(link.direction == TURNAROUND for link in links) for links in self.links)

    @cached_property
    def one_lane(self) -> tuple[bool, ...]:
        """Per index: whether a road with one lane for motor vehicles leads to it."""
        return tuple(any(self._motor_lanes(lane) == 1 for lane in lanes) for lanes in self.lanes)

    @cached_property
    def crossing_ids(self) -> tuple[tuple[str, ...], ...]:
        """Per index: crossings that it lets people onto."""
        crossings = self.network.crossings
        return tuple(tuple(link.to_edge for link in links if link.to_edge in crossings) for links in self.links)

    def weakly_opposed(self, index: int, state: str) -> bool:
        """Whether who has green here meets nobody but people, bicycles and those of its own road.

        Args:
            index: Of the link.
            state: Letters of the phase.
        """
        greens = [other for other in range(self.count) if other != index and state[other] in "Gg"]
        for link in self.links[index]:
            place = self._index.get(link)
            if place is None:
                continue
            foes = self.network.junctions[place[0]].requests[place[1]].foes
            for foe in (foe for other in greens for foe in self.links[other]):
                at = self._index.get(foe)
                if at is None or at[0] != place[0] or not foes[at[1]] or foe.from_edge == link.from_edge:
                    continue
                if self._classes(foe) - UNPROTECTED:
                    return False
        return True

    def _classes(self, link: Connection) -> frozenset[str]:
        """Who may take a link."""
        lanes = [self.network.lanes[name] for name in (link.from_lane, link.via, link.to_lane) if name]
        allowed = EVERYBODY if link.permissions is None else link.permissions
        return allowed.intersection(*(lane.permissions for lane in lanes))

    def _motor_lanes(self, lane: str) -> int:
        edge = self.network.edges[self.network.lanes[lane].edge_id]
        return sum(1 for other in edge.lanes if other.permissions - UNMOTORIZED)
