"""A plan set of a site refined by simulation, and how good it is with traffic that took no part in the search."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from plans.coordination import finish
from plans.junction import Mode
from plans.optimise import optimise_site
from signalctl.tuning.moves import Move, Moves, Plans
from signalctl.tuning.runs import Runs
from signalctl.tuning.search import SearchNumbers, Taken, search
from signalctl.tuning.trial import Ground, Place, Score
from sim.replications import paired_difference

FORMULAS = "plans by formulas for the traffic that is simulated"


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
        first = {**further, **({} if only else {FORMULAS: by_formulas(place, plan_set, before, numbers.choosing[0])})}
        rivals = [Move(words, plans) for words, plans in first.items()]
        steps = search(before, moves, runs.costs, numbers, rivals)
        found = finish(steps, on_progress)
        scores = runs.scores([(plans, seed) for plans in (before, found.plans) for seed in checking])
    check = Check(checking, tuple(scores[: len(checking)]), tuple(scores[len(checking) :]))
    return Refined(plan_set, found.plans, tuple(found.taken), found.runs + len(scores), check)


def by_formulas(place: Place, plan_set: str, before: Plans, seed: int) -> Plans:
    """The plans that formulas find for the traffic that is simulated: what they promise is then tried as well."""
    counts = Ground(place).counts(before, seed, plan_set)
    (outcome,) = optimise_site(place.site, counts, (plan_set,))
    return {**before, **outcome.plans}


def mean_of(scores: tuple[Score, ...], mode: Mode | None, what: str) -> float | None:
    """Mean over seeds of `delay_s` or `stops` of a mode, or of a score's own figure where no mode is named."""
    if mode is None:
        return float(sum(getattr(score, what) for score in scores)) / len(scores)
    fares = [score.by_mode[mode] for score in scores if mode in score.by_mode]
    return float(sum(getattr(fare, what) for fare in fares)) / len(fares) if fares else None
