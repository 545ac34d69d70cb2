"""The cap on waits at crossings holds with changes under way, whatever else control would like to do."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.history import GroupPast, after_transition, earliest_begin_s
from plans.junction import GroupKind, Junction, Stage
from plans.sealed import RequestAction, RequestReason
from plans.transition import transition
from signalctl.gate.past import ACT_AFTER_S
from signalctl.scenarios import open_scenario
from signalctl.strategies.conduct import Scope
from signalctl.strategies.kerb_waits import keep_cap
from signalctl.strategy import StageDecision

CAP_S = 72.0
LONG_AGO_S = -1000


def scope_at(junction: Junction, stage: str, history: dict[str, GroupPast], utc_s: int) -> Scope:
    """Every other stage, and when the change to it may begin."""
    begin_s = utc_s + ACT_AFTER_S
    ready = {}
    for target in junction.stage_order:
        if target != stage:
            earliest_s = earliest_begin_s(junction, history, transition(junction, stage, target))
            ready[target] = max(0, (LONG_AGO_S if earliest_s is None else earliest_s) - begin_s)
    return Scope(junction, stage, ready, "", history)


def shown_since(junction: Junction, stage: str, utc_s: int, since_s: int) -> dict[str, GroupPast]:
    """The stage for so long, everybody else red for long."""
    green = junction.stages[stage].groups
    return {
        name: GroupPast(name in green, utc_s - since_s if name in green else LONG_AGO_S) for name in junction.groups
    }


@pytest.fixture
def three_stages(crossroads) -> Junction:
    """The crossroads with a third stage, the east-west road without its crossing."""
    junction = crossroads.junction
    return replace(junction, stages={**junction.stages, "X": Stage("X", frozenset({"ew"}))})


def test_who_has_just_come_binds_nobody(three_stages):
    """With time enough for any detour everything stays allowed."""
    scope = scope_at(three_stages, "NS", shown_since(three_stages, "NS", 0, 20), 0)
    assert keep_cap(scope, {"walk_ew": 10.0}, 0, CAP_S) == scope


def test_a_detour_is_not_begun_that_would_make_somebody_wait(three_stages):
    """After 60 s the direct way of 8 s is in time, not so that by another stage of 5 s at least."""
    scope = scope_at(three_stages, "X", shown_since(three_stages, "X", 0, 20), 0)
    kept = keep_cap(scope, {"walk_ns": 60.0}, 0, CAP_S)
    assert isinstance(kept, Scope)
    assert set(kept.ready_s) == {"NS"}


def test_the_last_moment_is_taken(three_stages):
    """When a second more would be too long, the quickest way is next."""
    scope = scope_at(three_stages, "X", shown_since(three_stages, "X", 0, 20), 0)
    decision = keep_cap(scope, {"walk_ns": 66.0}, 0, CAP_S)
    assert isinstance(decision, StageDecision)
    assert (decision.action, decision.stage, decision.reason) == (RequestAction.GO, "NS", RequestReason.PEDESTRIAN)


@cache
def bridgehead() -> Junction:
    """A junction with seven crossings, four basic stages and changes of up to 13 s."""
    return open_scenario("rheinstrasse", "am").site.junctions["j07_grosse_bleiche"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=30, max_size=60))
def test_nobody_waits_longer_however_control_chooses(choices):
    """Somebody comes to every crossing in the second after its green; control does anything that is still allowed."""
    junction = bridgehead()
    walks = [name for name, group in junction.groups.items() if group.kind is GroupKind.PEDESTRIAN]
    now_s, stage = 0, junction.stage_order[0]
    history = shown_since(junction, stage, 0, 20)
    came_s = dict.fromkeys(walks, 0)
    for choice in choices:
        for _ in range(choice % 7 + 1):
            scope = scope_at(junction, stage, history, now_s)
            red = {name: float(now_s - came_s[name]) for name in walks if not history[name].green}
            kept = keep_cap(scope, red, now_s, CAP_S)
            target = ""
            if isinstance(kept, StageDecision):
                target = kept.stage if kept.action is RequestAction.GO else ""
            elif choice % 3:
                ready = sorted(name for name in kept.ready_s if kept.ready(name))
                target = ready[choice % len(ready)] if ready else ""
            now_s += 1
            if not target:
                continue
            change = transition(junction, stage, target)
            begin_s = now_s - 1 + ACT_AFTER_S
            for switch in change.switches:
                if switch.group in came_s and switch.green:
                    assert begin_s + switch.at_s - came_s[switch.group] <= CAP_S, (switch.group, stage, target)
                elif switch.group in came_s:
                    came_s[switch.group] = begin_s + switch.at_s + 1
            history = after_transition(history, change, begin_s)
            now_s, stage = begin_s + change.duration_s, target
