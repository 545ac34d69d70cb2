"""What the greens of a plan have to keep: every rule as a bound on the sum of consecutive greens.

In the running sums of the greens these bounds are difference constraints, so that longest paths decide exactly, in
whole seconds, whether greens exist (Cormen et al., chapter 24.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plans.defaults import SAME_GROUP_RED_S
from plans.junction import Junction
from plans.table import fixed_frames
from plans.timing import PlanStage, TimingPlan
from plans.transition import transition

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
        yield from self._head_starts()

    def _head_starts(self) -> Iterator[Bound]:
        """From a crossing's begin of green to the next begin of traffic that turns across it, while it is green."""
        for (leader, turning), leading_s in self.junction.head_starts.items():
            if turning not in self._begins:
                continue
            for begin, at_s in self._begins.get(leader, ()):
                later = self._following(self._begins[turning], begin, strictly=False)
                if later < self._following(self._ends[leader], begin, strictly=True):
                    yield Bound(begin + 1, later[0] + 1, leading_s - self._constant(begin, at_s, *later))

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
