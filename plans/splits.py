"""Greens of a plan: the shares of the cycle that make the largest degree of saturation smallest, under every rule.

The rules are bounds on sums of greens (`stage_order`), and so is a degree of saturation: the green that it takes. So
bisection over the degree of saturation finds the smallest one, exactly and in whole seconds.
"""

import math
from collections.abc import Mapping

from plans.capacity import (
    AMBER_USE_S,
    STARTUP_LOST_S,
    lane_flows_vph,
    movement_flow_vph,
    saturation_flow_vph,
    short_lanes,
)
from plans.demand import JunctionDemand
from plans.junction import GroupKind
from plans.stage_order import Bound, GroupRun, StageOrder, running_sums

LEAST_FLOW_RATIO = 0.01
"""Every group of vehicles counts as having at least this much, so that spare time is shared out and not piled up."""
WALKER_FLOW_RATIO = 0.02
BISECTIONS = 16
SPARE_RATIO = 0.05
"""Below this degree of saturation nothing is gained."""


def flow_ratios(
    order: StageOrder, demand: JunctionDemand, cycle_s: int, greens_s: Mapping[str, float]
) -> dict[str, float]:
    """Flow over saturation flow of each group: that of its worst lane, all movements of the lane in the group."""
    junction = order.junction
    ratios = {
        name: WALKER_FLOW_RATIO if group.kind is GroupKind.PEDESTRIAN else LEAST_FLOW_RATIO
        for name, group in junction.groups.items()
    }
    short = short_lanes(junction, lane_flows_vph(junction, demand))
    for lane, movements in junction.movements_by_lane.items():
        of_lane: dict[str, float] = {}
        for movement in movements:
            flow = demand.flow_vph.get(movement.id, 0.0)
            if flow > 0.0:
                if greens_s:
                    own = movement_flow_vph(junction, movement, demand, greens_s, cycle_s)
                else:
                    own = saturation_flow_vph(junction.lanes[movement.lane], movement)
                of_lane[movement.group] = of_lane.get(movement.group, 0.0) + flow / own
        for group, ratio in of_lane.items():
            part = ratio
            if lane in short:
                per_s = sum(demand.flow_vph.get(m.id, 0.0) for m in movements if m.group == group) / 3600.0
                part = short[lane].discharge_s(per_s * cycle_s, per_s / ratio) / cycle_s
            ratios[group] = max(ratios[group], part)
    return ratios


def needed_green_s(flow_ratio: float, cycle_s: int, saturation_ratio: float) -> int:
    """Displayed green, in whole seconds, that keeps a degree of saturation."""
    return math.ceil(flow_ratio * cycle_s / saturation_ratio + STARTUP_LOST_S - AMBER_USE_S - 1e-9)


def fill(
    order: StageOrder, cycle_s: int, ratios: Mapping[str, float], within: tuple[Bound, ...] = ()
) -> tuple[int, ...] | None:
    """Greens with the smallest largest degree of saturation, then the smallest second largest, and so on.

    Args:
        order: The stages.
        cycle_s: The cycle.
        ratios: Flow over saturation flow, by group.
        within: Further bounds on the greens.
    """
    greens = order.feasible(cycle_s, within)
    if greens is None:
        return None
    longest: dict[str, tuple[int, GroupRun]] = {}
    for run in order.runs:
        if ratios.get(run.group, 0.0) > 0.0 and (run.last - run.first) > longest.get(run.group, (0, run))[0]:
            longest[run.group] = (run.last - run.first, run)
    runs = {group: run for group, (_, run) in longest.items()}
    settled: dict[str, int] = {}
    open_groups = set(runs)
    ceiling = 64.0
    while open_groups:
        low, high = 0.0, ceiling
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            found = order.feasible(cycle_s, (*within, *_wanted(runs, ratios, cycle_s, open_groups, middle, settled)))
            if found is None:
                low = middle
            else:
                high, greens = middle, found
        wanted = {group: _least(runs[group], ratios[group], cycle_s, high) for group in open_groups}
        if high <= SPARE_RATIO:
            break
        # whoever cannot get a second more at this level is settled at it
        stuck = set()
        for group in open_groups:
            bounds = [
                _bound(runs[other], seconds) for other, seconds in {**settled, **wanted}.items() if other != group
            ]
            if order.feasible(cycle_s, (*within, *bounds, _bound(runs[group], wanted[group] + 1))) is None:
                stuck.add(group)
        if not stuck:
            stuck = set(open_groups)
        settled |= {group: wanted[group] for group in stuck}
        open_groups -= stuck
        ceiling = high
    return greens


def _wanted(
    runs: Mapping[str, GroupRun],
    ratios: Mapping[str, float],
    cycle_s: int,
    open_groups: set[str],
    saturation_ratio: float,
    settled: Mapping[str, int],
) -> tuple[Bound, ...]:
    wanted = [_bound(runs[group], seconds) for group, seconds in settled.items()]
    wanted += [_bound(runs[g], _least(runs[g], ratios[g], cycle_s, saturation_ratio)) for g in open_groups]
    return tuple(wanted)


def _least(run: GroupRun, ratio: float, cycle_s: int, saturation_ratio: float) -> int:
    return needed_green_s(ratio, cycle_s, max(saturation_ratio, 1e-3)) - run.extra_s


def _bound(run: GroupRun, least_s: int) -> Bound:
    return Bound(run.first, run.last, least_s)


def near(greens: tuple[int, ...], step_s: int) -> tuple[Bound, ...]:
    """Every green at most a step away from these."""
    least = [Bound(index, index + 1, green - step_s) for index, green in enumerate(greens)]
    return (*least, *(Bound(index + 1, index, -green - step_s) for index, green in enumerate(greens)))


def best_splits(
    order: StageOrder, cycle_s: int, demand: JunctionDemand, within: tuple[Bound, ...] = ()
) -> tuple[int, ...] | None:
    """Greens for a cycle and a demand; turns that give way are looked at twice, as their gaps depend on the greens."""
    greens = fill(order, cycle_s, flow_ratios(order, demand, cycle_s, {}), within)
    if greens is None:
        return None
    sums = running_sums(greens)
    greens_s: dict[str, float] = {}
    for run in order.runs:
        shown = sums[run.last] - sums[run.first] + run.extra_s
        greens_s[run.group] = greens_s.get(run.group, 0.0) + max(0.0, shown - STARTUP_LOST_S + AMBER_USE_S)
    return fill(order, cycle_s, flow_ratios(order, demand, cycle_s, greens_s), within) or greens
