"""The engine against closed forms of traffic theory, without random numbers where theory has none."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from sim.plant import Trip
from tests.sim.both_plants import embedded
from tests.sim.one_street import period, street_net, write_street

CYCLE_S, GREEN_S, AMBER_S = 90, 42, 3
SATURATION_HEADWAY_S = 1.704  # without dawdling, as docs/engine.md measures it
LOST_S = 0.6  # at the start of green, without dawdling
USED_AMBER_S = 1.5  # who cannot stop within 21 m at 13.89 m/s passes
QUEUE_SPACING_M, STOP_LINE_GAP_M = 7.5, 1.0
QUEUED_MPS = 5.0  # the last ones of a queue that dissolves do not come to a halt
ENTRY_M = 100.0
CAR = '<vType id="t" vClass="passenger" sigma="0" speedDev="0"/>'
STREET = street_net(900, 10, 90, 13.89, {"r": CYCLE_S - GREEN_S - AMBER_S, "G": GREEN_S, "y": AMBER_S})
RED_S = CYCLE_S - GREEN_S - USED_AMBER_S + LOST_S


def evenly(headway_s: float, seconds: int) -> str:
    """Cars with the same time between them."""
    return (
        f'<flow id="f" type="t" begin="0" end="{seconds}" period="{headway_s}" from="in" to="out" departSpeed="max"/>'
    )


def trips_of(folder: Path, net: str, headway_s: float, seconds: int) -> list[Trip]:
    """What becomes of evenly spaced cars."""
    flow = (
        f'<flow id="f" type="t" begin="0" end="{seconds}" period="{headway_s}" from="in" to="out" departSpeed="max"/>'
    )
    plant = embedded(write_street(folder, net, f"<routes>{CAR}{flow}</routes>", period(0, seconds + 300)), 1)
    while not plant.finished:
        plant.step({})
    return list(plant.trips())


@pytest.mark.parametrize("flow_vph", [211, 397, 593, 787])  # no whole part of a cycle apart
def test_delay_at_a_signal_is_websters_uniform_delay(tmp_path: Path, flow_vph: int) -> None:
    """Evenly spaced arrivals below capacity lose red ** 2 / (2 * cycle * (1 - flow ratio)) on average."""
    ratio = flow_vph / 3600 * SATURATION_HEADWAY_S
    expected_s = RED_S**2 / (2 * CYCLE_S * (1 - ratio))
    trips = trips_of(tmp_path, STREET, 3600 / flow_vph, 40 * CYCLE_S)
    lost = float(np.mean([trip.delay_s for trip in trips[len(trips) // 10 :]]))
    assert lost == pytest.approx(expected_s, rel=0.1)


@pytest.mark.parametrize("flow_vph", [307, 593, 787])
def test_a_queue_reaches_as_far_as_the_shock_waves_do(tmp_path: Path, flow_vph: int) -> None:
    """Red stops flow * red / (1 - flow ratio) vehicles; the last of them stands that many places up the street."""
    ratio = flow_vph / 3600 * SATURATION_HEADWAY_S
    expected = flow_vph / 3600 * RED_S / (1 - ratio)
    flow = (
        f'<flow id="f" type="t" begin="0" end="1800" period="{3600 / flow_vph}" from="in" to="out" departSpeed="max"/>'
    )
    plant = embedded(write_street(tmp_path, STREET, f"<routes>{CAR}{flow}</routes>", period(0, 1800)), 1)
    furthest = np.zeros(1800 // CYCLE_S)
    while not plant.finished:
        plant.step({})
        state = plant.state()
        slow = (state.speed_mps < QUEUED_MPS) & (state.position_m > ENTRY_M)
        if slow.any():
            cycle = min(int(plant.time_s) // CYCLE_S, len(furthest) - 1)
            furthest[cycle] = max(furthest[cycle], 900 - state.position_m[slow].min())
    places = 1 + (float(np.mean(furthest[3:])) - STOP_LINE_GAP_M) / QUEUE_SPACING_M
    assert places == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("load_ratio", [0.2, 0.4, 0.6])
def test_waiting_to_enter_is_that_of_a_server_with_constant_time(tmp_path: Path, load_ratio: float) -> None:
    """Poisson arrivals at the street's mouth wait as at a server that takes one vehicle every two steps (M/D/1)."""
    service_s, dt = 2.0, 1.0
    source = random.Random(3)
    times = list(
        itertools.takewhile(
            lambda t: t < 20_000,
            itertools.accumulate(source.expovariate(load_ratio / service_s) for _ in itertools.count()),
        )
    )
    cars = "".join(
        f'<vehicle id="{i}" type="t" depart="{t:.2f}" departSpeed="13.89"><route edges="in out"/></vehicle>'
        for i, t in enumerate(times)
    )
    net = street_net(200, 10, 90, 13.89, {"G": 90})
    plant = embedded(write_street(tmp_path, net, f"<routes>{CAR}{cars}</routes>", period(0, 20_100)), 1)
    while not plant.finished:
        plant.step({})
    waited = float(np.mean([trip.depart_delay_s for trip in plant.trips()]))
    to_next_step_s = dt / 2  # vehicles enter at full steps
    expected_s = load_ratio * service_s / (2 * (1 - load_ratio)) + to_next_step_s
    assert waited == pytest.approx(expected_s, rel=0.1)
