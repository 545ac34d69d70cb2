"""Which runs make up a matrix, and how long the rest of it takes."""

from pathlib import Path

import pytest

from benchmarks.control.matrix import ALL_CONTROLS, NO_DETECTION, make_jobs, parse_street, parse_teleports
from benchmarks.control.pace import Pace, in_words
from detectors.equipment import Detection
from signalctl.errors import UsageError
from signalctl.simulation.spec import CONTROLS, PlantName
from tests.benchmarks.control_samples import jobs_of


def test_the_matrix_knows_every_control() -> None:
    """What can control a simulated street is measured, in an order of its own."""
    assert sorted(ALL_CONTROLS) == sorted(CONTROLS)


def test_what_does_not_look_runs_once_per_seed() -> None:
    """Fixed time and SUMO's controls are the same at every detection level; the others run at each."""
    jobs = jobs_of(detections=list(Detection), seeds=(4, 5))
    seen = {(job.control.value, job.detection) for job in jobs}
    assert seen == {("sumo-actuated", NO_DETECTION), ("fixed", NO_DETECTION)} | {
        ("adaptive", detection.value) for detection in Detection
    }
    assert len(jobs) == len(seen) * 2 * 2 == len(set(jobs))
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)
    assert {job.spec.plant for job in jobs} == {PlantName.SUMO}


def test_scenarios_by_name_period_path_and_label(tmp_path: Path) -> None:
    """A path is named like its configuration, a shipped one as it was asked for, and a label goes before everything."""
    config = tmp_path / "town.sumocfg"
    (tmp_path / "town.net.xml").touch()
    config.write_text(
        '<configuration><input><net-file value="town.net.xml"/></input>'
        '<time><begin value="100"/></time></configuration>'
    )
    assert [parse_street(str(where)).label for where in (config, tmp_path)] == ["town", "town"]
    shipped = parse_street("rheinstrasse:pm")
    assert (shipped.label, shipped.name, shipped.period) == ("rheinstrasse:pm", "rheinstrasse", "pm")
    assert shipped.config.name == "rheinstrasse.pm.sumocfg"
    named = parse_street(f"rush hour={tmp_path}", duration_s=60)
    assert (named.label, named.config, named.begin_s, named.end_s) == ("rush hour", config, 100, 160)
    with pytest.raises(UsageError, match="got 'nowhere'"):
        parse_street("nowhere")
    with pytest.raises(UsageError, match="got 'dawn'"):
        parse_street("rheinstrasse:dawn")
    with pytest.raises(UsageError, match="expected different names"):
        make_jobs([parse_street(str(config))] * 2, ALL_CONTROLS, list(Detection), [1])


def test_teleports_name_their_scenario() -> None:
    """A teleport time goes to one scenario; a slip is told."""
    assert parse_teleports(["rheinstrasse:am=120"], ["town", "rheinstrasse:am"]) == {"rheinstrasse:am": 120}
    with pytest.raises(UsageError, match="expected one of town before '=', got 'city'"):
        parse_teleports(["city=120"], ["town"])
    for wrong in ("town", "town=", "town=soon", "town=-1"):
        with pytest.raises(UsageError, match="expected SCENARIO=SECONDS"):
            parse_teleports([wrong], ["town"])


def test_time_left_follows_what_runs_took() -> None:
    """Runs of the same cell count first, then those of the same street; a slower machine shows."""
    jobs = jobs_of(controls=("fixed", "adaptive"), detections=[Detection.PERFECT], seeds=(1,), streets=("here",))
    pace = Pace(jobs, workers=1)
    assert pace.left_s([0.0, 0.0], 1.0) is None
    assert pace.left_s([0.5, 0.0], 10.0) == pytest.approx(10.0 + 20.0)  # half of a run took 10 s
    pace.note(jobs[0].cell, 4.0)
    assert pace.left_s([0.0, 0.0], 0.0) == pytest.approx(8.0)  # what the other takes is not known
    pace.note(jobs[1].cell, 40.0)
    assert pace.left_s([1.0, 0.0], 4.0) == pytest.approx(40.0)
    assert pace.left_s([1.0, 0.5], 48.0) == pytest.approx(40.0)  # 24 s of work took 48 s
    assert pace.left_s([1.0, 1.0], 60.0) == 0.0
    assert Pace(jobs, workers=2).left_s([0.5, 0.5], 10.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "unknown"), (40, "40 s"), (720, "12 min"), (11_100, "3 h 05 min")]
)
def test_time_left_in_words(seconds: float | None, words: str) -> None:
    """Short times in seconds, long ones in hours."""
    assert in_words(seconds) == words
