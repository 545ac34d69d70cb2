"""Plans that simulation has proved, and what the model's promises are worth beside them.

Formulas do not see everything: they promise gains that a street does not give. How much they promise too much is known
where simulation has tried the changes of a plan and found none that saves: whatever the model promises there, with
usual traffic, is its own error. Only what it promises beyond that, because traffic is another today, is believed, and
only where it is more than the error: the street shows how false a promise is, not how much worse than nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from plans.coordination import predicted
from plans.demand import Demand
from plans.junction import Junction
from plans.junction_flow import CostWeights
from plans.platoon import FlowState
from plans.timing import TimingPlan

Plans = Mapping[str, TimingPlan]
"""One plan per junction."""


@dataclass(frozen=True)
class Proven:
    """The plan sets of a site that simulation has proved, and all its plans by junction and plan set."""

    sets: frozenset[str] = frozenset()
    plans: Mapping[str, Mapping[str, TimingPlan]] = field(default_factory=dict)

    def among(self, due: Plans) -> bool:
        """Whether any of these plans is of such a set."""
        return any(plan.id in self.sets for plan in due.values())

    def beside(self, junction: str) -> tuple[TimingPlan, ...]:
        """Every plan that may be due: new ones stay within a step of each, so that the way back is always open."""
        return tuple(self.plans.get(junction, {}).values())


@dataclass(frozen=True)
class Proof:
    """Plans that simulation has proved, with the traffic that is usual under them."""

    plans: Plans
    usual: Demand


@dataclass(frozen=True)
class Judged:
    """Plans in the model: what they are believed to cost, the known error in that, and the state that follows."""

    cost: float
    unfounded_ratio: float  # of the proven plans' cost: promised with usual traffic too, and so falsely
    state: FlowState


class Judge:
    """What plans cost with the demand of now, by the model and by what is known of its error."""

    def __init__(
        self, junctions: Mapping[str, Junction], demand: Demand, weights: CostWeights, proof: Proof | None
    ) -> None:
        self._junctions, self._demand, self._weights, self._proof = junctions, demand, weights, proof
        if proof is not None:
            self._proven_now = self._predicted(proof.plans, demand).cost()
            self._proven_usually = self._predicted(proof.plans, proof.usual).cost()

    def of(self, plans: Plans) -> Judged:
        """Cost per second; what the model promises over proven plans with usual traffic too is added again."""
        state = self._predicted(plans, self._demand)
        if self._proof is None or self._proven_usually <= 0.0:
            return Judged(state.cost(), 0.0, state)
        usually = self._predicted(plans, self._proof.usual).cost()
        unfounded_ratio = max(0.0, 1.0 - usually / self._proven_usually)
        return Judged(state.cost() + unfounded_ratio * self._proven_now, unfounded_ratio, state)

    def _predicted(self, plans: Plans, demand: Demand) -> FlowState:
        return predicted(self._junctions, plans, demand, self._weights)
