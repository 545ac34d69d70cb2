"""Greens of a plan: the shares of the cycle that make the largest degree of saturation smallest, under every rule.

All rules on a plan are bounds on the time between two switches, and every such time is a sum of consecutive greens
and a constant. In the running sums of the greens they are difference constraints, so that shortest paths decide
exactly, in whole seconds, whether greens exist (Cormen et al., chapter 24.4), and bisection finds the smallest degree
of saturation.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plans.capacity import (
    AMBER_USE_S,
    STARTUP_LOST_S,
    lane_flows_vph,
    movement_flow_vph,
    saturation_flow_vph,
    short_lanes,
)
from plans.defaults import SAME_GROUP_RED_S
from plans.demand import JunctionDemand
from plans.junction import GroupKind, Junction
from plans.table import fixed_frames
from plans.timing import PlanStage, TimingPlan
from plans.transition import transition

LEAST_FLOW_RATIO = 0.01
"""Every group of vehicles counts as having at least this much, so that spare time is shared out and not piled up."""
WALKER_FLOW_RATIO = 0.02
BISECTIONS = 16
SPARE_RATIO = 0.05
"""Below this degree of saturation nothing is gained."""
NEVER = -(10**6)


@dataclass(frozen=True, slots=True)
class Bound:
    """The greens of stages `first` .. `last` - 1 (over the end of the cycle where need be) last `least_s` or longer."""

    first: int
    last: int
    least_s: int


@dataclass(frozen=True, slots=True)
class GroupRun:
    """A group's green over the stages `first` .. `last` - 1: as long as their greens and `extra_s`."""

    group: str
    first: int
    last: int
    extra_s: int


class StageOrder:
    """A junction's stages in one order: what the greens of any plan with that order have to keep."""

    def __init__(self, junction: Junction, stages: tuple[str, ...]) -> None:
        self.junction = junction
        self.stages = stages
        count = len(stages)
        self.changes = tuple(transition(junction, stages[i], stages[(i + 1) % count]) for i in range(count))
        self.lost_s = sum(change.duration_s for change in self.changes)
        self._passed = [0]
        for change in self.changes:
            self._passed.append(self._passed[-1] + change.duration_s)
        self._begins: dict[str, list[tuple[int, int]]] = {}
        self._ends: dict[str, list[tuple[int, int]]] = {}
        for index, change in enumerate(self.changes):
            for switch in change.switches:
                table = self._begins if switch.green else self._ends
                table.setdefault(switch.group, []).append((index, switch.at_s))
        self.runs = tuple(self._runs())
        self.bounds = tuple(self._rules())
        self.upper = tuple(self._longest_reds())
        self._memo: dict[int, list[list[int]]] = {}

    @property
    def legal(self) -> bool:
        """Whether every mandatory group has its green, and no transition breaks a rule by itself."""
        served = {group for stage in self.stages for group in self.junction.stages[stage].groups}
        missing = [g for g in self.junction.groups.values() if g.mandatory and g.id not in served]
        return not missing and all(bound.first != bound.last or bound.least_s <= 0 for bound in self.bounds)

    def feasible(self, cycle_s: int, bounds: tuple[Bound, ...] = ()) -> tuple[int, ...] | None:
        """Greens that fill the cycle and keep all rules and the further `bounds`; None where there are none."""
        total = cycle_s - self.lost_s
        count = len(self.stages)
        if total < count:
            return None
        weight = [list(row) for row in self._closed(total)]
        for bound in bounds:
            _tighten(weight, bound.first, bound.last, bound.least_s, count, total)
        _close(weight)
        if any(weight[node][node] > 0 for node in range(count)):
            return None
        at = [max(0, weight[0][node]) for node in range(count)] + [total]
        greens = tuple(at[i + 1] - at[i] for i in range(count))
        return greens if min(greens) >= 1 else None

    def _closed(self, total: int) -> list[list[int]]:
        """What the rules alone ask between any two places, for a sum of all greens."""
        if total not in self._memo:
            count = len(self.stages)
            weight = [[NEVER] * count for _ in range(count)]
            for bound in self.bounds:
                _tighten(weight, bound.first, bound.last, bound.least_s, count, total)
            for bound in self.upper:
                _tighten(weight, bound.last, bound.first, -bound.least_s, count, total)
            for node in range(count):
                weight[node][node] = max(weight[node][node], 0)
            _close(weight)
            self._memo[total] = weight
        return self._memo[total]

    def keeps(self, greens: tuple[int, ...]) -> bool:
        """Whether these greens keep every rule."""
        if min(greens) < 1:
            return False
        sums = running_sums(greens)
        return all(_between(sums, b) >= b.least_s for b in self.bounds) and all(
            _between(sums, b) <= b.least_s for b in self.upper
        )

    def shortest_cycle_s(self, longest_s: int) -> int | None:
        """The shortest cycle that the rules allow, up to `longest_s`."""
        for cycle_s in range(self.lost_s + len(self.stages), longest_s + 1):
            if self.feasible(cycle_s) is not None:
                return cycle_s
        return None

    def plan(self, plan_id: str, greens: tuple[int, ...], offset_s: int = 0, name: str = "") -> TimingPlan:
        """The plan with these greens, every stage at its fixed time."""
        cycle_s = sum(greens) + self.lost_s
        stages = tuple(PlanStage(stage, green, 0, cycle_s) for stage, green in zip(self.stages, greens, strict=True))
        whole = TimingPlan(plan_id, self.junction.id, cycle_s, offset_s % cycle_s, stages, name)
        return fixed_frames(self.junction, whole)

    def _runs(self) -> Iterator[GroupRun]:
        """Begin of a group's green to its end: the stages between, and the parts of transitions beside them."""
        for group, begins in self._begins.items():
            for index, at_s in begins:
                end, end_at_s = self._following(self._ends[group], index, strictly=True)
                yield GroupRun(group, index + 1, end + 1, self._constant(index, at_s, end, end_at_s))

    def _rules(self) -> Iterator[Bound]:
        for index in range(len(self.stages)):
            yield Bound(index, index + 1, 1)
        for run in self.runs:
            yield Bound(run.first, run.last, self.junction.groups[run.group].min_green_s - run.extra_s)
        for name, ends in self._ends.items():
            group = self.junction.groups[name]
            least_s = group.amber_s + group.red_amber_s + SAME_GROUP_RED_S
            for end, at_s in ends:
                yield self._from_end(end, at_s, name, least_s)
        for (ending, starting), needed_s in self.junction.intergreens.items():
            if starting in self._begins:
                for end, at_s in self._ends.get(ending, ()):
                    yield self._from_end(end, at_s, starting, needed_s)

    def _from_end(self, end: int, at_s: int, starting: str, needed_s: int) -> Bound:
        """From an end of green to the next begin of another group (in the same transition, or a later one)."""
        begin, begin_at_s = self._following(self._begins[starting], end, strictly=False)
        return Bound(end + 1, begin + 1, needed_s - self._constant(end, at_s, begin, begin_at_s))

    def _longest_reds(self) -> Iterator[Bound]:
        for name, ends in self._ends.items():
            group = self.junction.groups[name]
            if group.mandatory:
                for end, at_s in ends:
                    bound = self._from_end(end, at_s, name, 0)
                    yield Bound(bound.first, bound.last, group.max_red_s + bound.least_s)

    def _following(self, events: list[tuple[int, int]], index: int, *, strictly: bool) -> tuple[int, int]:
        """The first of the events after a transition (or within it); its transition may lie in the next cycle."""
        count = len(self.stages)
        later = [((event - index - strictly) % count + strictly, event, at_s) for event, at_s in events]
        ahead, _, at_s = min(later)
        return index + ahead, at_s

    def _constant(self, index: int, at_s: int, later: int, later_at_s: int) -> int:
        """Time between two switches without the greens between them."""
        count = len(self.stages)
        wraps, place = divmod(later, count)
        return wraps * self._passed[count] + self._passed[place] + later_at_s - self._passed[index] - at_s


def running_sums(greens: tuple[int, ...]) -> list[int]:
    """Green before each stage over two cycles, so that a run over the end of the cycle is a difference too."""
    sums = [0]
    for green in (*greens, *greens):
        sums.append(sums[-1] + green)
    return sums


def _between(sums: list[int], bound: Bound) -> int:
    return sums[bound.last] - sums[bound.first]


def _close(weight: list[list[int]]) -> None:
    """Longest paths between all places (Floyd and Warshall); a positive diagonal is a contradiction."""
    places = range(len(weight))
    for k in places:
        row_k = weight[k]
        for row in weight:
            via = row[k]
            if via > NEVER:
                for j in places:
                    if row_k[j] > NEVER and via + row_k[j] > row[j]:
                        row[j] = via + row_k[j]


def _tighten(weight: list[list[int]], first: int, last: int, least_s: int, count: int, total: int) -> None:
    """Sum at `last` >= sum at `first` + `least_s`; a place beyond the cycle is the same place one total later."""
    first_wraps, a = divmod(first, count)
    last_wraps, b = divmod(last, count)
    least_s += (first_wraps - last_wraps) * total
    weight[a][b] = max(weight[a][b], least_s)


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
