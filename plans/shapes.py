"""The ways to run one junction within a common period: an order of stages, its own cycle, its greens."""

from collections.abc import Sequence
from dataclasses import dataclass

from plans.coordination_parameters import CoordinationParameters
from plans.cycle import stage_orders
from plans.junction_flow import JunctionFlow, Pattern
from plans.rules_step import check_step
from plans.splits import best_splits, near
from plans.stage_order import Bound, StageOrder
from plans.timing import TimingPlan


@dataclass(frozen=True)
class Shape:
    """One way to run a junction within a common period."""

    order: StageOrder
    greens: tuple[int, ...]
    pattern: Pattern


class Shapes:
    """What a junction may run: within all rules, and within the allowed step of each plan that is `running`."""

    def __init__(self, flow: JunctionFlow, running: Sequence[TimingPlan], parameters: CoordinationParameters) -> None:
        self._flow = flow
        self._running = running
        self._parameters = parameters
        own = [stage.stage for stage in running[0].stages]
        self.orders = stage_orders(flow.junction, own, others=parameters.other_orders)

    def best(self, period_s: int) -> list[Shape]:
        """Those with the least cost at uniform arrivals, the best first; as many as are looked at closer."""
        junction = self._flow.junction
        found: list[tuple[float, int, Shape]] = []
        for cycle_s in dict.fromkeys((period_s, period_s // 2 if period_s % 2 == 0 else period_s)):
            if not junction.cycle_min_s <= cycle_s <= junction.cycle_max_s:
                continue
            for order in self.orders:
                greens = best_splits(order, cycle_s, self._flow.demand, self._within(order))
                if greens is None:
                    continue
                shape = self._shape(order, greens, period_s)
                if shape is not None:
                    found.append((self._alone(shape.pattern, period_s), len(found), shape))
        return [shape for _, _, shape in sorted(found, key=lambda item: item[:2])[: self._parameters.kept_shapes]]

    def neighbours(self, shape: Shape, period_s: int) -> list[tuple[Shape, int]]:
        """The same with some seconds of green moved from one stage to another, and how many."""
        found = []
        for step_s in self._parameters.green_steps_s:
            for giver in range(len(shape.greens)):
                for taker in range(len(shape.greens)):
                    greens = list(shape.greens)
                    greens[giver] -= step_s
                    greens[taker] += step_s
                    if giver != taker and shape.order.keeps(tuple(greens)):
                        rival = self._shape(shape.order, tuple(greens), period_s)
                        if rival is not None:
                            found.append((rival, step_s))
        return found

    def _shape(self, order: StageOrder, greens: tuple[int, ...], period_s: int) -> Shape | None:
        """The shape, unless a rule or the step from what runs is against it."""
        plan = order.plan(self._running[0].id, greens)
        if self._too_far(plan) or not order.keeps(greens):
            return None
        return Shape(order, greens, self._flow.pattern(plan, period_s))

    def _within(self, order: StageOrder) -> tuple[Bound, ...]:
        """The allowed step from each plan that runs the same stages in the same order."""
        return tuple(
            bound
            for plan in self._running
            if tuple(stage.stage for stage in plan.stages) == order.stages
            for bound in near(tuple(stage.green_s for stage in plan.stages), self._parameters.max_green_step_s)
        )

    def _too_far(self, plan: TimingPlan) -> bool:
        p = self._parameters
        return any(check_step(now, plan, p.max_cycle_step_s, p.max_green_step_s) for now in self._running)

    def _alone(self, pattern: Pattern, period_s: int) -> float:
        """Cost at uniform arrivals."""
        return float(self._flow.respond(self._flow.uniform(period_s), pattern.weight).cost) + pattern.walkers_cost
