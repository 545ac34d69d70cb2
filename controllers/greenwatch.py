"""What a field controller watches second by second: greens against its own minimum greens, intergreens and conflicts.

The same watch judges a plan before it runs, a transition before it is used (`controllers.selfcheck`), and the displayed
signals while they run (as a conflict monitor unit does). It shares no code with the service's gate (`plans.rules`).
"""

from dataclasses import dataclass

from controllers.refusals import Refusal, RefusalCode
from plans.junction import GroupKind, Junction

LONG_AGO = -1_000_000


@dataclass(frozen=True)
class SafetyTable:
    """A junction's safety configuration by group number from 0, as the cabinet holds it."""

    min_green_s: tuple[int, ...]
    amber_s: tuple[int, ...]
    red_amber_s: tuple[int, ...]
    clearance_s: tuple[int, ...]
    max_red_s: tuple[int, ...]
    mandatory: tuple[bool, ...]
    conflict_mask: tuple[int, ...]  # bit b set: group b must not be green with this one
    intergreens: tuple[tuple[tuple[int, int], ...], ...]  # per group that begins: (group that ended, seconds)
    crossings: tuple[tuple[int, ...], ...]  # per group that begins: conflicting pedestrian groups
    head_starts: tuple[tuple[tuple[int, int], ...], ...]  # per group that begins: (group that leads it, seconds)
    cycle_min_s: int
    cycle_max_s: int

    @classmethod
    def of(cls, junction: Junction) -> "SafetyTable":
        """Read the table off the junction's configuration."""
        order = junction.group_order
        groups = [junction.groups[name] for name in order]
        number = {name: index for index, name in enumerate(order)}
        masks = [0] * len(order)
        before: list[list[tuple[int, int]]] = [[] for _ in order]
        for (ended, begins), seconds in junction.intergreens.items():
            masks[number[ended]] |= 1 << number[begins]
            masks[number[begins]] |= 1 << number[ended]
            before[number[begins]].append((number[ended], seconds))
        leaders: list[list[tuple[int, int]]] = [[] for _ in order]
        for (leader, begins), seconds in junction.head_starts.items():
            leaders[number[begins]].append((number[leader], seconds))
        pedestrian = {number[group.id] for group in groups if group.kind is GroupKind.PEDESTRIAN}
        return cls(
            tuple(group.min_green_s for group in groups),
            tuple(group.amber_s for group in groups),
            tuple(group.red_amber_s for group in groups),
            tuple(group.clearance_s for group in groups),
            tuple(group.max_red_s for group in groups),
            tuple(group.mandatory for group in groups),
            tuple(masks),
            tuple(tuple(sorted(pairs)) for pairs in before),
            tuple(
                tuple(other for other in sorted(pedestrian) if masks[group] >> other & 1) for group in range(len(order))
            ),
            tuple(tuple(sorted(pairs)) for pairs in leaders),
            junction.cycle_min_s,
            junction.cycle_max_s,
        )


class GreenWatch:
    """Watches which groups are green, second by second, and speaks up at the first broken rule."""

    def __init__(self, table: SafetyTable) -> None:
        count = len(table.min_green_s)
        self._table = table
        self._groups = range(count)
        self._mask = 0
        self._second = 0
        self._ended = [LONG_AGO] * count
        self._begun = [LONG_AGO] * count

    def step(self, mask: int, *, cut: bool = False) -> Refusal | None:
        """One second in which exactly the groups of `mask` are green.

        `cut` excuses the end of greens (flash, dark), and that nobody knows since when others are green.
        """
        changed = mask ^ self._mask
        second = self._second
        self._second = second + 1
        if not changed:
            return None
        self._mask = mask
        table = self._table
        found: Refusal | None = None
        for group in self._groups:
            if (changed & mask) >> group & 1:
                self._begun[group] = second
        for group in self._groups:
            if not changed >> group & 1:
                continue
            if mask >> group & 1:
                found = found or self._judge_begin(group, mask, second)
                if not cut:
                    found = found or self._judge_head_start(group, mask, second)
            else:
                if second - self._begun[group] < table.min_green_s[group] and not cut:
                    found = found or Refusal(RefusalCode.MIN_GREEN, group + 1)
                self._ended[group] = second
        return found

    def _judge_begin(self, group: int, mask: int, second: int) -> Refusal | None:
        table = self._table
        if mask & table.conflict_mask[group]:
            return Refusal(RefusalCode.CONFLICT, group + 1)
        for crossing in table.crossings[group]:
            if second - self._ended[crossing] < table.clearance_s[crossing]:
                return Refusal(RefusalCode.CLEARANCE, crossing + 1)
        for ended, seconds in table.intergreens[group]:
            if second - self._ended[ended] < seconds:
                return Refusal(RefusalCode.INTERGREEN, group + 1)
        # back to green at all: amber, at least one second of red, red-amber (VwV-StVO section 37)
        if second - self._ended[group] < table.amber_s[group] + 1 + table.red_amber_s[group]:
            return Refusal(RefusalCode.INTERGREEN, group + 1)
        return None

    def _judge_head_start(self, group: int, mask: int, second: int) -> Refusal | None:
        """Who turns across a crossing that is green lets it be ahead."""
        for leader, seconds in self._table.head_starts[group]:
            if mask >> leader & 1 and second - self._begun[leader] < seconds:
                return Refusal(RefusalCode.HEAD_START, group + 1)
        return None

    def pause(self, seconds: int) -> None:
        """Let seconds pass in which nothing changes."""
        self._second += seconds

    def forget_traffic(self) -> None:
        """Traffic ran without signals until the second that was judged last: every group counts as ended in it."""
        self._mask = 0
        self._ended = [self._second - 1 for _ in self._groups]
