"""Turns that give way, and people at a crossing: the engine against SUMO in the same run.

`benchmarks/engine/capacity.py` prints the whole tables; here stand some of their rows, over a shorter time.
"""

import math
from statistics import fmean

import pytest

from benchmarks.engine.capacity import (
    Crossroads,
    clearing_s,
    left_turns_vph,
    make_crossroads,
    make_engine,
    make_sumo,
    run_engine,
    run_sumo,
    turns_over_people_vph,
)
from sim.engine.pavement import Pavement
from sim.engine.streets import build_streets
from tests.sim.sumo_programs import program

pytestmark = pytest.mark.sumo
SECONDS = 2400


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> Crossroads:
    """Two lanes on every arm, with crossings."""
    program("netconvert")
    return make_crossroads(tmp_path_factory.mktemp("capacity"))


@pytest.mark.parametrize(
    ("opposing_vph", "cycle", "tolerance"), [(0, False, 0.03), (600, False, 0.08), (0, True, 0.03), (400, True, 0.1)]
)
def test_left_turns_wait_for_gaps_as_in_sumo(
    crossroads: Crossroads, opposing_vph: int, cycle: bool, tolerance: float
) -> None:
    """As many left turns get through, with green for good and in a cycle, alone and against oncoming traffic."""
    ours, theirs = (left_turns_vph(crossroads, run, opposing_vph, cycle, SECONDS, 1) for run in (run_engine, run_sumo))
    assert ours == pytest.approx(theirs, rel=tolerance)


@pytest.mark.parametrize("target", ["ms", "mn"])
@pytest.mark.parametrize(
    ("people_ph", "seeds", "tolerance"), [(0, (1,), 0.03), (500, (1, 2, 3), 0.08), (1000, (1, 2, 3, 4), 0.1)]
)
def test_turns_wait_for_people_as_in_sumo(
    crossroads: Crossroads, target: str, people_ph: int, seeds: tuple[int, ...], tolerance: float
) -> None:
    """As many turns get through over an empty crossing, and over busy ones on the mean of several seeds."""
    ours, theirs = (
        fmean(turns_over_people_vph(crossroads, run, target, people_ph, SECONDS, seed) for seed in seeds)
        for run in (run_engine, run_sumo)
    )
    assert ours == pytest.approx(theirs, rel=tolerance)


def test_people_walk_round_two_corners_over_walking_areas(crossroads: Crossroads) -> None:
    """From a sidewalk to the crossing beside it: both are left straight on, for a quarter of the straight way."""
    network = crossroads.network
    crossing = next(edge.id for edge in network.crossings.values() if "ms" in edge.crossing_edges)
    area = next(c.from_edge for c in network.connections if c.to_edge == crossing)
    (piece,) = Pavement(network, build_streets(network)).edge(("ms", area, crossing), 1, None, 0.5, None)
    aside_m, along_m = (abs(a - b) for a, b in zip(piece.start, piece.end, strict=True))
    out_m = math.hypot(aside_m, along_m) / 4
    assert piece.length_m == pytest.approx(2 * out_m + math.hypot(aside_m - out_m, along_m - out_m))


@pytest.mark.parametrize("people", [1, 20, 60])
def test_a_group_crosses_in_the_time_that_it_takes_in_sumo(crossroads: Crossroads, people: int) -> None:
    """From the beginning of green until the last one has left the crossing."""
    pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
    ours, theirs = (clearing_s(crossroads, make, people, 1) for make in (make_engine, make_sumo))
    assert ours == pytest.approx(theirs, abs=2.0)
