"""The conflict monitor: it knows the safety data and the lamps, not the logic that switches them."""

from controllers.greenwatch import GreenWatch, SafetyTable
from controllers.logic.display import SignalDisplay
from controllers.refusals import Refusal
from plans.junction import Aspect


class ConflictMonitor:
    """Looks at the lamps every second and says when what they show breaks a rule."""

    def __init__(self, table: SafetyTable, display: SignalDisplay) -> None:
        self._display = display
        self._watch = GreenWatch(table)
        self._watch.forget_traffic()
        self._seen_version = 0

    def second(self, *, cut: bool) -> Refusal | None:
        """One second of what is displayed; `cut` excuses the end of greens (flash, dark)."""
        if self._display.version == self._seen_version:
            self._watch.pause(1)
            return None
        self._seen_version = self._display.version
        return self._watch.step(self._lamps(), cut=cut)

    def lamps_were_cut(self) -> None:
        """Every green has ended at once, by the switch in the cabinet."""
        self._seen_version = self._display.version
        self._watch.step(0, cut=True)

    def forget_traffic(self) -> None:
        """Begin anew from what is displayed now."""
        self._seen_version = self._display.version
        self._watch.forget_traffic()

    def _lamps(self) -> int:
        """Which groups really show green."""
        mask = 0
        for group, aspect in enumerate(self._display.aspects):
            if aspect is Aspect.GREEN:
                mask |= 1 << group
        return mask
