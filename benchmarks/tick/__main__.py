"""How long each step of a tick takes on a large site, and how long it takes to make the site ready.

    taskset -c 0 python -m benchmarks.tick [--junctions 130] [--seconds 420] [--warmup 120] [--detection radar]

Makes a grid with SUMO's own tools and random trips on it, derives its site, and runs the whole loop in lock-step with
the embedded engine. The first seconds, while the grid fills, are left out. Times are on the wall: they hold on a
machine that does nothing else.
"""

import argparse
import math
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
from signalctl.simulation.run import run_scenario
from signalctl.simulation.spec import RunSpec
from sim.engine import compile_kernels as compile_engine

BLOCK_M = 400
TRIPS_PER_JUNCTION_S = 0.0308  # 4 vehicles a second on 130 junctions


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one row per step, and one for the whole tick."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--junctions", type=int, default=130)
    parser.add_argument("--seconds", type=int, default=420)
    parser.add_argument("--warmup", type=int, default=120)
    parser.add_argument("--detection", type=Detection, default=Detection.RADAR)
    parser.add_argument("--strategy", type=StrategyName, default=StrategyName.ADAPTIVE)
    options = parser.parse_args(arguments)
    if not 0 <= options.warmup < options.seconds:
        parser.error(f"--warmup: expected less than --seconds {options.seconds}, got {options.warmup}")
    compile_rollout()
    compile_engine()
    with tempfile.TemporaryDirectory() as folder:
        path = make_grid(options.junctions, options.seconds, Path(folder))
        began = time.perf_counter()
        site = open_scenario(str(path), None).site
        derived_s = time.perf_counter() - began
        spec = RunSpec(str(path), detection=options.detection, strategy=options.strategy)
        steps = run_scenario(spec).step_s[options.warmup :]
    print(f"{len(site.junctions)} junctions, site derived in {derived_s:.1f} s, {len(steps)} ticks")
    print_steps(steps)


def print_steps(steps: Sequence[Mapping[str, float]]) -> None:
    """Milliseconds of each step, and of all of them together."""
    print(f"{'step':<10}{'mean ms':>10}{'p50 ms':>10}{'p99 ms':>10}{'most ms':>10}")
    rows = {name: [tick[name] for tick in steps] for name in steps[0]}
    for name, seconds in {**rows, "tick": [sum(tick.values()) for tick in steps]}.items():
        taken = 1000.0 * np.array(seconds)
        figures = (taken.mean(), np.median(taken), np.quantile(taken, 0.99), taken.max())
        print(f"{name:<10}" + "".join(f"{figure:>10.1f}" for figure in figures))


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
