"""Ctrl-C ends a run in this process at once, although nothing in it ever waits."""

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from plans.site import StrategyName
from signalctl.simulation.batch import run_each
from signalctl.simulation.run import REPORT_EVERY_S, run_scenario
from signalctl.simulation.spec import Outputs, PlantName, RunSpec

BEGIN_S = 24_840.0


@pytest.fixture(autouse=True)
def _interrupts_as_in_a_terminal() -> Iterator[None]:
    """A process that was started in the background may have been told to ignore them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("strategy", [StrategyName.FIXED, StrategyName.MAX_PRESSURE])
def test_an_interrupted_run_ends_at_its_next_second(tmp_path: Path, strategy: StrategyName) -> None:
    """At the first progress somebody presses Ctrl-C; no further progress is made, and no part of a file is left."""
    pytest.importorskip("libsumo")
    told: list[float] = []
    files = Outputs(queues=tmp_path / "queues.xml", signals=tmp_path / "signals.xml")

    def interrupt(part: float) -> None:
        assert (tmp_path / "queues.xml").is_file()
        told.append(part)
        signal.raise_signal(signal.SIGINT)

    end_s = BEGIN_S + 5.0 * REPORT_EVERY_S
    spec = RunSpec(
        "rheinstrasse",
        plant=PlantName.SUMO,
        period="am",
        strategy=strategy,
        begin_s=BEGIN_S,
        end_s=end_s,
        outputs=files,
    )
    with pytest.raises(KeyboardInterrupt):
        run_scenario(spec, interrupt)
    assert len(told) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(300)
def test_runs_in_processes_of_their_own_leave_no_parts_either(tmp_path: Path) -> None:
    """Whoever ends the batch while SUMO writes finds no file of the runs that had not ended."""
    pytest.importorskip("libsumo")
    specs = [
        RunSpec(
            "rheinstrasse",
            plant=PlantName.SUMO,
            period="am",
            strategy=StrategyName.FIXED,
            seed=seed,
            outputs=Outputs(queues=tmp_path / f"queues.{seed}.xml"),
        )
        for seed in (1, 2)
    ]

    def interrupt(_parts: Sequence[float]) -> None:
        if any(tmp_path.iterdir()):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_each(specs, on_progress=interrupt))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(300)
def test_results_of_an_earlier_run_outlive_one_that_had_not_begun(tmp_path: Path) -> None:
    """A file that nobody has written anew is not a part of the batch that was ended."""
    pytest.importorskip("libsumo")
    files = [Outputs(queues=tmp_path / f"queues.{seed}.xml") for seed in (1, 2)]
    specs = [
        RunSpec("rheinstrasse", plant=PlantName.SUMO, period="am", strategy=StrategyName.FIXED, seed=seed, outputs=one)
        for seed, one in enumerate(files, 1)
    ]
    (tmp_path / "queues.2.xml").write_text("an earlier run", encoding="utf-8")

    def interrupt(_parts: Sequence[float]) -> None:
        if (tmp_path / "queues.1.xml").is_file():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_each(specs, workers=1, on_progress=interrupt))
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["an earlier run"]
