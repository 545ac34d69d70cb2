"""Compensation: what priority takes from a group is written down, paid back or written off, and never lost sight of."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.picture import CrossingPicture, JunctionPicture, LanePicture, PriorityRequest, RequestState
from plans.junction import Aspect, GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from plans.timing import PlanStage, TimingPlan
from signalctl.strategies.debts import DebtLedger, PriorityDebts

RED, GREEN = Aspect.RED, Aspect.GREEN
PLAN = TimingPlan("P", "J", 60, 0, (PlanStage("A", 30, 0, 60), PlanStage("B", 20, 0, 60)))


@pytest.fixture
def junction() -> Junction:
    """The junction of these tests."""
    return _junction()


def _junction() -> Junction:
    """A main road with a crossing beside it, and a side road; nominal greens 30 and 20 s, cycle 60 s."""
    groups = {name: SignalGroup(name, GroupKind.VEHICLE, 5) for name in ("main", "side")}
    groups["walk"] = SignalGroup("walk", GroupKind.PEDESTRIAN, 5, amber_s=0, red_amber_s=0)
    return Junction(
        id="J",
        name="",
        groups=groups,
        intergreens=dict.fromkeys((("main", "side"), ("side", "main"), ("walk", "side"), ("side", "walk")), 5),
        stages={"A": Stage("A", frozenset({"main", "walk"})), "B": Stage("B", frozenset({"side"}))},
        lanes={"m": Lane("m", "m", 100.0, 13.9), "s": Lane("s", "s", 100.0, 13.9)},
        movements=(
            Movement("mm", "m", "main", Turn.STRAIGHT, "x"),
            Movement("ss", "s", "side", Turn.STRAIGHT, "y"),
        ),
    )


def picture(queues: Mapping[str, float], *asking: str, walkers: float = 0.0) -> JunctionPicture:
    """Queues by lane, groups with a queued request, and people at the crossing."""
    none = np.empty(0)
    lanes = {
        lane: LanePicture(
            lane, none, none, none.astype(np.int32), none.astype(np.int8), none, queue, 0.0, 0.0, 0, 0.0, 1.0
        )
        for lane, queue in queues.items()
    }
    requests = tuple(PriorityRequest(group, "J", group, Mode.BUS, 7, 5.0) for group in asking)
    return JunctionPicture("J", lanes, {"walk": CrossingPicture("walk", walkers > 0, walkers, 0.0)}, requests)


class Street:
    """Plays spells of a stage, second by second."""

    def __init__(self, junction: Junction) -> None:
        self.debts = PriorityDebts(junction, 2.0)
        self.utc_s = 1000.0

    def show(self, green: str, seconds: int, seen: JunctionPicture) -> None:
        """The main stage, the side stage or all red for so long."""
        on = {"main": {"main", "walk"}, "side": {"side"}, "": set()}[green]
        for _ in range(seconds):
            aspects = {group: GREEN if group in on else RED for group in ("main", "side", "walk")}
            self.debts.update(self.utc_s, seen, aspects, PLAN)
            self.utc_s += 1.0


def test_an_extension_is_owed_to_those_who_wait(junction: Junction) -> None:
    """The main road is green 12 s beyond its 30 s for a bus: the side road is owed 12 s, the crossing nothing."""
    street = Street(junction)
    street.show("main", 43, picture({"m": 3, "s": 4}, "main", walkers=2))
    assert street.debts.ledger.owed_s("side") == pytest.approx(12.0)
    assert street.debts.ledger.owed_s("walk") == 0.0
    assert street.debts.weights().get("side", 1.0) > 1.5
    assert street.debts.weights().get("main", 1.0) == 1.0


@pytest.mark.parametrize(("trust_ratio", "halts", "owed_s"), [(1.0, False, 12.0), (0.25, False, 3.0), (1.0, True, 0.0)])
def test_only_so_much_is_owed_as_the_request_was_worth(
    junction: Junction, trust_ratio: float, halts: bool, owed_s: float
) -> None:
    """Who is trusted by a quarter took a quarter of those 12 s; who stands at a stop with open doors took nothing."""
    seen = picture({"m": 3, "s": 4})
    request = PriorityRequest("main", "J", "main", Mode.BUS, 7, 5.0, trust_ratio=trust_ratio, halts=halts)
    street = Street(junction)
    street.show("main", 43, replace(seen, requests=(request,)))
    assert street.debts.ledger.owed_s("side") == pytest.approx(owed_s)


def test_a_skipped_group_is_owed_no_more_than_the_request_was_trusted(junction: Junction) -> None:
    """Red for a cycle while somebody was served who is trusted by half: half a nominal green."""
    request = PriorityRequest("main", "J", "main", Mode.BUS, 7, 5.0, trust_ratio=0.5)
    street = Street(junction)
    street.show("main", 25, replace(picture({"m": 3, "s": 4}), requests=(request,)))
    street.show("main", 100, picture({"m": 3, "s": 4}))
    assert street.debts.ledger.owed_s("side") == pytest.approx(10.0)


def test_nobody_is_owed_what_the_plan_gives_anyway(junction: Junction) -> None:
    """A bus that crosses in the nominal green costs nobody anything; without a request a long green is no priority."""
    street = Street(junction)
    street.show("main", 30, picture({"m": 3, "s": 4}, "main"))
    street.show("main", 20, picture({"m": 3, "s": 4}))
    assert street.debts.ledger.totals.charged_s == 0.0


def test_a_green_cut_short_is_owed(junction: Junction) -> None:
    """A request on the side road ends the main green after 11 of 30 s: 19 s are owed to main road and crossing."""
    street = Street(junction)
    street.show("side", 5, picture({"m": 3, "s": 1}, walkers=1))
    street.show("main", 11, picture({"m": 3, "s": 1}, walkers=1))
    street.show("", 5, picture({"m": 3, "s": 1}, "side", walkers=1))
    assert street.debts.ledger.owed_s("main") == pytest.approx(19.0)
    assert street.debts.ledger.owed_s("walk") == pytest.approx(19.0)


def test_a_skipped_group_is_owed_its_whole_green(junction: Junction) -> None:
    """Red for a cycle while a bus was served: one nominal green, and not more however long it lasts."""
    street = Street(junction)
    street.show("main", 25, picture({"m": 3, "s": 4}, "main"))
    street.show("main", 100, picture({"m": 3, "s": 4}))
    assert street.debts.ledger.owed_s("side") == pytest.approx(20.0)


def test_longer_green_pays_the_debt(junction: Junction) -> None:
    """12 s owed, 20 s nominal: after 32 s of green the side road is owed nothing, and all of it was paid."""
    street = Street(junction)
    street.show("main", 43, picture({"m": 3, "s": 4}, "main"))
    street.show("", 5, picture({"m": 3, "s": 4}))
    street.show("side", 27, picture({"m": 3, "s": 4}))
    assert street.debts.ledger.owed_s("side") == pytest.approx(6.0)
    street.show("side", 7, picture({"m": 3, "s": 4}))
    assert street.debts.ledger.owed_s("side") == 0.0
    assert street.debts.ledger.totals.paid_s == pytest.approx(12.0)


def test_the_weight_rises_until_the_debt_is_due(junction: Junction) -> None:
    """It grows for two cycles; then what was not paid is written off and said so."""
    street = Street(junction)
    street.show("main", 43, picture({"m": 3, "s": 4}, "main"))
    street.show("side", 1, picture({"m": 3, "s": 4}))
    weights = []
    for _ in range(5):
        street.show("", 20, picture({"m": 3, "s": 4}))
        weights.append(street.debts.weights().get("side", 1.0))
    assert weights == sorted(weights)
    street.show("", 40, picture({"m": 3, "s": 4}))
    totals = street.debts.ledger.totals
    assert street.debts.weights().get("side", 1.0) == 1.0
    assert totals.written_off_s == pytest.approx(totals.charged_s)


def test_a_debt_ends_with_the_last_who_waits(junction: Junction) -> None:
    """Nobody is served green that nobody needs."""
    street = Street(junction)
    street.show("main", 43, picture({"m": 3, "s": 4}, "main"))
    street.show("main", 1, picture({"m": 3, "s": 0}, "main"))
    assert street.debts.ledger.owed_s("side") == 0.0


def test_a_received_request_takes_nothing(junction: Junction) -> None:
    """Who does not count yet cannot cost anybody anything."""
    street = Street(junction)
    seen = picture({"m": 3, "s": 4}, "main")
    request = PriorityRequest("b", "J", "main", Mode.BUS, 7, 5.0, state=RequestState.RECEIVED)
    street.show("main", 50, JunctionPicture("J", seen.lanes, seen.crossings, (request,)))
    assert street.debts.ledger.totals.charged_s == 0.0


def test_without_a_plan_nothing_is_owed(junction: Junction) -> None:
    """There is no nominal green to lose."""
    debts = PriorityDebts(junction, 2.0)
    for second in range(100):
        debts.update(1000.0 + second, picture({"m": 3, "s": 4}, "main"), {"main": GREEN}, None)
    assert not debts.weights()


@given(
    st.lists(
        st.tuples(st.sampled_from(["charge", "pay", "write_off"]), st.sampled_from("ab"), st.floats(0, 50)), max_size=40
    )
)
def test_every_second_of_debt_is_accounted_for(steps: list[tuple[str, str, float]]) -> None:
    """Charged is always paid plus written off plus owed; nobody is owed less than nothing or more than the most."""
    ledger = DebtLedger("ab")
    now_s = 0.0
    for what, group, value in steps:
        now_s += 7.0
        if what == "charge":
            ledger.charge(group, value, now_s, within_s=40.0, most_s=30.0)
        elif what == "pay":
            ledger.pay(group, value)
        else:
            ledger.write_off(group, now_s)
        owed = [ledger.owed_s("a"), ledger.owed_s("b")]
        totals = ledger.totals
        assert all(0.0 <= one <= 30.0 + 1e-9 for one in owed)
        assert 0.0 <= ledger.urgency(group, now_s) <= 1.0
        assert totals.charged_s == pytest.approx(totals.paid_s + totals.written_off_s + sum(owed))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["main", "side", ""]), st.integers(1, 40), st.sets(st.sampled_from(["main", "side"]))
        ),
        max_size=12,
    )
)
def test_no_red_costs_more_than_a_green(spells: list[tuple[str, int, set[str]]]) -> None:
    """Whatever happens, a group is never owed more than its nominal green, and its weight stays within bounds."""
    street = Street(_junction())
    for stage, seconds, asking in spells:
        street.show(stage, seconds, picture({"m": 2, "s": 2}, *sorted(asking), walkers=1))
        for group, nominal_s in (("main", 30.0), ("side", 20.0), ("walk", 30.0)):
            assert 0.0 <= street.debts.ledger.owed_s(group) <= nominal_s + 1e-6
            assert 1.0 <= street.debts.weights().get(group, 1.0) <= 3.0 + 1e-6
