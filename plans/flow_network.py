"""All junctions with the roads between them: which lane's departures come to which approach, how much later.

Buses and trams come apart from all others, since they stop on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from plans.demand import Demand, main_mode, transit_mode
from plans.junction import Junction, Mode
from plans.junction_flow import CostWeights, JunctionFlow
from plans.roads import roads_between
from plans.stops import stop_lanes, stop_loss_s
from plans.transit_flow import Halt

JUNCTION_M = 15.0
"""From the stop line to the begin of the exit lane."""
START_S = 1.5
"""A vehicle that starts from a queue needs so much longer to the next stop line than one that rolls."""
BICYCLE_MPS = 19.0 / 3.6


@dataclass
class Contribution:
    """Part of one lane's departures comes to a link after `travel_s` and what the stops on the way take."""

    origin: str
    lane: int
    share: float
    link: int
    travel_s: float
    halts: tuple[Halt, ...] = ()


@dataclass
class Inflow:
    """Vehicles a second that come to a link, from where they are known to come, and the rest at any time."""

    flow: float = 0.0
    sources: list[Contribution] = field(default_factory=list)
    scale: float = 1.0
    background: float = 0.0

    def balance(self, coming: float) -> None:
        """No more comes than is counted; what is missing comes from elsewhere."""
        self.scale = min(1.0, self.flow / coming) if coming > 0.0 else 1.0
        self.background = max(0.0, self.flow - coming * self.scale)


@dataclass
class Link:
    """Lanes of one approach that the same traffic uses; buses and trams come apart from the others."""

    junction: str
    approach: str
    lanes: list[int] = field(default_factory=list)
    halts: tuple[Halt, ...] = ()
    others: Inflow = field(default_factory=Inflow)
    transit: Inflow = field(default_factory=Inflow)


class FlowNetwork:
    """All junctions with the roads between them."""

    def __init__(self, junctions: Mapping[str, Junction], demand: Demand, weights: CostWeights) -> None:
        self.flows = {name: JunctionFlow(junction, demand[name], weights) for name, junction in junctions.items()}
        self.links: list[Link] = []
        self._link_of: dict[tuple[str, int], int] = {}
        self._make_links()
        self._make_sources(junctions)
        self.by_junction: dict[str, list[int]] = {name: [] for name in junctions}
        self.leaving: dict[str, list[Contribution]] = {name: [] for name in junctions}
        for number, link in enumerate(self.links):
            self.by_junction[link.junction].append(number)
            for source in (*link.others.sources, *link.transit.sources):
                self.leaving[source.origin].append(source)
        self.downstream = {
            name: tuple(
                dict.fromkeys(self.links[c.link].junction for c in leaving if self.links[c.link].junction != name)
            )
            for name, leaving in self.leaving.items()
        }

    def _make_links(self) -> None:
        found: dict[tuple[str, str, bool], int] = {}
        for name, flow in self.flows.items():
            for number, lane_id in enumerate(flow.lanes):
                lane = flow.junction.lanes[lane_id]
                key = (name, lane.approach or lane.id, lane.modes <= {Mode.BICYCLE})
                if key not in found:
                    found[key] = len(self.links)
                    self.links.append(Link(name, key[1]))
                link = self.links[found[key]]
                link.lanes.append(number)
                link.transit.flow += float(flow.transit[number])
                link.others.flow += float(flow.flow[number] - flow.transit[number])
                self._link_of[name, number] = found[key]

        for link in self.links:
            link.halts = _halts(self.flows[link.junction], link)

    def _make_sources(self, junctions: Mapping[str, Junction]) -> None:
        for road in roads_between(junctions):
            origin, target = self.flows[road.origin], self.flows[road.target]
            flow_vph = origin.demand.flow_vph.get(road.movement.id, 0.0)
            if flow_vph <= 0.0:
                continue
            lane = origin.index[road.movement.lane]
            cycling = main_mode(origin.junction.lanes[road.movement.lane]) is Mode.BICYCLE
            reached = {self._link_of[road.target, target.index[id]] for id in road.lanes if id in target.index}
            same = {
                n
                for n in reached
                if (main_mode(target.junction.lanes[target.lanes[self.links[n].lanes[0]]]) is Mode.BICYCLE) == cycling
            }
            chosen = same or reached
            speed_mps = min(road.speed_mps, BICYCLE_MPS) if cycling else road.speed_mps
            travel_s = (road.distance_m + JUNCTION_M) / speed_mps + START_S
            transit = min(origin.demand.transit_vph.get(road.movement.id, 0.0), flow_vph) / 3600.0
            others = flow_vph / 3600.0 - transit
            of_transit = float(origin.transit[lane])
            of_others = float(origin.flow[lane]) - of_transit
            for number in chosen:
                link, part = self.links[number], 1.0 / len(chosen)
                if others > 0.0 and of_others > 0.0:
                    share = part * others / of_others
                    link.others.sources.append(Contribution(road.origin, lane, share, number, travel_s))
                if transit > 0.0 and link.transit.flow > 0.0:
                    share = part * transit / of_transit
                    link.transit.sources.append(Contribution(road.origin, lane, share, number, travel_s, link.halts))
        for link in self.links:
            link.transit.balance(sum(self.flows[s.origin].transit[s.lane] * s.share for s in link.transit.sources))
            link.others.balance(
                sum(
                    (self.flows[s.origin].flow[s.lane] - self.flows[s.origin].transit[s.lane]) * s.share
                    for s in link.others.sources
                )
            )


def _halts(flow: JunctionFlow, link: Link) -> tuple[Halt, ...]:
    """The stops that buses or trams of a link pass on their way to it."""
    lanes = [flow.junction.lanes[flow.lanes[number]] for number in link.lanes]
    found = []
    for stop in flow.junction.stops.values():
        passing = [lane for lane in lanes if lane in stop_lanes(flow.junction, stop)]
        if passing:
            mode = transit_mode(passing[0])
            loss_s = stop_loss_s(mode if mode in stop.modes else min(stop.modes), passing[0].speed_mps)
            found.append(Halt(stop.share_ratio, stop.dwell_s + loss_s, stop.deviation_s))
    return tuple(found)
