"""A whole day on one core: what 24 h of the Rheinstraße with all modes take, and how much memory, hour by hour.

    taskset -c 0 python -m benchmarks.engine.day [--scenario CONFIG] [--seed 1] [--every 6]

The engine alone, under the programmes that the scenario ships, nobody lifted away. Seconds are processor time of this
process, loading and the output of trips included, compiling not. Memory is what the process holds, the peak what it
ever held; before the first step everybody of the day is laid out, and nothing is added while the day passes.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import sim.scenarios
from sim.engine import EmbeddedPlant, compile_kernels
from sim.plant import RoadMode
from sim.scenario import load_scenario
from sim.tripinfo_file import write_tripinfo

DAY = Path(sim.scenarios.__file__).parent / "rheinstrasse" / "rheinstrasse.day.sumocfg"
HOUR_S = 3600
TITLES = ("hour", "seconds", "memory", "peak", "on the way", "arrived")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one row per part of the day, and what the whole took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", type=Path, default=DAY)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=6, help="hours between two rows")
    options = parser.parse_args(arguments)
    compile_kernels()
    print("".join(f"{title:>13}" for title in TITLES))
    began_s = time.process_time()
    plant = EmbeddedPlant(load_scenario(options.scenario), seed=options.seed, time_to_teleport=-1)
    _row(plant, began_s)
    next_s = plant.begin_s + options.every * HOUR_S
    while not plant.finished:
        plant.step({})
        if plant.time_s >= next_s or plant.finished:
            next_s += options.every * HOUR_S
            _row(plant, began_s)
    trips = plant.trips()
    with tempfile.TemporaryDirectory() as folder:
        write_tripinfo(trips, Path(folder) / "trips.xml")
    took_s, simulated_s = time.process_time() - began_s, plant.time_s - plant.begin_s
    walked = [trip.delay_s for trip in trips if trip.mode is RoadMode.PEDESTRIAN]
    driven = [trip.delay_s for trip in trips if trip.mode is not RoadMode.PEDESTRIAN]
    print(f"{took_s:.1f} s with trips, {simulated_s / took_s:.0f} times real time, peak {_peak_mb():.0f} MB")
    print(f"{len(driven)} vehicles, mean delay {fmean(driven):.1f} s; {len(walked)} people, {fmean(walked):.1f} s")


def _row(plant: EmbeddedPlant, began_s: float) -> None:
    figures = plant.statistics()
    cells = (
        f"{(plant.time_s - plant.begin_s) / HOUR_S:g}", f"{time.process_time() - began_s:.1f} s",
        f"{_held_mb():.0f} MB", f"{_peak_mb():.0f} MB", str(figures.running), str(figures.arrived),
    )  # fmt: skip
    print("".join(f"{cell:>13}" for cell in cells), flush=True)


def _held_mb() -> float:
    """Resident memory now (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
