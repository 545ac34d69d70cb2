"""Cyclic flow: how platoons leave one stop line, disperse, and meet the next signal; and what that costs people.

The model of TRANSYT (Robertson 1969) in steps of a second: every lane has a cyclic profile of arrivals, a queue that
its green discharges, and a profile of departures that disperses on its way to the next stop line. Random arrivals and
oversaturation add a term per lane (Kimber and Hollis 1979, as in the HCM).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plans.capacity import (
    AMBER_USE_S,
    CRITICAL_GAP_S,
    FOLLOW_UP_S,
    JAM_SPACING_M,
    SNEAKERS_VEH,
    STARTUP_LOST_S,
    foes,
    lane_flows_vph,
    saturation_flow_vph,
    short_lanes,
    walk_ratio,
)
from plans.demand import Demand, JunctionDemand, main_mode
from plans.junction import GroupKind, Junction, Mode, Movement
from plans.roads import roads_between
from plans.table import expand
from plans.timing import GreenInterval, TimingPlan

Floats = NDArray[np.float64]

JUNCTION_M = 15.0
"""From the stop line to the begin of the exit lane."""
START_S = 1.5
"""A vehicle that starts from a queue needs so much longer to the next stop line than one that rolls."""
BICYCLE_MPS = 19.0 / 3.6
DISPERSION = 0.2
"""Robertson's alpha, for roads with little friction; the usual range is 0.2 to 0.5."""
BLOCKED_RATIO = 0.1
"""A shared lane with one movement on red still discharges now and then: the others until a head blocks them."""
FULL_RATIO = 0.97
"""More than this much of a lane's capacity does not arrive in the cyclic profile; the random term has the rest."""
PERIOD_H = 0.25
SWEEPS = 4


@dataclass(frozen=True, slots=True)
class CostWeights:
    """What is weighed against a person's second of delay."""

    stop_s: float = 4.0  # a stop costs as much as so many seconds of delay
    spill_s: float = 30.0  # a vehicle that does not fit its road, each cycle
    wait_limit_s: float = 60.0  # on foot: a second of waiting counts three times when it has lasted so long
    idle_g_per_s: float = 0.0
    stop_g: float = 0.0
    emission_s_per_g: float = 0.0


@dataclass(frozen=True)
class LaneFigures:
    """One junction under one plan, by lane; rates per second."""

    outflow: Floats
    delay_veh: Floats
    stops_per_s: Floats
    saturation_ratio: Floats
    cost: Floats


@dataclass
class Pattern:
    """A plan over the common period at offset 0: discharge by movement and second, and the cost of waiting on foot."""

    plan: TimingPlan
    weight: Floats
    walkers_cost: float


class JunctionFlow:
    """One junction's lanes with traffic."""

    def __init__(self, junction: Junction, demand: JunctionDemand, weights: CostWeights) -> None:
        self.junction = junction
        self.demand = demand
        self.weights = weights
        flow = lane_flows_vph(junction, demand)
        self.short = short_lanes(junction, flow)
        self.lanes = tuple(lane for lane in junction.lanes if flow.get(lane, 0.0) > 0.0)
        self.index = {lane: number for number, lane in enumerate(self.lanes)}
        self.flow = np.array([flow[lane] / 3600.0 for lane in self.lanes])
        self.persons = np.array([demand.persons.get(lane, 1.0) for lane in self.lanes])
        self.storage_veh = np.array([_storage_m(junction, lane) for lane in self.lanes]) / JAM_SPACING_M
        self.movements = [
            m for lane in self.lanes for m in junction.movements_by_lane[lane] if demand.flow_vph.get(m.id, 0.0) > 0.0
        ]
        self.lane_of = np.array([self.index[m.lane] for m in self.movements], np.int64)
        self.starts = np.searchsorted(self.lane_of, np.arange(len(self.lanes)))
        self.share = np.array([demand.flow_vph[m.id] / flow[m.lane] for m in self.movements])
        self.rate = np.array([saturation_flow_vph(junction.lanes[m.lane], m) / 3600.0 for m in self.movements])
        self.members = np.zeros((len(self.lanes), len(self.movements)))
        self.members[self.lane_of, np.arange(len(self.movements))] = self.share
        self._floor = BLOCKED_RATIO * self.rate[:, None]
        # the most that any movement of a lane discharges, sneakers included
        most = np.maximum.reduceat(self.rate, self.starts) if self.lanes else self.rate
        self._top = most[:, None] + SNEAKERS_VEH
        self._foes()

    def _foes(self) -> None:
        """For every movement that gives way: the part of each lane's departures that it has to let pass."""
        junction, number = self.junction, {m.id: n for n, m in enumerate(self.movements)}
        rows, matrix = [], []
        for n, movement in enumerate(self.movements):
            against = np.zeros(len(self.lanes))
            for foe in foes(junction, movement):
                if foe.id in number:
                    against[self.lane_of[number[foe.id]]] += self.share[number[foe.id]]
            if against.any():
                rows.append(n)
                matrix.append(against)
        self.yielding = np.array(rows, np.int64)
        self.against = np.array(matrix).reshape(len(rows), len(self.lanes))

    def pattern(self, plan: TimingPlan, period_s: int) -> Pattern:
        """The plan over the common period; its cycle divides the period."""
        table = expand(self.junction, plan)
        by_group: dict[str, list[GreenInterval]] = {}
        for interval in table.intervals:
            by_group.setdefault(interval.group, []).append(interval)
        shown = {
            group: _discharge(by_group.get(group, []), plan.cycle_s) for group in {m.group for m in self.movements}
        }
        repeats = period_s // plan.cycle_s
        walked = [self._walked(m, plan.cycle_s, float(shown[m.group].sum()), by_group) for m in self.movements]
        rows = [
            np.tile(self._fed(number, shown[m.group]) * walked[number], repeats)
            for number, m in enumerate(self.movements)
        ]
        weight = np.array(rows).reshape(-1, period_s)
        cost = 0.0
        for group in self.junction.groups.values():
            walkers = self.demand.walkers_ph.get(group.id, 0.0)
            if group.kind is GroupKind.PEDESTRIAN and walkers > 0.0:
                wait_s = waiting_s(by_group.get(group.id, []), plan.cycle_s, self.weights.wait_limit_s)
                cost += wait_s * walkers / 3600.0 * self.demand.walker_weight
        return Pattern(plan, weight, cost)

    def _fed(self, number: int, shown: Floats) -> Floats:
        """A short lane discharges what stands on it, then only its part of what comes through its feeder."""
        short = self.short.get(self.movements[number].lane)
        if short is None:
            return shown
        twice = np.concatenate([shown, shown])
        passed = np.cumsum(twice)
        since = (passed - np.maximum.accumulate(np.where(twice <= 0.0, passed, 0.0)))[shown.size :]
        return np.asarray(np.where(since * self.rate[number] <= short.stored_veh, shown, shown * short.share_ratio))

    def walkers_delay(self, plan: TimingPlan) -> float:
        """Waiting on foot, in person-seconds per second."""
        table = expand(self.junction, plan)
        return sum(
            waiting_s([one for one in table.intervals if one.group == group], plan.cycle_s) * walkers_ph / 3600.0
            for group, walkers_ph in self.demand.walkers_ph.items()
            if walkers_ph > 0.0
        )

    def _walked(
        self, movement: Movement, cycle_s: int, green_s: float, shown: Mapping[str, list[GreenInterval]]
    ) -> float:
        """What people on crossings leave of a turn's discharge."""
        left = 1.0
        for group in movement.yields_to:
            if shown.get(group):
                walkers_ph = self.demand.walkers_ph.get(group, 0.0)
                left *= walk_ratio(walkers_ph, self.junction.groups[group].crossing_m, cycle_s, green_s)
        return left

    def respond(self, arrivals: Floats, weight: Floats) -> LaneFigures:
        """Queues, departures and costs for cyclic arrivals (.., lanes, period) and greens (.., movements, period).

        Units are vehicles per second; leading axes are broadcast, so that many plans are tried at once.
        """
        period = weight.shape[-1]
        rates = self.rate[:, None] * weight
        shown = np.maximum.reduceat(weight, self.starts, axis=-2) if self.lanes else weight
        capacity = self._lane_capacity(rates, shown)
        arriving = _limited(arrivals, capacity)
        queue, outflow = _discharged(arriving, capacity)
        if self.yielding.size:
            opposing = self.against @ outflow
            rates = np.array(np.broadcast_to(rates, (*opposing.shape[:-2], *rates.shape[-2:])))
            own = rates[..., self.yielding, :]
            green = weight[..., self.yielding, :]
            ending = (green > 0.0) & (np.roll(green, -1, axis=-1) <= 0.0)
            gaps = gap_rate(opposing) * (green > 0.0)
            rates[..., self.yielding, :] = np.minimum(own, gaps) + SNEAKERS_VEH * ending
            capacity = self._lane_capacity(rates, shown)
            arriving = _limited(arrivals, capacity)
            queue, outflow = _discharged(arriving, capacity)
        return self._figures(arrivals, arriving, capacity, queue, outflow, period)

    def _lane_capacity(self, rates: Floats, shown: Floats) -> Floats:
        """Vehicles of a shared lane come one after another: the harmonic mean of its movements."""
        spent = self.members @ (1.0 / np.maximum(rates, self._floor))
        return np.asarray(np.where(shown > 0.0, np.minimum(1.0 / spent, self._top * np.maximum(shown, 0.2)), 0.0))

    def _figures(
        self, arrivals: Floats, arriving: Floats, capacity: Floats, queue: Floats, outflow: Floats, period: int
    ) -> LaneFigures:
        mean_capacity = np.maximum(capacity.mean(axis=-1), 1e-6)
        wanted = arrivals.mean(axis=-1)
        ratio = wanted / mean_capacity
        random_s = random_delay_s(ratio, mean_capacity * 3600.0)
        delay_veh = queue.mean(axis=-1) + wanted * random_s
        stopped = arriving * np.minimum(1.0, 4.0 * queue)
        stops = stopped.mean(axis=-1)
        longest = queue.max(axis=-1) + wanted * random_s
        spilled = np.maximum(0.0, longest - self.storage_veh)
        weights = self.weights
        emission = weights.emission_s_per_g * (weights.idle_g_per_s * delay_veh + weights.stop_g * stops)
        cost = (self.persons * (delay_veh + weights.stop_s * stops) + emission).sum(axis=-1)
        cost = cost + (self.persons * spilled).sum(axis=-1) * weights.spill_s / period
        return LaneFigures(outflow, delay_veh, stops, ratio, cost)


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


def gap_rate(opposing: Floats) -> Floats:
    """Discharge through gaps against a flow, both in vehicles per second; see `capacity.gap_flow_vph`."""
    flow = np.maximum(opposing, 1e-9)
    return np.asarray(flow * np.exp(-flow * CRITICAL_GAP_S) / -np.expm1(-flow * FOLLOW_UP_S))


def random_delay_s(ratio: Floats, capacity_vph: Floats) -> Floats:
    """Delay of a vehicle beyond the uniform one: random arrivals, and the growth of queues above saturation (HCM)."""
    excess = ratio - 1.0
    return np.asarray(
        900.0 * PERIOD_H * (excess + np.sqrt(excess**2 + 4.0 * ratio / (np.maximum(capacity_vph, 1e-6) * PERIOD_H)))
    )


def waiting_s(intervals: list[GreenInterval], cycle_s: int, limit_s: float = math.inf) -> float:
    """Mean wait of people who come at any time: the squares of all reds over twice the cycle.

    With a limit, a second that comes after a wait w counts as 1 + 2 w / limit, as the tactical layer has it.
    """
    if not intervals:
        return float(cycle_s)
    if any(one.end_s - one.start_s >= cycle_s for one in intervals):
        return 0.0
    starts = sorted(intervals, key=lambda one: one.start_s)
    reds = [(after.start_s - one.end_s) % cycle_s for one, after in zip(starts, [*starts[1:], starts[0]], strict=True)]
    return sum(red**2 / 2.0 + red**3 / (3.0 * limit_s) for red in reds) / cycle_s


def _discharge(intervals: list[GreenInterval], cycle_s: int) -> Floats:
    """The part of each second in which a group's queue discharges: from start-up to the use of amber."""
    edges = np.arange(cycle_s, dtype=np.float64)
    result = np.zeros(cycle_s)
    for one in intervals:
        if one.end_s - one.start_s >= cycle_s:
            return np.ones(cycle_s)
        begin, end = one.start_s + STARTUP_LOST_S, one.end_s + AMBER_USE_S
        for shift in (-cycle_s, 0, cycle_s):
            result += np.clip(np.minimum(edges + 1.0, end + shift) - np.maximum(edges, begin + shift), 0.0, 1.0)
    return np.minimum(result, 1.0)


def _limited(arrivals: Floats, capacity: Floats) -> Floats:
    """Arrivals that the lane can discharge within the cycle."""
    room = FULL_RATIO * capacity.mean(axis=-1, keepdims=True)
    mean = np.maximum(arrivals.mean(axis=-1, keepdims=True), 1e-12)
    return np.asarray(arrivals * np.minimum(1.0, room / mean))


def _discharged(arriving: Floats, capacity: Floats) -> tuple[Floats, Floats]:
    """Queue at the end of each second and departures, in the steady state; the queue is a reflected running sum."""
    surplus = arriving - capacity
    running = np.cumsum(np.concatenate([surplus, surplus], axis=-1), axis=-1)
    lowest = np.minimum(np.minimum.accumulate(running, axis=-1), 0.0)
    period = surplus.shape[-1]
    queue = (running - lowest)[..., period - 1 :]
    outflow = arriving - np.diff(queue, axis=-1)
    return queue[..., 1:], np.maximum(outflow, 0.0)


def _storage_m(junction: Junction, lane_id: str) -> float:
    """Road that a queue may fill before it stands in others' way."""
    lane = junction.lanes[lane_id]
    return lane.length_m + sum(feeder.length_m * feeder.share_ratio for feeder in lane.feeders)
