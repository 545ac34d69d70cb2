"""Health comes before use: each fault is found, none is forgotten too soon, and honest traffic is left alone."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.health import LIMITS, DetectorWatch
from detectors.picture import Health
from detectors.readings import ButtonReading, LoopReading
from plans.junction import Detector, Mode
from tests.detectors.health_samples import BUTTON, LOOP, T0, Watched, loop


def traffic(seconds: int, seed: int = 1) -> Iterator[tuple[LoopReading, bool]]:
    """Honest signal-controlled traffic over a stop-line loop: covered at red once somebody came, counting at green."""
    random = np.random.default_rng(seed)
    standing = False
    for second in range(seconds):
        green = second % 80 < 30
        if green:
            count = int(random.random() < 0.4)
            yield loop(second, count, 0.6 * count), True
            standing = False
        else:
            standing = standing or random.random() < 0.1
            yield loop(second, 0, float(standing)), False


def test_a_detector_is_unknown_until_its_first_word_and_then_believed() -> None:
    """Nothing is assumed of a detector that has not spoken; its first good reading can be used."""
    watched = Watched(LOOP)
    assert not watched.see(None)
    assert watched.health is Health.UNKNOWN
    assert watched.see(loop(1, 1, 0.4))
    assert watched.health is Health.OK


@pytest.mark.parametrize("spoke", [True, False])
def test_silence_is_noticed_within_seconds(spoke: bool) -> None:
    """Whether it stopped or never began to speak."""
    watched = Watched(LOOP)
    watched.see(loop(0) if spoke else None)
    states = [watched.see(None) or watched.health for _ in range(8)]
    assert states[-1] is Health.SILENT
    assert states[int(LIMITS.silent_s) - 1] is not Health.SILENT


def test_recovery_takes_a_good_spell() -> None:
    """A detector that comes back is watched for half a minute before it is believed; a relapse starts it anew."""
    watched = Watched(LOOP)
    watched.see(loop(0))
    while watched.health is not Health.SILENT:
        watched.see(None)
    back = watched.second
    usable = [watched.see(loop(watched.second + 1)) for _ in range(40)]
    assert usable.index(True) == pytest.approx(LIMITS.recover_s, abs=1)
    assert watched.second > back
    while watched.health is not Health.SILENT:
        watched.see(None)
    for _ in range(20):
        watched.see(loop(watched.second + 1))
    for _ in range(8):
        watched.see(None)
    assert not any(watched.see(loop(watched.second + 1)) for _ in range(20))


def test_a_loop_that_is_covered_through_greens_is_stuck_on() -> None:
    """Minutes of cover with green and nobody counted is no queue; it is found before it can act as a call for ever."""
    watched = Watched(LOOP)
    for second in range(300):
        watched.see(loop(second, 0, 1.0), green=second % 80 < 30)
    assert watched.health is Health.STUCK_ON


def test_a_long_red_is_not_a_stuck_loop() -> None:
    """Who stands through a long red covers the loop rightly."""
    watched = Watched(LOOP)
    usable = [watched.see(loop(second, 0, 1.0), green=False) for second in range(300)]
    assert all(usable)


def test_a_loop_that_sees_nobody_while_others_do_is_stuck_off() -> None:
    """Thirty vehicles that another loop of the lane saw cannot all have missed this one."""
    watched = Watched(LOOP)
    watched.see(loop(0, 1, 0.5))
    for second in range(1, 200):
        watched.see(loop(second), green=True, others=0.2)
    assert watched.health is Health.STUCK_OFF


def test_an_empty_road_at_night_is_not_a_stuck_loop() -> None:
    """No traffic anywhere for hours leaves the detector in good health."""
    watched = Watched(LOOP)
    assert all(watched.see(loop(second), green=second % 80 < 30) for second in range(4000))


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": -1},
        {"occupancy_ratio": 1.5},
        {"occupancy_ratio": -0.1},
        {"count": 40, "occupancy_ratio": 0.5},
        {"t_s": T0 + 1e6},
        {"t_s": T0 - 3600.0},
    ],
    ids=str,
)
def test_an_impossible_reading_is_not_used_and_repeats_cost_trust(wrong: dict[str, float]) -> None:
    """One is dropped, three in a row and the detector is not believed any more."""
    watched = Watched(LOOP)
    watched.see(loop(0))
    assert not watched.see(replace(loop(1), **wrong))  # type: ignore[arg-type]
    assert watched.health is Health.OK
    for second in range(2, 6):
        watched.see(replace(loop(second), **wrong))  # type: ignore[arg-type]
    assert watched.health is Health.IMPOSSIBLE


def test_counts_without_cover_are_a_contradiction() -> None:
    """A vehicle that is counted has covered the loop; a detector that says otherwise again and again lies."""
    watched = Watched(LOOP)
    usable = [watched.see(loop(second, 1, 0.0)) for second in range(8)]
    assert usable[0]
    assert not any(usable[1:])
    assert watched.health is Health.IMPOSSIBLE


def test_a_replayed_message_is_not_used() -> None:
    """The same message again, or older ones, never count twice; who keeps sending them is found out."""
    watched = Watched(LOOP)
    good = [watched.see(loop(second, 1, 0.5)) for second in range(5)]
    assert all(good)
    assert not any(watched.see(loop(second, 1, 0.5)) for second in range(5))
    assert watched.health is Health.IMPOSSIBLE


def test_a_restart_is_forgiven_and_two_senders_are_not() -> None:
    """A running number that begins anew once is a restart; one that keeps jumping back is somebody else's voice."""
    watched = Watched(LOOP)
    for second in range(10):
        watched.see(replace(loop(second), seq=1000 + second))
    usable = [watched.see(replace(loop(second), seq=second - 10)) for second in range(10, 30)]
    assert all(usable)
    for second in range(30, 60):
        watched.see(replace(loop(second), seq=500 if second % 2 else second))
    assert watched.health is Health.IMPOSSIBLE


def test_chatter_is_found() -> None:
    """A loop that counts two vehicles every second for half a minute has a loose contact."""
    watched = Watched(LOOP)
    for second in range(30):
        watched.see(loop(second, 2, 0.5))
    assert watched.health is Health.CHATTER


def test_a_loop_that_counts_everybody_twice_is_found_and_heals() -> None:
    """Motor vehicles in one lane come one by one: a loop that counts pairs alone is wrong, until it counts singles."""
    watched = Watched(LOOP)
    for second in range(40):
        watched.see(loop(second, 2 * (second % 4 == 0), 0.5 * (second % 4 == 0)), green=True)
    assert watched.health is Health.MISCOUNTS
    for second in range(40, 120):
        watched.see(loop(second, int(second % 4 == 0), 0.5 * (second % 4 == 0)), green=True)
    assert watched.health is Health.OK


@pytest.mark.parametrize(
    ("detector", "pairs", "span_s"),
    [(LOOP, 0.5, 1.0), (LOOP, 1.0, 3.0), (replace(LOOP, mode=Mode.BICYCLE), 1.0, 1.0)],
    ids=["wide loop", "long reading", "bicycles"],
)
def test_who_comes_side_by_side_is_not_counted_twice(detector: Detector, pairs: float, span_s: float) -> None:
    """Half of the counts of a loop over two lanes may be pairs, as may all of a long reading or of bicycles abreast."""
    watched, random = Watched(detector), np.random.default_rng(1)
    for second in range(1200):
        count = (1 + int(random.random() < pairs)) * (second % 4 == 0)
        watched.see(replace(loop(second, count, 0.5 * (count > 0)), span_s=span_s), green=True)
        assert watched.health is Health.OK


def test_honest_traffic_is_always_used() -> None:
    """Two hours of ordinary traffic raise no suspicion in any second."""
    watched = Watched(LOOP)
    assert all(watched.see(reading, green=green, others=0.1 * green) for reading, green in traffic(7200))


def test_a_button_may_be_quiet_but_not_pressed_for_ever() -> None:
    """Buttons speak seldom, so silence takes minutes; a jammed one is stuck on."""
    watched = Watched(BUTTON)
    watched.see(ButtonReading("J", "B", T0, 0, False))
    for _ in range(100):
        watched.see(None)
    assert watched.health is Health.OK
    jammed = Watched(BUTTON)
    for second in range(300):
        jammed.see(ButtonReading("J", "B", T0 + second, second, True), green=second % 60 < 10)
    assert jammed.health is Health.STUCK_ON


readings = st.one_of(
    st.none(),
    st.builds(
        lambda t, seq, count, occupancy: LoopReading("J", "D", T0 + t, seq, count, occupancy, True),
        st.floats(-100.0, 200.0),
        st.integers(0, 50),
        st.integers(-3, 10),
        st.floats(-0.5, 1.5),
    ),
)


@given(st.lists(st.tuples(readings, st.booleans(), st.floats(0.0, 2.0)), max_size=80))
def test_only_possible_fresh_values_of_healthy_detectors_are_used(
    story: list[tuple[LoopReading | None, bool, float]],
) -> None:
    """Whatever a detector sends, in whatever order: what is used is possible, newer than all before, and trusted."""
    watched = Watched(LOOP)
    newest_s = float("-inf")
    for reading, green, others in story:
        usable = watched.see(reading, green=green, others=others)
        if usable:
            assert reading is not None
            assert watched.health is Health.OK
            assert reading.t_s > newest_s
            assert reading.count >= 0
            assert 0.0 <= reading.occupancy_ratio <= 1.001
            assert reading.t_s <= T0 + watched.second + LIMITS.future_s
            newest_s = reading.t_s


usual_stories = st.lists(
    st.tuples(
        st.sampled_from([1.0, 1.0, 1.0, 0.0, -3.0, 90.0]),
        st.sampled_from([1, 1, 1, 0, -2]),
        st.sampled_from([0, 0, 0, 0, 1, 4]),
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0]),
        st.sampled_from([0.0, 0.0, 0.0, 20.0]),
        st.booleans(),
    ),
    max_size=120,
)


@given(usual_stories)
def test_the_shorter_way_for_who_sees_nobody_ends_where_the_rules_do(
    story: list[tuple[float, int, int, float, float, bool]],
) -> None:
    """Where it is taken, verdict and everything that is remembered are those of the rules, bit for bit."""
    short, whole = DetectorWatch(LOOP), DetectorWatch(LOOP)
    t_s, seq = T0, 0
    for second, (later_s, further, count, occupancy, others, green) in enumerate(story):
        t_s, seq = t_s + later_s, seq + further
        reading, utc_s = LoopReading("J", "D", t_s, seq, count, occupancy, occupancy > 0.5), T0 + 1.0 + second
        usable = not others and short.hears_nobody(reading, utc_s, 1.0)
        usable = usable or short.observe(reading, utc_s, 1.0, green=green, others_veh=others)
        assert usable == whole.observe(reading, utc_s, 1.0, green=green, others_veh=others)
        for name in DetectorWatch.__slots__:
            assert getattr(short, name) == getattr(whole, name)
