"""Nobody waits longer than the longest red: whatever is asked for, whichever plan comes or goes, in any order."""

from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from controllers.logic import ConfigurationError, ControllerConfig, FieldController
from plans.junction import Aspect, GroupKind, Junction, SignalGroup, Stage
from plans.rules import check_plan, errors
from plans.sealed import RequestAction, TransitionMode
from plans.stage_transition import GroupSwitch, StageTransition
from plans.table import open_frames
from plans.timing import TimingPlan
from sim.observer import SafetyObserver
from tests.controllers.samples import KEY, UTC_S, Master, make_controller, make_plan, sample_junction
from tests.plans.display_oracle import shown_by
from tests.strategies_plans import junctions, plans_for, with_more_stages, with_on_demand

STEADY = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)


def longest_red_s(junction: Junction, plan: TimingPlan) -> int:
    """The longest red of any mandatory group in the plan's own cycle, by counting."""
    table = shown_by(junction, plan) * 2
    longest_s = 0
    for name, group in junction.groups.items():
        red_s = 0
        for green in table:
            red_s = 0 if name in green else red_s + 1
            longest_s = max(longest_s, red_s if group.mandatory else 0)
    return longest_s


def with_longest_red(junction: Junction, seconds: int) -> Junction:
    """The junction whose every group may be red for so long, watched on one lamp per group."""
    groups = {
        name: replace(group, max_red_s=seconds, links=(index,))
        for index, (name, group) in enumerate(junction.groups.items())
    }
    return replace(junction, groups=groups)


class Siege:
    """A controller under a master that wants somebody to wait for ever, and an observer at the kerb."""

    def __init__(self, junction: Junction, plans: list[TimingPlan], begin_s: int) -> None:
        self.junction = junction
        self.names = list(dict.fromkeys(entry.stage for plan in plans for entry in plan.entries))
        config = ControllerConfig(junction, {"local": plans[0]}, lambda _: "local", key=KEY, cycle_step_s=120)
        self.controller = FieldController(config, UTC_S + begin_s)
        self.master = Master(self.controller)
        self.plans = plans[1:]
        self.observer = SafetyObserver(junction)
        self.elapsed_s = 0
        self.cycle = {item.stage for item in plans[0].stages}
        self.requests = self.plans_taken = self.on_demand = 0

    def second(self, jump_s: int = 0) -> None:
        """One second passes, on a clock that may jump."""
        self.controller.tick(self.controller.utc_s + 1 + jump_s)
        self.elapsed_s += 1
        aspects = self.controller.aspects()
        letters = "".join("G" if aspects[name] is Aspect.GREEN else "r" for name in self.junction.groups)
        self.observer.see(self.elapsed_s, letters)

    def ask(self, action: RequestAction, stage: str) -> None:
        """A request that bypasses the gate."""
        if self.master.request(action, stage) is None:
            self.requests += 1
            self.on_demand += stage not in self.cycle

    def push(self, random: Random) -> None:
        """Another central plan, on whichever way into it."""
        plan, mode = random.choice(self.plans), random.choice(list(TransitionMode))
        self.plans_taken += self.master.push(self.master.wire(plan, mode)) is None

    def attack(self, kind: str, random: Random, seconds: int) -> None:
        """Some time of one kind of malice."""
        pair = random.sample(self.names, 2)
        for _ in range(seconds):
            status = self.controller.status()
            if kind != "alone" and self.elapsed_s % 10 == 0:
                self.master.lease()
            if kind == "hold" and status.stage:
                self.ask(RequestAction.HOLD, status.stage)
            elif kind == "alternate":
                self.ask(RequestAction.GO, pair[status.stage == pair[0]])
            elif kind == "random":
                self.ask(RequestAction.GO, random.choice(self.names))
            elif kind == "plans" and random.random() < 0.05:
                self.push(random)
            self.second(random.choice([-7, 5, 40, 3600]) if kind == "clock" and random.random() < 0.05 else 0)


KINDS = ["hold", "alternate", "random", "plans", "alone", "clock"]


def besiege(siege: Siege, random: Random, kinds: list[str]) -> None:
    """Every kind of malice in turn, with plans that change between them."""
    siege.attack("alone", random, random.randint(1, 150))
    for kind in kinds:
        if kind in ("hold", "alternate", "random") and siege.plans:
            siege.master.lease()
            siege.push(random)
        siege.attack(kind, random, random.randint(20, 200))
    assert siege.controller.conflict_trips == 0
    groups = siege.junction.groups
    found = [f for f in siege.observer.violations if f.kind != "long_reds" or groups[f.groups[0]].mandatory]
    assert not found, [str(violation) for violation in found]


@st.composite
def sieges(draw: st.DrawFn) -> Siege:
    """A junction whose longest reds leave as little as its plans need, or some more."""
    junction = draw(junctions())
    plans = [draw(plans_for(junction)) for _ in range(3)]
    junction = draw(with_more_stages(junction))
    plans = [draw(with_on_demand(junction, plan)) for plan in plans]
    plans = [open_frames(plan) if draw(st.booleans()) else plan for plan in plans]
    least_s = max(longest_red_s(junction, plan) for plan in plans)
    junction = with_longest_red(junction, least_s + draw(st.sampled_from([0, 1, 5, 20, 60, 150])))
    assert not any(errors(check_plan(junction, plan)) for plan in plans)
    siege = started(junction, plans, draw(st.integers(0, 500)))
    assume(siege is not None)
    assert siege is not None
    return siege


def started(junction: Junction, plans: list[TimingPlan], begin_s: int) -> Siege | None:
    """The siege; None where the limit is too short for the way out of all red."""
    try:
        return Siege(junction, plans, begin_s)
    except ConfigurationError:
        event("refused at start")
        return None


@given(sieges(), st.integers(0, 2**32), st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
@settings(STEADY, max_examples=150)
def test_nobody_waits_longer_than_the_longest_red(siege: Siege, seed: int, kinds: list[str]) -> None:
    """Requests that hold or avoid stages, plans that come and go, a lost lease, a clock that jumps."""
    besiege(siege, Random(seed), kinds)
    event(f"requests taken: {siege.requests > 0}, plans taken: {siege.plans_taken > 0}")
    event(f"on demand: {siege.on_demand > 0}")


def test_a_change_without_a_change_of_signals_is_seen() -> None:
    """A stage with the same greens as the one before it has a longer way to the other group, which must be in time."""
    vehicle = partial(SignalGroup, kind=GroupKind.VEHICLE, min_green_s=5, amber_s=3, red_amber_s=1)
    slow = StageTransition("D", "B", (GroupSwitch("K1", 9, green=False), GroupSwitch("K2", 18, green=True)), 18)
    junction = Junction(
        "J",
        "J",
        {name: vehicle(id=name, max_red_s=70, links=(link,)) for link, name in enumerate(("K1", "K2"))},
        {("K1", "K2"): 9, ("K2", "K1"): 9},
        {name: Stage(name, frozenset({group})) for name, group in (("A", "K1"), ("B", "K2"), ("D", "K1"))},
        {},
        (),
        cycle_min_s=30,
        transitions={("D", "B"): slow},
    )
    siege = Siege(junction, [make_plan(junction, [("A", 10), ("D", 10), ("B", 20)], is_open=True)] * 2, 0)
    siege.master.lease()
    siege.push(Random(0))
    assert siege.plans_taken == 1
    for _ in range(90):
        siege.master.lease()
        siege.second()
    for _ in range(600):
        siege.master.lease()
        status = siege.controller.status()
        # stay in A until the last second from which D still seems to make no difference, then hold D
        red_s = siege.controller.display.red_for(1, siege.controller.elapsed_s)
        siege.ask(
            *(
                (RequestAction.GO, "D")
                if status.stage == "A" and red_s > 40
                else (RequestAction.HOLD, status.stage or "A")
            )
        )
        siege.second()
    assert siege.requests > 300
    assert not siege.observer.violations, [str(found) for found in siege.observer.violations]


def test_a_limit_without_time_to_start_is_refused() -> None:
    """A plan fits its limit exactly, or not at all; a long all red before it makes it too late: the group is named."""
    greens = [("A", 8), ("B", 8), ("C", 5)]
    roomy = sample_junction()
    least_s = longest_red_s(roomy, make_plan(roomy, greens))
    for max_red_s, complaint in (
        (least_s, r"J1/groups/\w+/max_red_s"),
        (least_s - 1, r"max_red at element \d \(\w+\)"),
    ):
        junction = sample_junction(max_red_s=max_red_s, cycle_min_s=30)
        with pytest.raises(ConfigurationError, match=complaint):
            make_controller(junction, local_plans={"day": make_plan(junction, greens)}, startup_all_red_s=least_s)
    junction = sample_junction(max_red_s=least_s, cycle_min_s=30)
    make_controller(junction, local_plans={"day": make_plan(junction, greens)})
