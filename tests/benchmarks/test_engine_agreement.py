"""Comparing the engine with SUMO under control: both drive the same vehicles, and the tables say how they compare."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.engine.agreement_tables import report
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


def _record(plant: str, strategy: str, delay_s: float, movements: dict[str, list[float]]) -> dict[str, Any]:
    figures = {"all": {"delay_s": delay_s}, "by_movement": movements}
    return {"scenario": f"here@{plant}", "strategy": strategy, "figures": figures}


def test_tables_compare_delays_rankings_and_movements_with_enough_vehicles() -> None:
    """Ratios of means, movements of both pooled over seeds, and a ranking for each plant; half pairs are left out."""
    records = [
        _record("sumo", "fixed", 40.0, {"a to b": [200, 8000.0], "c to d": [60, 600.0], "few": [3, 9.0]}),
        _record("sumo", "fixed", 44.0, {"c to d": [60, 600.0]}),
        _record("embedded", "fixed", 42.0, {"a to b": [200, 8800.0], "c to d": [120, 1500.0], "few": [3, 90.0]}),
        _record("sumo", "adaptive", 20.0, {}),
        _record("embedded", "adaptive", 19.0, {}),
        _record("sumo", "actuated", 30.0, {}),
    ]
    text = report(["here"], ["fixed", "actuated", "adaptive"], records)
    assert "| here | fixed | 42.0 | 42.0 | 1.00 | 1 of 2 | c to d: 1.25 |" in text
    assert "| here | adaptive | 20.0 | 19.0 | 0.95 | none has enough vehicles | – |" in text
    assert "| here | adaptive, fixed | adaptive, fixed |" in text
    assert "actuated" not in text
