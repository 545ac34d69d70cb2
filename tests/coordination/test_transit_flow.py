"""Buses and trams in cyclic flow: they wait as the queue does, leave in its order, and lose their dwell on the way."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.demand import JunctionDemand
from plans.flow_network import FlowNetwork
from plans.junction import Junction, TransitStop
from plans.junction_flow import CostWeights
from plans.platoon import FlowState
from plans.stage_order import StageOrder
from plans.streams import main_streams
from plans.transit_flow import LEAST_DEVIATION_S, Halt, halt_kernel, in_order, leaving
from tests.coordination.test_platoon import crossing

CAR_PERSONS, BUS_PERSONS = 1.3, 30.0


def queue_of(arriving: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """The queue at the end of each second once every cycle is like the one before, second by second."""
    queue, shown = 0.0, np.zeros(arriving.size)
    for _ in range(4):
        for second in range(arriving.size):
            queue = max(0.0, queue + arriving[second] - capacity[second])
            shown[second] = queue
    return shown


def leaves_at_s(second: int, ahead: float, capacity: np.ndarray) -> float:
    """When the last of those who stand at the end of a second has gone, by taking capacity second by second."""
    while ahead > 1e-9:
        second += 1
        serves = capacity[second % capacity.size]
        if serves >= ahead:
            return second + ahead / serves
        ahead -= serves
    return second + 1.0


@given(st.lists(st.floats(0.0, 0.3), min_size=20, max_size=20), st.integers(8, 15), st.integers(0, 19))
@settings(max_examples=60)
def test_vehicles_wait_and_leave_in_their_order(flows: list[float], green_s: int, start: int) -> None:
    """For any arrivals that a green can serve: the middle one of a second leaves when those before are gone."""
    capacity = np.roll(np.where(np.arange(20) < green_s, 0.5, 0.0), start)
    arriving = np.array(flows) * min(1.0, 0.9 * capacity.sum() / max(sum(flows), 1e-9))
    queue = queue_of(arriving, capacity)
    served = in_order(arriving[None], queue[None], capacity[None])
    gone = leaving(arriving[None], served.second)[0]
    assert gone.sum() == pytest.approx(arriving.sum())
    assert not gone[(capacity <= 0.0) & (arriving <= 0.0)].any()
    assert (arriving * served.wait_s[0]).sum() == pytest.approx(queue.sum(), abs=0.51 * arriving.sum())
    for second, ahead in enumerate(queue - 0.5 * arriving):
        if ahead > 1e-6:
            leaves_s = leaves_at_s(second, ahead, capacity)
            assert served.wait_s[0, second] == pytest.approx(max(0.0, leaves_s - second - 0.5), abs=1e-5)


@pytest.mark.parametrize(("deviation_s", "share_ratio"), [(0.0, 1.0), (12.0, 1.0), (12.0, 0.25)])
def test_a_stop_delays_in_the_mean_by_dwell_and_loses_nobody(deviation_s: float, share_ratio: float) -> None:
    """A pulse comes later by share times what a stop takes, and spreads as the dwell does."""
    period = 900
    pulse = np.zeros(period)
    pulse[100] = 1.0
    halt = Halt(share_ratio, 27.5, deviation_s)
    late = np.fft.irfft(np.fft.rfft(pulse) * halt_kernel(halt, period), period)
    seconds = np.arange(period) - 100.0
    mean_s = float(late @ seconds)
    assert late.sum() == pytest.approx(1.0)
    assert mean_s == pytest.approx(share_ratio * 27.5, abs=0.05)
    spread = float(late @ (seconds - mean_s) ** 2)
    own = max(deviation_s, LEAST_DEVIATION_S) ** 2
    assert spread == pytest.approx(share_ratio * own + share_ratio * (1 - share_ratio) * 27.5**2, rel=0.02)
    assert late.min() > -0.01


def street(dwell_s: float | None, buses_vph: float = 60.0) -> FlowState:
    """Two signals 200 m apart with 600 vehicles an hour, buses among them, that stop between the two."""
    junctions: dict[str, Junction] = {"A": crossing("A", "B_main"), "B": crossing("B")}
    if dwell_s is not None:
        stop = TransitStop("H", "B_main", 80.0, dwell_s, 0.0)
        junctions["B"] = replace(junctions["B"], stops={"H": stop})
    demand = {
        name: JunctionDemand(
            {f"{name}_m": 600.0, f"{name}_s": 100.0},
            persons={f"{name}_main": ((600.0 - buses_vph) * CAR_PERSONS + buses_vph * BUS_PERSONS) / 600.0},
            transit_vph={f"{name}_m": buses_vph},
            transit_persons={f"{name}_main": BUS_PERSONS},
        )
        for name in junctions
    }
    network = FlowNetwork(junctions, demand, CostWeights())
    plans = {name: StageOrder(junction, ("a", "b")).plan("p", (30, 20)) for name, junction in junctions.items()}
    found = FlowState(network, plans["A"].cycle_s)
    for name, plan in plans.items():
        found.place(name, network.flows[name].pattern(plan, plan.cycle_s), 0)
    found.settle()
    return found


def best_offset_s(found: FlowState) -> int:
    """Where B's green suits those who come from A best."""
    pattern = found.patterns["B"]
    greens = np.stack([np.roll(pattern.weight, shift, axis=-1) for shift in range(60)])
    return int(np.argmin(found.try_greens("B", greens, 0.0)))


def test_buses_without_a_stop_come_with_the_cars() -> None:
    """Where nobody halts, about a tenth of those who arrive in any second are buses, as over all seconds."""
    arrivals = street(None).arrivals("B")
    apart = np.abs(np.cumsum(arrivals.transit[0] - 0.1 * arrivals.vehicles[0]))
    assert apart.max() < 0.05 * arrivals.transit[0].sum()


def test_buses_with_a_stop_come_later_and_nobody_is_lost() -> None:
    """Their platoon is later than the cars' by dwell and loss (7.5 s at 13.9 m/s), and 60 an hour they stay."""
    plain, halting = street(None).arrivals("B").transit[0], street(22.0).arrivals("B").transit[0]
    assert halting.sum() == pytest.approx(plain.sum())
    turn = np.exp(2j * np.pi * np.arange(60) / 60)
    later_s = np.angle((halting @ turn) / (plain @ turn)) * 60 / (2 * np.pi) % 60
    assert later_s == pytest.approx(29.5, abs=1.5)


def test_full_buses_draw_the_offset_to_their_own_arrival() -> None:
    """With many persons in buses that halt, the best green at B is later than for cars alone."""
    with_stop, without = best_offset_s(street(10.0)), best_offset_s(street(None))
    assert 5 <= (with_stop - without) % 60 <= 25


def test_many_greens_at_once_cost_what_each_costs_alone() -> None:
    """Greens of A that are tried together, buses at B downstream included, cost as when they are tried one by one."""
    found = street(22.0)
    pattern = found.patterns["A"]
    greens = np.stack([np.roll(pattern.weight, shift, axis=-1) for shift in range(0, 60, 7)])
    together = found.try_greens("A", greens, pattern.walkers_cost)
    alone = [float(found.try_greens("A", one[None], pattern.walkers_cost)[0]) for one in greens]
    assert together == pytest.approx(np.array(alone))
    assert float(together.max()) > 1.1 * float(together.min())


def test_a_bus_stream_has_dwell_as_travel_time() -> None:
    """The green wave of buses takes longer than that of the others by what the stop takes; the weight is persons."""
    found = street(22.0)
    plans = {name: pattern.plan for name, pattern in found.patterns.items()}
    cars, buses = sorted(main_streams(found.network, plans), key=lambda stream: stream.name)
    assert buses.name.startswith("transit")
    assert buses.legs[0].least_s - cars.legs[0].least_s == pytest.approx(22.0 + 7.5, abs=0.1)
    assert buses.legs[0].weight / cars.legs[0].weight == pytest.approx(60 * 30.0 / (540 * 1.3), rel=1e-3)
