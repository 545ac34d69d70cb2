"""Whatever vehicles say, in whatever order: each request ends exactly once, and nobody holds a junction."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detectors.allowance import MAX_NAMES, Allowance
from detectors.open_request import GRACE_S, MAX_GREEN_S, MAX_LIFE_S
from detectors.picture import MODES, EndReason, LanePicture, PriorityRequest, RequestState
from detectors.readings import ON_ARRIVAL_S, TransitKind, TransitReading
from detectors.transit import (
    COOLDOWN_S,
    LATE_S,
    MAX_COUNTING_PER_GROUP,
    MAX_OPEN_PER_JUNCTION,
    RequestBook,
)
from detectors.trust import HALF_LIFE_S, MAX_KNOWN, Trust
from plans.junction import Aspect, GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from plans.transit import TransitSettings

NEW = TransitReading("J1", "bus", 100.0, TransitKind.NEW, Mode.BUS, 7, 20.0, movement="e-w")
RED, GREEN = {"K2": Aspect.RED}, {"K2": Aspect.GREEN}
ENDS = {RequestState.COMPLETED, RequestState.TIMED_OUT, RequestState.REJECTED, RequestState.CANCELLED}


def lane(
    *modes: Mode, passed: int = 0, confidence_ratio: float = 1.0, kinds_known: bool = False
) -> dict[str, LanePicture]:
    """The eastern lane with these vehicles, ten metres apart."""
    count = len(modes)
    return {
        "e_0": LanePicture(
            lane="e_0",
            distance_m=10.0 * np.arange(1.0, count + 1.0),
            speed_mps=np.zeros(count),
            movement=np.full(count, -1, np.int32),
            mode=np.array([MODES.index(mode) for mode in modes], np.int8),
            waiting_s=np.zeros(count),
            queue_veh=float(count),
            queue_m=8.0 * count,
            arrival_vph=0.0,
            passed=passed,
            head_still_s=0.0,
            confidence_ratio=confidence_ratio,
            kinds_known=kinds_known,
        )
    }


def visit(book: RequestBook, at_s: float, seen: dict[str, LanePicture], reading: TransitReading = NEW) -> float:
    """One request from announcement to check-out, with the same lanes all the time; returns how much it counted."""
    (request,), _ = book.update(at_s, [replace(reading, t_s=at_s, eta_s=5.0)], RED, seen)
    for second in range(1, 8):
        book.update(at_s + second, [], GREEN, seen)
    book.update(at_s + 8.0, [replace(reading, t_s=at_s + 8.0, kind=TransitKind.CHECK_OUT)], GREEN, seen)
    return request.trust_ratio


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


def test_what_a_message_claims_is_bounded(junction: Junction) -> None:
    """Nobody weighs more by claiming a million passengers: the usual ones at first, three times them when proven."""
    book = RequestBook(junction)
    boast = replace(NEW, persons=1e9, lateness_s=1e9)
    for at_s, persons in ((1000.0, 30.0), (1200.0, 90.0)):
        visit(book, at_s, lane(Mode.BUS), replace(boast, id="other"))
        (request,), _ = book.update(at_s + 50.0, [replace(boast, t_s=at_s + 50.0)], RED, lane(Mode.BUS))
        again = replace(boast, t_s=at_s + 51.0, kind=TransitKind.UPDATE)
        (renewed,), _ = book.update(at_s + 51.0, [again], RED, lane(Mode.BUS))
        assert (request.persons, renewed.persons, request.lateness_s) == (persons, persons, 3600.0)
        book.update(at_s + 60.0, [replace(NEW, t_s=at_s + 60.0, kind=TransitKind.CHECK_OUT)], GREEN, lane(Mode.BUS))


def test_green_that_is_not_used_weighs_less_and_less(junction: Junction) -> None:
    """A request that has green and does not end counts fully at first, and little long before it times out."""
    book = RequestBook(junction)
    counts = []
    for second in range(100, 158):
        call = replace(NEW, t_s=float(second), eta_s=0.0)
        waiting, _ = book.update(float(second), [call], GREEN, lane(Mode.CAR))
        counts.append(waiting[0].trust_ratio)
    assert counts[14] == 1.0
    assert counts[35] < 0.5
    assert counts[50] == pytest.approx(0.1)


def test_who_never_checks_out_is_believed_only_where_buses_are_known(junction: Junction) -> None:
    """Without a check-out, cars on the lane vouch for nobody; a bus that is seen does."""
    for seen, trusted in ((lane(Mode.CAR), False), (lane(Mode.CAR, Mode.BUS), True)):
        book = RequestBook(junction)
        for begin in (1000, 1200):
            (request, *_), _ = book.update(float(begin), [replace(NEW, t_s=float(begin), eta_s=5.0)], RED, seen)
            for second in range(begin + 1, begin + 80):
                book.update(float(second), [], GREEN, seen)
        assert (request.trust_ratio == 1.0) is trusted


def test_lies_about_emergencies_spoil_no_bus(junction: Junction) -> None:
    """Emergency vehicles that never come are heard no longer after a while; buses of the same source are."""
    book = RequestBook(junction)
    heard = []
    for number in range(40):
        at_s = 1000.0 + 190.0 * number
        siren = replace(NEW, id=f"siren {number}", t_s=at_s, level=14, eta_s=5.0)
        heard.append(len(book.update(at_s, [siren], RED, lane())[0]))
        for second in range(1, 8):
            book.update(at_s + second, [], GREEN, lane())
        book.update(at_s + 60.0, [], GREEN, lane())
    assert heard[0] == 1
    assert heard[-1] == 0
    assert visit(book, 9500.0, lane(Mode.BUS)) == 1.0


def test_green_is_not_held_for_who_never_crosses(junction: Junction) -> None:
    """A vehicle that announces its arrival anew for ever gets a bounded green, however often it calls."""
    book = RequestBook(junction)
    green_s = 0
    ended: tuple[PriorityRequest, ...] = ()
    for second in range(100, int(100 + MAX_LIFE_S)):
        waiting, ended = book.update(float(second), [replace(NEW, t_s=float(second), eta_s=5.0)], GREEN)
        if ended:
            break
        green_s += len(waiting)
    assert green_s <= MAX_GREEN_S + 10
    assert (ended[0].state, ended[0].reason) == (RequestState.TIMED_OUT, EndReason.GREEN_USED)


def test_who_does_not_come_counts_less_next_time(junction: Junction) -> None:
    """Announcements of a bus that nobody saw: fully, half, not heard any more; after some hours once more."""
    book = RequestBook(junction)
    first, second = (visit(book, 1000.0 + 200.0 * time, lane()) for time in range(2))
    assert first == 1.0
    assert second < 0.55
    _, (ended,) = book.update(2000.0, [replace(NEW, t_s=2000.0)], RED, lane())
    assert (ended.state, ended.reason) == (RequestState.REJECTED, EndReason.DISTRUSTED)
    later_s = 2000.0 + 4 * HALF_LIFE_S
    (request,), _ = book.update(later_s, [replace(NEW, t_s=later_s)], RED, lane())
    assert request.trust_ratio > 0.5


def test_who_comes_is_trusted_for_good(junction: Junction) -> None:
    """Buses that are seen keep their full weight, and so do those where no detector can tell."""
    seen, blind = RequestBook(junction), RequestBook(junction)
    for time in range(5):
        assert visit(seen, 1000.0 + 300.0 * time, lane(Mode.CAR, Mode.BUS)) == 1.0
        assert visit(blind, 1000.0 + 300.0 * time, lane(confidence_ratio=0.2)) == 1.0


def test_a_lane_that_knows_buses_is_asked_for_a_bus(junction: Junction) -> None:
    """Cars do not vouch for a bus where buses have been told from cars before; elsewhere any vehicle does."""
    book = RequestBook(junction)
    assert visit(book, 1000.0, lane(Mode.CAR, passed=1)) == 1.0
    assert visit(book, 1300.0, lane(Mode.CAR, passed=1)) == 1.0
    book.update(1400.0, [], RED, lane(Mode.BUS))
    visit(book, 1600.0, lane(Mode.CAR))
    assert visit(book, 1900.0, lane(Mode.CAR)) < 0.8


def test_where_kinds_are_known_a_newcomer_counts_fully_once_it_is_seen(junction: Junction) -> None:
    """Nobody who has never come gets more than the cheap treatment on its word alone; a long vehicle in sight is it."""
    cars = lane(Mode.CAR, kinds_known=True)
    for sight, counts in ((cars, 0.3), (lane(Mode.TRUCK, kinds_known=True), 1.0)):
        book = RequestBook(junction)
        (request,), _ = book.update(1000.0, [replace(NEW, t_s=1000.0, eta_s=20.0)], RED, cars)
        assert request.trust_ratio == pytest.approx(0.3)
        for second in range(1, 15):
            (request,), _ = book.update(1000.0 + second, [], RED, sight)
        assert request.trust_ratio == pytest.approx(counts)
    proven = RequestBook(junction)
    visit(proven, 1000.0, lane(Mode.BUS, kinds_known=True))
    (request,), _ = proven.update(1200.0, [replace(NEW, t_s=1200.0, eta_s=20.0)], RED, cars)
    assert request.trust_ratio == 1.0


def test_who_is_due_and_not_seen_counts_less_before_it_has_green(junction: Junction) -> None:
    """Detectors that know its kind do not see it: the request is doubted at red as well, before it costs green."""
    book = RequestBook(junction)
    visit(book, 500.0, lane(Mode.BUS, kinds_known=True))
    cars = lane(Mode.CAR, kinds_known=True)
    book.update(1000.0, [replace(NEW, t_s=1000.0, eta_s=2.0)], RED, cars)
    counts = [book.update(1000.0 + second, [], RED, cars)[0][0].trust_ratio for second in range(1, 16)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == pytest.approx(0.1)


def test_a_check_out_while_nobody_crosses_is_a_lie(junction: Junction) -> None:
    """Where any vehicle may be the one, it must at least cross when it says so."""
    book = RequestBook(junction)
    assert visit(book, 1000.0, lane(Mode.CAR)) == 1.0
    assert visit(book, 1300.0, lane(Mode.CAR)) < 0.6
    honest = RequestBook(junction)
    assert visit(honest, 1000.0, lane(Mode.CAR, passed=1)) == 1.0
    assert visit(honest, 1300.0, lane(Mode.CAR, passed=1)) == 1.0


def test_a_few_lies_make_a_siren_no_more_than_a_bus(junction: Junction) -> None:
    """Emergency vehicles that never come lose weight by orders of magnitude, not by half."""
    book = RequestBook(junction)
    weights = []
    for number in range(4):
        siren = replace(NEW, id=f"siren {number}", level=14)
        weights.append(visit(book, 1000.0 + 400.0 * number, lane(), siren))
    assert weights[0] == 1.0
    assert weights[-1] < 0.02


def test_a_siren_that_leaves_its_green_unused_is_not_believed_again(junction: Junction) -> None:
    """Cars cross all the time: half a minute of green and only then a check-out is no emergency vehicle."""
    book, cars = RequestBook(junction), lane(Mode.CAR, passed=1)
    weights = []
    for number in range(3):
        at_s = 1000.0 + 400.0 * number
        siren = replace(NEW, id=f"siren {number}", level=14, t_s=at_s, eta_s=2.0)
        (request,), _ = book.update(at_s, [siren], RED, cars)
        weights.append(request.trust_ratio)
        for second in range(1, 32):
            book.update(at_s + second, [], GREEN, cars)
        book.update(at_s + 32.0, [replace(siren, t_s=at_s + 32.0, kind=TransitKind.CHECK_OUT)], GREEN, cars)
    assert weights[0] == 1.0
    assert weights[2] < 0.03


def test_a_flood_of_names_spoils_new_names_only(junction: Junction) -> None:
    """A source that invents vehicles makes unknown vehicles of this source count less, and known ones hardly."""
    book = RequestBook(junction)
    for time in range(4):
        visit(book, 1000.0 + 100.0 * time, lane(Mode.BUS), replace(NEW, id="honest", source="air"))
    for time in range(10):
        visit(book, 1500.0 + 50.0 * time, lane(), replace(NEW, id=f"fake {time}", source="air"))
    assert visit(book, 2100.0, lane(), replace(NEW, id="stranger", source="air")) < 0.7
    assert visit(book, 2200.0, lane(Mode.BUS), replace(NEW, id="stranger", source="other")) == 1.0
    assert visit(book, 2300.0, lane(Mode.BUS), replace(NEW, id="honest", source="air")) > 0.8


def test_an_empty_green_is_doubted_at_once(junction: Junction) -> None:
    """Due, green, nobody in sight: the request counts less every second, before it ends."""
    book = RequestBook(junction)
    book.update(100.0, [replace(NEW, eta_s=0.0)], GREEN, lane())
    counts = [book.update(100.0 + second, [], GREEN, lane())[0][0].trust_ratio for second in range(1, 25)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == pytest.approx(0.1)


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


def _small_junction() -> Junction:
    return Junction(
        id="J1",
        name="",
        groups={"K1": SignalGroup("K1", GroupKind.VEHICLE, 5), "K2": SignalGroup("K2", GroupKind.VEHICLE, 5)},
        intergreens={("K1", "K2"): 5, ("K2", "K1"): 5},
        stages={"1": Stage("1", frozenset({"K1"})), "2": Stage("2", frozenset({"K2"}))},
        lanes={"e_0": Lane("e_0", "e", 300.0, 13.9)},
        movements=(Movement("e-w", "e_0", "K2", Turn.STRAIGHT, "w_0"),),
    )


class RequestLife(RuleBasedStateMachine):
    """Vehicles that say anything at any time, on a junction whose signals and lanes do anything."""

    @initialize()
    def begin(self) -> None:
        self.book = RequestBook(_small_junction())
        self.now_s = 1000.0
        self.open: dict[str, PriorityRequest] = {}
        self.opened: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.said: list[TransitReading] = []
        self.aspect = Aspect.RED
        self.seen = lane()

    @rule(
        id_=st.sampled_from("abc"),
        kind=st.sampled_from(TransitKind),
        late_s=st.sampled_from([0.0, 0.0, 0.0, 2.0, 20.0, 100.0, -3.0, -500.0]),
        eta_s=st.sampled_from([0.0, 5.0, 40.0, 1e9, -1.0]),
        level=st.sampled_from([7, 7, 7, 14, 15]),
        way=st.sampled_from(["e-w", "e-w", "e-w", "nowhere"]),
    )
    def say(self, id_: str, kind: TransitKind, late_s: float, eta_s: float, level: int, way: str) -> None:
        """A message, in time or late, sensible or not."""
        self.said.append(
            replace(NEW, id=id_, kind=kind, t_s=self.now_s - late_s, eta_s=eta_s, level=level, movement=way)
        )

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def shuffle(self, data: st.DataObject) -> None:
        """Messages overtake each other and come twice."""
        self.said = [*data.draw(st.permutations(self.said)), data.draw(st.sampled_from(self.said))]

    @rule(aspect=st.sampled_from([Aspect.RED, Aspect.GREEN]), modes=st.lists(st.sampled_from([Mode.CAR, Mode.BUS])))
    def show(self, aspect: Aspect, modes: list[Mode]) -> None:
        """Signals and vehicles change."""
        self.aspect, self.seen = aspect, lane(*modes)

    @rule(wait_s=st.sampled_from([0.0, 1.0, 1.0, 10.0, GRACE_S, 200.0]))
    def pass_time(self, wait_s: float) -> None:
        """The next picture."""
        self.now_s += wait_s
        asked = Counter(one.id for one in self.said)
        waiting, ended = self.book.update(self.now_s, self.said, {"K2": self.aspect}, self.seen)
        self.said = []
        for end in ended:
            assert end.state in ENDS
            assert (end.reason is EndReason.NONE) == (end.state in (RequestState.COMPLETED, RequestState.CANCELLED))
        finished = Counter(end.id for end in ended if end.state is not RequestState.REJECTED)
        rejected = Counter(end.id for end in ended if end.state is RequestState.REJECTED)
        now_open = {request.id: request for request in waiting}
        assert len(now_open) == len(waiting)
        for id_ in {*self.open, *now_open, *finished}:
            was, there = id_ in self.open, id_ in now_open
            begun = there - was + finished[id_]  # what was open ended or stayed; the rest was opened now
            assert 0 <= begun <= asked[id_]
            self.opened[id_] += begun
            self.ends[id_] += finished[id_]
        assert all(count <= asked[id_] for id_, count in rejected.items())
        self.open = now_open

    @invariant()
    def every_request_is_open_or_has_ended_once(self) -> None:
        """Opened is open plus ended; what is open has no end state, and counts between nothing and fully."""
        if not hasattr(self, "book"):
            return
        for id_, count in self.opened.items():
            assert count == self.ends[id_] + (id_ in self.open)
        for request in self.open.values():
            assert request.state not in ENDS
            assert 0.0 < request.trust_ratio <= 1.0
            assert 0.0 <= request.eta_s <= 255.0

    def teardown(self) -> None:
        """In the end everybody has ended: who says nothing any more times out."""
        if not hasattr(self, "book"):
            return
        _, ended = self.book.update(self.now_s + 2 * MAX_LIFE_S, [], RED, {})
        assert Counter(end.id for end in ended if end.state is RequestState.TIMED_OUT) == Counter(self.open.keys())
        waiting, ended = self.book.update(self.now_s + 3 * MAX_LIFE_S, [], RED, {})
        assert (waiting, ended) == ((), ())


TestRequestLife = RequestLife.TestCase
TestRequestLife.settings = settings(max_examples=80, stateful_step_count=25, deadline=None, derandomize=True)
