"""One gate second by second: how long its green may still last, and when it may begin again.

A permitted share u of the time means: green lasts u cycles of the due plan, and whoever had green for G seconds waits
G (1 - u) / u before the next one. Nothing is added up over time, so nothing can wind up: green that was not used is not
kept, and green that was taken too long is paid back once, bounded by the gate's longest red.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from plans.gating import PerimeterGate
from plans.junction import Aspect, Junction
from signalctl.gate.past import ACT_AFTER_S


@dataclass(frozen=True, slots=True)
class Order:
    """What a gate is told: its part of the time, and the cycle that this is a part of.

    With `is_full` its queue must go: the part of the time is what it shall have at least.
    """

    green_ratio: float
    cycle_s: int
    is_full: bool = False


class GateMeter:
    """Follows the metered groups of one gate."""

    def __init__(self, junction: Junction, gate: PerimeterGate) -> None:
        self.gate = gate
        self._least_green_s = max(junction.groups[group].min_green_s for group in gate.groups)
        self._utc_s: int | None = None
        self._green = False
        self._since_s = 0
        self._last_green_s = 0

    def see(self, utc_s: int, aspects: Mapping[str, Aspect]) -> None:
        """Take in what the controller shows; any metered group counts. A gap in what is seen begins anew."""
        green = any(aspects.get(group) is Aspect.GREEN for group in self.gate.groups)
        if self._utc_s is None or utc_s < self._utc_s:
            self._green, self._since_s, self._last_green_s = green, utc_s, 0
        elif green != self._green:
            if self._green:
                self._last_green_s = utc_s - self._since_s
            self._green, self._since_s = green, utc_s
        self._utc_s = utc_s

    def longest_green_s(self, order: Order) -> int:
        """How long one green may last."""
        return max(self._least_green_s, round(order.green_ratio * order.cycle_s))

    def red_s(self, order: Order) -> int:
        """How long the red after the last green must last."""
        owed_s = self._last_green_s * (1.0 - order.green_ratio) / max(order.green_ratio, 1e-6)
        return round(min(owed_s, float(self.gate.red_s)))

    def has_green_left(self, order: Order) -> bool:
        """Whether its groups are green and their share is not yet used up."""
        return self._green and not self.refuses(order)

    def refuses(self, order: Order, lead_s: int = 0) -> str:
        """Why its groups may not be green after the coming second, or after `lead_s` when they are red; "" if not."""
        if self._utc_s is None:
            return ""
        shown_s = self._utc_s - self._since_s
        if self._green:
            most_s = self.longest_green_s(order)
            return f"its green of {most_s} s is used up" if shown_s + ACT_AFTER_S >= most_s else ""
        left_s = self.red_s(order) - shown_s - ACT_AFTER_S - lead_s
        return f"its next green is due in {left_s + ACT_AFTER_S + lead_s} s" if left_s > 0 else ""
