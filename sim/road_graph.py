"""The street network as a way is sought in it: edges, the pieces inside junctions between them, and what these add."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sim.network import Connection, Network

TURNAROUND = "t"


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """How trips find their way; defaults are SUMO's, whose options the fields are named after."""

    minor_penalty_s: float = 1.5  # for a piece inside a junction that is entered giving way, without a signal
    turnaround_penalty_s: float = 5.0  # instead of it where one turns round
    adaptation_interval_s: float = 1.0  # between two looks at the speeds; 0 never looks
    adaptation_steps: int = 180  # looks that the mean speed of an edge is taken over
    pre_period_s: float = 60.0  # after so long a wait a vehicle chooses again


@dataclass(frozen=True, slots=True)
class Arc:
    """A way on from an edge: over pieces inside the junction, in driving order, to the next edge."""

    target: str
    inside: tuple[str, ...]


class RoadGraph:
    """Which edges follow which for a class, as MSEdge::getViaSuccessors, and the penalties of MSEdge::recalcCache."""

    def __init__(self, network: Network, rules: RoutingRules) -> None:
        self._network = network
        self._rules = rules
        self._known: dict[str, dict[str, list[Arc]]] = {}

    def arcs(self, vehicle_class: str) -> Mapping[str, list[Arc]]:
        """By the edge that they leave."""
        if vehicle_class not in self._known:
            known = self._known[vehicle_class] = {}
            for (edge, target), links in self._links.items():
                if any(self._may_pass(link, vehicle_class) for link in links):
                    inside = tuple(lane.rsplit("_", 1)[0] for lane in self._network.via_lanes(links[0]))
                    known.setdefault(edge, []).append(Arc(target, inside))
        return self._known[vehicle_class]

    @cached_property
    def penalties_s(self) -> Mapping[str, float]:
        """What the pieces inside junctions cost in addition; others cost nothing."""
        result: dict[str, float] = {}
        for connection in self._network.connections:
            edge, _, index = connection.via.rpartition("_")
            if index != "0" or edge in result:  # as in SUMO, the first way into the first lane counts
                continue
            gives_way = not connection.tl and not "A" <= connection.state <= "Z"
            turns_round = connection.direction == TURNAROUND
            penalty_s = self._rules.turnaround_penalty_s if turns_round else self._rules.minor_penalty_s
            result[edge] = penalty_s if gives_way else 0.0
        return {edge: penalty_s for edge, penalty_s in result.items() if penalty_s > 0}

    @cached_property
    def _links(self) -> dict[tuple[str, str], list[Connection]]:
        """Connections between two edges, from the rightmost lane on."""
        result: dict[tuple[str, str], list[Connection]] = {}
        for edge in self._network.edges.values():
            if edge.internal:
                continue
            for lane in edge.lanes:
                for connection in self._network.outgoing.get(lane.id, ()):
                    result.setdefault((edge.id, connection.to_edge), []).append(connection)
        return result

    def _may_pass(self, connection: Connection, vehicle_class: str) -> bool:
        lanes = self._network.lanes
        return (
            vehicle_class in lanes[connection.from_lane].permissions
            and vehicle_class in lanes[connection.to_lane].permissions
            and (connection.permissions is None or vehicle_class in connection.permissions)
        )
