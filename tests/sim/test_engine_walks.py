"""Walks of the embedded engine: where they begin and end, and how much slower than wished people are."""

from pathlib import Path

import numpy as np

from sim.engine import EmbeddedPlant
from sim.engine.warmup import NET
from sim.plant import Trip
from sim.scenario import load_scenario
from tests.sim.one_street import write_street


def walks(folder: Path, persons: str) -> list[Trip]:
    """The trips of these persons on a street of 98 m."""
    write_street(folder, NET, f"<routes>{persons}</routes>")
    plant = EmbeddedPlant(load_scenario(folder), seed=3)
    while not plant.finished:
        plant.step({})
    return list(plant.trips())


def test_negative_positions_are_counted_from_the_end_of_the_edge(tmp_path: Path) -> None:
    """Both ends of a walk may be given from either end of the edge."""
    trips = walks(
        tmp_path,
        '<person id="a" depart="0" departPos="-20"><walk edges="in" arrivalPos="98"/></person>'
        '<person id="b" depart="0" departPos="-3"><walk edges="in" arrivalPos="-98"/></person>'
        '<person id="c" depart="0" departPos="10"><walk edges="in" arrivalPos="-8"/></person>',
    )
    assert {trip.id: round(trip.route_length_m, 3) for trip in trips} == {"a": 20.0, "b": 95.0, "c": 80.0}


def test_people_dawdle_as_in_sumo(tmp_path: Path) -> None:
    """A free walk takes about a tenth longer than at the wished speed, for nobody less than that speed allows."""
    trips = walks(
        tmp_path,
        "".join(
            f'<person id="p{i}" depart="{i}" departPos="0"><walk edges="in" arrivalPos="98"/></person>'
            for i in range(60)
        ),
    )
    spent = np.array([trip.arrival_s - trip.depart_s for trip in trips])
    lost = np.array([trip.time_loss_s for trip in trips])
    assert lost.min() > 0.0
    assert 0.09 < lost.sum() / spent.sum() < 0.12
