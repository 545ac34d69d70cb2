"""Ways through the network by arms: what follows a turn, and the shortest way between two ends."""

from collections import deque
from collections.abc import Mapping, Sequence

from sim.network import Network
from sim.scenarios.builder.signals import arm_of

Turns = Mapping[str, Mapping[str, Mapping[str, float]]]


class Streets:
    """Edges of a network as a driver sees them: entries, exits and what each junction lets follow."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._after: dict[str, list[str]] = {edge: [] for edge, e in network.edges.items() if not e.internal}
        self._classes: dict[tuple[str, str], frozenset[str]] = {}
        for connection in network.connections:
            a, b = connection.from_edge, connection.to_edge
            classes = network.lanes[connection.from_lane].permissions & network.lanes[connection.to_lane].permissions
            if a in self._after and b in self._after and classes & {"passenger", "bus", "bicycle"}:
                self._classes[a, b] = self._classes.get((a, b), frozenset()) | classes
                if b not in self._after[a]:
                    self._after[a].append(b)
        followed = {b for after in self._after.values() for b in after}
        self.entries = {arm_of(edge): edge for edge in self._after if edge not in followed}
        self.exits = {arm_of(edge): edge for edge, after in self._after.items() if not after}

    def route(self, origin: str, destination: str, vehicle_class: str) -> tuple[str, ...]:
        """Fewest edges that the class may use from the entry of one arm to the exit of another.

        Raises:
            ValueError: There is no such way, or no such arm.
        """
        start, goal = self._end(self.entries, origin), self._end(self.exits, destination)
        before: dict[str, str | None] = {start: None}
        queue = deque([start])
        while queue:
            edge = queue.popleft()
            for following in self._after[edge]:
                if following not in before and vehicle_class in self._classes[edge, following]:
                    before[following] = edge
                    queue.append(following)
        if goal not in before:
            raise ValueError(f"expected a way for a {vehicle_class} from {origin} to {destination}, got none")
        way: list[str] = []
        step: str | None = goal
        while step is not None:
            way.append(step)
            step = before[step]
        return tuple(reversed(way))

    def turning_routes(self, origin: str, turns: Turns) -> Mapping[tuple[str, ...], float]:
        """Every way that turning shares make from an entry, with its share of the entry's traffic.

        Raises:
            ValueError: Shares that do not add up to 1, or a turn that the network does not have.
        """
        found: dict[tuple[str, ...], float] = {}
        stack: list[tuple[tuple[str, ...], float]] = [((self._end(self.entries, origin),), 1.0)]
        while stack:
            way, share = stack.pop()
            following = self._after[way[-1]]
            if not following:
                found[way] = share
                continue
            shares = self._shares(way[-1], following, turns)
            stack += [((*way, edge), share * part) for edge, part in shares.items() if part > 0]
        return found

    def crossing_walk(self, junction: str, arm: str) -> tuple[str, str]:
        """The incoming and the outgoing edge of an arm: whoever walks from one to the other uses its crossing."""
        incoming = [e for e in self._after if self._network.edges[e].to_junction == junction and arm_of(e) == arm]
        opposite = {"nw": "se", "se": "nw"}.get(arm, arm)
        outgoing = [
            e for e in self._after if self._network.edges[e].from_junction == junction and arm_of(e) == opposite
        ]
        if len(incoming) != 1 or len(outgoing) != 1:
            raise ValueError(f"{junction}: {arm}: expected one edge in and one out, got {incoming} and {outgoing}")
        return incoming[0], outgoing[0]

    def _shares(self, edge: str, following: Sequence[str], turns: Turns) -> Mapping[str, float]:
        junction = self._network.edges[edge].to_junction
        if junction not in turns:
            return {following[0]: 1.0}
        shares = turns[junction].get(arm_of(edge), {})
        by_arm = {arm_of(other): other for other in following}
        if abs(sum(shares.values()) - 1.0) > 1e-6 or not shares.keys() <= by_arm.keys():
            raise ValueError(
                f"{junction}: {arm_of(edge)}: expected shares of {sorted(by_arm)} that add up to 1, got {dict(shares)}"
            )
        return {by_arm[arm]: share for arm, share in shares.items()}

    @staticmethod
    def _end(ends: Mapping[str, str], arm: str) -> str:
        if arm not in ends:
            raise ValueError(f"expected one of {sorted(ends)}, got {arm}")
        return ends[arm]
