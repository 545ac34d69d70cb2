"""One junction in cyclic flow: arrival profiles and greens in, queues, departures and costs out.

Steps are seconds of a common period.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from plans.capacity import (
    JAM_SPACING_M,
    SNEAKERS_VEH,
    foes,
    lane_flows_vph,
    saturation_flow_vph,
    short_lanes,
    walk_ratio,
)
from plans.cyclic_queue import Floats, discharge_ratio, discharged, gap_rate, limited, random_delay_s, waiting_s
from plans.demand import JunctionDemand
from plans.junction import GroupKind, Junction, Movement
from plans.table import expand
from plans.timing import GreenInterval, TimingPlan
from plans.transit_flow import in_order, leaving

BLOCKED_RATIO = 0.1
"""A shared lane with one movement on red still discharges now and then: the others until a head blocks them."""


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
    lost: Floats  # weighted person-seconds of delay
    transit_outflow: Floats  # of the lanes that buses or trams use


class Arrivals(NamedTuple):
    """Cyclic arrivals: of all vehicles by lane; of buses and trams among them by row of `transit_lanes`."""

    vehicles: Floats
    transit: Floats


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
        self._transit()
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

    def _transit(self) -> None:
        """Buses and trams by lane, and the persons in them and in all others."""
        demand, moves = self.demand, self.junction.movements_by_lane
        flow = [sum(demand.transit_vph.get(m.id, 0.0) for m in moves[lane]) / 3600.0 for lane in self.lanes]
        self.transit = np.minimum(np.array(flow), self.flow)
        self.transit_lanes = np.flatnonzero(self.transit > 0.0)
        self.transit_row = {int(lane): row for row, lane in enumerate(self.transit_lanes)}
        inside = [
            demand.transit_persons.get(lane, persons) for lane, persons in zip(self.lanes, self.persons, strict=True)
        ]
        carried = self.persons * self.flow - inside * self.transit
        others = self.flow - self.transit
        self.others_persons = np.where(others > 0.0, np.maximum(carried, 0.0) / np.maximum(others, 1e-12), 0.0)
        self.transit_persons = np.array(inside)[self.transit_lanes]

    def uniform(self, period_s: int) -> Arrivals:
        """Everybody comes at any time."""
        transit = self.transit[self.transit_lanes, None]
        return Arrivals(np.repeat(self.flow[:, None], period_s, axis=1), np.repeat(transit, period_s, axis=1))

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
            group: discharge_ratio(by_group.get(group, []), plan.cycle_s) for group in {m.group for m in self.movements}
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

    def respond(self, coming: Arrivals, weight: Floats) -> LaneFigures:
        """Queues, departures and costs for cyclic arrivals (.., lanes, period) and greens (.., movements, period).

        Units are vehicles per second; leading axes are broadcast, so that many plans are tried at once.
        """
        arrivals = coming.vehicles
        rates = self.rate[:, None] * weight
        shown = np.maximum.reduceat(weight, self.starts, axis=-2) if self.lanes else weight
        capacity = self._lane_capacity(rates, shown)
        arriving = limited(arrivals, capacity)
        queue, outflow = discharged(arriving, capacity)
        if self.yielding.size:
            opposing = self.against @ outflow
            rates = np.array(np.broadcast_to(rates, (*opposing.shape[:-2], *rates.shape[-2:])))
            own = rates[..., self.yielding, :]
            green = weight[..., self.yielding, :]
            ending = (green > 0.0) & (np.roll(green, -1, axis=-1) <= 0.0)
            gaps = gap_rate(opposing) * (green > 0.0)
            rates[..., self.yielding, :] = np.minimum(own, gaps) + SNEAKERS_VEH * ending
            capacity = self._lane_capacity(rates, shown)
            arriving = limited(arrivals, capacity)
            queue, outflow = discharged(arriving, capacity)
        return self._figures(coming, arriving, capacity, queue, outflow)

    def _lane_capacity(self, rates: Floats, shown: Floats) -> Floats:
        """Vehicles of a shared lane come one after another: the harmonic mean of its movements."""
        spent = self.members @ (1.0 / np.maximum(rates, self._floor))
        return np.asarray(np.where(shown > 0.0, np.minimum(1.0 / spent, self._top * np.maximum(shown, 0.2)), 0.0))

    def _figures(
        self, coming: Arrivals, arriving: Floats, capacity: Floats, queue: Floats, outflow: Floats
    ) -> LaneFigures:
        arrivals, period = coming.vehicles, queue.shape[-1]
        mean_capacity = np.maximum(capacity.mean(axis=-1), 1e-6)
        wanted = arrivals.mean(axis=-1)
        ratio = wanted / mean_capacity
        random_s = random_delay_s(ratio, mean_capacity * 3600.0)
        delay_veh = queue.mean(axis=-1) + wanted * random_s
        stopping = np.minimum(1.0, 4.0 * queue)
        stops = (arriving * stopping).mean(axis=-1)
        longest = queue.max(axis=-1) + wanted * random_s
        spilled = np.maximum(0.0, longest - self.storage_veh)
        weights = self.weights
        emission = weights.emission_s_per_g * (weights.idle_g_per_s * delay_veh + weights.stop_g * stops)
        lost, stopped = self.others_persons * delay_veh, self.others_persons * stops
        transit_outflow = coming.transit
        if self.transit_lanes.size:
            own, rows = (..., self.transit_lanes), (..., self.transit_lanes, slice(None))
            transit = coming.transit * (arriving.mean(axis=-1) / np.maximum(wanted, 1e-12))[own][..., None]
            served = in_order(arriving[rows], queue[rows], capacity[rows])
            transit = np.broadcast_to(transit, served.wait_s.shape)
            extra = self.transit_persons - self.others_persons[self.transit_lanes]
            waited = (transit * served.wait_s).mean(axis=-1) + coming.transit.mean(axis=-1) * random_s[own]
            lost[own] += extra * waited
            stopped[own] += extra * (transit * stopping[rows]).mean(axis=-1)
            transit_outflow = leaving(transit, served.second)
        cost = (lost + weights.stop_s * stopped + emission).sum(axis=-1)
        cost = cost + (self.persons * spilled).sum(axis=-1) * weights.spill_s / period
        return LaneFigures(outflow, delay_veh, stops, ratio, cost, lost, transit_outflow)


def _storage_m(junction: Junction, lane_id: str) -> float:
    """Road that a queue may fill before it stands in others' way."""
    lane = junction.lanes[lane_id]
    return lane.length_m + sum(feeder.length_m * feeder.share_ratio for feeder in lane.feeders)
