"""Means, intervals and differences of a matrix against scipy's."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.control.cells import half_width, make_cells, modes_of, over_runs
from detectors.equipment import Detection
from signalctl.simulation.result import value_at
from tests.benchmarks.control_samples import jobs_of, record_of

DELAY = "all.delay_s"


@pytest.mark.parametrize("seeds", [2, 5, 12])
def test_intervals_are_students(seeds: int) -> None:
    """Mean, interval and paired interval are those that scipy computes from the same runs."""
    random = np.random.default_rng(seeds)
    jobs = jobs_of(("fixed", "adaptive"), [Detection.RADAR], range(1, seeds + 1), ["here"])
    demand = random.normal(0.0, 5.0, seeds + 1)
    delays = {
        job: float((40 if job.control == "fixed" else 20) + demand[job.seed] + random.normal(0, 1)) for job in jobs
    }
    fixed, adaptive = make_cells([record_of(job, delay) for job, delay in delays.items()], "fixed")
    a = np.array([delay for job, delay in delays.items() if job.control == "adaptive"])
    b = np.array([delay for job, delay in delays.items() if job.control == "fixed"])
    for cell, values in ((adaptive, a), (fixed, b)):
        low, high = stats.t.interval(0.95, seeds - 1, values.mean(), stats.sem(values))
        assert value_at(cell, DELAY) == pytest.approx(values.mean(), abs=1e-3)
        assert value_at(cell["ci95"], DELAY) == pytest.approx([low, high], abs=2e-3)
        assert half_width(cell, DELAY) == pytest.approx((high - low) / 2, abs=2e-3)
    paired = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert adaptive["difference"][DELAY]["mean"] == pytest.approx((a - b).mean(), abs=1e-3)
    assert adaptive["difference"][DELAY]["ci95"] == pytest.approx([paired.low, paired.high], abs=2e-3)
    assert adaptive["change"][DELAY]["ratio"] == pytest.approx((a - b).mean() / b.mean(), abs=1e-4)
    assert adaptive["change"][DELAY]["ci95"] == pytest.approx([paired.low / b.mean(), paired.high / b.mean()], abs=2e-3)
    assert "difference" not in fixed


def test_pairs_are_those_seeds_that_both_have() -> None:
    """Where the baseline's run of a seed is missing, that seed does not count in the difference."""
    jobs = jobs_of(("fixed", "adaptive"), [Detection.RADAR], (1, 2, 3), ["here"])
    records = [
        record_of(job, 10.0 * job.seed if job.control == "fixed" else 7.0 * job.seed)
        for job in jobs
        if (job.control, job.seed) != ("fixed", 2)
    ]
    adaptive = next(cell for cell in make_cells(records, "fixed") if cell["strategy"] == "adaptive")
    assert (adaptive["seeds"], adaptive["paired_seeds"]) == ([1, 2, 3], [1, 3])
    assert adaptive["difference"][DELAY]["mean"] == pytest.approx(-(3.0 + 9.0) / 2)
    assert value_at(adaptive, DELAY) == pytest.approx(14.0)
    alone = make_cells([one for one in records if one["strategy"] == "adaptive"], "fixed")
    assert "difference" not in alone[0]


def test_a_baseline_that_looks_is_compared_at_the_same_detection() -> None:
    """Radar against radar; what does not look is compared with the baseline's first level; streets stay apart."""
    delays = {"perfect": 10.0, "loops": 30.0, "none": 50.0}
    jobs = jobs_of(("fixed", "max-pressure", "adaptive"), seeds=(1,))
    records = []
    for job in jobs:
        delay_s = delays[job.detection] + (100.0 if job.street.label == "there" else 0.0)
        records.append(record_of(job, delay_s - 1.0 if job.control == "adaptive" else delay_s))
    differences = {
        (cell["scenario"], cell["strategy"], cell["detection"]): cell["difference"][DELAY]["mean"]
        for cell in make_cells(records, "max-pressure")
        if cell["strategy"] != "max-pressure"
    }
    for street in ("here", "there"):
        assert differences[street, "adaptive", "perfect"] == -1.0
        assert differences[street, "adaptive", "loops"] == -1.0
        assert differences[street, "fixed", "none"] == 40.0


def test_nobody_is_no_figure() -> None:
    """One seed has no interval, a mode without anybody none either, and single runs can be asked for."""
    job = jobs_of(seeds=(1,))[0]
    (cell,) = make_cells([record_of(job, 5.0, people=0)], "fixed")
    assert half_width(cell, DELAY) is None
    assert modes_of([cell]) == ["car"]
    assert over_runs(cell, "by_mode.pedestrian.max_wait_s") == []
    assert over_runs(cell, "performance.tick_ms_p99") == [3.0]
