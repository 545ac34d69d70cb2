"""Which changes to keep: a change is chosen by some seeds, and has to prove itself on others before it is taken.

Whoever picks the best of many changes by a few noisy runs picks chance. So the seeds that choose (`choosing`) are not
those that decide (`deciding`), all runs of a comparison share their seeds, and how good the outcome is is measured on
further seeds that took no part at all.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plans.timing import TimingPlan
from signalctl.tuning.moves import Move, Moves, Plans

Floats = NDArray[np.float64]
Job = tuple[Plans, int]
Measure = Callable[[Sequence[Job]], Sequence[float]]
"""Cost of each of these (plans, seed)."""


@dataclass(frozen=True)
class SearchNumbers:
    """How far the search goes."""

    choosing: tuple[int, ...] = (1, 2)
    deciding: tuple[int, ...] = (3, 4, 5, 6)
    steps_s: tuple[int, ...] = (8, 4, 2)
    cycle_changes_s: tuple[int, ...] = (-20, -10, 10, 20)
    candidates: int = 3  # that come to the decision
    rounds: int = 2  # over all places with one step, while a round finds something
    least_errors: float = 1.0  # a change must save so many standard errors of what it is said to save


@dataclass(frozen=True)
class Taken:
    """A change that was taken, and what a person costs before and after it on the seeds that decided (s)."""

    words: str
    before_s: float
    after_s: float


@dataclass
class Found:
    """Where the search stands."""

    plans: dict[str, TimingPlan]
    costs: dict[int, float]
    taken: list[Taken] = field(default_factory=list)
    runs: int = 0


Steps = Generator[float, None, Found]


def search(start: Plans, moves: Moves, measure: Measure, numbers: SearchNumbers, further: Sequence[Move] = ()) -> Steps:
    """Look for better plans, the `further` ones first; yields the part of the work that is done at most."""
    found = Found(dict(start), {})
    seeds = (*numbers.choosing, *numbers.deciding)
    found.costs = dict(zip(seeds, measure([(start, seed) for seed in seeds]), strict=True))
    found.runs = len(seeds)
    places = moves.places()
    rounds = len(numbers.steps_s) * numbers.rounds
    yield 0.0
    _consider(further, found, measure, numbers)
    for _ in range(numbers.rounds):
        if not _consider(moves.cycles(found.plans, numbers.cycle_changes_s), found, measure, numbers):
            break
    for level, step_s in enumerate(numbers.steps_s):
        for repeat in range(numbers.rounds):
            taken = False
            for number, place in enumerate(places):
                yield (level * numbers.rounds + repeat + number / len(places)) / rounds
                taken |= _consider(moves.at(place, found.plans, step_s), found, measure, numbers)
            if not taken:
                break
    return found


def _consider(rivals: Sequence[Move], found: Found, measure: Measure, numbers: SearchNumbers) -> bool:
    """Take the best of these changes, if it proves itself; whether it did."""
    if not rivals:
        return False
    chosen_by = _measured(rivals, numbers.choosing, found, measure)
    savings = _saved(chosen_by, numbers.choosing, found)
    order = sorted(range(len(rivals)), key=lambda one: -float(savings[one].mean()))
    kept = [one for one in order[: numbers.candidates] if savings[one].mean() > 0.0]
    decided_by = _measured([rivals[one] for one in kept], numbers.deciding, found, measure)
    savings = _saved(decided_by, numbers.deciding, found)
    best = max(range(len(kept)), key=lambda one: float(savings[one].mean()), default=None)
    if best is None or not proved(savings[best], numbers.least_errors):
        return False
    before_s = _mean_cost(found, numbers.deciding)
    found.plans |= rivals[kept[best]].plans
    found.costs |= dict(zip(numbers.choosing, chosen_by[kept[best]].tolist(), strict=True))
    found.costs |= dict(zip(numbers.deciding, decided_by[best].tolist(), strict=True))
    found.taken.append(Taken(rivals[kept[best]].words, before_s, _mean_cost(found, numbers.deciding)))
    return True


def _measured(rivals: Sequence[Move], seeds: Sequence[int], found: Found, measure: Measure) -> Floats:
    """Costs of the plans with each change: a row per change, a column per seed."""
    jobs = [({**found.plans, **rival.plans}, seed) for rival in rivals for seed in seeds]
    found.runs += len(jobs)
    return np.array(measure(jobs)).reshape(len(rivals), len(seeds))


def _saved(costs: Floats, seeds: Sequence[int], found: Found) -> Floats:
    """What the changes save, seed by seed."""
    saved: Floats = np.array([found.costs[seed] for seed in seeds]) - costs
    return saved


def _mean_cost(found: Found, seeds: Sequence[int]) -> float:
    return float(np.mean([found.costs[seed] for seed in seeds]))


def proved(savings: Floats, least_errors: float) -> bool:
    """Whether a change saves clearly more than nothing on the seeds that decide; `savings` has one value per seed."""
    error = float(savings.std(ddof=1)) / len(savings) ** 0.5 if len(savings) > 1 else 0.0
    return float(savings.mean()) > max(0.0, least_errors * error)
