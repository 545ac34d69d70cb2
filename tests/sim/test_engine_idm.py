"""The Intelligent Driver Model of the engine against SUMO's, in the same run, and what its attributes may say."""

from pathlib import Path

import numpy as np
import pytest

from sim.plant import Plant
from sim.scenario import load_scenario
from sim.sumo_files import SumoFileError
from tests.sim.both_plants import Maker, embedded, sumo
from tests.sim.one_street import street_net, write_street
from tests.sim.test_engine_headways import crossing_times, saturation_headway_s

IDM = 'vClass="passenger" carFollowModel="IDM"'
FREE = street_net(600, 20, 380, 13.89, {"G": 90})


def speeds(folder: Path, make: Maker, kind: str, steps: int = 60) -> list[list[tuple[float, float]]]:
    """Position and speed of two cars on a free street, the second behind the first; without random numbers."""
    config = write_street(
        folder,
        FREE,
        f'<routes><vType id="t" {kind} speedDev="0"/>'
        '<vehicle id="a" type="t" depart="0" departPos="60" departSpeed="0"><route edges="in out"/>'
        '<stop lane="in_0" startPos="300" endPos="320" duration="10"/></vehicle>'
        '<vehicle id="b" type="t" depart="0" departPos="20" departSpeed="0"><route edges="in out"/></vehicle></routes>',
    )
    plant: Plant = make(config, 1)
    result = []
    for _ in range(steps):
        plant.step({})
        state = plant.state()
        rows = np.argsort(state.position_m)
        result.append([(float(state.position_m[row]), float(state.speed_mps[row])) for row in rows])
    plant.close()
    return result


@pytest.mark.sumo
@pytest.mark.parametrize("more", ["", 'delta="2" tau="1.6"', 'stepping="1" accel="1.5"', 'decel="3"'])
def test_two_cars_drive_as_in_sumo(tmp_path: Path, more: str) -> None:
    """Without random numbers, positions and speeds are SUMO's to the centimetre: start, following, halt and start."""
    kind = f"{IDM} {more}"
    ours, theirs = (np.array(speeds(tmp_path, make, kind)) for make in (embedded, sumo))
    assert ours == pytest.approx(theirs, abs=0.01)


@pytest.mark.sumo
def test_queues_discharge_as_in_sumo(tmp_path: Path) -> None:
    """The saturation headway and the first front after green are SUMO's."""
    ours, theirs = (crossing_times(tmp_path, IDM, make) for make in (embedded, sumo))
    assert saturation_headway_s(ours) == pytest.approx(saturation_headway_s(theirs), rel=0.03)
    first = [float(np.mean([times[0] for times in cycles])) for cycles in (ours, theirs)]
    assert first[0] == pytest.approx(first[1], abs=0.2)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ('carFollowModel="IDMM"', "carFollowModel: expected one of Krauss, IDM, got 'IDMM'"),
        ('carFollowModel="IDM" sigma="0.5"', "sigma: the Intelligent Driver Model does not dawdle"),
        ('carFollowModel="IDM" adaptFactor="1.8"', "adaptFactor: this attribute is not simulated here"),
        ('delta="4"', "delta: expected carFollowModel IDM with it, got 'Krauss'"),
        ('carFollowModel="IDM" stepping="0"', "stepping: expected a number above 0"),
    ],
)
def test_what_the_model_does_not_know_is_refused(tmp_path: Path, kind: str, message: str) -> None:
    """Other models and attributes of other models are named."""
    config = write_street(tmp_path, FREE, f'<routes><vType id="t" {kind}/></routes>')
    with pytest.raises(SumoFileError, match=message):
        load_scenario(config)
