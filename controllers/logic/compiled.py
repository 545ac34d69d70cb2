"""A junction and its plans in numbers, prepared once so that a second of control is cheap."""

from collections.abc import Iterator
from dataclasses import dataclass

from controllers.greenwatch import SafetyTable
from controllers.selfcheck import check_transition, cyclic_masks
from controllers.wire import StagedPlan
from plans.junction import Aspect, Junction
from plans.stage_transition import StageTransition
from plans.transition import transition, with_head_starts

ALL_RED = -1  # the "stage" in which no group is green


@dataclass(frozen=True, slots=True)
class CompiledTransition:
    """What happens in each second of a stage transition; groups and stages by number from 0."""

    origin: int
    target: int
    duration_s: int
    steps: tuple[tuple[tuple[int, Aspect], ...], ...]  # per second 0..duration: (group, aspect)
    begins: tuple[tuple[int, int], ...]  # (group, second)
    ends: tuple[tuple[int, int], ...]
    ending: frozenset[int]
    led: tuple[tuple[int, int, int], ...]  # (group that begins, one that is green, least seconds from its begin on)


class CompiledJunction:
    """Groups, stages and every legal transition by number.

    `transitions[origin][target]` is None where the configured transition breaks a rule: such a move is never made.
    Index -1 (ALL_RED) of the outer list is the start from all red.
    """

    def __init__(self, junction: Junction) -> None:
        self.junction = junction
        self.table = SafetyTable.of(junction)
        self.groups = junction.group_order
        self.stages = junction.stage_order
        self._number = {name: index for index, name in enumerate(self.groups)}
        self.stage_groups = tuple(
            frozenset(self._number[name] for name in junction.stages[stage].groups) for stage in self.stages
        )
        self.configured = tuple(
            tuple(transition(junction, origin, target) for target in self.stages) for origin in self.stages
        )
        legal: list[tuple[StageTransition | None, ...]] = [
            tuple(change if check_transition(junction, self.table, change) is None else None for change in row)
            for row in self.configured
        ]
        self.legal = tuple(legal)
        rows: list[tuple[CompiledTransition | None, ...]] = [
            tuple(
                None if change is None else self._compile(change, origin, target) for target, change in enumerate(row)
            )
            for origin, row in enumerate(legal)
        ]
        rows.append(tuple(self._from_all_red(target) for target in range(len(self.stages))))
        self.transitions = tuple(rows)
        self.min_stage_s = tuple(
            max((self.table.min_green_s[group] for group in groups), default=0) for groups in self.stage_groups
        )
        self.max_intergreen_s = max([seconds for row in self.table.intergreens for _, seconds in row], default=0)
        self.max_head_start_s = max([seconds for row in self.table.head_starts for _, seconds in row], default=0)
        self.max_transition_s = max(change.duration_s for row in rows for change in row if change is not None)
        self.serve = tuple(self._serve_row(origin) for origin in range(-1, len(self.stages)))

    def _compile(self, change: StageTransition, origin: int, target: int) -> CompiledTransition:
        begins = [(self._number[switch.group], switch.at_s) for switch in change.switches if switch.green]
        ends = [(self._number[switch.group], switch.at_s) for switch in change.switches if not switch.green]
        return self._schedule(origin, target, change.duration_s, begins, ends)

    def _from_all_red(self, target: int) -> CompiledTransition:
        soonest_s = max((self.table.red_amber_s[group] for group in self.stage_groups[target]), default=0)
        soonest = {self.groups[group]: soonest_s for group in sorted(self.stage_groups[target])}
        begins = {self._number[name]: at_s for name, at_s in with_head_starts(self.junction, soonest).items()}
        return self._schedule(ALL_RED, target, max(begins.values(), default=0), list(begins.items()), [])

    def _schedule(
        self, origin: int, target: int, duration_s: int, begins: list[tuple[int, int]], ends: list[tuple[int, int]]
    ) -> CompiledTransition:
        table = self.table
        steps: list[list[tuple[int, Aspect]]] = [[] for _ in range(duration_s + 1)]
        for group, at_s in ends:
            steps[at_s].append((group, Aspect.AMBER if table.amber_s[group] else Aspect.RED))
        for group, at_s in begins:
            if table.red_amber_s[group]:
                steps[at_s - table.red_amber_s[group]].append((group, Aspect.RED_AMBER))
            steps[at_s].append((group, Aspect.GREEN))
        return CompiledTransition(
            origin,
            target,
            duration_s,
            tuple(tuple(step) for step in steps),
            tuple(begins),
            tuple(ends),
            frozenset(group for group, _ in ends),
            tuple(self._led(origin, dict(begins), dict(ends))),
        )

    def _led(self, origin: int, begins: dict[int, int], ends: dict[int, int]) -> Iterator[tuple[int, int, int]]:
        """Head starts over groups that begin while a crossing is green since before the transition.

        A crossing that begins while they have green has none to wait for, but does not begin in the same second.
        """
        for group, at_s in begins.items():
            still = (
                [g for g in self.stage_groups[origin] if g not in ends or ends[g] > at_s] if origin != ALL_RED else []
            )
            for leader, seconds in self.table.head_starts[group]:
                if leader in still:
                    yield group, leader, seconds - at_s
            for turning in still:
                if group in dict(self.table.head_starts[turning]):
                    yield group, turning, 1 - at_s

    def _serve_row(self, origin: int) -> tuple[tuple[int, int, int] | None, ...]:
        """Per group the quickest way to its green from a stage: (seconds to green, stage, transition's duration).

        Of equally quick ones the transition that is over first counts, then the stage's name.
        """
        row: list[tuple[int, int, int] | None] = []
        names = self.stages
        for group in range(len(self.groups)):
            ways = []
            for stage, groups in enumerate(self.stage_groups):
                change = self.transitions[origin][stage]
                if group not in groups or change is None:
                    continue
                lead_s = next((at_s for begins, at_s in change.begins if begins == group), 0)
                ways.append((lead_s, stage, change.duration_s))
            row.append(min(ways, key=lambda way: (way[0], way[2], names[way[1]]), default=None))
        return tuple(row)

    def way_to(self, stage: int, group: int) -> tuple[int, int, int] | None:
        """The quickest way from a stage (or ALL_RED) to the group's green: (seconds, stage, duration)."""
        return self.serve[stage + 1][group]


class CompiledPlan:
    """A plan by plan second: which stage it wants, for how long, and what its frame leaves open.

    `stages` are those of the cycle; it never wants one of `on_demand`.
    """

    def __init__(self, compiled: CompiledJunction, plan: StagedPlan, name: str = "") -> None:
        self.name = name
        self.wire = plan
        self.content_crc = plan.content_crc()
        self.cycle_s = cycle = plan.cycle
        self.offset_s = plan.offset
        self.stages = tuple(stage.stage - 1 for stage in plan.cycle_stages)
        self.greens_s = tuple(stage.green for stage in plan.cycle_stages)
        self.on_demand = tuple(stage.stage - 1 for stage in plan.on_demand)
        count = len(self.stages)
        starts, at = [], 0
        self.lead_s: list[int] = [0] * count  # duration of the transition into each entry
        for index, stage in enumerate(self.stages):
            following = (index + 1) % count
            change = compiled.transitions[stage][self.stages[following]]
            if change is None:
                raise ValueError(f"plan {name or plan.sequence}: no legal transition from stage {stage + 1}")
            starts.append(at)
            self.lead_s[following] = change.duration_s
            at += self.greens_s[index] + change.duration_s
        self.starts = tuple(starts)
        self.wanted = [0] * cycle
        self.left_s = [0] * cycle  # until the wanted entry's green ends
        for index, start in enumerate(starts):
            length = self.lead_s[index] + self.greens_s[index]
            for second in range(length):
                at = (start - self.lead_s[index] + second) % cycle
                self.wanted[at] = index
                self.left_s[at] = length - second
        self.need_s = tuple(
            min(compiled.min_stage_s[stage], green) for stage, green in zip(self.stages, self.greens_s, strict=True)
        )
        self.stage_need_s = [
            min((need for need, own in zip(self.need_s, self.stages, strict=True) if own == stage), default=0)
            for stage in range(len(compiled.stages))
        ]
        for stage in self.on_demand:
            self.stage_need_s[stage] = compiled.min_stage_s[stage]
        self.room_s = [[0] * cycle for _ in compiled.stages]
        for entry in plan.stages:
            window = entry.latest_end - entry.earliest_start
            row = self.room_s[entry.stage - 1]
            for second in range(window):
                at = (entry.earliest_start + second) % cycle
                row[at] = max(row[at], window - second if window < cycle else cycle)
        self.masks = cyclic_masks(cycle, [(green.group - 1, green.start, green.length) for green in plan.greens])

    def second(self, utc_s: int) -> int:
        """Plan second at a UTC time."""
        return (utc_s - self.offset_s) % self.cycle_s
