"""Safety seen from outside: an observer who knows the junction's papers and looks at the lamps, nothing else.

It shares no code with the safety gate or the field controller, so that a fault in their rules cannot hide itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from plans.junction import Junction

GREEN_LETTERS = frozenset("Gg")
FAILSAFE_LETTERS = frozenset("oO")


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken on the street: when, which of `KINDS`, which groups, what was seen and what the papers demand."""

    time_s: float
    kind: str
    junction: str
    groups: tuple[str, ...]
    seen_s: float
    wanted_s: float

    def __str__(self) -> str:
        """The violation in one line."""
        groups = " -> ".join(self.groups)
        what = f"{self.kind}: {groups}: wanted {self.wanted_s:g} s, saw {self.seen_s:g} s"
        return f"{self.junction} at {self.time_s:.0f}: {what}"


KINDS = ("conflicting_greens", "short_intergreens", "short_greens", "long_reds")


@dataclass(slots=True)
class _Lamp:
    """What the observer remembers of one group; None: not seen yet."""

    green: bool | None = None
    green_began_s: float | None = None
    green_ended_s: float | None = None
    red_since_s: float | None = None
    red_reported: bool = False


@dataclass
class SafetyObserver:
    """Watches one junction's letters, second by second.

    Each violation counts once: two conflicting greens from the moment both are green until one ends, an intergreen at
    the begin of the green that came too early, a green at its end, a red at the moment it becomes too long. A junction
    that flashes or is dark is not judged, and knows nothing of the past when it comes back.
    """

    junction: Junction
    violations: list[Violation] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with no memory."""
        self._links = {group.id: group.links for group in self.junction.groups.values() if group.links}
        self._forget()

    def see(self, time_s: float, letters: str) -> None:
        """Take note of what is shown from `time_s` on.

        A group counts as green when any of its heads is, and as ended when all are off.
        """
        shown = {group: [letters[link] for link in links] for group, links in self._links.items()}
        if any(letter in FAILSAFE_LETTERS for listed in shown.values() for letter in listed):
            self._forget()
            return
        green = {group for group, listed in shown.items() if any(letter in GREEN_LETTERS for letter in listed)}
        for group in self._links:
            self._end(group, green, time_s)
        for group in self._links:
            self._begin(group, green, time_s)
        self._note_conflicts(green, time_s)
        self._note_long_reds(green, time_s)

    def counts(self) -> dict[str, int]:
        """Violations by kind, under the names of the result file."""
        found = dict.fromkeys(KINDS, 0)
        for violation in self.violations:
            found[violation.kind] += 1
        return found

    def _forget(self) -> None:
        self._lamps = {group: _Lamp() for group in self._links}
        self._in_conflict: set[tuple[str, str]] = set()

    def _end(self, group: str, green: set[str], time_s: float) -> None:
        lamp = self._lamps[group]
        if lamp.green and group not in green:
            lamp.green_ended_s = lamp.red_since_s = time_s
            lamp.red_reported = False
            wanted_s = self.junction.groups[group].min_green_s
            if lamp.green_began_s is not None and time_s - lamp.green_began_s < wanted_s:
                self._report(time_s, "short_greens", (group,), time_s - lamp.green_began_s, wanted_s)
        elif lamp.green is None and group not in green:
            lamp.red_since_s = time_s

    def _begin(self, group: str, green: set[str], time_s: float) -> None:
        lamp = self._lamps[group]
        if group in green and lamp.green is False:
            lamp.green_began_s = time_s
            for other, wanted_s in self._waits_for(group):
                ended_s = self._lamps[other].green_ended_s
                if other not in green and ended_s is not None and time_s - ended_s < wanted_s:
                    self._report(time_s, "short_intergreens", (other, group), time_s - ended_s, wanted_s)
        lamp.green = group in green

    def _waits_for(self, group: str) -> list[tuple[str, int]]:
        return [
            (a, seconds) for (a, b), seconds in self.junction.intergreens.items() if b == group and a in self._links
        ]

    def _note_conflicts(self, green: set[str], time_s: float) -> None:
        now = {(a, b) for a, b in self.junction.intergreens if a in green and b in green}
        now = {(min(pair), max(pair)) for pair in now}
        for pair in sorted(now - self._in_conflict):
            self._report(time_s, "conflicting_greens", pair, 0.0, self.junction.intergreens.get(pair, 0))
        self._in_conflict = now

    def _note_long_reds(self, green: set[str], time_s: float) -> None:
        for group, lamp in self._lamps.items():
            wanted_s = self.junction.groups[group].max_red_s
            if not self.junction.groups[group].mandatory:
                continue  # it may stay red as long as nobody asks for it
            if group in green or lamp.red_since_s is None or lamp.red_reported:
                continue
            if time_s - lamp.red_since_s > wanted_s:
                lamp.red_reported = True
                self._report(time_s, "long_reds", (group,), time_s - lamp.red_since_s, wanted_s)

    def _report(self, time_s: float, kind: str, groups: Sequence[str], seen_s: float, wanted_s: float) -> None:
        self.violations.append(Violation(time_s, kind, self.junction.id, tuple(groups), seen_s, wanted_s))
