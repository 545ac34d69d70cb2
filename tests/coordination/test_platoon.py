"""The cyclic-flow model against what theory knows: nobody is lost, uniform delay, pure shift."""

import numpy as np
import pytest

from plans.capacity import (
    AMBER_USE_S,
    STARTUP_LOST_S,
    gap_flow_vph,
    saturation_flow_vph,
)
from plans.cyclic_queue import gap_rate, waiting_s
from plans.demand import JunctionDemand
from plans.flow_network import FlowNetwork
from plans.junction import GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from plans.junction_flow import CostWeights
from plans.platoon import FlowState, dispersion_kernel
from plans.stage_order import StageOrder
from plans.timing import GreenInterval


def crossing(name: str, exit_lane: str = "out") -> Junction:
    """Two streams that cross, and their exit; the main one comes on lane `name`_main."""
    groups = {group: SignalGroup(group, GroupKind.VEHICLE, 5) for group in ("M", "S")}
    return Junction(
        id=name,
        name=name,
        groups=groups,
        intergreens={("M", "S"): 5, ("S", "M"): 5},
        stages={"a": Stage("a", frozenset({"M"})), "b": Stage("b", frozenset({"S"}))},
        lanes={f"{name}_{one}": Lane(f"{name}_{one}", one, 200.0, 13.9) for one in ("main", "side")},
        movements=(
            Movement(f"{name}_m", f"{name}_main", "M", Turn.STRAIGHT, exit_lane),
            Movement(f"{name}_s", f"{name}_side", "S", Turn.STRAIGHT, "away"),
        ),
    )


def state(junctions: dict[str, Junction], flows: dict[str, float], greens: tuple[int, int] = (30, 20)) -> FlowState:
    """All junctions with the same greens and offset 0."""
    demand = {
        name: JunctionDemand({m.id: flows.get(m.id, 0.0) for m in junction.movements})
        for name, junction in junctions.items()
    }
    network = FlowNetwork(junctions, demand, CostWeights())
    plans = {name: StageOrder(junction, ("a", "b")).plan("p", greens) for name, junction in junctions.items()}
    found = FlowState(network, plans[min(plans)].cycle_s)
    for name, plan in plans.items():
        found.place(name, network.flows[name].pattern(plan, plan.cycle_s), 0)
    found.settle()
    return found


def test_uniform_arrivals_wait_as_webster_says() -> None:
    """Without the random term the delay is C (1 - g/C)^2 / (2 (1 - y)), to the step of a second."""
    one = state({"A": crossing("A")}, {"A_m": 500.0})
    junction = one.network.flows["A"].junction
    rate = saturation_flow_vph(junction.lanes["A_main"], junction.movements[0])
    cycle_s, green_s = 60.0, 30.0 - STARTUP_LOST_S + AMBER_USE_S
    figures = one.network.flows["A"].respond(one.arrivals("A"), one.greens("A"))
    uniform_s = cycle_s * (1.0 - green_s / cycle_s) ** 2 / (2.0 * (1.0 - 500.0 / rate))
    arriving = 500.0 / 3600.0
    random_s = figures.delay_veh[0] / arriving - uniform_s
    x = 500.0 / (rate * green_s / cycle_s)
    c = rate * green_s / cycle_s
    expected_s = 225.0 * ((x - 1.0) + ((x - 1.0) ** 2 + 16.0 * x / c) ** 0.5)
    assert random_s == pytest.approx(expected_s, abs=0.6)


@pytest.mark.parametrize("travel_s", [6.0, 17.3, 40.0])
def test_dispersion_loses_nobody_and_keeps_the_travel_time(travel_s: float) -> None:
    """Departures of one second arrive in full, one travel time later on average, none before 1/(1+alpha) of it."""
    period = 600
    pulse = np.zeros(period)
    pulse[0] = 1.0
    arrived = np.fft.irfft(np.fft.rfft(pulse) * dispersion_kernel(travel_s, period), period)
    assert arrived.sum() == pytest.approx(1.0)
    assert float(arrived @ np.arange(period)) == pytest.approx(travel_s, abs=0.51)
    assert arrived[: int(travel_s / 1.2) - 1].max(initial=0.0) == pytest.approx(0.0, abs=1e-9)


def test_without_dispersion_a_platoon_only_moves() -> None:
    """Alpha 0 is a pure shift."""
    pulse = np.zeros(60)
    pulse[5:9] = 0.5
    arrived = np.fft.irfft(np.fft.rfft(pulse) * dispersion_kernel(20.0, 60, dispersion=0.0), 60)
    assert arrived == pytest.approx(np.roll(pulse, 20))


def test_departures_are_arrivals_and_the_next_signal_gets_them() -> None:
    """What comes to a stop line in a cycle leaves it, and comes to the next one."""
    found = state({"A": crossing("A", "B_main"), "B": crossing("B")}, {"A_m": 600.0, "A_s": 200.0, "B_m": 600.0})
    for name in ("A", "B"):
        lane = found.network.flows[name].index[f"{name}_main"]
        assert found.figures[name].outflow[lane].mean() * 3600.0 == pytest.approx(600.0, rel=1e-6)
    assert found.arrivals("B").vehicles[0].mean() * 3600.0 == pytest.approx(600.0, rel=1e-6)


def test_a_platoon_that_meets_green_hardly_waits() -> None:
    """With the best offset the second signal costs much less than with the worst."""
    found = state({"A": crossing("A", "B_main"), "B": crossing("B")}, {"A_m": 600.0, "B_m": 600.0})
    pattern = found.patterns["B"]
    costs = found.try_greens("B", np.stack([np.roll(pattern.weight, s, axis=-1) for s in range(60)]), 0.0)
    assert costs.min() < 0.45 * costs.max()
    # 200 m at 13.9 m/s: who leaves A's queue when it turns green is at B some 17 s later
    assert 5 <= int(np.argmin(costs)) <= 25


def test_gap_acceptance_reaches_the_measured_capacities() -> None:
    """Always green against 0 to 1,156 veh/h, as measured: within 60 veh/h of each figure."""
    for flow_vph, measured_vph in ((0, 1436), (208, 1048), (372, 842), (556, 627), (760, 474), (954, 378), (1156, 266)):
        assert gap_flow_vph(flow_vph) == pytest.approx(measured_vph, abs=60)
        assert float(gap_rate(np.array(flow_vph / 3600.0))) * 3600.0 == pytest.approx(gap_flow_vph(flow_vph), rel=1e-3)


def test_people_wait_the_squares_of_their_reds() -> None:
    """One red of 40 s in a cycle of 60 s: 13.3 s on average; a limit counts late seconds more."""
    greens = [GreenInterval("F", 10, 30)]
    assert waiting_s(greens, 60) == pytest.approx(40.0**2 / 120.0)
    assert waiting_s(greens, 60, 60.0) == pytest.approx(40.0**2 / 120.0 + 40.0**3 / 180.0 / 60.0)
