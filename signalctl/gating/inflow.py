"""How much may enter: feedback on the accumulation of the area, and its split among the gates.

Keyvan-Ekbatani, Kouvelas, Papamichail, Papageorgiou 2012, "Exploiting the fundamental diagram of urban networks for
feedback-based gating", Transportation Research Part B 46(10), 1393-1403: a proportional-integral regulator in its
incremental form, which needs no model of the area and cannot wind up because it goes on from the bounded value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 60
"""Halvings of the interval in which the split's level is searched: exact to the last digit that matters."""


@dataclass(frozen=True, slots=True)
class Gains:
    """Both in 1/h: vehicles an hour less for each vehicle that came in, and for each one too many, per step."""

    proportional_per_h: float
    integral_per_h: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and most inflow in vehicles/h."""

    least_vph: float
    most_vph: float

    def clip(self, flow_vph: float) -> float:
        """The flow, or the bound that it passes."""
        return min(max(flow_vph, self.least_vph), self.most_vph)


def next_inflow_vph(
    gains: Gains, bounds: Bounds, inflow_vph: float, before_veh: float, now_veh: float, target_veh: float
) -> float:
    """The permitted inflow of the next step, from that of the last one and the accumulations before and now."""
    wanted = (
        inflow_vph - gains.proportional_per_h * (now_veh - before_veh) + gains.integral_per_h * (target_veh - now_veh)
    )
    return bounds.clip(wanted)


def share_inflow(total_vph: float, gates: Sequence[Bounds], weights: Sequence[float]) -> list[float]:
    """The inflow of each gate: in proportion to the weights as far as bounds allow; what one cannot take others get.

    The shares add up to the total, or to the sum of the bounds that it passes.
    """
    total_vph = Bounds(sum(one.least_vph for one in gates), sum(one.most_vph for one in gates)).clip(total_vph)
    low, high = 0.0, max((one.most_vph / max(w, 1e-9) for one, w in zip(gates, weights, strict=True)), default=0.0)
    for _ in range(ROUNDS):
        level = 0.5 * (low + high)
        given = sum(one.clip(level * w) for one, w in zip(gates, weights, strict=True))
        low, high = (level, high) if given < total_vph else (low, level)
    return [one.clip(high * w) for one, w in zip(gates, weights, strict=True)]
