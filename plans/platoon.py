"""Cyclic flow: how platoons leave one stop line, disperse, and meet the next signal; and what that costs people.

The model of TRANSYT (Robertson 1969) in steps of a second: every lane has a cyclic profile of arrivals, a queue that
its green discharges, and a profile of departures that disperses on its way to the next stop line. Random arrivals and
oversaturation add a term per lane (Kimber and Hollis 1979, as in the HCM).
"""

import numpy as np
from numpy.typing import NDArray

from plans.cyclic_queue import Floats
from plans.flow_network import Contribution, FlowNetwork, Inflow, Link
from plans.junction_flow import Arrivals, LaneFigures, Pattern
from plans.timing import TimingPlan
from plans.transit_flow import Halt, halt_kernel

DISPERSION = 0.2
"""Robertson's alpha, for roads with little friction; the usual range is 0.2 to 0.5."""
SWEEPS = 4


class FlowState:
    """The network at one common period: a pattern and an offset for each junction, and the profiles that follow."""

    def __init__(self, network: FlowNetwork, period_s: int) -> None:
        self.network = network
        self.period_s = period_s
        self.patterns: dict[str, Pattern] = {}
        self.offsets: dict[str, int] = {}
        self._outflow: dict[str, Arrivals] = {}
        self.figures: dict[str, LaneFigures] = {}
        self._apart: set[str] = set()
        self._kernels: dict[tuple[float, tuple[Halt, ...]], NDArray[np.complex128]] = {}
        for name, flow in network.flows.items():
            self._outflow[name] = flow.uniform(period_s)

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
        self.figures[name] = flow.respond(flow.uniform(plan.cycle_s), self.patterns[name].weight)
        self._apart.add(name)

    def refresh(self, name: str) -> None:
        """Departures of one junction after a change; the others follow when the state settles."""
        if name in self._apart:
            return
        figures = self._respond(name, self.arrivals(name), self.greens(name))
        self.figures[name] = figures
        self._outflow[name] = Arrivals(figures.outflow, figures.transit_outflow)

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
        return float(flow.respond(flow.uniform(pattern.weight.shape[-1]), pattern.weight).cost) + pattern.walkers_cost

    def greens(self, name: str) -> Floats:
        """The junction's greens on the common clock."""
        return np.roll(self.patterns[name].weight, self.offsets[name], axis=-1)

    def arrivals(self, name: str, changed: str = "", outflow: Arrivals | None = None) -> Arrivals:
        """Arrival profiles of a junction, with one neighbour's departures replaced where given."""
        network, flow = self.network, self.network.flows[name]
        batch = outflow.vehicles.shape[:-2] if outflow is not None else ()
        result = np.zeros((*batch, len(flow.lanes), self.period_s))
        transit = np.zeros((*batch, len(flow.transit_lanes), self.period_s))
        for number in network.by_junction[name]:
            link = network.links[number]
            others = self._others(link, changed, outflow)
            buses = self._transit(link, changed, outflow) if link.transit.flow > 0.0 else None
            for lane in link.lanes:
                result[..., lane, :] = others * (flow.flow[lane] - flow.transit[lane])
                if buses is not None and lane in flow.transit_row:
                    row = flow.transit_row[lane]
                    transit[..., row, :] = buses * flow.transit[lane]
                    result[..., lane, :] += transit[..., row, :]
        return Arrivals(result, transit)

    def _others(self, link: Link, changed: str, outflow: Arrivals | None) -> Floats:
        """How those who do not stop on the way come to a link, over their mean."""
        spectrum: NDArray[np.complex128] | None = None
        for source in link.others.sources:
            leaving = self._leaving(source, changed, outflow)
            flow = self.network.flows[source.origin]
            others = leaving.vehicles[..., source.lane, :]
            if flow.transit[source.lane] > 0.0:
                others = np.maximum(others - leaving.transit[..., flow.transit_row[source.lane], :], 0.0)
            spectrum = self._joined(spectrum, others * (source.share * link.others.scale), source)
        return self._profile(spectrum, link.others)

    def _transit(self, link: Link, changed: str, outflow: Arrivals | None) -> Floats:
        """The same of buses and trams."""
        spectrum: NDArray[np.complex128] | None = None
        for source in link.transit.sources:
            row = self.network.flows[source.origin].transit_row[source.lane]
            buses = self._leaving(source, changed, outflow).transit[..., row, :]
            spectrum = self._joined(spectrum, buses * (source.share * link.transit.scale), source)
        return self._profile(spectrum, link.transit)

    def _leaving(self, source: Contribution, changed: str, outflow: Arrivals | None) -> Arrivals:
        return outflow if outflow is not None and source.origin == changed else self._outflow[source.origin]

    def _joined(
        self, spectrum: NDArray[np.complex128] | None, leaving: Floats, source: Contribution
    ) -> NDArray[np.complex128]:
        part = np.fft.rfft(leaving) * self._kernel(source.travel_s, source.halts)
        return part if spectrum is None else spectrum + part

    def _profile(self, spectrum: NDArray[np.complex128] | None, inflow: Inflow) -> Floats:
        profile: Floats = np.full(self.period_s, inflow.background)
        if spectrum is not None:
            profile = np.maximum(np.fft.irfft(spectrum, self.period_s), 0.0) + inflow.background
        return np.asarray(profile / np.maximum(profile.mean(axis=-1, keepdims=True), 1e-12))

    def try_greens(self, name: str, weight: Floats, walkers_cost: Floats | float) -> Floats:
        """Cost of the junction and its neighbours downstream for a batch (n, movements, period) of its greens."""
        here = self.network.flows[name].respond(self.arrivals(name), weight)
        total = here.cost + walkers_cost
        for other in self.network.downstream[name]:
            arrivals = self.arrivals(other, name, Arrivals(here.outflow, here.transit_outflow))
            total = total + self._respond(other, arrivals, self.greens(other)).cost
        return np.asarray(total)

    def local_cost(self, name: str) -> float:
        """What `try_greens` says of the junction as it is."""
        pattern = self.patterns[name]
        return float(self.try_greens(name, self.greens(name)[None], pattern.walkers_cost)[0])

    def _respond(self, name: str, arrivals: Arrivals, greens: Floats) -> LaneFigures:
        return self.network.flows[name].respond(arrivals, greens)

    def _kernel(self, travel_s: float, halts: tuple[Halt, ...]) -> NDArray[np.complex128]:
        key = (travel_s, halts)
        if key not in self._kernels:
            kernel = dispersion_kernel(travel_s, self.period_s)
            for halt in halts:
                kernel = kernel * halt_kernel(halt, self.period_s)
            self._kernels[key] = kernel
        return self._kernels[key]


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
