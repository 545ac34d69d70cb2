"""Plans that simulation has proved: what formulas promise with usual traffic too is not believed against them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from plans.coordination_parameters import CoordinationParameters
from plans.defaults import MODE_WEIGHT, OCCUPANCY
from plans.rules import check_step
from plans.timing import TimingPlan
from signalctl.strategies import make_strategy
from signalctl.strategies.parameters import CoordinatedParameters
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategies.usual_traffic import Slot, UsualTraffic, things_counted

BEGIN_UTC_S = datetime(2025, 1, 6, 7, 0, tzinfo=UTC).timestamp()
SEARCH = CoordinationParameters(kept_cycles=1, rounds=2, max_cycle_step_s=20, max_green_step_s=20)
PARAMETERS = CoordinatedParameters(search=SEARCH, first_s=600.0, period_s=600.0, steps_per_tick=4, solver_ticks=2)
UNEVEN = {"n": 700.0, "s": 650.0, "e": 150.0, "w": 120.0}
TURNED = {"n": 150.0, "s": 120.0, "e": 700.0, "w": 650.0}


class Street:
    """A junction whose controller runs what the strategy says, second by second."""

    def __init__(self, crossroads, usual: Mapping[str, float] | None, *, refined: bool = True) -> None:
        self.crossroads, self.second = crossroads, 0
        self.due: TimingPlan = crossroads.plan
        junctions = {"J": crossroads.junction}
        other = replace(crossroads.plan, id="other", offset_s=7)
        self.strategy = make_strategy(
            "coordinated",
            junctions,
            plans={"J": {self.due.id: self.due, "other": other}},
            refined=(self.due.id, "other") if refined else (),
            parameters=PARAMETERS,
            history=TrafficHistory(junctions, MODE_WEIGHT, OCCUPANCY, 1200.0, self._usual(usual)),
        )
        self.other = other

    def _usual(self, vph: Mapping[str, float] | None) -> UsualTraffic | None:
        """Counts of many like days: the same in every quarter of an hour."""
        if vph is None:
            return None
        things = things_counted(self.crossroads.junction)
        sums = np.zeros((len(things), 2))
        for arm, flow in vph.items():
            sums[things.index(("lane", arm))] = flow, 3600.0
        return UsualTraffic({Slot("workday", slot): {"J": sums} for slot in range(28, 40)})

    def drive(self, passes: Mapping[str, float], seconds: int):
        """The last decision after so many seconds of this traffic."""
        found = None
        for second in range(self.second, self.second + seconds):
            one = self.crossroads.picture({}).junctions["J"]
            lanes = {
                arm: replace(lane, passed=int((second + 1) * passes[arm] / 3600.0) - int(second * passes[arm] / 3600.0))
                for arm, lane in one.lanes.items()
            }
            picture = replace(
                self.crossroads.picture({}), utc_s=BEGIN_UTC_S + second, junctions={"J": replace(one, lanes=lanes)}
            )
            found = self.strategy.decide(picture, {"J": self.crossroads.status("NS", 20)}, {"J": self.due})
        self.second += seconds
        return found.plans["J"]


@pytest.mark.parametrize(("refined", "stays"), [(True, True), (False, False)])
def test_usual_traffic_is_no_reason_to_leave_proven_plans(crossroads, refined: bool, stays: bool) -> None:
    """The same counts and the same promise: taken against plans made by hand, not against those that were proved."""
    street = Street(crossroads, UNEVEN, refined=refined)
    decision = street.drive(UNEVEN, 720)
    assert (decision.plan == crossroads.plan) is stays
    assert ("with usual traffic" in decision.why) is stays


def test_other_traffic_than_usual_is_answered(crossroads) -> None:
    """Where traffic comes from elsewhere than usually, the plan follows, within a step of every plan of the site."""
    street = Street(crossroads, TURNED)
    plan = street.drive(UNEVEN, 720).plan
    greens = {stage.stage: stage.green_s for stage in plan.stages}
    assert greens["NS"] > greens["EW"]
    assert plan != crossroads.plan
    for due in (street.due, street.other):
        assert not check_step(due, plan, SEARCH.max_cycle_step_s, SEARCH.max_green_step_s)


def test_proven_plans_come_back_with_usual_traffic(crossroads) -> None:
    """When the event is over, the proven plan runs again."""
    street = Street(crossroads, TURNED)
    assert street.drive(UNEVEN, 720).plan != crossroads.plan
    assert street.drive(TURNED, 7200).plan == crossroads.plan


def test_the_next_proven_set_comes_when_it_is_due(crossroads) -> None:
    """A plan found against the morning's set ends with the morning."""
    street = Street(crossroads, TURNED)
    assert street.drive(UNEVEN, 720).plan != crossroads.plan
    street.due = street.other
    assert street.drive(UNEVEN, 1).plan == street.other


def test_proven_plans_stay_while_nobody_knows_what_is_usual(crossroads) -> None:
    """On the first day nothing is held against them, and the reason is given."""
    decision = Street(crossroads, None).drive(UNEVEN, 720)
    assert decision.plan == crossroads.plan
    assert "refined by simulation" in decision.why


@pytest.mark.parametrize(("now_ratio", "taken"), [(0.75, False), (0.65, True)])
def test_a_saving_has_to_exceed_the_known_error(monkeypatch, crossroads, now_ratio: float, taken: bool) -> None:
    """With 15 % promised falsely, 10 % beyond that are not enough, and 20 % are."""
    street = Street(crossroads, UNEVEN)

    def predicted(_junctions, plans, demand, _weights):
        proven = plans["J"] == crossroads.plan
        usual = demand["J"].flow_vph == street.strategy.history.usual_demand()["J"].flow_vph
        cost = 100.0 if proven else 85.0 if usual else 100.0 * now_ratio
        return SimpleNamespace(cost=lambda: cost, cost_apart=lambda _name: cost, cost_of=lambda _name: cost)

    monkeypatch.setattr("signalctl.strategies.proven.predicted", predicted)
    assert (street.drive(UNEVEN, 720).plan != crossroads.plan) is taken
