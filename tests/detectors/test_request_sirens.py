"""A fire engine that comes is served at its full weight; one that nobody can be loses it before it costs much green."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.picture import LanePicture
from detectors.readings import TransitKind, TransitReading
from detectors.transit import RequestBook
from plans.junction import Aspect, Junction, Mode
from plans.transit import TransitSettings
from tests.detectors.request_samples import GREEN, NEW, RED, lane

SIREN = replace(NEW, id="fire", level=14)
SPACING_M, HEADWAY_S = 7.5, 2


def road(*places_m: float, speed_mps: float = 0.0, passed: int = 0) -> dict[str, LanePicture]:
    """The eastern lane with a queue that stands, and behind it one that drives where a speed is given."""
    (name, seen), *_ = lane(*[Mode.CAR] * len(places_m), passed=passed).items()
    speeds = np.zeros(len(places_m))
    if speed_mps:
        speeds[-1] = speed_mps
    return {name: replace(seen, distance_m=np.array(places_m, np.float64), speed_mps=speeds)}


def ask(book: RequestBook, at_s: float, eta_s: float, seen: Mapping[str, LanePicture], *, name: str = "fire") -> float:
    """What the siren counts now, said at red."""
    kind = TransitKind.UPDATE
    waiting, _ = book.update(at_s, [replace(SIREN, id=name, t_s=at_s, eta_s=eta_s, kind=kind)], RED, seen)
    return waiting[0].trust_ratio if waiting else 0.0


def come(book: RequestBook, begin_s: int, *, queue_veh: int, speed_mps: float, name: str) -> list[float]:
    """A fire engine from 250 m on, behind a queue that has green when it is near; what it counts until it is across."""
    place_m, left, green_s, counts, crossed = 250.0, queue_veh, 0, [], False
    for second in range(begin_s, begin_s + 120):
        eta_s = place_m / max(speed_mps, 5.0)
        aspects: Mapping[str, Aspect] = GREEN if eta_s <= 10.0 else RED
        green_s += eta_s <= 10.0
        passed = int(bool(left) and green_s > 0 and green_s % HEADWAY_S == 0)
        left -= passed
        ahead = [1.0 + SPACING_M * number for number in range(left)]
        place_m = max(place_m - speed_mps, 1.0 + SPACING_M * left) if left or green_s == 0 else place_m - speed_mps
        crossed = place_m <= 0.0
        seen = road(*ahead, speed_mps=0.0, passed=passed + crossed)
        if 0.0 < place_m <= 150.0:
            moves_mps = speed_mps if place_m > 1.0 + SPACING_M * left else 0.0
            seen = road(*ahead, place_m, speed_mps=moves_mps, passed=passed)
        words: Sequence[TransitReading] = ()
        if crossed:
            words = [replace(SIREN, id=name, t_s=float(second), kind=TransitKind.CHECK_OUT)]
        elif (second - begin_s) % 5 == 0:
            kind = TransitKind.UPDATE if second > begin_s else TransitKind.NEW
            words = [replace(SIREN, id=name, t_s=float(second), eta_s=eta_s, kind=kind)]
        waiting, _ = book.update(float(second), words, aspects, seen)
        if crossed:
            break
        counts.append(waiting[0].trust_ratio)
    assert crossed
    return counts


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queue_veh=st.integers(0, 5), speed_mps=st.floats(7.0, 22.0))
def test_a_fire_engine_that_comes_counts_fully_every_time(junction: Junction, queue_veh: int, speed_mps: float) -> None:
    """Alone or behind a queue, fast or slow, three times in a row: from its first word to the stop line."""
    book = RequestBook(junction)
    for visit in range(3):
        counts = come(book, 1000 + 400 * visit, queue_veh=queue_veh, speed_mps=speed_mps, name=f"fire {visit}")
        assert min(counts) == 1.0


def test_a_siren_that_nobody_sees_come_counts_less_before_it_has_green(junction: Junction) -> None:
    """Seconds before it is due somebody must be near enough to be it; who is far upstream is not."""
    for seen in (road(), road(130.0, speed_mps=8.0)):
        book = RequestBook(junction)
        counts = [ask(book, 1000.0 + second, 15.0 - second, seen) for second in range(18)]
        assert counts[:11] == [1.0] * 11
        assert counts[-1] < 0.1
        assert counts == sorted(counts, reverse=True)


def test_who_could_be_it_keeps_a_siren_alive(junction: Junction) -> None:
    """A queue at the stop line, or somebody who drives up in time: a siren that is late itself is waited for."""
    book = RequestBook(junction)
    assert {ask(book, 1000.0 + second, 15.0 - second, road(2.0, 10.0)) for second in range(30)} == {1.0}


def test_who_comes_later_does_not_make_up_for_a_siren_that_was_not_there(junction: Junction) -> None:
    """It said that it was at the stop line and nobody was: a car that crosses when it checks out was somebody else."""
    book = RequestBook(junction)
    for second in range(30):
        ask(book, 1000.0 + second, 5.0 - second, road() if second < 12 else road(20.0, speed_mps=10.0))
    over = replace(SIREN, t_s=1030.0, kind=TransitKind.CHECK_OUT)
    book.update(1030.0, [over], GREEN, road(passed=1))
    assert ask(book, 1400.0, 15.0, road(2.0), name="next") < 0.001


def test_a_siren_is_not_behind_those_who_came_after_it(junction: Junction) -> None:
    """Once more have crossed than were there when it was due, it counts no more, and has lied if it then checks out."""
    book, seen = RequestBook(junction), road(2.0, 10.0, 18.0)
    ask(book, 1000.0, 1.0, seen)
    counts = []
    for second in range(1, 25):
        crossing = replace(seen["e_0"], passed=int(second % 2 == 0))
        waiting, _ = book.update(1000.0 + second, [], GREEN, {"e_0": crossing})
        counts.append(waiting[0].trust_ratio)
    assert counts[9] == 1.0
    assert counts[16] < 0.1
    book.update(1025.0, [replace(SIREN, t_s=1025.0, kind=TransitKind.CHECK_OUT)], GREEN, {"e_0": crossing})
    assert ask(book, 1400.0, 15.0, seen, name="next") < 0.001


def test_where_nobody_sees_who_comes_a_siren_is_believed(junction: Junction) -> None:
    """Where radars have failed, an expected queue speaks neither for nor against a fire engine."""
    expected = {"e_0": replace(road()["e_0"], presence=np.zeros(0), confidence_ratio=0.5)}
    book = RequestBook(junction)
    assert {ask(book, 1000.0 + second, 15.0 - second, expected) for second in range(18)} == {1.0}


def test_lies_by_the_common_topic_spoil_no_sender_of_its_own(junction: Junction) -> None:
    """The control room's sirens count fully however many were invented by a way that anybody can write to."""
    book = RequestBook(junction, TransitSettings(emergency_sources=("json", "control-room")))
    for number in range(3):
        at_s = 1000.0 + 200.0 * number
        for second in range(40):
            ask(book, at_s + second, 15.0 - second, road(), name=f"ghost {number}")
        book.update(
            at_s + 41.0, [replace(SIREN, id=f"ghost {number}", t_s=at_s + 41.0, kind=TransitKind.CHECK_OUT)], RED
        )
    real = replace(SIREN, id="real", t_s=2000.0, source="control-room")
    (request,), _ = book.update(2000.0, [real], RED, road())
    assert request.trust_ratio == pytest.approx(1.0)
