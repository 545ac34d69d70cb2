"""What the signal heads show: running stage transitions second by second, and saying when one must not begin yet."""

from controllers.logic.compiled import ALL_RED, CompiledJunction, CompiledTransition
from controllers.logic.events import EventCode, EventRing
from controllers.refusals import Refusal, RefusalCode
from plans.junction import Aspect, GroupKind

_GREEN = Aspect.GREEN


class SignalDisplay:
    """The aspects of all groups and the history that safety depends on.

    Times are the controller's own seconds of uptime, which no clock jump moves. A start counts every group as having
    been green until now, since nobody knows what was shown before.
    """

    def __init__(self, compiled: CompiledJunction, now: int, events: EventRing) -> None:
        count = len(compiled.groups)
        kinds = [compiled.junction.groups[name].kind for name in compiled.groups]
        self._compiled = compiled
        self._events = events
        self._walkers = tuple(kind is GroupKind.PEDESTRIAN for kind in kinds)
        self.aspects = [Aspect.RED] * count
        self.since = [now] * count
        self.green_since = [now] * count
        self.green_end = [now] * count
        self.green_mask = 0
        self.version = 0  # grows with every change of an aspect
        self.stage = ALL_RED
        self.stage_since = now
        self.running: CompiledTransition | None = None
        self._started = now
        self._ambers: list[tuple[int, int]] = []  # (until, group)

    def step(self, now: int, utc_s: int) -> None:
        """Advance ambers and the running transition to this second."""
        if self._ambers:
            over = [group for until, group in self._ambers if until <= now]
            if over:
                self._ambers = [entry for entry in self._ambers if entry[0] > now]
                for group in over:
                    self._show(group, Aspect.RED, now, utc_s)
        if self.running is not None:
            self._run(self.running, now, utc_s)

    def start(self, change: CompiledTransition, now: int, utc_s: int) -> None:
        """Begin a transition that `blocked` does not object to."""
        self.running = change
        self._started = now
        self._run(change, now, utc_s)

    def blocked(self, change: CompiledTransition, at: int) -> Refusal | None:
        """Why the transition must not begin at this second: a minimum green, an intergreen or a head start."""
        table = self._compiled.table
        for group, second in change.ends:
            if at + second - self.green_since[group] < table.min_green_s[group]:
                return Refusal(RefusalCode.MIN_GREEN, group + 1)
        for group, second in change.begins:
            begin = at + second
            for ended, seconds in table.intergreens[group]:
                # groups that end in this very transition were judged with it, when it was compiled
                if ended not in change.ending and begin - self.green_end[ended] < seconds:
                    return Refusal(RefusalCode.INTERGREEN, group + 1)
            if begin - self.green_end[group] < table.amber_s[group] + 1 + table.red_amber_s[group]:
                return Refusal(RefusalCode.INTERGREEN, group + 1)
        for group, other, lag_s in change.led:
            if at - self.green_since[other] < lag_s:
                return Refusal(RefusalCode.HEAD_START, group + 1)
        return None

    def show_all(self, aspects: list[Aspect], now: int, utc_s: int) -> None:
        """Leave stages at once and show these aspects (all red, flash, dark); every group counts as just ended."""
        self.running = None
        self._ambers = []
        self.stage = ALL_RED
        self.stage_since = now
        for group, aspect in enumerate(aspects):
            if self.aspects[group] is not aspect:
                self._show(group, aspect, now, utc_s)
        self.green_end = [now] * len(aspects)

    def red_for(self, group: int, now: int) -> int:
        """Seconds since the group's green ended, 0 while it is green."""
        return 0 if self.green_mask >> group & 1 else now - self.green_end[group]

    def _run(self, change: CompiledTransition, now: int, utc_s: int) -> None:
        second = now - self._started
        for group, aspect in change.steps[second]:
            self._show(group, aspect, now, utc_s)
        if second == change.duration_s:
            self.running = None
            self.stage = change.target
            self.stage_since = now

    def _show(self, group: int, aspect: Aspect, now: int, utc_s: int) -> None:
        if self.aspects[group] is _GREEN:
            self.green_end[group] = now
            self.green_mask &= ~(1 << group)
        walks = self._walkers[group]
        if aspect is _GREEN:
            self.green_since[group] = now
            self.green_mask |= 1 << group
            self._events.add(EventCode.BEGIN_WALK if walks else EventCode.BEGIN_GREEN, group + 1, utc_s)
        elif aspect is Aspect.AMBER:
            self._ambers.append((now + self._compiled.table.amber_s[group], group))
            self._events.add(EventCode.BEGIN_YELLOW, group + 1, utc_s)
        elif aspect is Aspect.RED:
            self._events.add(EventCode.BEGIN_PED_CLEARANCE if walks else EventCode.BEGIN_RED, group + 1, utc_s)
        self.aspects[group] = aspect
        self.since[group] = now
        self.version += 1
