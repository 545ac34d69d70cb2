"""Which changes the search keeps."""

import random
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plans.schema import load_site
from signalctl.scenarios import SHIPPED
from signalctl.tuning.moves import Move, Moves, Plans
from signalctl.tuning.search import Found, Job, SearchNumbers, proved, search

SITE = load_site(SHIPPED / "rheinstrasse" / "site.yaml")
MOVES = Moves(SITE, "am")
START = {name: SITE.plans[name]["am"] for name in MOVES.junctions}
NUMBERS = SearchNumbers(cycle_changes_s=())
PLACE = "j07_grosse_bleiche"
AIM_S = 31


def _run(cost: Callable[[Plans, int], float], further: Sequence[Move] = ()) -> Found:
    def measure(jobs: Sequence[Job]) -> list[float]:
        return [cost(plans, seed) for plans, seed in jobs]

    steps = search(START, MOVES, measure, NUMBERS, further)
    while True:
        try:
            part = next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found
        assert 0.0 <= part < 1.0


def _off_s(plans: Plans) -> int:
    """How far an offset is from the aim, around the cycle."""
    plan = plans[PLACE]
    off_s = (plan.offset_s - START[PLACE].offset_s - AIM_S) % plan.cycle_s
    return min(off_s, plan.cycle_s - off_s)


def test_it_finds_the_offset_that_costs_least() -> None:
    """Through noise that all plans share, and that no comparison sees."""
    found = _run(lambda plans, seed: 50.0 + 10.0 * seed + 0.2 * _off_s(plans))
    assert _off_s(found.plans) <= 2
    assert found.taken[0].after_s < found.taken[0].before_s
    assert found.costs[1] < 60.0 + 0.2 * AIM_S


def test_what_saves_by_chance_only_is_seldom_taken() -> None:
    """Costs that have nothing to do with plans: the best of many by two seeds must still save on four others."""

    def noise(plans: Plans, seed: int) -> float:
        return 100.0 + random.Random(f"{sorted((n, p.offset_s, p.stages) for n, p in plans.items())} {seed}").gauss(
            0.0, 3.0
        )

    found = _run(noise)
    considered = len(MOVES.places()) * len(NUMBERS.steps_s) * NUMBERS.rounds
    assert len(found.taken) < 0.25 * considered
    assert found.runs > 500


def test_what_only_the_choosing_seeds_like_is_not_taken() -> None:
    """Whoever is chosen has to prove itself on the others."""
    found = _run(lambda plans, seed: 50.0 + (0.2 * _off_s(plans) if seed in NUMBERS.choosing else 0.0))
    assert found.taken == []
    assert found.plans == START


def test_further_plans_are_tried_first() -> None:
    """Plans from elsewhere are taken as any other change, or left."""
    near = {PLACE: MOVES.at(PLACE, START, 15)[3].plans[PLACE]}
    found = _run(lambda plans, _seed: 50.0 + 0.2 * _off_s(plans), [Move("from elsewhere", near)])
    assert found.taken[0].words == "from elsewhere"


@given(st.lists(st.floats(-100.0, 100.0), min_size=2, max_size=8))
def test_nothing_is_proved_by_what_costs_more(savings: list[float]) -> None:
    """A mean saving of nothing or less is never proof; one that is the same with every seed always is."""
    if np.mean(savings) <= 0.0:
        assert not proved(np.array(savings), 1.0)
    assert proved(np.full(len(savings), 0.5), 1.0)
