"""One scenario run by each of the two: delays of everybody, and what the step loop took."""

import os
import re
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.engine.streets import environment, program
from sim.engine import EmbeddedPlant
from sim.plant import RoadMode, Trip
from sim.scenario import Scenario
from sim.sumo_tripinfo import read_tripinfo
from sim.tripinfo_file import write_tripinfo


@dataclass(frozen=True)
class Run:
    """What one run said and took; seconds are those of the processor."""

    delays: dict[str, list[float]]  # by mode
    loop_s: float  # stepping and writing trips, without loading
    updates: int  # vehicles moved, summed over steps

    def mean_delay_s(self) -> float:
        """Over everybody but people on foot."""
        driven = [values for mode, values in self.delays.items() if mode != RoadMode.PEDESTRIAN.label]
        return fmean(value for values in driven for value in values)


def run_sumo(scenario: Scenario, seed: int, teleport: float) -> Run:
    """SUMO's command line. Its own clock of the step loop is scaled by the process's share of the processor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trips, said = folder / "trips.xml", folder / "said.txt"
        command = [program("sumo"), "-c", scenario.path, "--seed", seed, "--time-to-teleport", teleport]
        command += ["--no-step-log", "--no-warnings", "--duration-log.statistics", "--tripinfo-output", trips]
        command += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
        began = time.perf_counter()
        with said.open("wb") as out:
            process = subprocess.Popen([str(word) for word in command], stdout=out, env=environment())
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - began
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        text = said.read_text()
        loop_s = _said(text, r"Performance:\s+Duration: ([\d.]+)s") * (usage.ru_utime + usage.ru_stime) / wall_s
        updates = _said(text, r"UPS: ([\d.]+)") * _said(text, r"Performance:\s+Duration: ([\d.]+)s")
        modes = {name: kind.mode for name, kind in scenario.demand.types.items()}
        known = read_tripinfo(trips, scenario.end_s, lambda _, kind: modes.get(kind.split("@")[0], RoadMode.CAR))
        return Run(_by_mode(known), loop_s, round(updates))


def run_ours(scenario: Scenario, seed: int, teleport: float) -> Run:
    """The embedded engine."""
    plant = EmbeddedPlant(scenario, seed=seed, time_to_teleport=teleport)
    with tempfile.TemporaryDirectory() as name:
        began = time.process_time()
        while not plant.finished:
            plant.step({})
        trips = plant.trips()
        write_tripinfo(trips, Path(name) / "trips.xml")
        loop_s = time.process_time() - began
    return Run(_by_mode(trips), loop_s, plant.statistics().vehicle_updates)


def _said(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"SUMO's statistics: expected {pattern!r}, got {text!r}")
    return float(found[1])


def _by_mode(trips: Iterable[Trip]) -> dict[str, list[float]]:
    result: dict[str, list[float]] = defaultdict(list)
    for trip in trips:
        result[trip.mode.label].append(trip.delay_s)
    return dict(result)
