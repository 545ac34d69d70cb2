"""Cyclic flow: how platoons leave one stop line, disperse, and meet the next signal; and what that costs people.

The model of TRANSYT (Robertson 1969) in steps of a second: every lane has a cyclic profile of arrivals, a queue that
its green discharges, and a profile of departures that disperses on its way to the next stop line. Random arrivals and
oversaturation add a term per lane (Kimber and Hollis 1979, as in the HCM).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plans.demand import Demand, main_mode
from plans.junction import Junction, Mode
from plans.junction_flow import CostWeights, Floats, JunctionFlow, LaneFigures, Pattern
from plans.roads import roads_between
from plans.timing import TimingPlan

JUNCTION_M = 15.0
"""From the stop line to the begin of the exit lane."""
START_S = 1.5
"""A vehicle that starts from a queue needs so much longer to the next stop line than one that rolls."""
BICYCLE_MPS = 19.0 / 3.6
DISPERSION = 0.2
"""Robertson's alpha, for roads with little friction; the usual range is 0.2 to 0.5."""
SWEEPS = 4


@dataclass
class Contribution:
    """Part of one lane's departures comes to a link after `travel_s`."""

    origin: str
    lane: int
    share: float
    link: int
    travel_s: float


@dataclass
class Link:
    """Lanes of one approach that the same traffic uses, and where it comes from."""

    junction: str
    approach: str
    lanes: list[int] = field(default_factory=list)
    flow: float = 0.0
    sources: list[Contribution] = field(default_factory=list)
    scale: float = 1.0
    background: float = 0.0


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
            for source in link.sources:
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
                link.flow += float(flow.flow[number])
                self._link_of[name, number] = found[key]

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
            of_lane = float(origin.flow[lane])
            for number in chosen:
                share = flow_vph / 3600.0 / of_lane / len(chosen)
                self.links[number].sources.append(Contribution(road.origin, lane, share, number, travel_s))
        for link in self.links:
            coming = sum(self.flows[s.origin].flow[s.lane] * s.share for s in link.sources)
            link.scale = min(1.0, link.flow / coming) if coming > 0.0 else 1.0
            link.background = max(0.0, link.flow - coming * link.scale)


class FlowState:
    """The network at one common period: a pattern and an offset for each junction, and the profiles that follow."""

    def __init__(self, network: FlowNetwork, period_s: int) -> None:
        self.network = network
        self.period_s = period_s
        self.patterns: dict[str, Pattern] = {}
        self.offsets: dict[str, int] = {}
        self._outflow: dict[str, Floats] = {}
        self.figures: dict[str, LaneFigures] = {}
        self._apart: set[str] = set()
        self._kernels: dict[float, NDArray[np.complex128]] = {}
        for name, flow in network.flows.items():
            self._outflow[name] = np.repeat(flow.flow[:, None], period_s, axis=1)

    def copy(self) -> "FlowState":
        """The same state, to be changed apart."""
        other = FlowState(self.network, self.period_s)
        other.patterns, other.offsets = dict(self.patterns), dict(self.offsets)
        other._outflow, other._kernels = dict(self._outflow), self._kernels
        other.figures = dict(self.figures)
        return other

    def place(self, name: str, pattern: Pattern, offset_s: int) -> None:
        """Give a junction a plan; `settle` works out what follows."""
        self.patterns[name] = pattern
        self.offsets[name] = offset_s % pattern.plan.cycle_s

    def place_apart(self, name: str, plan: TimingPlan) -> None:
        """A junction whose cycle does not divide the period meets vehicles at any time, and so do those it feeds."""
        flow = self.network.flows[name]
        self.patterns[name] = flow.pattern(plan, plan.cycle_s)
        self.offsets[name] = plan.offset_s
        arrivals = np.repeat(flow.flow[:, None], plan.cycle_s, axis=1)
        self.figures[name] = flow.respond(arrivals, self.patterns[name].weight)
        self._apart.add(name)

    def refresh(self, name: str) -> None:
        """Departures of one junction after a change; the others follow when the state settles."""
        if name in self._apart:
            return
        figures = self._respond(name, self.arrivals(name), self.greens(name))
        self.figures[name] = figures
        self._outflow[name] = figures.outflow

    def settle(self, sweeps: int = SWEEPS) -> float:
        """Profiles and costs of all junctions; departures go round until they hardly change. Cost per second."""
        for _ in range(sweeps):
            for name in self.network.flows:
                self.refresh(name)
        return self.cost()

    def cost(self) -> float:
        """Weighted person-seconds (and what counts like them) per second."""
        return sum(self.cost_of(name) for name in self.figures)

    def cost_of(self, name: str) -> float:
        """One junction's part of the cost."""
        return float(self.figures[name].cost) + self.patterns[name].walkers_cost

    def cost_apart(self, name: str) -> float:
        """What the junction would cost if vehicles came at any time, as they do where nothing is coordinated."""
        flow, pattern = self.network.flows[name], self.patterns[name]
        arrivals = np.repeat(flow.flow[:, None], pattern.weight.shape[-1], axis=1)
        return float(flow.respond(arrivals, pattern.weight).cost) + pattern.walkers_cost

    def greens(self, name: str) -> Floats:
        """The junction's greens on the common clock."""
        return np.roll(self.patterns[name].weight, self.offsets[name], axis=-1)

    def arrivals(self, name: str, changed: str = "", outflow: Floats | None = None) -> Floats:
        """Arrival profiles (.., lanes, period) of a junction, with one neighbour's departures replaced where given."""
        network, flow = self.network, self.network.flows[name]
        batch = outflow.shape[:-2] if outflow is not None else ()
        result = np.zeros((*batch, len(flow.lanes), self.period_s))
        for number in network.by_junction[name]:
            link = network.links[number]
            spectrum: NDArray[np.complex128] | None = None
            for source in link.sources:
                leaving = outflow if outflow is not None and source.origin == changed else self._outflow[source.origin]
                part = np.fft.rfft(leaving[..., source.lane, :] * (source.share * link.scale))
                part = part * self._kernel(source.travel_s)
                spectrum = part if spectrum is None else spectrum + part
            profile: Floats = np.full(self.period_s, link.background)
            if spectrum is not None:
                profile = np.maximum(np.fft.irfft(spectrum, self.period_s), 0.0) + link.background
            mean = np.maximum(profile.mean(axis=-1, keepdims=True), 1e-12)
            for lane in link.lanes:
                result[..., lane, :] = profile * (flow.flow[lane] / mean)
        return result

    def try_greens(self, name: str, weight: Floats, walkers_cost: Floats | float) -> Floats:
        """Cost of the junction and its neighbours downstream for a batch (n, movements, period) of its greens."""
        here = self.network.flows[name].respond(self.arrivals(name), weight)
        total = here.cost + walkers_cost
        for other in self.network.downstream[name]:
            arrivals = self.arrivals(other, name, here.outflow)
            total = total + self._respond(other, arrivals, self.greens(other)).cost
        return np.asarray(total)

    def local_cost(self, name: str) -> float:
        """What `try_greens` says of the junction as it is."""
        pattern = self.patterns[name]
        return float(self.try_greens(name, self.greens(name)[None], pattern.walkers_cost)[0])

    def _respond(self, name: str, arrivals: Floats, greens: Floats) -> LaneFigures:
        return self.network.flows[name].respond(arrivals, greens)

    def _kernel(self, travel_s: float) -> NDArray[np.complex128]:
        if travel_s not in self._kernels:
            self._kernels[travel_s] = dispersion_kernel(travel_s, self.period_s)
        return self._kernels[travel_s]


def dispersion_kernel(travel_s: float, period_s: int, dispersion: float = DISPERSION) -> NDArray[np.complex128]:
    """Robertson's platoon dispersion as a factor on the spectrum of a cyclic profile.

    Departures arrive after 1 / (1 + alpha) of the mean travel time at the earliest, then thin out geometrically with
    the factor F = 1 / (1 + alpha beta t); the mean stays the travel time, and nobody is lost.
    """
    beta = 1.0 / (1.0 + dispersion)
    factor = 1.0 / (1.0 + dispersion * beta * travel_s)
    turn = np.exp(-2j * np.pi * np.arange(period_s // 2 + 1) / period_s)
    first = round(travel_s - (1.0 - factor) / factor)
    return np.asarray(turn**first * factor / (1.0 - (1.0 - factor) * turn), np.complex128)
