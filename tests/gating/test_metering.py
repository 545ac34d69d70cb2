"""One gate over time: its share is kept, its greens are long enough, its reds are bounded."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from plans.gating import PerimeterGate
from plans.junction import Aspect, GroupKind, Junction, SignalGroup, Stage
from signalctl.gating.metering import GateMeter, Order

LEAST_S, CYCLE_S = 6, 80
GATE = PerimeterGate("west", "J", ("in",), red_s=90)
JUNCTION = Junction(
    id="J",
    name="",
    groups={
        "in": SignalGroup("in", GroupKind.VEHICLE, LEAST_S),
        "across": SignalGroup("across", GroupKind.VEHICLE, 5),
    },
    intergreens={("in", "across"): 5, ("across", "in"): 5},
    stages={"A": Stage("A", frozenset({"in"})), "B": Stage("B", frozenset({"across"}))},
    lanes={},
    movements=(),
)


def follow(order: Order, seconds: int, seed: int, gate: PerimeterGate = GATE) -> list[bool]:
    """Seconds of green of a signal that wants green always, and obeys with some delay."""
    meter, rng = GateMeter(JUNCTION, gate), random.Random(seed)
    green, shown_s, obey_s, greens = False, 0, 0, []
    for second in range(seconds):
        meter.see(second, {"in": Aspect.GREEN if green else Aspect.RED})
        wants = not meter.refuses(order)
        if wants != green and (not green or shown_s >= LEAST_S):
            obey_s += 1
            if obey_s > rng.randint(0, 3):
                green, shown_s, obey_s = wants, 0, 0
        shown_s += 1
        greens.append(green)
    return greens


def runs(greens: list[bool], kind: bool) -> list[int]:
    """Lengths of the complete runs of one kind."""
    found, length = [], 0
    for one in greens:
        if one is kind:
            length += 1
        elif length:
            found.append(length)
            length = 0
    return found[1:]


@settings(max_examples=25)
@given(st.floats(0.1, 0.95), st.integers(0, 50))
def test_the_share_of_green_is_kept(ratio: float, seed: int) -> None:
    """A signal that takes all it may is green for its share of the time, give or take rounding and delay."""
    gate = replace(GATE, red_s=600)
    greens = follow(Order(ratio, CYCLE_S), 40 * CYCLE_S, seed, gate)
    share = sum(greens) / len(greens)
    assert share <= ratio + 0.05
    assert share >= ratio - 0.1


@settings(max_examples=25)
@given(st.floats(0.0, 1.0), st.integers(0, 50))
def test_reds_are_bounded_and_greens_long_enough(ratio: float, seed: int) -> None:
    """Even nothing permitted means a minimum green after the gate's longest red."""
    greens = follow(Order(ratio, CYCLE_S), 30 * CYCLE_S, seed)
    assert any(greens)
    assert all(length >= LEAST_S for length in runs(greens, True))
    assert all(length <= GATE.red_s + 5 for length in runs(greens, False))
    assert all(length <= max(LEAST_S, round(ratio * CYCLE_S)) + 5 for length in runs(greens, True)) or ratio > 0.95


def test_unused_green_is_not_kept() -> None:
    """After a long time without a green the next one is as long as any other."""
    order, meter = Order(0.25, CYCLE_S), GateMeter(JUNCTION, GATE)
    for second in range(500):
        meter.see(second, {"in": Aspect.RED})
    assert not meter.refuses(order)
    for second in range(500, 521):
        meter.see(second, {"in": Aspect.GREEN})
    assert meter.longest_green_s(order) == 20
    assert "used up" in meter.refuses(order)


def test_a_green_that_was_taken_too_long_is_paid_back_once() -> None:
    """A bus that held the green for 40 s at a share of a quarter costs a red of at most the gate's longest."""
    order, meter = Order(0.25, CYCLE_S), GateMeter(JUNCTION, GATE)
    for second in range(100):
        meter.see(second, {"in": Aspect.GREEN if 10 <= second < 50 else Aspect.RED})
    assert meter.red_s(order) == GATE.red_s
    assert "due in 41 s" in meter.refuses(order)
    assert not meter.refuses(order, lead_s=40)
