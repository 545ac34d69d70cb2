"""People at crossings: requests open and close with the signal, waits are counted, doubt serves them."""

import pytest

from detectors.crossings import CrossingMemory
from detectors.picture import CrossingPicture, Health
from detectors.readings import ButtonReading
from plans.junction import Aspect


def button(pressed: bool, waiting: int | None = None) -> ButtonReading:
    """What the button says."""
    return ButtonReading("J", "B", 0.0, 0, pressed, waiting)


def at(
    memory: CrossingMemory,
    second: float,
    said: ButtonReading | None,
    aspect: Aspect = Aspect.RED,
    health: Health = Health.OK,
) -> CrossingPicture:
    """The crossing at a second."""
    return memory.update(second, 1.0, said, aspect, health)


def test_a_press_is_remembered_until_green() -> None:
    """One press is enough, the wait is counted from it, and green fulfils it."""
    memory = CrossingMemory("F1")
    assert not at(memory, 0.0, button(pressed=False)).requested
    assert at(memory, 1.0, button(pressed=True)).requested
    later = at(memory, 31.0, None)
    assert later.requested
    assert later.longest_wait_s == 30.0
    assert later.waiting >= 1.0
    green = at(memory, 32.0, button(pressed=True), Aspect.GREEN)
    assert (green.requested, green.waiting, green.longest_wait_s) == (False, 0.0, 0.0)
    at(memory, 35.0, None, Aspect.GREEN)
    assert not at(memory, 36.0, button(pressed=False)).requested


def test_who_presses_in_the_last_moments_of_green_has_pressed() -> None:
    """Two seconds before the end somebody stands at the kerb, too late to step off: their wait counts from there."""
    memory = CrossingMemory("F1")
    at(memory, 10.0, button(pressed=True), Aspect.GREEN)
    at(memory, 11.0, button(pressed=False), Aspect.GREEN)
    red = at(memory, 12.0, button(pressed=False))
    assert (red.requested, red.longest_wait_s) == (True, 2.0)


@pytest.mark.parametrize(("again_s", "waited_s"), [(17.0, 10.0), (21.0, 0.0)])
def test_who_presses_again_after_green_has_waited_since_the_first_press(again_s: float, waited_s: float) -> None:
    """Pressed in green and again 10 s later: the same person, still there. Much later it is somebody who just came."""
    memory = CrossingMemory("F1")
    at(memory, 7.0, button(pressed=True), Aspect.GREEN)
    for second in range(8, 12):
        at(memory, float(second), button(pressed=False), Aspect.GREEN)
    assert not at(memory, 12.0, button(pressed=False)).requested
    again = at(memory, again_s, button(pressed=True))
    assert (again.requested, again.longest_wait_s) == (True, waited_s)
    at(memory, 40.0, None, Aspect.GREEN)
    at(memory, 41.0, None)
    assert at(memory, 42.0, button(pressed=True)).longest_wait_s == 0.0


def test_presence_counts_people_and_forgets_who_walked_away() -> None:
    """A detector at the kerb is believed in both: how many wait, and that nobody does any more."""
    memory = CrossingMemory("F1")
    assert at(memory, 0.0, button(pressed=True, waiting=4)).waiting == 4.0
    assert at(memory, 10.0, button(pressed=False, waiting=6)).waiting == 6.0
    assert at(memory, 10.0, button(pressed=False, waiting=6)).longest_wait_s == 10.0
    assert not at(memory, 11.0, button(pressed=False, waiting=0)).requested


@pytest.mark.parametrize("health", [Health.SILENT, Health.STUCK_ON, Health.STUCK_OFF, Health.IMPOSSIBLE])
def test_without_a_usable_button_people_are_served_all_the_same(health: Health) -> None:
    """Nobody waits for ever behind a broken button; the picture says how little it knows."""
    memory = CrossingMemory("F1")
    at(memory, 0.0, None, Aspect.GREEN)
    at(memory, 1.0, None, Aspect.RED, health)
    crossing = at(memory, 41.0, None, Aspect.RED, health)
    assert crossing.requested
    assert crossing.longest_wait_s == 40.0
    assert crossing.confidence_ratio < 0.5


def test_a_busy_crossing_is_told_from_a_quiet_one() -> None:
    """How soon the first press comes after green ends says how many come during the rest of red."""

    def waiting_after_30_s(first_press_s: float) -> float:
        memory = CrossingMemory("F1")
        now_s = 0.0
        crossing = None
        for _ in range(100):
            at(memory, now_s, None, Aspect.GREEN)
            for second in range(1, int(first_press_s) + 31):
                crossing = at(memory, now_s + second, button(pressed=second == first_press_s))
            now_s += 100.0
        assert crossing is not None
        return crossing.waiting

    busy, quiet = waiting_after_30_s(2.0), waiting_after_30_s(50.0)
    assert busy > 10.0  # one every two seconds
    assert quiet < 2.5
