"""The embedded engine against SUMO's command line: same nets, demand and step length, one core, one run.

    taskset -c 0 python -m benchmarks.engine [SCENARIO...] [--seeds 1-3] [--repeats 1] [--teleport SECONDS]

Without a scenario it makes an arterial with 10 signals and a grid with 130 (`--seconds` shortens both). A scenario is a
`.sumocfg` or a folder with one; `arterial` and `grid` name the made ones. SUMO and the engine run by turns, one thread
each; with `--repeats` the fastest of each counts.

Seconds are processor time of the step loop with the output of trips, without loading. Delay is timeLoss plus
departDelay over all loaded vehicles, unfinished and never inserted ones included. Both run the programmes that the
network ships.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.engine.runs import Run, run_ours, run_sumo
from benchmarks.engine.streets import NETWORKS, make
from sim.engine import compile_kernels
from sim.scenario import load_scenario

TITLES = ("delay SUMO", "ours", "ratio", "loop SUMO", "ours", "M upd/s SUMO", "ours", "faster")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one row per scenario and seed, and the means by scenario and mode."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", default=list(NETWORKS))
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=0, help="of the made networks, 0: an hour and 20 minutes")
    parser.add_argument("--teleport", type=float, default=-1.0)
    options = parser.parse_args(arguments)
    low, _, high = options.seeds.partition("-")
    seeds = range(int(low), int(high or low) + 1)
    compile_kernels()
    print(f"{'scenario':<14}{'seed':>5}" + "".join(f"{title:>13}" for title in TITLES))
    with tempfile.TemporaryDirectory() as folder:
        for name in options.scenario:
            made = name in NETWORKS
            path = make(name, Path(folder), options.seconds or NETWORKS[name]) if made else Path(name)
            _compare(path, seeds, options.repeats, options.teleport)


def _compare(path: Path, seeds: Sequence[int], repeats: int, teleport: float) -> None:
    scenario = load_scenario(path)
    label = path.stem if path.is_file() else path.name
    pairs = []
    for seed in seeds:
        tried = [(run_sumo(scenario, seed, teleport), run_ours(scenario, seed, teleport)) for _ in range(repeats)]
        theirs, ours = (min(runs, key=lambda run: run.loop_s) for runs in zip(*tried, strict=True))
        pairs.append((theirs, ours))
        _row(label, str(seed), [(theirs, ours)])
    if len(pairs) > 1:
        _row(label, "mean", pairs)
    for mode in sorted({mode for theirs, ours in pairs for mode in theirs.delays | ours.delays}):
        a, b = ([value for pair in pairs for value in pair[side].delays.get(mode, ())] for side in (0, 1))
        if a and b:
            print(f"    {mode:<10}{len(a):>8} delay {fmean(a):>8.2f} s, ours {fmean(b):>8.2f} s")


def _row(label: str, seed: str, pairs: Sequence[tuple[Run, Run]]) -> None:
    delay_a, delay_b = (fmean(pair[side].mean_delay_s() for pair in pairs) for side in (0, 1))
    loop_a, loop_b = (sum(pair[side].loop_s for pair in pairs) for side in (0, 1))
    rate_a, rate_b = (
        sum(pair[side].updates for pair in pairs) / loop / 1e6 for side, loop in ((0, loop_a), (1, loop_b))
    )
    figures = (
        f"{delay_a:.2f} s", f"{delay_b:.2f} s", f"{delay_b / delay_a:.3f}", f"{loop_a:.2f} s", f"{loop_b:.2f} s",
        f"{rate_a:.3f}", f"{rate_b:.3f}", f"{loop_a / loop_b:.1f} times",
    )  # fmt: skip
    print(f"{label:<14}{seed:>5}" + "".join(f"{figure:>13}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
