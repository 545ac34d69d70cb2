"""What must hold on the engine whatever the traffic: nobody overlaps, nobody gets lost."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import sim.scenarios
from sim.engine import EmbeddedPlant
from sim.engine.arrays import ACTIVE, ARRIVED, AT_STOPS, LANES_IN_A_WORD
from sim.plant import RoadState
from sim.scenario import load_scenario
from tests.sim.one_street import period
from tests.sim.sumo_programs import cross

RHEINSTRASSE = Path(sim.scenarios.__file__).parent / "rheinstrasse" / "rheinstrasse.pm.sumocfg"
KINDS = ("passenger", "bus", "truck", "bicycle", "motorcycle")
WAYS = [f"{a}m m{b}" for a in "nesw" for b in "nesw" if a != b]

flows = st.lists(
    st.tuples(st.sampled_from(WAYS), st.sampled_from(KINDS), st.integers(60, 1500)), min_size=3, max_size=10
)


def overlaps(state: RoadState) -> list[tuple[int, int]]:
    """Pairs of vehicles on one lane of which the one ahead has its rear behind the other's front."""
    order = np.lexsort((state.position_m, state.lane))
    behind, ahead = order[:-1], order[1:]
    same = state.lane[behind] == state.lane[ahead]
    crash = same & (state.position_m[ahead] - state.length_m[ahead] < state.position_m[behind] - 1e-6)
    return [
        (int(state.vehicle_id[a]), int(state.vehicle_id[b])) for a, b in zip(ahead[crash], behind[crash], strict=True)
    ]


def check_books(plant: EmbeddedPlant) -> int:
    """That the engine's books are right: the lanes with vehicles, and how many stand at stops, which is returned."""
    tables, vehicles = plant._traffic, plant._vehicles
    driving = tables.active[: tables.counters[ACTIVE]]
    assert len(set(driving.tolist())) == driving.size
    used = {
        word * LANES_IN_A_WORD + bit
        for word, bits in enumerate(tables.used.tolist())
        for bit in range(LANES_IN_A_WORD)
        if bits >> bit & 1
    }
    assert used == set(vehicles.lane[driving].tolist())
    standing = int(np.count_nonzero(vehicles.stop_reached[vehicles.status != ARRIVED]))
    assert standing == tables.counters[AT_STOPS]
    return standing


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a crossroads with signals and two lanes on each arm."""
    folder = tmp_path_factory.mktemp("cross")
    cross(folder)
    return folder


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(wanted=flows, seed=st.integers(0, 1000), step_s=st.sampled_from([0.5, 1.0]))
def test_nobody_overlaps_and_nobody_gets_lost(
    crossroads: Path, wanted: list[tuple[str, str, int]], seed: int, step_s: float
) -> None:
    """With any mix of vehicles on any ways, rears stay before fronts, and everybody is running, arrived or waiting."""
    rows = "".join(
        f'<flow id="{i}" type="{kind}" begin="0" end="120" vehsPerHour="{flow}" departSpeed="max" departLane="best">'
        f'<route edges="{way}"/></flow>'
        for i, (way, kind, flow) in enumerate(wanted)
    )
    kinds = "".join(f'<vType id="{kind}" vClass="{kind}"/>' for kind in KINDS)
    (crossroads / "p.rou.xml").write_text(f"<routes>{kinds}{rows}</routes>")
    config = crossroads / "p.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="cross.net.xml"/><route-files value="p.rou.xml"/></input>'
        f"{period(0, 240)}</configuration>"
    )
    plant = EmbeddedPlant(load_scenario(config), seed=seed, step_s=step_s, time_to_teleport=-1)
    while not plant.finished:
        plant.step({})
        assert overlaps(plant.state()) == []
        check_books(plant)
        figures = plant.statistics()
        assert figures.inserted == figures.arrived + figures.running
    named = plant.trips()
    assert len(named) == len({trip.id for trip in named}) == figures.loaded
    assert sum(trip.inserted for trip in named) == figures.inserted
    assert sum(trip.arrival_s >= 0 for trip in named) == figures.arrived


def test_nobody_overlaps_in_the_evening_peak() -> None:
    """Ten minutes of the shipped model with all modes: nobody overlaps on a lane, and everybody is accounted for."""
    plant = EmbeddedPlant(load_scenario(RHEINSTRASSE), seed=2)
    end_s = plant.begin_s + 600
    standing = 0
    while plant.time_s < end_s:
        plant.step({})
        assert overlaps(plant.state()) == []
        standing += check_books(plant)
        figures = plant.statistics()
        assert figures.inserted == figures.arrived + figures.running
    assert standing > 0
    assert len(plant.trips()) == figures.loaded
