"""What earlier days taught: by kind of day and time, weighed against today's counts, used from the first minutes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.coordination_parameters import CoordinationParameters
from plans.defaults import MODE_WEIGHT, OCCUPANCY
from signalctl.strategies import make_strategy
from signalctl.strategies.parameters import CoordinatedParameters
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategies.usual_traffic import (
    DAY_KEEP,
    DAY_VARIATION,
    LocalDays,
    Slot,
    UsualTraffic,
    as_prior,
    things_counted,
)

BEGIN_UTC_S = datetime(2025, 1, 6, 7, 0, tzinfo=UTC).timestamp()
SEARCH = CoordinationParameters(kept_cycles=1, rounds=2, max_cycle_step_s=20, max_green_step_s=20)
PARAMETERS = CoordinatedParameters(
    plan_by_usual=True, search=SEARCH, first_s=900.0, period_s=3600.0, steps_per_tick=4, solver_ticks=2
)
UNEVEN = {"n": 700.0, "s": 650.0, "e": 150.0, "w": 120.0}


def _usual(crossroads, vph: Mapping[str, float], slots: tuple[int, ...] = (28, 29), over_s: float = 900.0):
    """So many vehicles an hour by arm were counted in these quarters of an hour of working days."""
    things = things_counted(crossroads.junction)
    sums = np.zeros((len(things), 2))
    for arm, flow in vph.items():
        sums[things.index(("lane", arm))] = flow * over_s / 3600.0, over_s
    return UsualTraffic({Slot("workday", slot): {"J": sums} for slot in slots})


def _pictures(crossroads, passes: Mapping[str, float], seconds: int):
    """Pictures second by second while each arm discharges so many vehicles an hour."""
    for second in range(seconds):
        one = crossroads.picture({}).junctions["J"]
        lanes = {
            arm: replace(lane, passed=int((second + 1) * passes[arm] / 3600.0) - int(second * passes[arm] / 3600.0))
            for arm, lane in one.lanes.items()
        }
        yield replace(crossroads.picture({}), utc_s=BEGIN_UTC_S + second, junctions={"J": replace(one, lanes=lanes)})


def _history(crossroads, usual: UsualTraffic | None) -> TrafficHistory:
    return TrafficHistory({"J": crossroads.junction}, MODE_WEIGHT, OCCUPANCY, 1200.0, usual)


def _counted(crossroads, usual: UsualTraffic | None, passes: Mapping[str, float], seconds: int) -> TrafficHistory:
    history = _history(crossroads, usual)
    for picture in _pictures(crossroads, passes, seconds):
        history.observe(picture, {})
    return history


def _arm_vph(crossroads, history: TrafficHistory, arm: str) -> float:
    flows = history.demand()["J"].flow_vph
    return sum(flows[movement.id] for movement in crossroads.junction.movements if movement.lane == arm)


@pytest.mark.parametrize(
    ("when", "slot"),
    [
        ("2025-01-06T06:59:59", Slot("workday", 31)),
        ("2025-01-11T12:00:00", Slot("sat", 52)),
        ("2025-07-06T22:00:00", Slot("workday", 0)),
        ("2025-01-08T10:00:00", Slot("sun", 44)),
    ],
)
def test_a_quarter_of_an_hour_is_one_of_local_time_and_kind_of_day(when: str, slot: Slot) -> None:
    """The street's own clock, summer time included, tells the quarter; a holiday is a Sunday."""
    days = LocalDays("Europe/Berlin", {datetime(2025, 1, 8, tzinfo=UTC).toordinal(): "sun"})
    assert days.slot(datetime.fromisoformat(when + "+00:00").timestamp()) == slot


@given(st.floats(0.0, 1e6), st.floats(1.0, 1e6))
def test_usual_counts_keep_their_rate_and_are_worth_what_is_sure_of_them(amount: float, over_s: float) -> None:
    """A prior has the usual rate, never more than its counts, and never more than days vary."""
    ((vehicles, seconds),) = as_prior(np.array([[amount, over_s]]))
    assert vehicles / seconds == pytest.approx(amount / over_s)
    assert vehicles <= min(amount, 1.0 / DAY_VARIATION**2) * (1.0 + 1e-9)


def test_plans_for_usual_traffic_come_in_the_first_minutes(crossroads) -> None:
    """What is usual leads to uneven greens long before a quarter of an hour was counted; unknown traffic does not."""
    plans = {}
    for name, usual in (("known", _usual(crossroads, UNEVEN)), ("unknown", None)):
        strategy = make_strategy(
            "coordinated", {"J": crossroads.junction}, parameters=PARAMETERS, history=_history(crossroads, usual)
        )
        for picture in _pictures(crossroads, UNEVEN, 240):
            found = strategy.decide(picture, {"J": crossroads.status("NS", 20)}, {"J": crossroads.plan})
        plans[name] = found.plans["J"].plan
    greens = {stage.stage: stage.green_s for stage in plans["known"].stages}
    assert greens["NS"] > 1.5 * greens["EW"]
    assert plans["unknown"] == crossroads.plan


def test_today_outweighs_what_is_usual_as_it_is_counted(crossroads) -> None:
    """A day with twice the traffic: expected as usual at first, and nearly as counted after twenty minutes."""
    usual = _usual(crossroads, dict.fromkeys("nsew", 400.0), slots=(28, 29, 30))
    today = dict.fromkeys("nsew", 800.0)
    first, later = (_arm_vph(crossroads, _counted(crossroads, usual, today, s), "n") for s in (30, 1200))
    assert 380.0 < first < 520.0
    assert 640.0 < later < 850.0


def test_a_rising_street_is_expected_to_go_on_rising(crossroads) -> None:
    """Where the next quarter of an hour usually brings half as much again, more is expected than was counted."""
    calm, busy = _usual(crossroads, dict.fromkeys("nsew", 400.0)), dict.fromkeys("nsew", 600.0)
    usual = calm.copy()
    usual.learn(Slot("workday", 29), {"J": _usual(crossroads, busy)._sums[Slot("workday", 29)]["J"] * 9.0})
    today = dict.fromkeys("nsew", 400.0)
    steady, rising = (_arm_vph(crossroads, _counted(crossroads, one, today, 890), "n") for one in (calm, usual))
    assert rising > 1.25 * steady


def test_days_fade_into_one_another(crossroads) -> None:
    """The day before counts in part, and a lane's rate lies between the two."""
    usual = _usual(crossroads, {"n": 400.0})
    slot, row = Slot("workday", 28), things_counted(crossroads.junction).index(("lane", "n"))
    usual.learn(slot, {"J": _usual(crossroads, {"n": 800.0})._sums[slot]["J"]})
    learned = dict(usual.rows({"J": crossroads.junction}, slot))["J"]
    assert row == 0
    assert learned.over == pytest.approx(900.0 * (1.0 + DAY_KEEP))
    assert 3600.0 * learned.amount / learned.over == pytest.approx((800.0 + DAY_KEEP * 400.0) / (1.0 + DAY_KEEP))


def test_what_is_counted_today_is_usual_tomorrow(crossroads) -> None:
    """A slot that ended, and the one that runs, are in what a run leaves behind; whoever gave the counts keeps his."""
    given_before = _usual(crossroads, {"n": 100.0}, slots=(28,))
    history = _counted(crossroads, given_before, UNEVEN, 1000)
    rows = {one.id: one for _, one in history.usual_so_far().rows({"J": crossroads.junction}, Slot("workday", 29))}
    assert 3600.0 * rows["n"].amount / rows["n"].over == pytest.approx(UNEVEN["n"], rel=0.1)
    assert history.usual.learned == Slot("workday", 28)
    assert given_before.slots() == (Slot("workday", 28),)
    assert given_before.learned is None
