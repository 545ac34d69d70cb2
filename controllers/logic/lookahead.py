"""What would come of serving stages one after the other as soon as it is legal: who gets green when, who too late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controllers.logic.compiled import CompiledJunction, CompiledPlan, CompiledTransition

NO_LIMIT_S = 1 << 30
NEVER_S = 100_000
Steps = tuple[tuple[int, int], ...]  # (stage, least seconds)
LAPS = 2  # the second one shows that what the first one left behind is served in time as well


@dataclass(frozen=True, slots=True)
class Tour:
    """Stages that follow each other for ever, and for how long each one runs at least."""

    stages: tuple[int, ...]
    dwell_s: tuple[int, ...]

    @classmethod
    def quick(cls, plan: CompiledPlan) -> "Tour":
        """The plan's order at the pace of minimum greens and intergreens."""
        return cls(plan.stages, (0,) * len(plan.stages))

    @classmethod
    def paced(cls, plan: CompiledPlan) -> "Tour":
        """The plan with its own greens, which keep every longest red once it is in step."""
        return cls(plan.stages, plan.greens_s)

    def laps(self, first: int) -> Steps:
        """Some laps that begin with the entry `first`."""
        entries = tuple(zip(self.stages, self.dwell_s, strict=True))
        return (entries[first:] + entries[:first]) * LAPS


@dataclass(frozen=True, slots=True)
class Way:
    """Some stages first, as short as possible, then a tour for ever, begun with its entry `first`."""

    urgent: tuple[int, ...]
    tour: Tour
    first: int

    @classmethod
    def by_way_of(cls, urgent: tuple[int, ...], tour: Tour) -> Iterator["Way"]:
        """The ways on from there: where the tour is joined, or with any of its entries."""
        if urgent and urgent[-1] in tour.stages:
            yield cls(urgent, tour, tour.stages.index(urgent[-1]))
        else:
            for first in range(len(tour.stages)):
                yield cls(urgent, tour, first)

    def steps(self) -> Steps:
        """The stages, and how long each one runs at least."""
        return tuple((stage, 0) for stage in self.urgent) + self.tour.laps(self.first)

    def rest_from(self, stage: int) -> tuple[int, ...]:
        """What is urgent once the stage shows."""
        return self.urgent[1:] if self.urgent and self.urgent[0] == stage else self.urgent


@dataclass(frozen=True, slots=True)
class Prospect:
    """How a sequence of stages would go.

    Its first transition goes to `target` from `begin_s` on, and may wait until `latest_s` without making anybody late.
    `late_s` is by how much all mandatory groups together would exceed their longest red, `group` the worst of them.
    """

    target: int
    begin_s: int
    latest_s: int
    late_s: int
    group: int


class Past:
    """Since when groups are green, or not any more, on the controller's own seconds."""

    __slots__ = ("ended", "mask", "since")

    def __init__(self, since: Sequence[int], ended: Sequence[int], mask: int) -> None:
        self.since = list(since)
        self.ended = list(ended)
        self.mask = mask

    def copy(self) -> "Past":
        """One that can be carried on without touching this one."""
        return Past(self.since, self.ended, self.mask)

    def carry_on(self, change: CompiledTransition, begin_s: int) -> None:
        """What is known once the transition is complete."""
        for group, at_s in change.ends:
            self.ended[group] = begin_s + at_s
            self.mask &= ~(1 << group)
        for group, at_s in change.begins:
            self.since[group] = begin_s + at_s
            self.mask |= 1 << group


class LookAhead:
    """Plays sequences of stages forward with the minimum greens, intergreens and head starts that it demands."""

    def __init__(self, compiled: CompiledJunction) -> None:
        table = compiled.table
        self._compiled = compiled
        self.limits = tuple(
            limit_s if mandatory else NO_LIMIT_S
            for limit_s, mandatory in zip(table.max_red_s, table.mandatory, strict=True)
        )
        self._min_green_s = table.min_green_s
        self._intergreens = table.intergreens
        self._own_red_s = tuple(
            amber_s + 1 + red_amber_s for amber_s, red_amber_s in zip(table.amber_s, table.red_amber_s, strict=True)
        )
        self.step_s = (
            compiled.max_transition_s
            + max(table.min_green_s)
            + max(compiled.max_intergreen_s, compiled.max_head_start_s, *self._own_red_s)
        )

    def begin_s(self, past: Past, change: CompiledTransition, leave_s: int) -> int:
        """The first second from `leave_s` on at which the transition may begin."""
        since, ended = past.since, past.ended
        begin_s = leave_s
        for group, at_s in change.ends:
            begin_s = max(begin_s, since[group] + self._min_green_s[group] - at_s)
        for group, at_s in change.begins:
            begin_s = max(begin_s, ended[group] + self._own_red_s[group] - at_s)
            for other, needed_s in self._intergreens[group]:
                if other not in change.ending:
                    begin_s = max(begin_s, ended[other] + needed_s - at_s)
        for _, other, lag_s in change.led:
            begin_s = max(begin_s, since[other] + lag_s)
        return begin_s

    def play(self, past: Past, stage: int, leave_s: int, steps: Steps) -> Prospect | None:
        """Leave `stage` from `leave_s` on and go through the steps; None where one of them is not legal."""
        transitions, limits = self._compiled.transitions, self.limits
        past = past.copy()
        ended = past.ended
        waiting = sum(
            1 << group for group, limit_s in enumerate(limits) if limit_s < NO_LIMIT_S and not past.mask >> group & 1
        )
        first: tuple[int, int] | None = None
        spare_s, late_s, worst, worst_s = NEVER_S, 0, -1, 0
        for target, dwell_s in steps:
            if target == stage:
                continue
            change = transitions[stage][target]
            if change is None:
                return None
            begin_s = self.begin_s(past, change, leave_s)
            first = first or (target, begin_s)
            for group, at_s in change.begins:
                left_s = ended[group] + limits[group] - begin_s - at_s
                if waiting >> group & 1:
                    waiting &= ~(1 << group)
                    spare_s = min(spare_s, left_s)
                if left_s < 0:
                    late_s -= left_s
                    if -left_s > worst_s:
                        worst, worst_s = group, -left_s
            past.carry_on(change, begin_s)
            leave_s = max(begin_s + 1, begin_s + change.duration_s + dwell_s)
            stage = target
        if first is None:
            return None
        if waiting:
            worst = waiting.bit_length() - 1
            late_s += NEVER_S
        return Prospect(first[0], first[1], first[1] + max(spare_s, 0), late_s, worst)

    def earliest_deadlines(self, past: Past, stage: int) -> tuple[int, ...]:
        """Stages that serve those who are red now, the most urgent first."""
        compiled = self._compiled
        waiting = {
            group: past.ended[group] + limit_s
            for group, limit_s in enumerate(self.limits)
            if limit_s < NO_LIMIT_S and not past.mask >> group & 1
        }
        stages: list[int] = []
        while waiting:
            group = min(waiting, key=lambda name: (waiting[name], name))
            way = compiled.way_to(stage, group)
            if way is None:
                break
            stage = way[1]
            stages.append(stage)
            for served in compiled.stage_groups[stage] | {group}:
                waiting.pop(served, None)
        return tuple(stages)
