"""Discharge of queues at a signal: headways of the kinds of road users against figures measured with SUMO 1.28."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.sim.both_plants import Maker, embedded
from tests.sim.one_street import street_net, write_street

GREEN_S, AMBER_S, CYCLE_S, BEGIN_GREEN_S = 42, 3, 90, 45
CYCLES = 12
NET = street_net(600, 20, 380, 13.89, {"r": BEGIN_GREEN_S, "G": GREEN_S, "y": AMBER_S})


def crossing_times(folder: Path, kind: str, make: Maker = embedded) -> list[list[float]]:
    """For every cycle but the first two, when each front crossed the stop line, in seconds after the start of green."""
    config = write_street(
        folder,
        NET,
        f'<routes><vType id="t" {kind}/><flow id="f" type="t" begin="0" end="{CYCLES * CYCLE_S}" period="1.5" '
        'from="in" to="out" departSpeed="max"/></routes>',
    )
    plant = make(config, 7)
    before = plant.lane_ids.index("in_0")
    waiting: set[int] = set()
    cycles: list[list[float]] = [[] for _ in range(CYCLES)]
    for _ in range(CYCLES * CYCLE_S - 1):
        plant.step({})
        state = plant.state()
        for row in np.flatnonzero(state.lane != before):
            if int(state.vehicle_id[row]) in waiting:
                speed = max(float(state.speed_mps[row]), 0.1)
                beyond = float(state.position_m[row])
                cycle, second = divmod(plant.time_s - beyond / speed, CYCLE_S)
                if second >= BEGIN_GREEN_S:  # not the last one of an amber
                    cycles[int(cycle)].append(second - BEGIN_GREEN_S)
        waiting = set(state.vehicle_id[state.lane == before].tolist())
    plant.close()
    return cycles[2:]


def saturation_headway_s(cycles: list[list[float]]) -> float:
    """Mean headway from the fifth vehicle of a queue on, as long as green lasts."""
    gaps = [b - a for times in cycles for a, b in itertools.pairwise(times[4:]) if b < GREEN_S]
    assert len(gaps) > 50
    return float(np.mean(gaps))


@pytest.mark.parametrize(
    ("kind", "expected_s"),
    [
        ('vClass="passenger"', 1.934),
        ('vClass="passenger" sigma="0"', 1.681),
        ('vClass="passenger" tau="1.4"', 2.294),
        ('vClass="bus"', 2.384),
        ('vClass="truck"', 2.065),
        ('vClass="bicycle"', 1.713),
    ],
)
def test_queues_discharge_as_in_sumo(tmp_path: Path, kind: str, expected_s: float) -> None:
    """The saturation headway is that of SUMO within 5 %."""
    assert saturation_headway_s(crossing_times(tmp_path, kind)) == pytest.approx(expected_s, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "first_s", "following_s"),
    [("passenger", 0.51, (3.26, 2.34, 2.19, 2.07)), ("bus", 1.05, (5.51, 3.74, 3.25, 2.78))],
)
def test_queues_start_as_in_sumo(tmp_path: Path, kind: str, first_s: float, following_s: tuple[float, ...]) -> None:
    """When the first front crosses the stop line, and the headways of those behind it."""
    cycles = crossing_times(tmp_path, f'vClass="{kind}"')
    assert np.mean([times[0] for times in cycles]) == pytest.approx(first_s, abs=0.25)
    for i, expected_s in enumerate(following_s):
        assert np.mean([times[i + 1] - times[i] for times in cycles]) == pytest.approx(expected_s, abs=0.3)
