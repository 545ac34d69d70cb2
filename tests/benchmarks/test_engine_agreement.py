"""Comparing the engine with SUMO under control: both drive the same vehicles, and the tables say how they compare."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.engine.agreement_tables import report
from benchmarks.engine.ratios import paired_ratio
from benchmarks.engine.settled import settled
from sim.demand import Vehicle
from sim.flows import expand
from sim.routing import Router
from sim.scenario import Scenario, load_scenario
from tests.sim.one_street import period, street_net, write_street

NET = street_net(198, 4, 198, 13.89, {"G": 60})
ROUTES = """<routes>
    <vType id="bus" vClass="bus"/>
    <vehicle id="v" type="bus" depart="0:00:30"><route edges="in out"/></vehicle>
    <flow id="f" begin="10" end="300" probability="0.2" from="in" to="out" departSpeed="max"/>
    <flow id="b" type="bus" begin="20" end="300" period="100"><route edges="in out"/>
        <stop lane="out_0" startPos="80" endPos="100" duration="20" until="80"/></flow>
    <trip id="t" depart="40" from="in" to="out"/>
    <trip id="late" depart="900" from="in" to="out"/>
</routes>
"""


def _vehicles(scenario: Scenario, seed: int) -> list[tuple[Any, ...]]:
    """Who departs when, as what, over which edges and with which stops."""
    router = Router(scenario.network)

    def edges(one: Vehicle) -> tuple[str, ...]:
        return one.route.edges if one.route else router.route(one.origin, one.destination, one.type, one.via)

    drawn, _ = expand(scenario.demand, scenario.begin_s, scenario.end_s, seed)
    stops = [(*(one.route.stops if one.route else ()), *one.stops) for one in drawn]
    rows = [(one.id, one.type.id, one.depart_s, edges(one), halts) for one, halts in zip(drawn, stops, strict=True)]
    return sorted(rows)


def test_settled_scenarios_hold_the_vehicles_that_their_flows_and_trips_stand_for(tmp_path: Path) -> None:
    """Same names, types, departures, routes and timetables; another seed draws others, and no flow or trip is left."""
    scenario = load_scenario(write_street(tmp_path, NET, ROUTES, period(0, 600)))
    fixed = settled(scenario, 3, tmp_path)
    assert _vehicles(fixed, 99) == _vehicles(scenario, 3)
    assert _vehicles(scenario, 3) != _vehicles(scenario, 4)
    assert not fixed.demand.flows
    assert all(planned.vehicle.route for planned in fixed.demand.vehicles)


def test_flows_over_a_distribution_of_routes_are_refused_by_name(tmp_path: Path) -> None:
    """The error names the flow."""
    choice = '<routeDistribution><route edges="in out" probability="1"/></routeDistribution>'
    routes = f'<routes><flow id="many" begin="0" end="60" period="10">{choice}</flow></routes>'
    scenario = load_scenario(write_street(tmp_path, NET, routes, period(0, 600)))
    with pytest.raises(ValueError, match="flow 'many': expected one route, got a distribution"):
        settled(scenario, 1, tmp_path)


def _record(
    plant: str, strategy: str, seed: int, delay_s: float, movements: dict[str, list[float]] | None = None, **modes: Any
) -> dict[str, Any]:
    figures = {"all": {"delay_s": delay_s}, "by_movement": movements or {}, "by_mode": modes}
    return {"scenario": f"here@{plant}", "strategy": strategy, "seed": seed, "figures": figures}


def test_tables_compare_delays_rankings_and_movements_with_enough_vehicles() -> None:
    """Ratios of means over the seeds that both have, movements pooled over them, and a ranking for each plant."""
    records = [
        _record("sumo", "fixed", 1, 40.0, {"a to b": [200, 8000.0], "c to d": [60, 600.0], "few": [3, 9.0]}),
        _record("sumo", "fixed", 2, 44.0, {"c to d": [60, 600.0]}),
        _record("sumo", "fixed", 3, 999.0, {"a to b": [200, 99999.0]}),
        _record("embedded", "fixed", 2, 42.0, {"a to b": [200, 8800.0], "c to d": [120, 1500.0], "few": [3, 90.0]}),
        _record("embedded", "fixed", 1, 42.0),
        _record("sumo", "adaptive", 1, 20.0),
        _record("embedded", "adaptive", 1, 19.0),
        _record("sumo", "actuated", 1, 30.0),
        _record("embedded", "actuated", 2, 30.0),
    ]
    text = report(["here"], ["fixed", "actuated", "adaptive"], records)
    assert "| here | fixed | 2 | 42.0 | 42.0 | 1.00 (0.39 to 1.61) | open | 1 of 2 | c to d: 1.25 |" in text
    assert "| here | adaptive | 1 | 20.0 | 19.0 | 0.95 (–) | open | none has enough vehicles | – |" in text
    assert "| here | adaptive, fixed | adaptive, fixed |" in text
    assert "actuated" not in text


def test_tables_compare_modes_of_which_there_are_enough() -> None:
    """A row for each mode with a hundred road users over all seeds; people are counted otherwise than vehicles."""
    modes = [
        {
            "car": {"loaded": 60, "delay_s": delay_s},
            "bus": {"loaded": 49, "delay_s": delay_s},
            "tram": {"loaded": 0, "delay_s": None},
            "pedestrian": {"count": 50, "delay_s": 2 * delay_s},
        }
        for delay_s in (10.0, 12.0, 20.0, 24.0)
    ]
    records = [
        _record(plant, "fixed", seed, 1.0, **modes[2 * (plant == "embedded") + seed])
        for plant in ("sumo", "embedded")
        for seed in (0, 1)
    ]
    text = report(["here"], ["fixed"], records)
    assert "| here | fixed | car | 2 | 11.0 | 22.0 | 2.00 (2.00 to 2.00) | more than 5 % apart |" in text
    assert "| here | fixed | pedestrian | 2 | 22.0 | 44.0 |" in text
    assert "bus" not in text
    assert "tram" not in text


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        ([41.0, 51.0, 30.5], "within 5 %"),
        ([48.0, 60.0, 36.0], "more than 5 % apart"),
        ([32.0, 40.0, 24.0], "more than 5 % apart"),
        ([41.0, 40.0, 36.0], "open"),
        ([42.0, 52.0, 32.0], "open"),
    ],
)
def test_the_verdict_is_that_of_the_whole_interval(ours: list[float], verdict: str) -> None:
    """What is far from 1 by chance is open, and so is what is near it by chance."""
    assert paired_ratio([40.0, 50.0, 30.0], ours).verdict == verdict


def test_what_seeds_have_in_common_does_not_widen_the_interval() -> None:
    """Pairs that all differ by the same factor leave none, however much the seeds differ from each other."""
    ratio = paired_ratio([10.0, 100.0, 1000.0], [11.0, 110.0, 1100.0])
    assert ratio.value == pytest.approx(1.1)
    assert ratio.ends == pytest.approx((1.1, 1.1))


def test_intervals_hold_the_true_ratio_as_often_as_they_promise() -> None:
    """In 19 of 20 draws of five pairs whose traffic varies with the seed and whose ratio varies beside it."""
    draw = np.random.default_rng(7)
    held = 0
    for _ in range(2000):
        theirs = draw.normal(50.0, 5.0, 5)
        low, high = paired_ratio(list(theirs), list(1.1 * theirs + draw.normal(0.0, 2.0, 5))).ends or (0.0, 0.0)
        held += low <= 1.1 <= high
    assert held / 2000 == pytest.approx(0.95, abs=0.015)
