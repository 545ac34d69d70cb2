"""The announced time to the next change, against what the controllers really showed afterwards."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from controllers.driver import FieldStatus
from controllers.inprocess import InProcessDriver
from detectors.builder import PictureBuilder
from detectors.local import LocalSource
from detectors.picture import Picture
from plans.junction import Junction
from plans.schema import load_site
from plans.sealed import RequestAction, RequestReason
from plans.site import Site
from plans.table import open_frames
from plans.timing import TimingPlan
from signalctl.demo.street import make_controllers
from signalctl.gate import Gate
from signalctl.loop import ControlLoop
from signalctl.scenarios import SHIPPED
from signalctl.state_publisher import StatePublisher
from signalctl.strategy import Decisions, StageDecision
from signalctl.tick import RefusalNote, Tick

BEGIN_UTC_S = 1_736_121_600
SECONDS = 500

State = Mapping[str, Any]


class Moody:
    """A strategy that holds, goes and is silent by the roll of a die, or always silent."""

    name = "moody"

    def __init__(self, site: Site, seed: int | None) -> None:
        self.junctions = site.junctions
        self._die = None if seed is None else random.Random(seed)

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        if self._die is None:
            return Decisions({}, {})
        return Decisions({name: self._wish(name, status) for name, status in field.items()}, {})

    def _wish(self, name: str, status: FieldStatus) -> StageDecision:
        stage, action = status.stage or status.next_stage or "?", RequestAction.HOLD
        if status.stage and self._die is not None and self._die.random() < 0.1:
            stage, action = self._die.choice(sorted(self.junctions[name].stages)), RequestAction.GO
        return StageDecision(name, stage, action, RequestReason.TRAFFIC, "test")


async def published(site: Site, seed: int | None) -> dict[str, list[State]]:
    """What each junction of a street published, second by second."""
    states: dict[str, list[State]] = {name: [] for name in site.junctions}
    controllers = make_controllers(site, BEGIN_UTC_S)
    due = site.plans_due(BEGIN_UTC_S)
    if seed is not None:
        due = {name: open_frames(plan) for name, plan in due.items()}
    loop = ControlLoop(
        strategy=Moody(site, seed),
        gate=Gate(site.junctions, site.control),
        drivers=[InProcessDriver(controller) for controller in controllers.values()],
        source=LocalSource(),
        builder=PictureBuilder(site.junctions),
        plans_due=lambda _utc_s: due,
        observers=[StatePublisher(site.junctions, lambda name, state: states[name].append(state))],
        read_deadline_s=60.0,
        push_deadline_s=60.0,
    )
    for second in range(SECONDS):
        await loop.tick(float(BEGIN_UTC_S + second))
        for controller in controllers.values():
            controller.tick(BEGIN_UTC_S + second + 1)
    await loop.close()
    return states


def with_truth(states: list[State]) -> list[tuple[State, int]]:
    """Each state with the seconds after which another set of groups really was green."""
    greens = [{group for group, aspect in state["groups"].items() if aspect == "green"} for state in states]
    found, ahead = [], None
    for at in range(len(states) - 2, -1, -1):
        if greens[at] != greens[at + 1]:
            ahead = at + 1
        if ahead is not None:
            found.append((states[at], ahead - at))
    return found


@pytest.fixture(scope="module")
def site() -> Site:
    """The Rheinstraße: ten junctions with three stages and more."""
    return load_site(SHIPPED / "rheinstrasse" / "site.yaml")


def assert_within_bounds(told: list[tuple[State, int]]) -> None:
    """No change comes before the least, nor after the most; and hardly ever is nothing known."""
    for state, truth_s in told:
        low_s, high_s = state["next_change_min_s"], state["next_change_max_s"]
        assert low_s is None or 1 <= low_s <= truth_s, state
        assert high_s is None or truth_s <= high_s, state
    known = [state for state, _ in told if state["next_change_min_s"] is not None]
    assert len(known) > 0.95 * len(told)


async def test_what_a_strategy_may_change_stays_within_the_announced_bounds(site: Site) -> None:
    """Holds, changes and silence in any order: what is asked for and each transition is announced to the second."""
    told = [pair for one in (await published(site, 1)).values() for pair in with_truth(one)]
    assert_within_bounds(told)
    changing = [(state, truth_s) for state, truth_s in told if state["next_stage"] and state["mode"] == "central_stage"]
    exact = [state for state, truth_s in changing if state["next_change_max_s"] == truth_s]
    assert len(exact) > 0.9 * len(changing) > 100
    before = [state for state, truth_s in told if truth_s == 1 and state["stage"] and state["mode"] == "central_stage"]
    foreseen = [state for state in before if state["next_change_max_s"] == 1]
    assert len(foreseen) > 0.9 * len(before) > 50


async def test_a_plan_that_runs_by_itself_is_announced_to_the_second(site: Site) -> None:
    """In step each change is known, also during transitions; before that, and under local plans, bounds hold."""
    told = [pair for one in (await published(site, None)).values() for pair in with_truth(one)]
    assert_within_bounds(told)
    assert {state["mode"] for state, _ in told} == {"local_fixed", "central_plan"}
    in_step = [pair for pair in told if pair[0]["mode"] == "central_plan" and pair[0]["t"] > BEGIN_UTC_S + 250]
    assert len(in_step) > 1000
    for state, truth_s in in_step:
        assert (state["next_change_min_s"], state["next_change_max_s"]) == (truth_s, truth_s), state


@pytest.mark.parametrize(
    ("changes", "bounds"),
    [
        ({}, (1, 1)),
        ({"refusals": (RefusalNote("J1", "controller", "max_red", "2", "", ""),)}, (1, 40)),
        ({"requested": frozenset()}, (1, 40)),
        ({"active_plans": {}, "requested": frozenset()}, (1, None)),
        ({"stage_decisions": {}, "requested": frozenset()}, (1, None)),  # out of step with the plan
    ],
)
def test_bounds_say_what_is_known(
    crossroads: Junction,
    make_tick: Callable[..., Tick],
    changes: Mapping[str, Any],
    bounds: tuple[int | None, int | None],
) -> None:
    """K2 has been red for 20 s of at most 60 s: what is asked for comes at once; without that, any second may be it."""
    groups = {**crossroads.groups, "K2": replace(crossroads.groups["K2"], max_red_s=60)}
    sent: list[State] = []
    publisher = StatePublisher({"J1": replace(crossroads, groups=groups)}, lambda _junction, state: sent.append(state))
    publisher.record(make_tick(**changes))
    assert (sent[0]["next_change_min_s"], sent[0]["next_change_max_s"]) == bounds
