"""Coordinated control: every few minutes the plans that cost people least by what was counted, and nothing in between.

The search runs in small steps beside the ticks. Its plans are taken when they save more, over the time that they are
expected to run, than the change into them costs. Against plans that simulation has proved they have to save more than
the model promises with usual traffic as well (`signalctl.strategies.proven`).
"""

import math
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from controllers.driver import FieldStatus
from detectors.picture import Picture
from plans.coordination import Outcome, Search, Steps, groups_of
from plans.demand import Demand
from plans.junction import Junction, Mode
from plans.plan_change import PlanChange, change_plan
from plans.platoon import FlowState
from plans.progression import Progression, Stream, best_offsets
from plans.sealed import TransitionMode
from plans.timing import TimingPlan
from signalctl.gate.past import ACT_AFTER_S, completed, history_of
from signalctl.strategies.parameters import CoordinatedParameters
from signalctl.strategies.proven import Judge, Plans, Proof, Proven
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategy import Decisions, PlanAlternative, PlanDecision

RATE_OF_COST = "person-seconds a second"
NOMINAL = "The time-of-day plan that is due."
UNKNOWN = (
    "The time-of-day plan that is due, refined by simulation: it stays until earlier days have taught what is usual, "
    "as nobody knows before whether traffic is another today."
)


@dataclass
class _Run:
    """A search under way for one group of junctions, and what it started from."""

    group: tuple[str, ...]
    demand: Demand
    steps: Steps
    proof: Proof | None  # where the plans that are due were refined by simulation


class _Street(NamedTuple):
    """Now: what the controllers say, the plans that run, and the time-of-day plans that are due."""

    utc_s: float
    field: Mapping[str, FieldStatus]
    running: Plans
    due: Plans


class Coordinated:
    """Strategic control alone: plans with frame zero, no stage requests."""

    name = "coordinated"

    def __init__(
        self,
        junctions: Mapping[str, Junction],
        weights: Mapping[Mode, float],
        occupancy: Mapping[Mode, float],
        parameters: CoordinatedParameters,
        history: TrafficHistory | None = None,
        proven: Proven | None = None,
    ) -> None:
        """Plan by the `history` that the loop keeps, or by one of its own where it is driven alone."""
        self._junctions = junctions
        self._parameters = parameters
        self.history = history or TrafficHistory(junctions, weights, occupancy, parameters.memory_s)
        self._groups = groups_of(junctions)
        self._proven = proven or Proven()
        self._own: dict[str, PlanDecision] = {}
        self._instead_of: dict[str, str] = {}  # the plan set that was due when the own plan was taken
        self._kept: dict[str, str] = {}  # why a time-of-day plan goes on after a search
        self._waiting: list[_Run] = []
        self._next_utc_s: float | None = None
        self._sets = 0
        self._solver = ThreadPoolExecutor(1, thread_name_prefix="progression")

    @property
    def junctions(self) -> Mapping[str, Junction]:
        """The junctions that it controls."""
        return self._junctions

    def decide(self, picture: Picture, field: Mapping[str, FieldStatus], plans: Mapping[str, TimingPlan]) -> Decisions:
        """The plans found last; the time-of-day plans that are due until something better is known."""
        self.history.observe(picture, field)
        for name, plan in plans.items():
            if plan.id in self._proven.sets and self._instead_of.get(name, plan.id) != plan.id:
                self._forget(name)
        running = {name: self._own[name].plan if name in self._own else plan for name, plan in plans.items()}
        latest_utc_s = picture.utc_s + max(self._parameters.first_s, self._parameters.period_s)
        if self._next_utc_s is not None and self._next_utc_s > latest_utc_s:
            self._next_utc_s = latest_utc_s  # the clock was set back
        if self._next_utc_s is None:
            known = self._parameters.plan_by_usual and self.history.knows_now()
            self._next_utc_s = picture.utc_s + (self._parameters.first_known_s if known else self._parameters.first_s)
        if picture.utc_s >= self._next_utc_s and not self._waiting:
            self._next_utc_s += self._parameters.period_s
            self._begin(running, plans)
        self._go_on(_Street(picture.utc_s, field, running, plans))
        due = {
            name: PlanDecision(plan, self._kept.get(name, NOMINAL))
            for name, plan in plans.items()
            if name in self._junctions
        }
        return Decisions({}, {**due, **{name: own for name, own in self._own.items() if name in due}})

    def _forget(self, name: str) -> None:
        """The time-of-day plan again."""
        self._own.pop(name, None)
        self._instead_of.pop(name, None)

    def _begin(self, running: Plans, due: Plans) -> None:
        demand = self.history.demand(by_usual=self._parameters.plan_by_usual)
        for group in self._groups:
            known = tuple(name for name in group if name in running)
            proof = None
            plans: dict[str, tuple[TimingPlan, ...]] = {name: (running[name],) for name in known}
            if self._proven.among({name: due[name] for name in known}):
                if not self.history.knows_now():
                    self._kept |= dict.fromkeys(known, UNKNOWN)
                    continue
                proof = Proof({name: due[name] for name in known}, self.history.usual_demand())
                plans = {name: (running[name], *self._proven.beside(name)) for name in known}
            if any(sum(demand[name].flow_vph.values()) > 0.0 for name in known):
                junctions = {name: self._junctions[name] for name in known}
                search = Search(junctions, plans, demand, self._parameters.search, self._beside)
                self._waiting.append(_Run(known, demand, search.steps(), proof))

    def _beside(self, streams: Sequence[Stream], period_s: int) -> Generator[None, None, Progression]:
        """The mixed-integer program in a thread of its own.

        It is fetched after a fixed number of steps, so that the outcome does not depend on the machine.
        """
        work = self._solver.submit(best_offsets, streams, period_s, node_limit=self._parameters.node_limit)
        for _ in range(self._parameters.solver_ticks * self._parameters.steps_per_tick):
            yield
        return work.result()

    def _go_on(self, now: _Street) -> None:
        """A few steps of the search."""
        for _ in range(self._parameters.steps_per_tick):
            if not self._waiting:
                return
            run = self._waiting[0]
            try:
                next(run.steps)
            except StopIteration as end:
                del self._waiting[0]
                if end.value is not None and all(name in now.running for name in run.group):
                    self._weigh(run, end.value, now)

    def _weigh(self, run: _Run, found: Outcome, now: _Street) -> None:
        """Take the plans if what they save is more than what the change costs; else proven ones again if as good."""
        if run.proof is not None and any(now.due.get(name) != plan for name, plan in run.proof.plans.items()):
            return  # another plan set is due meanwhile
        junctions = {name: self._junctions[name] for name in run.group}
        judge = Judge(junctions, run.demand, self._parameters.search.weights, run.proof)
        before, after = judge.of(now.running), judge.of(found.plans)
        plans = self._soonest(found, int(now.utc_s) + ACT_AFTER_S, now.running)
        change = self._change_cost(plans, after.state, now.utc_s, now.field)
        saved = (before.cost - after.cost) * self._parameters.benefit_s
        proven = math.inf if run.proof is None else judge.of(run.proof.plans).cost
        least_saving = max(self._parameters.least_saving, after.unfounded_ratio)
        if saved > change and after.cost <= min(before.cost, proven) * (1.0 - least_saving):
            self._take(run, found, plans, before.cost, after.cost)
            return
        beyond = "" if run.proof is None else " beyond what formulas promise with usual traffic, too"
        for name in run.group:
            self._kept[name] = (
                f"The time-of-day plan that is due: the best other plans (cycle {found.period_s} s) would save "
                f"{_part(after.cost, before.cost)}{beyond}, less than the change is worth."
            )
        if proven <= before.cost:
            for name in run.group:
                self._forget(name)

    def _take(self, run: _Run, found: Outcome, plans: Plans, before: float, after: float) -> None:
        """From now on these plans; costs are what is believed of those that run and of these."""
        self._sets += 1
        why = (
            f"Plans for the demand of the last minutes: cycle {found.period_s} s, predicted to cost "
            f"{_part(after, before)} less than what runs"
        )
        others = [PlanAlternative("keep what runs", before)]
        if found.second is not None:
            period_s, cost = found.second
            cost += after - found.cost if run.proof is not None else 0.0  # as much as the model is wrong about the best
            why += f"; the second best, cycle {period_s} s, {_part(cost, before)} less"
            others.append(PlanAlternative(f"second best plans, cycle {period_s} s", cost))
        best = tuple(sorted(others, key=lambda one: one.cost))
        for name, plan in plans.items():
            own = replace(plan, id=f"coordinated-{self._sets}", name="")
            self._own[name] = PlanDecision(own, f"{why}.", after, RATE_OF_COST, best)
            if run.proof is not None:
                self._instead_of[name] = run.proof.plans[name].id

    def _soonest(self, found: Outcome, utc_s: int, running: Plans) -> dict[str, TimingPlan]:
        """All offsets moved together, which changes no wave, so that the junctions are in step soonest."""
        shifts = range(0, found.period_s, self._parameters.shift_step_s)
        best = min(
            shifts, key=lambda shift: (sum(_lag(running[n], p, shift, utc_s) for n, p in found.plans.items()), shift)
        )
        return {
            name: replace(plan, offset_s=(plan.offset_s + best) % plan.cycle_s) for name, plan in found.plans.items()
        }

    def _change_cost(self, plans: Plans, after: FlowState, utc_s: float, field: Mapping[str, FieldStatus]) -> float:
        """Until each junction is in step, it runs as one without coordination, and a little worse."""
        total = 0.0
        for name, plan in plans.items():
            apart = after.cost_apart(name)
            lost = max(0.0, apart - after.cost_of(name)) + self._parameters.change_ratio * apart
            total += lost * _change_s(self._junctions[name], plan, utc_s, field.get(name))
        return total


def _part(cost: float, of_cost: float) -> str:
    """What is saved, in percent."""
    return f"{100.0 * (1.0 - cost / of_cost):.0f} %"


def _change_s(junction: Junction, plan: TimingPlan, utc_s: float, status: FieldStatus | None) -> float:
    """How long the controller needs into the plan; two cycles where its state is not known."""
    unknown_s = 2.0 * plan.cycle_s
    history = history_of(junction, status) if status is not None else None
    stage = (status.stage or status.next_stage) if status is not None else ""
    if status is None or history is None or stage not in junction.stages:
        return unknown_s
    begin_s = int(utc_s) + ACT_AFTER_S
    complete_s = status.utc_s - status.time_in_stage_s
    if not status.stage:
        complete_s, history = begin_s, completed(junction, stage, begin_s, history)
    way = change_plan(junction, plan, TransitionMode.SHORT_WAY, stage, complete_s, begin_s, history)
    return float(way.in_step_at_s - begin_s) if isinstance(way, PlanChange) else unknown_s


def _lag(running: TimingPlan, plan: TimingPlan, shift_s: int, utc_s: int) -> float:
    """How far the plan's first stage lies from that of the running one, the shorter way."""
    now = running.second_in_cycle(utc_s) / running.cycle_s
    then = ((utc_s - plan.offset_s - shift_s) % plan.cycle_s) / plan.cycle_s
    apart = abs(now - then)
    return float(np.minimum(apart, 1.0 - apart)) * plan.cycle_s
