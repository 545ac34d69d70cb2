"""No mandatory group stays red beyond its maximum: the controller serves it by itself before anybody's wish.

The rule that makes it hold: the signals are only ever in a state from which a known sequence of stages, each as short
as minimum greens and intergreens allow, serves everybody in time and can go on for ever. A second of waiting or a
transition, whoever wants it, is allowed when the state after it has such a way out; else the way out itself is taken.
Since the rest of a way out is a way out again, the state never gets lost.
"""

from collections.abc import Iterable, Iterator

from controllers.logic.compiled import ALL_RED, CompiledJunction, CompiledPlan
from controllers.logic.config import ConfigurationError
from controllers.logic.display import SignalDisplay
from controllers.logic.following import STAY
from controllers.logic.lookahead import NO_LIMIT_S, LookAhead, Past, Prospect, Tour, Way
from controllers.refusals import Refusal, RefusalCode


class RedLimit:
    """Keeps a way out at hand: a round through the running plan's or a local plan's stages, or the most urgent first.

    `plans` are the local plans.
    """

    def __init__(self, compiled: CompiledJunction, display: SignalDisplay, plans: Iterable[CompiledPlan]) -> None:
        plans = list(plans)
        self._compiled = compiled
        self._display = display
        self._ahead = LookAhead(compiled)
        self._limits = tuple(
            (group, limit_s) for group, limit_s in enumerate(self._ahead.limits) if limit_s < NO_LIMIT_S
        )
        # going once round a tour never takes longer, whatever was shown before
        self._round_s = (min(len(plan.stages) for plan in plans) + 1) * self._ahead.step_s
        self._is_roomy = min((limit_s for _, limit_s in self._limits), default=NO_LIMIT_S) > self._round_s
        self._local_quick = list(dict.fromkeys(Tour.quick(plan) for plan in plans))
        self._local_paced = list(dict.fromkeys(Tour.paced(plan) for plan in plans))
        self._quick, self._paced = self._local_quick, self._local_paced
        self._kept: Way | None = None
        self._seen = (-1, ALL_RED)
        self._latest: tuple[int, int] | None = None
        self._first_deadline = 0

    def follow(self, plan: CompiledPlan) -> None:
        """Another plan runs: its order of stages is a way out as well."""
        self._quick = list(dict.fromkeys([Tour.quick(plan), *self._local_quick]))
        self._paced = list(dict.fromkeys([Tour.paced(plan), *self._local_paced]))

    def choose(self, wish: int, now: int) -> int:
        """The stage to go to now: the one that is wished for (STAY for none) as long as everybody can be served."""
        display = self._display
        change = None if wish in (STAY, display.stage) else self._compiled.transitions[display.stage][wish]
        if change is None or display.blocked(change, now) is not None:
            return self._must_serve(now)
        return wish if self.forbids(display.stage, wish, now) is None else self._must_serve(now)

    def forbids(self, origin: int, target: int, now: int) -> Refusal | None:
        """Why a stage must not be gone to now: a group would pass its maximum red because of it, or already will."""
        change = self._compiled.transitions[origin][target]
        if change is None:
            return None
        past = self._past()
        late_s, worst = 0, 0
        for group, at_s in change.begins:
            over_s = now + at_s - past.ended[group] - self._ahead.limits[group]
            if over_s > late_s:
                late_s, worst = over_s, group
        if late_s:
            return Refusal(RefusalCode.MAX_RED, worst + 1)
        past.carry_on(change, now)
        leave_s = now + max(1, change.duration_s)
        if self._is_far(self._deadline(past), leave_s):
            return None
        best, way = self._best(past, target, leave_s, first_will_do=True)
        if best is None or best.late_s:
            return Refusal(RefusalCode.MAX_RED, 0 if best is None else best.group + 1)
        self._kept = way
        return None

    def check_start(self, begin_s: int) -> None:
        """Minimum greens and transitions must leave every mandatory group time to be served, from all red on.

        Raises:
            ConfigurationError: A group's first green comes too late on any way.
        """
        best, _ = self._best(self._past(), ALL_RED, begin_s)
        if best is not None and best.late_s:
            compiled = self._compiled
            raise ConfigurationError(
                f"{compiled.junction.id}/groups/{compiled.groups[best.group]}/max_red_s: expected time for the minimum "
                "greens and transitions that come before it after a start, got "
                f"{compiled.table.max_red_s[best.group]} s"
            )

    def _must_serve(self, now: int) -> int:
        """The stage that must be gone to now, since one more second would be too late; else STAY."""
        display = self._display
        # a stage may follow another one with the same greens: no aspect changes, but the ways out of it do
        if self._seen != (display.version, display.stage):
            self._seen = (display.version, display.stage)
            self._latest = None
            self._first_deadline = self._deadline(self._past())
        if self._is_far(self._first_deadline, now):
            return STAY
        if self._latest is None:
            self._latest = self._last_call(now)
        latest_s, target = self._latest
        return STAY if now < latest_s else target

    def _last_call(self, now: int) -> tuple[int, int]:
        """(second, stage): when the stage that shows must be left at the latest, and where to."""
        past, stage = self._past(), self._display.stage
        best, way = self._best(past, stage, now)
        if best is None or way is None:
            return now + 1, STAY
        self._kept = way
        if best.late_s:
            return now, best.target
        # waiting may also shift what comes after the first green, so the promise is tried before it is trusted
        last = self._ahead.play(past, stage, best.latest_s, way.steps())
        if last is None or last.late_s:
            return best.begin_s, best.target
        return best.latest_s, best.target

    def _best(
        self, past: Past, stage: int, leave_s: int, *, first_will_do: bool = False
    ) -> tuple[Prospect | None, Way | None]:
        """The way out that makes nobody late and can wait longest; with none, the one that is least late.

        With `first_will_do` any that makes nobody late.
        """
        best: Prospect | None = None
        best_way: Way | None = None
        for ways in (self._quick_ways(past, stage), self._paced_ways()):
            for way in ways:
                found = self._ahead.play(past, stage, leave_s, way.steps())
                if found is not None and (
                    best is None or (found.late_s, -found.latest_s) < (best.late_s, -best.latest_s)
                ):
                    best, best_way = found, way
                    if first_will_do and not found.late_s:
                        return best, best_way
            if best is not None and not best.late_s and best.latest_s > leave_s:
                break
        return best, best_way

    def _quick_ways(self, past: Past, stage: int) -> Iterator[Way]:
        urgent = self._ahead.earliest_deadlines(past, stage)
        for tour in self._quick:
            yield from Way.by_way_of((), tour)
            if urgent:
                yield from Way.by_way_of(urgent, tour)
        if self._kept is not None:
            yield from Way.by_way_of(self._kept.rest_from(stage), self._kept.tour)

    def _paced_ways(self) -> Iterator[Way]:
        for tour in self._paced:
            yield from Way.by_way_of((), tour)

    def _past(self) -> Past:
        display = self._display
        return Past(display.green_since, display.green_end, display.green_mask)

    def _deadline(self, past: Past) -> int:
        return min(
            (past.ended[group] + limit_s for group, limit_s in self._limits if not past.mask >> group & 1),
            default=NO_LIMIT_S,
        )

    def _is_far(self, deadline_s: int, leave_s: int) -> bool:
        """Nobody is anywhere near a limit: one round serves all, wherever it begins."""
        return self._is_roomy and deadline_s - leave_s > self._round_s
