"""How much traffic a junction has to serve: flows by movement, people on foot by group, persons by vehicle.

Counts at stop lines know lanes; control needs movements. Where a lane serves several, its count is shared out so that
every road that leads to another junction gets what that junction counts (iterative proportional fitting, Furness 1965),
beginning from usual shares of turns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from plans.defaults import MODE_WEIGHT, OCCUPANCY
from plans.junction import Junction, Lane, Mode, Movement, Turn
from plans.roads import roads_between

TURN_SHARE: Mapping[Turn, float] = {Turn.STRAIGHT: 0.7, Turn.RIGHT: 0.2, Turn.LEFT: 0.2, Turn.UTURN: 0.01}
"""Usual shares of a lane's traffic, before anything was counted."""
FITTING_ROUNDS = 20
FITTING_LIMIT = 20.0
PRIOR_VEHICLES = 10.0
"""Usual shares count as much as so many vehicles that were seen."""
SPREAD_ROUNDS = 30


@dataclass(frozen=True)
class JunctionDemand:
    """What comes to one junction.

    `flow_vph` is by movement, `walkers_ph` by signal group; `persons` are weighted persons in a vehicle of the lane
    (persons times the weight of their delay), `walker_weight` the same for one person on foot. `transit_vph` of a
    movement's flow are buses and trams, with `transit_persons` in each of the lane's.
    """

    flow_vph: Mapping[str, float]
    walkers_ph: Mapping[str, float] = field(default_factory=dict)
    persons: Mapping[str, float] = field(default_factory=dict)
    walker_weight: float = MODE_WEIGHT[Mode.PEDESTRIAN]
    transit_vph: Mapping[str, float] = field(default_factory=dict)
    transit_persons: Mapping[str, float] = field(default_factory=dict)


Demand = Mapping[str, JunctionDemand]
"""By junction."""


def main_mode(lane: Lane) -> Mode:
    """Whom the lane is mostly for: cars where they may drive, else the mode that it was built for."""
    for mode in (Mode.CAR, Mode.BUS, Mode.TRAM, Mode.BICYCLE):
        if mode in lane.modes:
            return mode
    return Mode.CAR


def usual_persons(lane: Lane, weights: Mapping[Mode, float], occupancy: Mapping[Mode, float]) -> float:
    """Weighted persons in a vehicle of the lane where nobody has seen which vehicles use it."""
    mode = main_mode(lane)
    return weights.get(mode, MODE_WEIGHT[mode]) * occupancy.get(mode, OCCUPANCY[mode])


def transit_mode(lane: Lane) -> Mode:
    """Which of buses and trams the lane is for."""
    return Mode.TRAM if main_mode(lane) is Mode.TRAM else Mode.BUS


def transit_persons(lane: Lane, weights: Mapping[Mode, float], occupancy: Mapping[Mode, float]) -> float:
    """Weighted persons in a bus (or tram) of the lane."""
    mode = transit_mode(lane)
    return weights.get(mode, MODE_WEIGHT[mode]) * occupancy.get(mode, OCCUPANCY[mode])


def share_out(
    junctions: Mapping[str, Junction],
    lane_vph: Mapping[str, Mapping[str, float]],
    known_share: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, dict[str, float]]:
    """Flows by junction and movement from counts by junction and lane.

    Args:
        junctions: Where was counted.
        lane_vph: Vehicles per hour over each stop line.
        known_share: Vehicles seen to take each movement, by junction and movement; they count beside the usual shares.
    """
    flows = {
        name: _by_usual_shares(junction, lane_vph.get(name, {}), (known_share or {}).get(name, {}))
        for name, junction in junctions.items()
    }
    feeding: dict[tuple[str, str], list[tuple[str, Movement]]] = {}
    for road in roads_between(junctions):
        feeding.setdefault((road.target, road.approach), []).append((road.origin, road.movement))
    wanted = {
        (name, approach): _approach_vph(junctions[name], lane_vph.get(name, {}), approach) for name, approach in feeding
    }
    for _ in range(FITTING_ROUNDS):
        for key, sources in feeding.items():
            _fit(flows, dict.fromkeys(sources), wanted[key])
        for name, junction in junctions.items():
            _keep_lane_counts(junction, flows[name], lane_vph.get(name, {}))
    return flows


def _fit(flows: dict[str, dict[str, float]], sources: Mapping[tuple[str, Movement], None], wanted_vph: float) -> None:
    """Scale what leads into an approach towards its count; half the way, since others turn in and out on the road."""
    total = sum(flows[origin][movement.id] for origin, movement in sources)
    if total <= 0.0 or wanted_vph <= 0.0:
        return
    ratio = min(FITTING_LIMIT, max(1.0 / FITTING_LIMIT, wanted_vph / total)) ** 0.5
    for origin, movement in sources:
        flows[origin][movement.id] *= ratio


def _approach_vph(junction: Junction, lane_vph: Mapping[str, float], approach: str) -> float:
    return sum(lane_vph.get(lane.id, 0.0) for lane in junction.lanes.values() if lane.approach == approach)


def _by_usual_shares(junction: Junction, lane_vph: Mapping[str, float], seen: Mapping[str, float]) -> dict[str, float]:
    flows: dict[str, float] = {}
    for lane, movements in junction.movements_by_lane.items():
        weights = {m.id: PRIOR_VEHICLES * TURN_SHARE[m.turn] + seen.get(m.id, 0.0) for m in movements}
        total = sum(weights.values())
        flows.update({id: lane_vph.get(lane, 0.0) * weight / total for id, weight in weights.items()})
    return flows


def _keep_lane_counts(junction: Junction, flows: dict[str, float], lane_vph: Mapping[str, float]) -> None:
    for lane, movements in junction.movements_by_lane.items():
        total = sum(flows[m.id] for m in movements)
        if total > 0.0:
            for m in movements:
                flows[m.id] *= lane_vph.get(lane, 0.0) / total


def spread_over_lanes(junction: Junction, wanted: Iterable[tuple[tuple[str, ...], float]]) -> dict[str, float]:
    """Flows by movement from totals that several movements can carry; drivers even out the load of their lanes.

    Args:
        junction: Where.
        wanted: Ids of the movements that can carry a flow, and the flow (vehicles per hour).
    """
    lane_of = {movement.id: movement.lane for movement in junction.movements}
    parts = [{id: vph / len(ids) for id in ids} for ids, vph in wanted if ids]
    for _ in range(SPREAD_ROUNDS):
        load: dict[str, float] = {}
        for part in parts:
            for id, vph in part.items():
                load[lane_of[id]] = load.get(lane_of[id], 0.0) + vph
        for part in parts:
            total = sum(part.values())
            pull = {id: vph / max(load[lane_of[id]], 1e-9) ** 0.5 for id, vph in part.items()}
            scale = total / max(sum(pull.values()), 1e-12)
            part.update({id: value * scale for id, value in pull.items()})
    flows: dict[str, float] = {}
    for part in parts:
        for id, vph in part.items():
            flows[id] = flows.get(id, 0.0) + vph
    return flows
