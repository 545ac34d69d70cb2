"""Numbers of plans go round: there is always a next one, and an old one is never taken for new."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controllers.driver import ControllerMode, PushResult
from controllers.inprocess import InProcessDriver
from controllers.refusals import RefusalCode
from controllers.sequence import HALF, NO_PLAN, SPAN, following, is_newer, next_sequence
from tests.controllers.drivers import safe_plan
from tests.controllers.in_force import central
from tests.controllers.samples import VERIFY, make_controller, make_plan, run

HIGHEST = SPAN - 1
NUMBERS = st.one_of(
    st.integers(0, HIGHEST), st.integers(0, 5), st.integers(HIGHEST - 5, HIGHEST), st.integers(HALF - 5, HALF + 5)
)


@given(NUMBERS, NUMBERS)
@example(HALF, HIGHEST)
def test_of_two_plans_at_most_one_is_newer(one: int, other: int) -> None:
    """What followed a plan cannot be followed by it: nothing is played back."""
    assert not (is_newer(one, other) and is_newer(other, one))
    assert not is_newer(one, one)
    assert not is_newer(NO_PLAN, other)


@given(NUMBERS, st.integers(1, HALF - 2))
def test_what_was_activated_within_half_of_the_way_round_is_old(first: int, later: int) -> None:
    """Of all numbers that were given out since, none lets the first one be activated again."""
    last = first or 1
    now = (last + later - 1) % HIGHEST + 1  # `later` numbers on, without 0
    assert is_newer(now, last)
    assert not is_newer(last, now)


@given(NUMBERS, NUMBERS, NUMBERS)
@example(HIGHEST, HIGHEST, HIGHEST)
@example(5, HIGHEST, 6)
@example(7, 7 + HALF - 1, 7 + HALF - 2)
def test_there_is_always_a_next_number(last: int, staged: int, own: int) -> None:
    """Whatever a controller reports, the number fits its register, may be activated, and was not used before."""
    number = next_sequence(last, staged, own)
    assert 1 <= number <= HIGHEST
    assert is_newer(number, last)
    assert number not in (staged, own)


@given(st.integers(0, HIGHEST))
def test_numbers_follow_one_another(last: int) -> None:
    """In the usual case the next number is one more; after the highest comes 1."""
    expected = last + 1 if last < HIGHEST else 1
    assert next_sequence(last, last, last) == following(last) == expected
    assert next_sequence(last, expected, NO_PLAN) == following(expected)


@pytest.mark.parametrize("last", [HIGHEST - 1, HIGHEST])
async def test_a_controller_at_the_highest_number_gets_plans(last: int) -> None:
    """One after the other, past the end of the register."""
    controller = make_controller()
    controller.plan_life.last_sequence = last
    driver = InProcessDriver(controller)
    await driver.connect()
    sequences = []
    for green_s in (20, 25, 30):
        for _ in range(150):
            await driver.heartbeat(float(controller.utc_s))
            run(controller, 1)
        plan = safe_plan(controller, green_s=green_s)
        report = await driver.push_plan(plan, activate_at_utc_s=controller.utc_s, expires_utc_s=controller.utc_s + 3600)
        assert report.result in (PushResult.PENDING, PushResult.CONFIRMED), report
        sequences.append(report.sequence)
    assert sequences == ([HIGHEST, 1, 2] if last < HIGHEST else [1, 2, 3])
    for _ in range(150):
        await driver.heartbeat(float(controller.utc_s))
        run(controller, 1)
    assert controller.mode is ControllerMode.CENTRAL_PLAN
    assert controller.plan_life.last_sequence == sequences[-1]


async def test_nonsense_in_the_staging_block_does_not_use_up_the_numbers() -> None:
    """A page with the highest number that a controller could still take, and one with a number it could not."""
    controller = make_controller()
    master = central(controller)
    for sequence in (HIGHEST, HALF, HALF + 1):
        master.stage(
            master.wire(make_plan(controller.config.junction, [("A", 20), ("C", 12), ("B", 15)]), sequence=sequence)
        )
        assert controller.plan_life.staged_sequence == sequence
        driver = InProcessDriver(controller)
        await driver.connect()
        await driver.heartbeat(float(controller.utc_s))
        run(controller, 100)
        await driver.heartbeat(float(controller.utc_s))
        plan = safe_plan(controller, green_s=20 + sequence % 7)
        report = await driver.push_plan(plan, activate_at_utc_s=controller.utc_s, expires_utc_s=controller.utc_s + 3600)
        assert report.result in (PushResult.PENDING, PushResult.CONFIRMED), report


def test_the_number_before_the_turn_cannot_be_played_back() -> None:
    """After 1 has followed the highest, the highest is an old plan's."""
    controller = make_controller()
    controller.plan_life.last_sequence = HIGHEST
    master = central(controller)
    assert controller.plan_life.last_sequence == 1
    old = master.wire(make_plan(controller.config.junction, [("A", 22), ("C", 12), ("B", 15)]), sequence=HIGHEST)
    assert master.stage(old) is None
    refusal = master.command(VERIFY, old)
    assert refusal is not None
    assert refusal.code is RefusalCode.SEQUENCE_NOT_NEWER
