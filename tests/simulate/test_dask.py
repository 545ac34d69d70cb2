"""Batches on a Dask cluster: a real scheduler with two real workers on loopback."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from plans.site import StrategyName
from signalctl import cli
from signalctl.errors import EXIT_USAGE, UsageError
from signalctl.scenarios import SHIPPED
from signalctl.simulation import cluster as clusters
from signalctl.simulation.batch import run_batch
from signalctl.simulation.cluster import ClusterError
from signalctl.simulation.run import run_scenario
from signalctl.simulation.sameness import needed_software
from signalctl.simulation.spec import Outputs, PlantName, RunSpec
from sim.sumo_files import SumoFileError
from tests.sim.sumo_programs import cross, demand
from tests.simulate.dask_cluster import Cluster, cluster, environment, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BEGIN_S = 24840.0
NO_NANNY = ["--no-nanny"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers, one of them as Dask starts it by itself: with a nanny that starts it again."""
    with cluster(tmp_path_factory.mktemp("dask"), [], NO_NANNY) as made:
        yield made


def rush(seeds: range, seconds: float) -> list[RunSpec]:
    """So much of the morning on the Rheinstraße under its hand-made programmes, with several seeds."""
    return [
        RunSpec("rheinstrasse", strategy=StrategyName.FIXED, seed=seed, begin_s=BEGIN_S, end_s=BEGIN_S + seconds)
        for seed in seeds
    ]


def written(spec: RunSpec, folder: Path) -> RunSpec:
    """The run with files that it writes into a folder."""
    folder.mkdir()
    return replace(spec, outputs=Outputs(queues=folder / "queues.xml", trajectories=folder / "paths.npz"))


def test_results_are_those_of_processes_here(two: Cluster, tmp_path: Path) -> None:
    """The same trips and files to the bit, in the order of the orders, whichever worker ran them; progress is told."""
    ordered = [written(spec, tmp_path / f"there{spec.seed}") for spec in rush(range(1, 4), 240)]
    told: list[list[float]] = []
    there = run_batch(ordered, cluster=two.address, on_progress=lambda parts: told.append(list(parts)))
    at_home = [written(spec, tmp_path / f"here{spec.seed}") for spec in ordered]
    assert [outcome.trips for outcome in there] == [run_scenario(spec).trips for spec in at_home]
    for spec, same in zip(ordered, at_home, strict=True):
        for name, path in spec.outputs.files().items():
            assert path.read_bytes() == same.outputs.files()[name].read_bytes(), name
    assert [outcome.spec for outcome in there] == ordered
    assert len({outcome.trips for outcome in there}) == len(ordered)
    assert any(0.0 < part < 1.0 for parts in told for part in parts)


@pytest.mark.sumo
def test_every_run_of_sumo_has_a_process_of_its_own(two: Cluster, tmp_path: Path) -> None:
    """SUMO draws other numbers when a process runs it again: workers that run several times must not let that show."""
    pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
    config = demand(tmp_path, cross(tmp_path), vehicles_per_hour=250)
    ordered = [RunSpec(str(config), plant=PlantName.SUMO, strategy=StrategyName.FIXED, seed=1)] * 3
    first, *again = [outcome.trips for outcome in run_batch(ordered, cluster=two.address)]
    assert again == [first, first]
    assert first == run_batch(ordered[:2], workers=1)[0].trips


def test_a_lost_worker_costs_time_only(tmp_path: Path) -> None:
    """One of two workers dies in the middle of its run: the other one runs it again, and the result is the same."""
    ordered = rush(range(1, 4), 120)
    expected = [outcome.trips for outcome in run_batch(ordered, workers=1)]
    killed: list[psutil.Process] = []
    with cluster(tmp_path, NO_NANNY, NO_NANNY) as made:

        def lose(_parts: object) -> None:
            if not killed and (running := made.runs()):
                killed.append(running[0])
                worker = next(one for one in made.workers if one.pid == running[0].ppid())
                worker.kill()

        there = [outcome.trips for outcome in run_batch(ordered, cluster=made.address, on_progress=lose)]
        assert killed
        until(lambda: not killed[0].is_running() or killed[0].status() == psutil.STATUS_ZOMBIE)
    assert there == expected


def test_a_wrong_file_is_named_as_at_home(two: Cluster, tmp_path: Path) -> None:
    """The error of a run names the file where the caller has it, and ends with status 2 as any wrong file does."""
    folder = Path(shutil.copytree(SHIPPED / "rheinstrasse", tmp_path / "street"))
    (folder / "rheinstrasse.am.rou.xml").write_text('<routes><trip id="t" depart="0" from="in" to="nowhere"/></routes>')
    with pytest.raises(SumoFileError, match=f"^{folder}/rheinstrasse.am.rou.xml:1: "):
        run_batch([RunSpec(str(folder), strategy=StrategyName.FIXED)], cluster=two.address)


def test_workers_that_would_compute_something_else_are_refused(two: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first run, and by each worker again, for it may have joined since; the error says what differs."""
    other = {**needed_software(), "numpy": "1.0"}
    monkeypatch.setattr(clusters, "needed_software", lambda: other)
    ordered = rush(range(1, 2), 60)
    with pytest.raises(ClusterError, match=r"tcp://127.0.0.1:\d+: numpy: expected 1.0, got \d"):
        run_batch(ordered, cluster=two.address)
    monkeypatch.setattr(clusters, "_check_workers", lambda *_: None)
    with pytest.raises(ClusterError, match=r"tcp://127.0.0.1:\d+: numpy: expected 1.0, got \d"):
        run_batch(ordered, cluster=two.address)


def test_no_scheduler_is_a_wrong_call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, status 2."""
    monkeypatch.setattr(clusters, "CONNECT_S", 1.0)
    call = ["signalctl", "simulate", "rheinstrasse", "--strategy", "fixed", "--dask", "tcp://127.0.0.1:9"]
    monkeypatch.setattr(sys, "argv", call)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == EXIT_USAGE
    said = capsys.readouterr().err.strip()
    assert said.startswith("signalctl: --dask tcp://127.0.0.1:9: expected a Dask scheduler, got none")
    assert "\n" not in said


def test_options_of_this_machine_do_not_go_with_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes and journals are this machine's."""
    monkeypatch.setattr(sys, "argv", ["signalctl", "simulate", "rheinstrasse", "--dask", "tcp://x:1", "--jobs", "2"])
    with pytest.raises(UsageError, match="expected neither --journal nor --jobs"):
        cli.app(standalone_mode=False)


def test_interrupting_ends_the_runs_on_the_workers(two: Cluster) -> None:
    """Ctrl-C here, and within seconds no worker runs anything any more."""
    call = [sys.executable, "-m", "signalctl", "simulate", "rheinstrasse", "--strategy", "fixed", "--seeds", "1-3"]
    command = subprocess.Popen([*call, "--dask", two.address], env=environment(), stderr=subprocess.PIPE)
    until(lambda: len(two.runs()) == 2)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=60)
    assert command.returncode != 0
    until(lambda: not two.runs(), 20.0)
