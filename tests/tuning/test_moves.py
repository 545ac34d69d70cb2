"""Changes of plans that the search may try."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules import check_plan, errors
from plans.rules_step import check_step
from plans.schema import load_site
from signalctl.scenarios import SHIPPED
from signalctl.tuning.moves import Move, Moves

SITE = load_site(SHIPPED / "rheinstrasse" / "site.yaml")
SETS = SITE.calendar.plan_sets


@settings(max_examples=25, deadline=None)
@given(plan_set=st.sampled_from(SETS), steps=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 9)), max_size=6))
def test_every_change_keeps_rules_and_steps(plan_set: str, steps: list[tuple[int, int]]) -> None:
    """However many changes follow each other: no plan breaks a rule or lies too far from the calendar's other sets."""
    moves = Moves(SITE, plan_set)
    plans = {name: SITE.plans[name][plan_set] for name in moves.junctions}
    places = moves.places()
    for number, step_s in steps:
        rivals = [*moves.at(places[number % len(places)], plans, step_s), *moves.cycles(plans, (-step_s, step_s))]
        for move in rivals:
            _hold(move, plan_set)
        plans |= rivals[number % len(rivals)].plans
    assert len({plan.cycle_s for plan in plans.values()}) == len({p[plan_set].cycle_s for p in SITE.plans.values()})


def _hold(move: Move, plan_set: str) -> None:
    for name, plan in move.plans.items():
        assert not errors(check_plan(SITE.junctions[name], plan)), move.words
        for other in SETS:
            if other != plan_set:
                limits = (SITE.control.max_cycle_step_s, SITE.control.max_green_step_s)
                assert not check_step(SITE.plans[name][other], plan, *limits), move.words


def test_green_moves_from_one_stage_to_another() -> None:
    """So many seconds, the cycle kept, and nothing else changed."""
    moves = Moves(SITE, "am")
    plans = {name: SITE.plans[name]["am"] for name in moves.junctions}
    found = [move for move in moves.at("j07_grosse_bleiche", plans, 2) if "green" in move.words]
    before = plans["j07_grosse_bleiche"]
    assert found
    for move in found:
        after = move.plans["j07_grosse_bleiche"]
        changes = sorted(b.green_s - a.green_s for a, b in zip(before.stages, after.stages, strict=True))
        assert (changes[0], changes[-1], sum(changes)) == (-2, 2, 0)
        assert (after.cycle_s, after.offset_s) == (before.cycle_s, before.offset_s)


def test_beyond_a_road_everybody_moves_alike() -> None:
    """The smaller part of the corridor beyond a road is shifted as a whole; the other part stays."""
    moves = Moves(SITE, "am")
    plans = {name: SITE.plans[name]["am"] for name in moves.junctions}
    roads = [place for place in moves.places() if place not in plans]
    assert len(roads) >= 5
    for place in roads:
        for move in moves.at(place, plans, 4):
            assert 1 < len(move.plans) <= len(plans) / 2 + 1
            by = {(plan.offset_s - plans[name].offset_s) % plan.cycle_s for name, plan in move.plans.items()}
            assert by in ({4}, {plans[next(iter(move.plans))].cycle_s - 4})


def test_another_cycle_is_common_to_all_who_feed_each_other() -> None:
    """Greens grow in proportion, to a second or where a minimum stands against it."""
    moves = Moves(SITE, "am")
    plans = {name: SITE.plans[name]["am"] for name in moves.junctions}
    longest_s = max(plan.cycle_s for plan in plans.values())
    found = moves.cycles(plans, (10,))
    assert [len(move.plans) for move in found] == [len(plans)] * 2
    for move in found:
        for name, plan in move.plans.items():
            assert plan.cycle_s * longest_s == plans[name].cycle_s * (longest_s + 10)
            assert all(
                after.green_s >= before.green_s - 1
                for before, after in zip(plans[name].stages, plan.stages, strict=True)
            )


def test_a_cycle_that_no_junction_can_run_is_no_change() -> None:
    """Below the shortest cycle there is nothing to try."""
    moves = Moves(SITE, "am")
    plans = {name: SITE.plans[name]["am"] for name in moves.junctions}
    assert moves.cycles(plans, (-85,)) == []
    assert [a for a, b in pairwise(sorted(moves.places())) if a == b] == []


def test_words_say_what_was_done() -> None:
    """Who reads the list can do it by hand."""
    moves = Moves(SITE, "am")
    plans = {name: SITE.plans[name]["am"] for name in moves.junctions}
    words = [move.words for move in moves.at("j01_holzhofstrasse", plans, 4)]
    assert "j01_holzhofstrasse: 4 s later" in words
    assert any(word.startswith("j01_holzhofstrasse: 4 s of green from ") for word in words)


@pytest.mark.parametrize("plan_set", SETS)
def test_each_set_of_the_calendar_can_be_refined(plan_set: str) -> None:
    """There is something to try at each junction under each set."""
    moves = Moves(SITE, plan_set)
    plans = {name: SITE.plans[name][plan_set] for name in moves.junctions}
    assert all(len(moves.at(name, plans, 2)) >= 5 for name in plans)
