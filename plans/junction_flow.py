"""One junction in cyclic flow: arrival profiles and greens in, queues, departures and costs out.

Steps are seconds of a common period. Random arrivals and oversaturation add a term per lane (Kimber and Hollis 1979, as
in the HCM).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

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
from plans.demand import JunctionDemand
from plans.junction import GroupKind, Junction, Movement
from plans.table import expand
from plans.timing import GreenInterval, TimingPlan

Floats = NDArray[np.float64]

BLOCKED_RATIO = 0.1
"""A shared lane with one movement on red still discharges now and then: the others until a head blocks them."""
FULL_RATIO = 0.97
"""More than this much of a lane's capacity does not arrive in the cyclic profile; the random term has the rest."""
PERIOD_H = 0.25


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
