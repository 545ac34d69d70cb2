"""Who lies, or does not come, or holds green that it does not use, counts less and less; who comes is believed."""

from dataclasses import replace

import pytest

from detectors.open_request import MAX_GREEN_S, MAX_LIFE_S
from detectors.picture import EndReason, PriorityRequest, RequestState
from detectors.readings import TransitKind
from detectors.transit import RequestBook
from detectors.trust import HALF_LIFE_S
from plans.junction import Junction, Mode
from tests.detectors.request_samples import GREEN, NEW, RED, lane, visit


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
    for sight, counts in ((cars, 0.1), (lane(Mode.TRUCK, kinds_known=True), 1.0)):
        book = RequestBook(junction)
        (request,), _ = book.update(1000.0, [replace(NEW, t_s=1000.0, eta_s=20.0)], RED, cars)
        assert request.trust_ratio == pytest.approx(0.1)
        for second in range(1, 15):
            (request,), _ = book.update(1000.0 + second, [], RED, sight)
        assert request.trust_ratio == pytest.approx(counts)
    proven = RequestBook(junction)
    visit(proven, 1000.0, lane(Mode.BUS, kinds_known=True))
    (request,), _ = proven.update(1200.0, [replace(NEW, t_s=1200.0, eta_s=20.0)], RED, cars)
    assert request.trust_ratio == 1.0


def test_a_source_whose_vehicles_come_vouches_for_newcomers(junction: Junction) -> None:
    """After some buses of a source have been seen, the next one counts before it is in sight; after inventions less."""
    cars, bus = lane(Mode.CAR, kinds_known=True), lane(Mode.BUS, kinds_known=True)
    book, counts = RequestBook(junction), []
    for number in range(12):
        at_s = 1000.0 + 100.0 * number
        (request,), _ = book.update(at_s, [replace(NEW, id=f"ask {number}", t_s=at_s, eta_s=40.0)], RED, cars)
        counts.append(request.trust_ratio)
        book.update(at_s + 1.0, [replace(NEW, id=f"ask {number}", t_s=at_s + 1.0, kind=TransitKind.CANCEL)], RED, cars)
        visit(book, at_s + 10.0, bus if number < 6 else lane(kinds_known=True), replace(NEW, id=f"bus {number}"))
    assert counts[0] == pytest.approx(0.1)
    assert counts[:7] == sorted(counts[:7])
    assert counts[6] > 0.6
    assert counts[11] < 0.5 * counts[6]


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
    for number in range(3):
        siren = replace(NEW, id=f"siren {number}", level=14)
        weights.append(visit(book, 1000.0 + 400.0 * number, lane(), siren))
    assert weights[0] == 1.0
    assert max(weights[1:]) < 0.02
    _, (ended,) = book.update(2600.0, [replace(NEW, id="siren 3", level=14, t_s=2600.0)], RED, lane())
    assert (ended.state, ended.reason) == (RequestState.REJECTED, EndReason.DISTRUSTED)


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
    assert max(weights[1:]) < 0.03


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
