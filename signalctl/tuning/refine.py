"""A plan set of a site refined by simulation, and how good it is with traffic that took no part in the search."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from plans.junction import Mode
from signalctl.tuning.moves import Move, Moves, Plans
from signalctl.tuning.runs import Runs
from signalctl.tuning.search import Found, SearchNumbers, Steps, Taken, search
from signalctl.tuning.trial import Place, Score
from sim.replications import paired_difference


@dataclass(frozen=True)
class Check:
    """Both plan sets with the same further seeds, one score each."""

    seeds: tuple[int, ...]
    before: tuple[Score, ...]
    after: tuple[Score, ...]

    @property
    def change_s(self) -> tuple[float, tuple[float, float] | None]:
        """What the new plans add to the cost of a person (s; less than 0: they save), and the 95 % interval of it."""
        found = paired_difference([one.cost_s for one in self.after], [one.cost_s for one in self.before])
        return found["mean"], found["ci95"]

    @property
    def better(self) -> bool:
        """Whether the new plans are worth taking: those seeds, too, say that they save."""
        return self.change_s[0] < 0.0


@dataclass(frozen=True)
class Refined:
    """The plans that the search ended with (those from before where it found nothing), and how it went."""

    plan_set: str
    plans: Plans
    taken: tuple[Taken, ...]
    runs: int
    check: Check


def refine(
    place: Place,
    plan_set: str,
    *,
    numbers: SearchNumbers,
    checking: tuple[int, ...],
    further: Mapping[str, Plans],
    only: Collection[str] = (),
    jobs: int | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Refined:
    """Refine the plans of one set.

    Args:
        place: Where plans are tried.
        plan_set: Which plans to begin with.
        numbers: How far the search goes, and its seeds.
        checking: Seeds that tell how good the outcome is; none of them may be among those of the search.
        further: Other plans to look at first, by a word for where they come from.
        only: Junctions whose plans may change; all by default.
        jobs: Processes at most; one per core by default.
        on_progress: Called with the part that is done, 0 to 1.

    Raises:
        UsageError: The site's junctions are not those of the scenario's network.
    """
    moves = Moves(place.site, plan_set, only)
    before = {name: place.site.plans[name][plan_set] for name in moves.junctions}
    with Runs(place, jobs) as runs:
        rivals = [Move(words, plans) for words, plans in further.items()]
        steps = search(before, moves, runs.costs, numbers, rivals)
        found = _finish(steps, on_progress)
        scores = runs.scores([(plans, seed) for plans in (before, found.plans) for seed in checking])
    check = Check(checking, tuple(scores[: len(checking)]), tuple(scores[len(checking) :]))
    return Refined(plan_set, found.plans, tuple(found.taken), found.runs + len(scores), check)


def mean_of(scores: tuple[Score, ...], mode: Mode | None, what: str) -> float | None:
    """Mean over seeds of `delay_s` or `stops` of a mode, or of a score's own figure where no mode is named."""
    if mode is None:
        return float(sum(getattr(score, what) for score in scores)) / len(scores)
    fares = [score.by_mode[mode] for score in scores if mode in score.by_mode]
    return float(sum(getattr(fare, what) for fare in fares)) / len(fares) if fares else None


def _finish(steps: Steps, on_progress: Callable[[float], None] | None) -> Found:
    while True:
        try:
            part = next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found
        if on_progress is not None:
            on_progress(part)
