"""The best plans for a whole corridor: one common cycle (or half of it), stage orders, greens and offsets together.

For every cycle that all junctions can run: greens by degree of saturation (`shapes`, `splits`), offsets by green waves
(`progression`) and from what runs now; then each junction in turn takes the offset, greens and order that cost people
least in the cyclic-flow model (`platoon`), until nothing gets better. The cycle whose outcome costs least is taken.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np

from plans.coordination_parameters import CoordinationParameters
from plans.cycle import common_cycles
from plans.demand import Demand
from plans.flow_network import FlowNetwork
from plans.junction import Junction
from plans.junction_flow import CostWeights, Pattern
from plans.platoon import FlowState
from plans.progression import Progression, Stream, best_offsets
from plans.roads import roads_between
from plans.rules import check_plan, errors
from plans.shapes import Shape, Shapes
from plans.streams import main_streams
from plans.timing import OnDemandStage, TimingPlan

Value = TypeVar("Value")
Step = TypeVar("Step")


@dataclass(frozen=True)
class Outcome:
    """The best plans of one group of junctions, and what they cost (weighted person-seconds per second).

    `second` is the cycle of the second best plans that were refined to the end, with their cost.
    """

    plans: Mapping[str, TimingPlan]
    period_s: int
    cost: float
    second: tuple[int, float] | None = None


def groups_of(junctions: Mapping[str, Junction]) -> list[tuple[str, ...]]:
    """Junctions that feed each other, directly or over others: they need a common cycle."""
    group = {name: {name} for name in junctions}
    for road in roads_between(junctions):
        if group[road.origin] is not group[road.target]:
            merged = group[road.origin] | group[road.target]
            for name in merged:
                group[name] = merged
    unique = {min(members): members for members in group.values()}
    return [tuple(name for name in junctions if name in members) for members in unique.values()]


Steps = Generator[None, None, Outcome | None]
Solve = Callable[[Sequence[Stream], int], Generator[None, None, Progression]]


def finish(steps: Generator[Step, None, Value], on_step: Callable[[Step], None] | None = None) -> Value:
    """Run a search to its end; `on_step` is told what each of its steps says."""
    while True:
        try:
            said = next(steps)
        except StopIteration as end:
            return cast(Value, end.value)
        if on_step is not None:
            on_step(said)


def solve_at_once(streams: Sequence[Stream], period_s: int) -> Generator[None, None, Progression]:
    """The mixed-integer program here and now; whoever has a clock to keep passes a solver that works beside it."""
    yield
    return best_offsets(streams, period_s)


class Search:
    """The search for one group of junctions; `running` are the plans that new ones must not lie too far from."""

    def __init__(
        self,
        junctions: Mapping[str, Junction],
        running: Mapping[str, Sequence[TimingPlan]],
        demand: Demand,
        parameters: CoordinationParameters,
        solve: Solve = solve_at_once,
    ) -> None:
        self._elsewhere = solve
        self.junctions = junctions
        self.running = running
        self.parameters = parameters
        self.network = FlowNetwork(junctions, demand, parameters.weights)
        self.shapes = {name: Shapes(flow, running[name], parameters) for name, flow in self.network.flows.items()}

    def best(self) -> Outcome | None:
        """The cheapest plans over all common cycles; None where no common cycle is allowed."""
        return finish(self.steps())

    def steps(self, cycles: Sequence[int] | None = None) -> Steps:
        """The search in small steps, so that a loop that ticks every second can go on meanwhile."""
        quick = []
        for period_s in self.cycles() if cycles is None else cycles:
            found = yield from self._start(period_s)
            if found is not None:
                cost = yield from self._refine(found, self.parameters.quick_rounds, thorough=False)
                quick.append((cost, period_s, found))
        quick.sort(key=lambda item: item[:2])
        best: Outcome | None = None
        others: list[tuple[float, int]] = []
        for _, period_s, found in quick[: self.parameters.kept_cycles]:
            rival = _Work(found.state.copy(), dict(found.chosen), found.shapes)
            yield from self._wave(rival)
            for work in (found, rival):
                cost = yield from self._refine(work, self.parameters.rounds, thorough=True)
                if best is None or cost < best.cost:
                    others += [] if best is None else [(best.cost, best.period_s)]
                    best = Outcome(self._plans(work), period_s, cost)
                else:
                    others.append((cost, period_s))
        if best is None or not others:
            return best
        cost, period_s = min(others)
        return replace(best, second=(period_s, cost))

    def cycles(self) -> list[int]:
        """Common cycles within the allowed step from what runs."""
        reach = [
            (plan.cycle_s - self.parameters.max_cycle_step_s, plan.cycle_s + self.parameters.max_cycle_step_s)
            for plans in self.running.values()
            for plan in plans
        ]
        least = max(low for low, _ in reach)
        most = min(high for _, high in reach)
        longest_s = max(self.parameters.longest_cycle_s, *(p.cycle_s for ps in self.running.values() for p in ps))
        orders = [shapes.orders for shapes in self.shapes.values()]
        return [cycle_s for cycle_s in common_cycles(orders, longest_s) if least <= cycle_s <= 2 * most]

    def _start(self, period_s: int) -> "Generator[None, None, _Work | None]":
        """Every junction in its best shape by itself, at the offset that it has now."""
        shapes: dict[str, list[Shape]] = {}
        for name in self.junctions:
            shapes[name] = self.shapes[name].best(period_s)
            yield
            if not shapes[name]:
                return None
        state = FlowState(self.network, period_s)
        chosen = {name: of_junction[0] for name, of_junction in shapes.items()}
        for name, shape in chosen.items():
            state.place(name, shape.pattern, self.running[name][0].offset_s)
        state.settle()
        return _Work(state, chosen, shapes)

    def _wave(self, work: "_Work") -> Generator[None, None, None]:
        """Offsets by green waves, for the shapes as they are."""
        plans = {name: shape.pattern.plan for name, shape in work.chosen.items()}
        streams = main_streams(self.network, plans)
        found = yield from self._elsewhere(streams, work.state.period_s)
        for name, offset_s in found.offsets_s.items():
            work.state.place(name, work.chosen[name].pattern, round(offset_s))
        work.state.settle()

    def _refine(self, work: "_Work", rounds: int, *, thorough: bool) -> Generator[None, None, float]:
        """Each junction in turn takes what costs least, while a round still saves something."""
        cost = work.state.settle()
        best, kept = cost, (work.state.copy(), dict(work.chosen))
        for _ in range(rounds):
            for name in self.junctions:
                self._best_offset(name, work, thorough=thorough)
                if thorough:
                    self._best_greens(name, work)
                yield
            before, cost = cost, work.state.settle()
            if cost < best:
                best, kept = cost, (work.state.copy(), dict(work.chosen))
            if cost > before * (1.0 - self.parameters.enough_ratio):
                break
        work.state, work.chosen = kept
        return best

    def _best_offset(self, name: str, work: "_Work", *, thorough: bool) -> None:
        """The best offset of the best of the junction's shapes, greens refined so far among them."""
        state, now = work.state, work.chosen[name]
        shapes = [now, *(shape for shape in work.shapes[name] if shape.greens != now.greens)]
        best = (state.local_cost(name) * (1.0 - 1e-6), now, state.offsets[name])
        for shape in shapes:
            offsets = np.arange(0, shape.pattern.plan.cycle_s, self.parameters.offset_step_s)
            cost, offset_s = _scan(state, name, shape.pattern, offsets)
            if not thorough:
                best = min(best, (cost, shape, offset_s), key=lambda one: one[0])
                continue
            near = np.arange(offset_s - self.parameters.offset_step_s + 1, offset_s + self.parameters.offset_step_s)
            cost, offset_s = min((cost, offset_s), _scan(state, name, shape.pattern, near))
            if cost < best[0]:
                best = (cost, shape, offset_s)
        self._take(name, work, best[1], best[2])

    def _best_greens(self, name: str, work: "_Work") -> None:
        """Seconds moved from one stage to another, and the whole plan with them, while that costs less."""
        state = work.state
        for _ in range(4):
            shape = work.chosen[name]
            rivals = self.shapes[name].neighbours(shape, state.period_s)
            if not rivals:
                return
            patterns, offsets = [], []
            for rival, moved_s in rivals:
                for shift_s in dict.fromkeys((0, -moved_s, moved_s)):
                    patterns.append((rival, state.offsets[name] + shift_s))
                    offsets.append(np.roll(rival.pattern.weight, state.offsets[name] + shift_s, axis=-1))
            walkers = np.array([rival.pattern.walkers_cost for rival, _ in patterns])
            costs = state.try_greens(name, np.stack(offsets), walkers)
            number = int(np.argmin(costs))
            if costs[number] >= state.local_cost(name) * (1.0 - 1e-4):
                return
            self._take(name, work, *patterns[number])

    def _take(self, name: str, work: "_Work", shape: Shape, offset_s: int) -> None:
        work.chosen[name] = shape
        work.state.place(name, shape.pattern, offset_s)
        work.state.refresh(name)

    def _plans(self, work: "_Work") -> dict[str, TimingPlan]:
        plans = {}
        for name, shape in work.chosen.items():
            on_demand = scaled_on_demand(self.running[name][0], shape.pattern.plan.cycle_s)
            plan = replace(shape.pattern.plan, offset_s=work.state.offsets[name], on_demand=on_demand)
            plans[name] = plan if not errors(check_plan(self.junctions[name], plan)) else self.running[name][0]
        return plans


def scaled_on_demand(running: TimingPlan, cycle_s: int) -> tuple[OnDemandStage, ...]:
    """The running plan's stages on demand, their windows in proportion to the new cycle."""

    def scaled(second: int) -> int:
        return second * cycle_s // running.cycle_s

    return tuple(
        replace(
            stage,
            earliest_start_s=(first := scaled(stage.earliest_start_s)),
            latest_end_s=max(first + 1, scaled(stage.latest_end_s)),
        )
        for stage in running.on_demand
    )


@dataclass
class _Work:
    """A state of the search: shape of every junction, profiles, and the shapes to choose from."""

    state: FlowState
    chosen: dict[str, Shape]
    shapes: Mapping[str, Sequence[Shape]]


def _scan(state: FlowState, name: str, pattern: Pattern, offsets: np.ndarray) -> tuple[float, int]:
    """The cheapest of these offsets, with its cost."""
    greens = np.stack([np.roll(pattern.weight, int(offset), axis=-1) for offset in offsets])
    costs = state.try_greens(name, greens, pattern.walkers_cost)
    number = int(np.argmin(costs))
    return float(costs[number]), int(offsets[number]) % pattern.plan.cycle_s


def predicted(
    junctions: Mapping[str, Junction], plans: Mapping[str, TimingPlan], demand: Demand, weights: CostWeights
) -> FlowState:
    """The settled state of a group under plans; the common period is the cycle that most junctions run."""
    network = FlowNetwork(junctions, demand, weights)
    cycles = [plans[name].cycle_s for name in junctions]
    period_s = max(cycles, key=lambda cycle_s: (cycles.count(cycle_s), cycle_s))
    if 2 * period_s in cycles:
        period_s *= 2
    state = FlowState(network, period_s)
    for name in junctions:
        plan = plans[name]
        if period_s % plan.cycle_s:
            state.place_apart(name, plan)
        else:
            state.place(name, network.flows[name].pattern(plan, period_s), plan.offset_s)
    state.settle()
    return state
