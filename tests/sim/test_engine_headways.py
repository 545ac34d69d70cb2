"""Discharge of queues at a signal: headways of the kinds of road users against figures measured with SUMO 1.28."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from sim.engine import EmbeddedPlant
from sim.scenario import load_scenario

GREEN_S, AMBER_S, CYCLE_S, BEGIN_GREEN_S = 42, 3, 90, 45
CYCLES = 12
NET = """<net version="1.16">
    <location netOffset="0,0" convBoundary="0,0,1000,0" origBoundary="0,0,1000,0" projParameter="!"/>
    <edge id=":m_0" function="internal">
        <lane id=":m_0_0" index="0" speed="13.89" length="20" shape="600,0 620,0"/>
    </edge>
    <edge id="in" from="a" to="m"><lane id="in_0" index="0" speed="13.89" length="600" shape="0,0 600,0"/></edge>
    <edge id="out" from="m" to="b"><lane id="out_0" index="0" speed="13.89" length="380" shape="620,0 1000,0"/></edge>
    <tlLogic id="m" type="static" programID="0" offset="0">
        <phase duration="45" state="r"/><phase duration="42" state="G"/><phase duration="3" state="y"/>
    </tlLogic>
    <junction id="a" type="dead_end" x="0" y="0" incLanes="" intLanes="" shape="0,0"/>
    <junction id="b" type="dead_end" x="1000" y="0" incLanes="out_0" intLanes="" shape="1000,0"/>
    <junction id="m" type="traffic_light" x="610" y="0" incLanes="in_0" intLanes=":m_0_0" shape="600,0 620,0">
        <request index="0" response="0" foes="0" cont="0"/>
    </junction>
    <connection from="in" to="out" fromLane="0" toLane="0" via=":m_0_0" tl="m" linkIndex="0" dir="s" state="O"/>
    <connection from=":m_0" to="out" fromLane="0" toLane="0" dir="s" state="M"/>
</net>
"""


def crossing_times(folder: Path, kind: str) -> list[list[float]]:
    """For every cycle but the first two, when each front crossed the stop line, in seconds after the start of green."""
    (folder / "h.net.xml").write_text(NET)
    (folder / "h.rou.xml").write_text(
        f'<routes><vType id="t" {kind}/><flow id="f" type="t" begin="0" end="{CYCLES * CYCLE_S}" period="1.5" '
        'from="in" to="out" departSpeed="max"/></routes>'
    )
    (folder / "h.sumocfg").write_text(
        '<configuration><input><net-file value="h.net.xml"/><route-files value="h.rou.xml"/></input></configuration>'
    )
    plant = EmbeddedPlant(load_scenario(folder), seed=7)
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
