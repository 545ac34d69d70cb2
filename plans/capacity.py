"""What a lane can discharge: saturation flows, turns that give way, and degrees of saturation under a plan.

Numbers were measured in SUMO 1.28 on isolated junctions (docs/coordination.md); sites override the saturation flow of
each lane.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from plans.defaults import SATURATION_FLOW_VPH
from plans.demand import JunctionDemand
from plans.junction import Junction, Lane, Mode, Movement, Turn
from plans.table import expand
from plans.timing import GreenTable, TimingPlan

STARTUP_LOST_S = 1.6
"""Lost at the begin of green: the first headways are longer."""
AMBER_USE_S = 1.0
"""Drivers go on into amber."""
HEADWAY_BASE_S = 1.42
HEADWAY_SPACE_M = 7.13
"""A queue passes a point of speed v with headways of base + space / v: 1.93 s at 13.9 m/s, 2.30 s at 8.1 m/s."""
USUAL_SPEED_MPS = 13.9
"""Speed that a lane's saturation flow is given for."""
BICYCLE_FLOW_VPH = 2000.0
"""Of a bicycle lane, single file."""
CRITICAL_GAP_S = 6.6
FOLLOW_UP_S = 2.5
"""Gap acceptance of a turn that gives way, fitted to its capacity at opposing flows of 0 to 1,156 veh/h."""
WALKER_BLOCKS_S = 0.93
USUAL_CROSSING_M = 12.8
"""Somebody on a crossing of this length keeps turning traffic waiting so long (measured with 0 to 1,500 people/h)."""
JAM_SPACING_M = 7.5
JUNCTION_REACH_M = 15.0
"""A feeder that ends so close to a lane's begin leads into it directly."""
LEAST_FEEDER_SHARE = 0.1
WHOLE_FEEDER_SHARE = 0.98
SNEAKERS_VEH = 1.0
"""Turning vehicles that wait inside the junction and leave at the end of green."""


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """Flow against capacity of one lane."""

    lane: str
    flow_vph: float
    capacity_vph: float

    @property
    def saturation_ratio(self) -> float:
        """Degree of saturation; above 1 queues grow without end."""
        if self.flow_vph <= 0.0:
            return 0.0
        return self.flow_vph / self.capacity_vph if self.capacity_vph > 0.0 else math.inf


def saturation_flow_vph(lane: Lane, movement: Movement) -> float:
    """Discharge of a standing queue on full green, slower where the lane or the turn is."""
    if lane.modes <= {Mode.BICYCLE}:
        return BICYCLE_FLOW_VPH * lane.saturation_flow_vph / SATURATION_FLOW_VPH
    speed_mps = min(lane.speed_mps, movement.turn_speed_mps)
    usual_s = HEADWAY_BASE_S + HEADWAY_SPACE_M / USUAL_SPEED_MPS
    return lane.saturation_flow_vph * min(1.0, usual_s / (HEADWAY_BASE_S + HEADWAY_SPACE_M / speed_mps))


def gap_flow_vph(opposing_vph: float) -> float:
    """Discharge through the gaps of a stream with priority (Harders 1968, Siegloch 1973)."""
    per_s = opposing_vph / 3600.0
    if per_s * FOLLOW_UP_S < 1e-6:
        return 3600.0 / FOLLOW_UP_S
    return opposing_vph * math.exp(-per_s * CRITICAL_GAP_S) / (1.0 - math.exp(-per_s * FOLLOW_UP_S))


def walk_ratio(walkers_ph: float, crossing_m: float, cycle_s: float, green_s: float) -> float:
    """Part of a turn's discharge that people on a crossing with priority leave: all of a cycle walk in one green."""
    blocked_s = WALKER_BLOCKS_S * (crossing_m or USUAL_CROSSING_M) / USUAL_CROSSING_M * walkers_ph / 3600.0 * cycle_s
    return math.exp(-blocked_s / green_s) if green_s > 0.0 else 1.0


@dataclass(frozen=True, slots=True)
class ShortLane:
    """A lane that begins not far from its stop line: so many vehicles stand on it, then its feeder's mix decides."""

    stored_veh: float
    share_ratio: float

    def discharge_s(self, vehicles: float, per_s: float) -> float:
        """Time to discharge vehicles: those on the lane at its own rate, the others at its part of the feeder's."""
        extra = max(0.0, vehicles - self.stored_veh)
        return (vehicles - extra + extra / self.share_ratio) / per_s


def short_lanes(junction: Junction, flow_vph: Mapping[str, float]) -> dict[str, ShortLane]:
    """Lanes that share a feeder with others, by id; `flow_vph` is by lane.

    While the lane has stored vehicles all lanes discharge side by side. Then vehicles come through the feeder, where
    those for the lane are mixed with those for its neighbours.
    """
    fed: dict[str, list[str]] = {}
    for lane in junction.lanes.values():
        for feeder in lane.feeders:
            if feeder.offset_m <= lane.length_m + JUNCTION_REACH_M:
                fed.setdefault(feeder.lane, []).append(lane.id)
    shares: dict[str, float] = {}
    for members in fed.values():
        total = sum(flow_vph.get(id, 0.0) for id in members)
        for id in members:
            shares[id] = shares.get(id, 0.0) + (flow_vph.get(id, 0.0) / total if total > 0.0 else 1.0)
    return {
        id: ShortLane(junction.lanes[id].length_m / JAM_SPACING_M, max(LEAST_FEEDER_SHARE, share))
        for id, share in shares.items()
        if share < WHOLE_FEEDER_SHARE
    }


def foes(junction: Junction, movement: Movement) -> tuple[Movement, ...]:
    """Movements of other approaches that this one gives way to; opposing left turns pass in front of each other."""
    approach = junction.lanes[movement.lane].approach
    lefts = (Turn.LEFT, Turn.UTURN)
    return tuple(
        other
        for other in junction.movements
        if other.group in movement.yields_to
        and junction.lanes[other.lane].approach != approach
        and not (movement.turn in lefts and other.turn in lefts)
    )


def effective_green_s(green_s: float) -> float:
    """What of a displayed green discharges at saturation flow."""
    return max(0.0, green_s - STARTUP_LOST_S + AMBER_USE_S)


def group_green_s(table: GreenTable, group: str) -> float:
    """Effective green of a group within one cycle, all its intervals together."""
    intervals = [one for one in table.intervals if one.group == group]
    if any(one.end_s - one.start_s >= table.cycle_s for one in intervals):
        return float(table.cycle_s)
    return sum(effective_green_s(one.end_s - one.start_s) for one in intervals)


def movement_flow_vph(
    junction: Junction, movement: Movement, demand: JunctionDemand, greens_s: Mapping[str, float], cycle_s: int
) -> float:
    """Mean discharge of a movement during its own effective green, giving way included."""
    own = saturation_flow_vph(junction.lanes[movement.lane], movement)
    green_s = greens_s.get(movement.group, 0.0)
    for group in movement.yields_to:
        if greens_s.get(group, 0.0) > 0.0:
            walkers_ph, crossing_m = demand.walkers_ph.get(group, 0.0), junction.groups[group].crossing_m
            own *= walk_ratio(walkers_ph, crossing_m, cycle_s, green_s)
    opposing = [foe for foe in foes(junction, movement) if greens_s.get(foe.group, 0.0) > 0.0]
    if not opposing or green_s <= 0.0:
        return own
    free_s, opposing_vph = _gap_time(junction, opposing, demand, greens_s, cycle_s)
    through_gaps = min(own, gap_flow_vph(opposing_vph)) * min(free_s, green_s) + SNEAKERS_VEH * 3600.0
    return min(own, through_gaps / green_s)


def _gap_time(
    junction: Junction,
    opposing: list[Movement],
    demand: JunctionDemand,
    greens_s: Mapping[str, float],
    cycle_s: int,
) -> tuple[float, float]:
    """How long the opposing stream leaves gaps once its queue has gone, and its flow then (vehicles per hour)."""
    by_lane: dict[str, float] = {}
    for foe in opposing:
        by_lane[foe.lane] = by_lane.get(foe.lane, 0.0) + demand.flow_vph.get(foe.id, 0.0)
    green_s = min(greens_s[foe.group] for foe in opposing)
    flow_vph = max(by_lane.values(), default=0.0)
    own = max(saturation_flow_vph(junction.lanes[foe.lane], foe) for foe in opposing)
    queue_s = (cycle_s - green_s) * flow_vph / max(own - flow_vph, 1.0)
    return max(0.0, green_s - queue_s), sum(by_lane.values())


def lane_flows_vph(junction: Junction, demand: JunctionDemand) -> dict[str, float]:
    """Flow over each stop line."""
    return {
        lane: sum(demand.flow_vph.get(m.id, 0.0) for m in movements)
        for lane, movements in junction.movements_by_lane.items()
    }


def lane_loads(junction: Junction, plan: TimingPlan, demand: JunctionDemand) -> dict[str, LaneLoad]:
    """Degree of saturation of every lane under the plan.

    A shared lane discharges at the harmonic mean of its movements, as its vehicles come one after another.
    """
    table = expand(junction, plan)
    greens_s = {group: group_green_s(table, group) for group in junction.groups}
    loads = {}
    flows = lane_flows_vph(junction, demand)
    short = short_lanes(junction, flows)
    for lane, movements in junction.movements_by_lane.items():
        flow = flows[lane]
        needed_s = 0.0
        for m in movements:
            own = movement_flow_vph(junction, m, demand, greens_s, plan.cycle_s)
            share = demand.flow_vph.get(m.id, 0.0) / flow if flow > 0.0 else 1.0 / len(movements)
            per_cycle = own * greens_s[m.group]
            needed_s += share / per_cycle if per_cycle > 0.0 else (math.inf if share > 0.0 else 0.0)
        capacity = 0.0 if math.isinf(needed_s) or needed_s <= 0.0 else 1.0 / needed_s / plan.cycle_s
        if lane in short:
            stored_vph = short[lane].stored_veh * 3600.0 / plan.cycle_s
            capacity = min(capacity, stored_vph + max(0.0, capacity - stored_vph) * short[lane].share_ratio)
        loads[lane] = LaneLoad(lane, flow, capacity)
    return loads


def largest_saturation(junction: Junction, plan: TimingPlan, demand: JunctionDemand) -> float:
    """The degree of saturation of the worst lane."""
    return max((load.saturation_ratio for load in lane_loads(junction, plan, demand).values()), default=0.0)
