"""What vehicles say, late, twice or in the wrong order: what opens a request, what ends it, and how many count."""

from dataclasses import replace

import pytest

from detectors.allowance import MAX_NAMES, Allowance
from detectors.picture import EndReason, RequestState
from detectors.readings import ON_ARRIVAL_S, TransitKind
from detectors.transit import (
    COOLDOWN_S,
    LATE_S,
    MAX_COUNTING_PER_GROUP,
    MAX_OPEN_PER_JUNCTION,
    RequestBook,
)
from detectors.trust import MAX_KNOWN, Trust
from plans.junction import Junction, Mode
from plans.transit import TransitSettings
from tests.detectors.request_samples import GREEN, NEW, RED


def test_a_message_without_a_time_counts_from_its_arrival(junction: Junction) -> None:
    """Bare telegrams and senders whose clock runs far ahead are taken as said now."""
    for t_s in (ON_ARRIVAL_S, 9e9):
        (request,), _ = RequestBook(junction).update(100.0, [replace(NEW, t_s=t_s)], RED)
        assert request.eta_s == 20.0


def test_a_late_announcement_asks_for_nothing(junction: Junction) -> None:
    """A message that was under way too long is rejected when it opens a request and ignored when it renews one."""
    book = RequestBook(junction)
    waiting, (ended,) = book.update(100.0 + LATE_S + 1.0, [NEW], RED)
    assert waiting == ()
    assert (ended.state, ended.reason) == (RequestState.REJECTED, EndReason.LATE)


def test_duplicates_and_old_news_change_nothing(junction: Junction) -> None:
    """A repeated announcement is no second request; an update that was overtaken does not turn time back."""
    book = RequestBook(junction)
    update = replace(NEW, kind=TransitKind.UPDATE)
    book.update(100.0, [NEW, NEW, replace(update, t_s=104.0, eta_s=36.0)], RED)
    (request,), ended = book.update(112.0, [NEW, replace(update, t_s=103.0, eta_s=0.0)], RED)
    assert request.eta_s == 28.0
    assert ended == ()


def test_repeats_of_an_old_word_keep_nobody_alive(junction: Junction) -> None:
    """A recorded announcement that is played again and again times out like a vehicle that says nothing."""
    book = RequestBook(junction)
    book.update(100.0, [NEW], RED)
    ends = [end for second in range(101, 180) for end in book.update(float(second), [NEW], RED)[1]]
    assert ends[0].state is RequestState.TIMED_OUT


def test_an_end_that_overtakes_its_announcement_is_believed(junction: Junction) -> None:
    """The check-out arrives first: the announcement, said before it, opens nothing; a later one does."""
    book = RequestBook(junction)
    waiting, ended = book.update(106.0, [replace(NEW, t_s=105.0, kind=TransitKind.CHECK_OUT), NEW], RED)
    assert (waiting, ended) == ((), ())
    waiting, _ = book.update(108.0, [replace(NEW, t_s=108.0)], RED)
    assert len(waiting) == 1


def test_the_end_of_an_earlier_request_does_not_end_the_next(junction: Junction) -> None:
    """A check-out that was said before the request was opened belongs to the one before."""
    book = RequestBook(junction)
    book.update(100.0, [NEW], RED)
    waiting, ended = book.update(101.0, [replace(NEW, t_s=99.0, kind=TransitKind.CHECK_OUT)], RED)
    assert (len(waiting), ended) == (1, ())


def test_an_update_that_means_nothing_leaves_the_request_alone(junction: Junction) -> None:
    """A wrong way in an update neither ends the request nor changes it: it would have ended twice."""
    book = RequestBook(junction)
    book.update(100.0, [NEW], RED)
    wrong = replace(NEW, t_s=101.0, kind=TransitKind.UPDATE, movement="", group="no such")
    (request,), ended = book.update(101.0, [wrong], RED)
    assert (request.group, ended) == ("K2", ())


def test_cooldown_is_not_prolonged_by_asking(junction: Junction) -> None:
    """Who goes on asking is heard when its cooldown is over."""
    book = RequestBook(junction)
    book.update(100.0, [NEW, replace(NEW, t_s=100.5, kind=TransitKind.CHECK_OUT)], GREEN)
    states = []
    for second in range(105, int(105 + COOLDOWN_S), 5):
        waiting, ended = book.update(float(second), [replace(NEW, t_s=float(second))], RED)
        states.append((len(waiting), *(end.reason for end in ended)))
    assert states[0] == (0, EndReason.COOLDOWN)
    assert states[-1] == (1,)


def test_only_a_few_count_at_once(junction: Junction) -> None:
    """Beyond the cap of a group requests stay received until there is room; the trusted and the sooner come first."""
    book = RequestBook(junction)
    many = [replace(NEW, id=f"b{number}", eta_s=10.0 + number) for number in range(MAX_COUNTING_PER_GROUP + 2)]
    waiting, _ = book.update(100.0, many, RED)
    assert [request.state for request in waiting[-3:]] == [
        RequestState.QUEUED,
        RequestState.RECEIVED,
        RequestState.RECEIVED,
    ]
    waiting, _ = book.update(101.0, [replace(NEW, id="b0", t_s=101.0, kind=TransitKind.CHECK_OUT)], RED)
    assert sum(request.state is RequestState.QUEUED for request in waiting) == MAX_COUNTING_PER_GROUP
    siren = replace(NEW, id="fire", level=14, eta_s=60.0)
    waiting, _ = book.update(101.0, [replace(siren, t_s=101.0)], RED)
    assert waiting[-1].mode is Mode.EMERGENCY
    assert waiting[-1].state is RequestState.QUEUED


def test_the_level_makes_an_emergency_vehicle(junction: Junction) -> None:
    """From the site's level on it is one, whatever it calls itself and how many persons it claims; below it is none."""
    book = RequestBook(junction, TransitSettings(emergency_level=12))
    (request,), _ = book.update(100.0, [replace(NEW, level=12, persons=9000.0)], RED)
    assert (request.mode, request.persons) == (Mode.EMERGENCY, 0.0)
    _, (ended,) = book.update(101.0, [replace(NEW, id="x", t_s=101.0, mode=Mode.EMERGENCY, level=11)], RED)
    assert (ended.state, ended.reason) == (RequestState.REJECTED, EndReason.LEVEL)


def test_who_may_not_sound_a_siren_asks_like_anybody_else(junction: Junction) -> None:
    """The level counts by the ways that the site names; by others it is a plain request, a rise of an open one too."""
    book = RequestBook(junction, TransitSettings(emergency_sources=("control-room",)))
    siren = replace(NEW, id="fire", mode=Mode.EMERGENCY, level=14)
    (request,), _ = book.update(100.0, [siren], RED)
    assert (request.mode, request.level, request.downgraded) == (Mode.CAR, 13, True)
    (request,), _ = book.update(101.0, [replace(siren, t_s=101.0, kind=TransitKind.UPDATE)], RED)
    assert request.mode is Mode.CAR
    calm = replace(siren, t_s=101.5, mode=Mode.CAR, level=7, kind=TransitKind.UPDATE)
    (request,), _ = book.update(101.5, [calm], RED)
    assert request.downgraded
    requests, _ = book.update(102.0, [replace(siren, id="real", t_s=102.0, source="control-room")], RED)
    assert {one.id: one.mode for one in requests} == {"fire": Mode.CAR, "real": Mode.EMERGENCY}
    assert {one.id: one.downgraded for one in requests} == {"fire": True, "real": False}
    nobody = RequestBook(junction, TransitSettings(emergency_sources=()))
    (request,), _ = nobody.update(100.0, [replace(NEW, level=14)], RED)
    assert (request.mode, request.level) == (Mode.BUS, 13)


def test_nobody_becomes_an_emergency_vehicle_by_the_back_door(junction: Junction) -> None:
    """An open request that rises to the emergency level takes its turn like those that are opened with it."""
    book = RequestBook(junction)
    book.update(100.0, [replace(NEW, id=f"v{number}", persons=50.0) for number in range(10)], RED)
    rise = [replace(NEW, id=f"v{number}", t_s=101.0, kind=TransitKind.UPDATE, level=14) for number in range(10)]
    waiting, _ = book.update(101.0, rise, RED)
    sirens = [request for request in waiting if request.mode is Mode.EMERGENCY]
    assert len(sirens) == 4
    assert {request.persons for request in sirens} == {0.0}


def test_an_update_need_not_repeat_itself(junction: Junction) -> None:
    """Lateness, persons and line stay as they were said until something else is said."""
    book = RequestBook(junction)
    book.update(100.0, [replace(NEW, lateness_s=120.0, persons=20.0, line="62")], RED)
    (request,), _ = book.update(101.0, [replace(NEW, t_s=101.0, kind=TransitKind.UPDATE)], RED)
    assert (request.lateness_s, request.persons, request.line) == (120.0, 20.0, "62")
    on_time = replace(NEW, t_s=102.0, kind=TransitKind.UPDATE, lateness_s=0.0, persons=25.0)
    (request,), _ = book.update(102.0, [on_time], RED)
    assert (request.lateness_s, request.persons, request.line) == (0.0, 25.0, "62")


def test_floods_are_bounded(junction: Junction) -> None:
    """One source gets a bounded number of requests, one group fewer, emergency levels the fewest."""
    book = RequestBook(junction)
    waiting, ended = book.update(100.0, [replace(NEW, id=f"v{number}") for number in range(500)], RED)
    assert len(waiting) == 8
    assert {end.reason for end in ended} == {EndReason.RATE}
    ways = [("e-w", ""), ("n-s", ""), ("", "F1")]
    flood = [replace(NEW, id=f"v{n}", movement=ways[n % 3][0], group=ways[n % 3][1]) for n in range(500)]
    assert len(RequestBook(junction).update(100.0, flood, RED)[0]) == 20
    sirens, _ = RequestBook(junction).update(100.0, [replace(NEW, id=f"v{n}", level=14) for n in range(50)], RED)
    assert len(sirens) == 4


def test_a_junction_is_never_full_of_more_than_it_can_hold(junction: Junction) -> None:
    """Whoever sends how much for how long: the open requests of a junction are bounded."""
    book, opened, full = RequestBook(junction), 0, False
    ways = [("e-w", ""), ("n-s", ""), ("", "F1")]
    for second in range(100, 400, 4):
        now_s = float(second)
        flood = [
            replace(NEW, id=f"{second}.{n}", t_s=now_s, eta_s=255.0, movement=ways[n % 3][0], group=ways[n % 3][1])
            for n in range(12)
        ]
        waiting, ended = book.update(now_s, flood, RED)
        opened = max(opened, len(waiting))
        full = full or EndReason.FULL in {end.reason for end in ended}
    assert opened == MAX_OPEN_PER_JUNCTION
    assert full


def test_memories_are_bounded() -> None:
    """Made-up names cost bounded memory; who was heard of longest ago is forgotten first."""
    trust, allowance = Trust(), Allowance(1, 10.0)
    trust.learn("s", "first", 0.0, came=False)
    for number in range(MAX_KNOWN):
        trust.learn("s2", str(number), 0.0, came=True)
    assert trust.of("s", "first", 0.0) == pytest.approx(0.75)  # by what is known of its source alone
    assert all(allowance.take(str(number), 0.0) for number in range(MAX_NAMES))
    assert not allowance.take("one more", 1.0)
    assert allowance.take("one more", 11.0)
