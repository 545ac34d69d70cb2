"""Both plants say how long a bus has yet to stand before its next stop line, and say the same."""

from pathlib import Path

import numpy as np
import pytest

from sim.plant import Plant, RoadMode
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.one_street import period, street_net, write_street

ROUTES = """<routes>
    <vType id="bus" vClass="bus" sigma="0" speedDev="0"/>
    <vType id="car" sigma="0" speedDev="0"/>
    <vehicle id="bus" type="bus" depart="0" departSpeed="max"><route edges="in out"/>
        <stop lane="in_0" startPos="140" endPos="160" duration="20"/>
        <stop lane="out_0" startPos="80" endPos="100" duration="30"/></vehicle>
    <vehicle id="car" type="car" depart="5"><route edges="in out"/>
        <stop lane="in_0" startPos="40" endPos="60" duration="10"/></vehicle>
</routes>
"""


def halts(plant: Plant, seconds: int) -> dict[RoadMode, list[float]]:
    """`halt_s` of bus and car, second by second, while the stop line is ahead of them."""
    said: dict[RoadMode, list[float]] = {RoadMode.BUS: [], RoadMode.CAR: []}
    try:
        for _ in range(seconds):
            plant.step({})
            state = plant.state()
            for mode, listed in said.items():
                listed.extend(state.halt_s[(state.mode == mode) & (state.tls >= 0)].tolist())
    finally:
        plant.close()
    return said


@pytest.mark.parametrize("plant", [embedded, sumo])
def test_what_is_left_of_the_halt_before_the_stop_line(plant: Maker, tmp_path: Path) -> None:
    """The whole dwell on the way to the stop, less each second there, nothing after it; a later stop is no matter."""
    config = write_street(tmp_path, street_net(198, 4, 198, 13.89, {"G": 100}), ROUTES, period(0, 200))
    said = halts(plant(config, 1), 60)
    bus = np.array(said[RoadMode.BUS])
    assert bus[0] == 20.0
    standing = bus[(bus > 0.0) & (bus < 20.0)]
    assert standing.size in (18, 19)
    assert np.allclose(np.diff(standing), -1.0)
    assert bus[-1] == 0.0
    assert set(said[RoadMode.CAR]) == {0.0}


@pytest.mark.parametrize("plant", [embedded, sumo])
def test_a_timetable_holds_a_bus_longer(plant: Maker, tmp_path: Path) -> None:
    """Who is early stands until its time: 60 s after the begin, 40 s from when it gets there."""
    routes = ROUTES.replace('endPos="160" duration="20"', 'endPos="160" duration="5" until="60"')
    config = write_street(tmp_path, street_net(198, 4, 198, 13.89, {"G": 100}), routes, period(0, 200))
    bus = np.array(halts(plant(config, 1), 80)[RoadMode.BUS])
    assert 35.0 < bus.max() < 55.0
    assert int(np.argmax(bus == 0.0)) == pytest.approx(60, abs=2)
