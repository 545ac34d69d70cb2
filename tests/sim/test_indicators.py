"""Figures from trips, and their spread over seeds."""

import math

import pytest

from plans.defaults import OCCUPANCY
from plans.junction import Mode
from sim.indicators import road_figures
from sim.plant import RoadMode, Trip
from sim.replications import combine, relative_change, student_t


def trip(mode: RoadMode = RoadMode.CAR, loss_s: float = 0.0, late_s: float = 0.0, **other: object) -> Trip:
    """A trip that was inserted and has arrived after a minute, unless said otherwise."""
    values = {
        "id": "x", "mode": mode, "depart_s": 0.0, "depart_delay_s": late_s, "arrival_s": 60.0 + late_s,
        "time_loss_s": loss_s, "waiting_s": 0.0, "stops": 0, "route_length_m": 100.0, "inserted": True, **other,
    }  # fmt: skip
    return Trip(**values)  # type: ignore[arg-type]


def test_delay_counts_everybody_who_was_loaded() -> None:
    """Unfinished vehicles count with what they lost, never inserted ones with their wait."""
    stuck = trip(loss_s=50.0, arrival_s=-1.0)
    outside = trip(late_s=100.0, arrival_s=-1.0, inserted=False)
    figures = road_figures([trip(loss_s=10.0), stuck, outside])
    assert figures["all"]["delay_s"] == pytest.approx((10 + 50 + 100) / 3, abs=1e-3)
    assert (figures["all"]["loaded"], figures["all"]["inserted"], figures["all"]["arrived"]) == (3, 2, 1)
    assert figures["all"]["travel_time_s"] == 60.0


def test_person_delay_weighs_by_occupancy() -> None:
    """A bus counts as many times as people sit in it, and people on foot count too."""
    figures = road_figures([trip(loss_s=10.0), trip(RoadMode.BUS, 40.0), trip(RoadMode.PEDESTRIAN, 5.0)])
    car, bus = OCCUPANCY[Mode.CAR], OCCUPANCY[Mode.BUS]
    assert figures["person_delay_s"] == pytest.approx((10 * car + 40 * bus + 5) / (car + bus + 1), abs=1e-3)
    assert figures["all"]["delay_s"] == 25.0, "people on foot are no vehicles"


def test_modes_without_anybody_have_no_figures() -> None:
    """Nobody there: a count of zero and no number that could be taken for a good one."""
    modes = road_figures([trip()])["by_mode"]
    assert set(modes) == {"car", "truck", "bus", "tram", "bicycle", "pedestrian"}
    assert modes["tram"]["loaded"] == 0
    assert modes["tram"]["delay_s"] is None
    assert modes["pedestrian"] == {"count": 0, "delay_s": None, "delay_p95_s": None, "max_wait_s": None}


def test_longest_pedestrian_wait_is_a_maximum() -> None:
    """The longest wait of anybody on foot."""
    figures = road_figures([trip(RoadMode.PEDESTRIAN, max_wait_s=w) for w in (3.0, 61.0, 8.0)])
    assert figures["by_mode"]["pedestrian"]["max_wait_s"] == 61.0


def test_seeds_give_mean_deviation_and_interval() -> None:
    """Mean, sd and Student's interval of 10, 12, 14: 12, 2, 12 +- 4.303 * 2 / sqrt(3)."""
    runs = [
        {"scenario": "s", "seed": n, "begin": 5.0, "all": {"delay_s": value}} for n, value in enumerate((10, 12, 14))
    ]
    result = combine(runs)
    assert result["seeds"] == [0, 1, 2]
    assert (result["scenario"], result["begin"], result["all"]["delay_s"]) == ("s", 5.0, 12)
    assert result["sd"]["all"]["delay_s"] == 2.0
    half = 4.303 * 2 / math.sqrt(3)
    assert result["ci95"]["all"]["delay_s"] == pytest.approx([12 - half, 12 + half], abs=2e-3)
    assert len(result["runs"]) == 3


def test_one_seed_has_no_spread() -> None:
    """One run says nothing of the spread, and does not pretend to."""
    result = combine([{"seed": 1, "x": 3.0}])
    assert (result["x"], result["sd"]["x"], result["ci95"]["x"]) == (3, None, None)


def test_what_is_true_of_every_seed_stays_true() -> None:
    """A statement about the scenario has no mean and no spread."""
    result = combine([{"seed": 1, "derived": True, "x": 1.0}, {"seed": 2, "derived": True, "x": 2.0}])
    assert result["derived"] is True
    assert "derived" not in result["sd"]


def test_mean_leaves_missing_figures_out() -> None:
    """A figure that one seed lacks is the mean of the others; one that all lack stays missing."""
    result = combine([{"seed": 1, "a": None, "b": None}, {"seed": 2, "a": 4.0, "b": None}])
    assert (result["a"], result["b"]) == (4, None)


def test_student_t_against_the_table() -> None:
    """Two-sided 95 % points as printed in tables."""
    assert [round(student_t(n), 3) for n in (1, 2, 4, 9)] == [12.706, 4.303, 2.776, 2.262]


def test_change_is_paired_by_seed() -> None:
    """What both have from the demand cancels out: a constant gain has no spread."""
    change = relative_change([90.0, 180.0, 45.0], [100.0, 190.0, 55.0])
    assert change["ratio"] == pytest.approx(-30 / 345, abs=1e-4)
    assert change["ci95"][0] == change["ci95"][1]
