"""How long each step of a tick takes on a large site, and how long it takes to make the site ready.

    taskset -c 0 python -m benchmarks.tick [--junctions 130] [--seconds 420] [--warmup 120] [--recording]

Makes a grid with SUMO's own tools and random trips on it, derives its site, and runs the whole loop in lock-step with
the embedded engine. The first seconds, while the grid fills, are left out. Times on the wall hold on a machine that
does nothing else; processor time, which all threads of this process share, says more on one that does.
"""

import argparse
import hashlib
import math
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.engine.streets import CROSSROADS, DEPARTURE, program, run, sumo_home
from detectors.equipment import Detection
from plans.site import StrategyName
from signalctl.rollout import compile_kernels as compile_rollout
from signalctl.scenarios import open_scenario
from signalctl.simulation.run import RunOutcome, run_scenario
from signalctl.simulation.spec import RunSpec
from sim.engine import compile_kernels as compile_engine

BLOCK_M = 400
TRIPS_PER_JUNCTION_S = 0.0308  # 4 vehicles a second on 130 junctions
RECORDING = "record"
"""The step in which those who are told of the tick take note, after the signals have been asked for."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one row per step, and one for the whole tick."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--junctions", type=int, default=130)
    parser.add_argument("--seconds", type=int, default=420)
    parser.add_argument("--warmup", type=int, default=120)
    parser.add_argument("--detection", type=Detection, default=Detection.RADAR)
    parser.add_argument("--strategy", type=StrategyName, default=StrategyName.ADAPTIVE)
    parser.add_argument("--recording", action="store_true", help="record every second, as the service does")
    options = parser.parse_args(arguments)
    if not 0 <= options.warmup < options.seconds:
        parser.error(f"--warmup: expected less than --seconds {options.seconds}, got {options.warmup}")
    compile_rollout()
    compile_engine()
    with tempfile.TemporaryDirectory() as folder:
        path = make_grid(options.junctions, options.seconds, Path(folder))
        began_s = time.process_time()
        site = open_scenario(str(path), None).site
        derived_s = time.process_time() - began_s
        journal = Path(folder) / "journal.db" if options.recording else None
        spec = RunSpec(str(path), detection=options.detection, strategy=options.strategy, journal=journal)
        outcome = run_scenario(spec)
    print(f"{len(site.junctions)} junctions, site derived in {derived_s:.1f} s of processor time")
    print_steps("on the wall", outcome.step_s, options.warmup)
    print_steps("processor", outcome.processor_s, options.warmup)
    used_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(f"{used_mb:.0f} MB at most, decisions {digest(outcome)}")


def print_steps(clock: str, ticks: Sequence[Mapping[str, float]], warmup: int) -> None:
    """Milliseconds of each step, of all up to the push together, and the longest of the ticks that are left out."""
    print(f"{f'ms {clock}':<16}{'mean':>8}{'p50':>8}{'p99':>8}{'most':>8}{'first':>8}")
    rows = {name: [tick[name] for tick in ticks] for name in ticks[0]}
    rows["tick"] = [sum(tick.values()) - tick[RECORDING] for tick in ticks]
    for name, seconds in rows.items():
        taken, first = 1000.0 * np.array(seconds[warmup:]), 1000.0 * max(seconds[:warmup], default=0.0)
        figures = (taken.mean(), np.median(taken), np.quantile(taken, 0.99), taken.max(), first)
        print(f"{name:<16}" + "".join(f"{figure:>8.1f}" for figure in figures))


def digest(outcome: RunOutcome) -> str:
    """The same for two runs in which everybody drove alike, so that every signal was the same."""
    return hashlib.sha256(repr(outcome.trips).encode()).hexdigest()[:12]


def make_grid(junctions: int, seconds: int, folder: Path) -> Path:
    """A grid as near to square as this number of junctions allows, with random trips; its configuration's path."""
    rows = next(rows for rows in range(math.isqrt(junctions), 0, -1) if junctions % rows == 0)
    net, demand, routes = (folder / f"grid.{kind}.xml" for kind in ("net", "trips", "rou"))
    shape = ("--grid.x-number", junctions // rows, "--grid.y-number", rows, "--grid.length", BLOCK_M)
    generator = program("netgenerate")
    if not generator.is_file():
        sys.exit(f"{generator}: expected SUMO's netgenerate, it is not there: make setup-dev")
    run(generator, "--grid", *shape, *CROSSROADS, "-o", net)
    often = ("-e", seconds, "-p", f"{1.0 / (TRIPS_PER_JUNCTION_S * junctions):.5f}", "--seed", "1")
    where = ("--fringe-factor", "3", "--trip-attributes", DEPARTURE)
    run(sys.executable, sumo_home() / "tools" / "randomTrips.py", "-n", net, *often, *where, "-o", demand, "-r", routes)
    path = folder / "grid.sumocfg"
    path.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="{routes.name}"/></input>'
        f'<time><begin value="0"/><end value="{seconds}"/></time></configuration>\n'
    )
    return path


if __name__ == "__main__":
    main()
