"""Time-of-day plans for counted traffic: every plan set of a site anew, with what each saves on paper."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from plans.capacity import lane_loads
from plans.coordination import Search, groups_of, predicted
from plans.coordination_parameters import CoordinationParameters
from plans.counts import Count, demand_of
from plans.demand import Demand
from plans.junction import Junction
from plans.junction_flow import CostWeights
from plans.platoon import FlowState
from plans.progression import band_widths
from plans.site import Site
from plans.streams import main_streams
from plans.timing import TimingPlan


@dataclass(frozen=True, slots=True)
class JunctionForecast:
    """One junction under one plan, as the model sees it; delay per person, weights of modes included."""

    cycle_s: int
    saturation_ratio: float
    delay_s: float
    stops: float


@dataclass(frozen=True)
class Forecast:
    """All junctions under their plans, and the bands of the main streams by name."""

    junctions: Mapping[str, JunctionForecast]
    delay_s: float
    cost: float
    bands_s: Mapping[str, float]


@dataclass(frozen=True)
class SetOutcome:
    """A plan set before and after; `plans` are those to take."""

    plan_set: str
    plans: Mapping[str, TimingPlan]
    before: Forecast
    after: Forecast


def optimise_site(
    site: Site,
    counts: tuple[Count, ...],
    plan_sets: tuple[str, ...],
    parameters: CoordinationParameters | None = None,
    on_set: Callable[[str], None] | None = None,
) -> tuple[SetOutcome, ...]:
    """New plans for the named sets, one after another; any set of the calendar can still follow any other.

    Where nothing better is found, or a rule stands against it, a junction keeps its plan.
    """
    control = site.control
    parameters = replace(
        parameters or CoordinationParameters(),
        max_cycle_step_s=control.max_cycle_step_s,
        max_green_step_s=control.max_green_step_s,
    )
    current = {name: dict(plans) for name, plans in site.plans.items()}
    outcomes = []
    for plan_set in plan_sets:
        if on_set is not None:
            on_set(plan_set)
        demand = demand_of(site, counts, plan_set)
        with_plan = {name: j for name, j in site.junctions.items() if plan_set in current.get(name, {})}
        before = {name: current[name][plan_set] for name in with_plan}
        after = dict(before)
        for group in groups_of(with_plan):
            junctions = {name: with_plan[name] for name in group}
            running = {name: _near(site, current[name], plan_set) for name in group}
            found = Search(junctions, running, demand, parameters).best()
            old = {name: before[name] for name in group}
            if found is not None and found.cost < predicted(junctions, old, demand, parameters.weights).cost():
                after |= found.plans
        for name, plan in after.items():
            current[name][plan_set] = plan
        outcomes.append(
            SetOutcome(
                plan_set,
                after,
                forecast(with_plan, before, demand, parameters.weights),
                forecast(with_plan, after, demand, parameters.weights),
            )
        )
    return tuple(outcomes)


def _near(site: Site, plans: Mapping[str, TimingPlan], plan_set: str) -> tuple[TimingPlan, ...]:
    """The plan itself, then those of the calendar that it must stay within a step of."""
    others = [plans[name] for name in site.calendar.plan_sets if name in plans and name != plan_set]
    return (plans[plan_set], *others)


def forecast(
    junctions: Mapping[str, Junction], plans: Mapping[str, TimingPlan], demand: Demand, weights: CostWeights
) -> Forecast:
    """What the model says of these plans."""
    rows: dict[str, JunctionForecast] = {}
    bands: dict[str, float] = {}
    delay = persons = cost = 0.0
    for group in groups_of(junctions):
        members = {name: junctions[name] for name in group}
        state = predicted(members, plans, demand, weights)
        cost += state.cost()
        for name in group:
            row, lost, carried = _row(state, name, plans[name])
            rows[name] = row
            delay, persons = delay + lost, persons + carried
        offsets = {name: float(plans[name].offset_s) for name in group}
        for stream in main_streams(state.network, plans):
            widths = band_widths(stream, offsets)
            legs = np.array([leg.weight for leg in stream.legs])
            bands[stream.name] = float(np.average(widths, weights=legs))
    return Forecast({name: rows[name] for name in junctions}, delay / max(persons, 1e-9), cost, bands)


def _row(state: FlowState, name: str, plan: TimingPlan) -> tuple[JunctionForecast, float, float]:
    """The junction's figures, its weighted delay per second and its weighted persons per second."""
    flow, figures = state.network.flows[name], state.figures[name]
    walkers = sum(flow.demand.walkers_ph.values()) / 3600.0 * flow.demand.walker_weight
    persons = float(flow.persons @ flow.flow) + walkers
    lost = float(figures.lost.sum()) + flow.walkers_delay(plan) * flow.demand.walker_weight
    worst = max((one.saturation_ratio for one in lane_loads(flow.junction, plan, flow.demand).values()), default=0.0)
    stops = float(figures.stops_per_s.sum()) / max(float(flow.flow.sum()), 1e-9)
    return JunctionForecast(plan.cycle_s, worst, lost / max(persons, 1e-9), stops), lost, persons
