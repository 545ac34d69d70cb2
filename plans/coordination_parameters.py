"""Numbers of the search for the plans of a corridor."""

from dataclasses import dataclass, field

from plans.defaults import CYCLE_MAX_S, MAX_CYCLE_STEP_S, MAX_GREEN_STEP_S
from plans.junction_flow import CostWeights


@dataclass(frozen=True)
class CoordinationParameters:
    """How far the search goes, and what it weighs."""

    weights: CostWeights = field(default_factory=CostWeights)
    other_orders: bool = False  # whether stages may follow each other in another order than they do now
    longest_cycle_s: int = CYCLE_MAX_S
    green_steps_s: tuple[int, ...] = (1, 2, 4, 8)
    offset_step_s: int = 4
    kept_shapes: int = 2  # orders and cycle halves of a junction that are looked at closer
    kept_cycles: int = 2  # cycles that are refined to the end
    rounds: int = 4
    quick_rounds: int = 1
    enough_ratio: float = 0.002  # a round that saves less is the last
    max_cycle_step_s: int = MAX_CYCLE_STEP_S
    max_green_step_s: int = MAX_GREEN_STEP_S
