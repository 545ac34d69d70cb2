"""How long one decision of the rollout takes, by junction size, and how much compilation gains over plain Python.

    python benchmarks/rollout_speed.py [--decisions 400]

Junctions are made up: arms with through lanes and a permissive left turn, one stage per pair of arms. Times are
processor time, so that other work on the machine does not count.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

from plans.defaults import MODE_WEIGHT, OCCUPANCY
from plans.junction import GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from signalctl.rollout import compile_kernels
from signalctl.rollout.demand import Seen
from signalctl.rollout.kernel import search
from signalctl.strategies.observe import Observer
from signalctl.strategies.parameters import AdaptiveParameters

SIZES = {"4 lanes, 2 stages": (2, 1), "8 lanes, 2 stages": (2, 2), "16 lanes, 4 stages": (4, 2)}
VEHICLES_PER_LANE = 8


def make_junction(roads: int, lanes: int) -> Junction:
    """`roads` pairs of opposing arms with so many lanes an arm; one stage a road."""
    groups = {f"g{road}": SignalGroup(f"g{road}", GroupKind.VEHICLE, min_green_s=5) for road in range(roads)}
    arms = {f"r{road}{side}l{lane}": road for road in range(roads) for side in "ab" for lane in range(lanes)}
    movements = []
    for name, road in arms.items():
        group = f"g{road}"
        movements.append(Movement(f"{name}s", name, group, Turn.STRAIGHT, f"x{name}"))
        if name.endswith("l0"):
            movements.append(Movement(f"{name}t", name, group, Turn.LEFT, f"y{name}", yields_to=(group,)))
    return Junction(
        id="bench",
        name="",
        groups=groups,
        intergreens={(a, b): 6 for a in groups for b in groups if a != b},
        stages={group: Stage(group, frozenset({group})) for group in groups},
        lanes={name: Lane(name, name[:3], 300.0, 13.9) for name in arms},
        movements=tuple(movements),
    )


def make_seen(observer: Observer, random: np.random.Generator) -> Seen:
    """Eight vehicles a lane within 200 m, some standing."""
    layout = observer.layout
    lanes = layout.lane_speed_mps.size
    n = lanes * VEHICLES_PER_LANE
    distance = np.sort(random.uniform(0.0, 200.0, (lanes, VEHICLES_PER_LANE)), axis=1).ravel()
    lane_of = np.repeat(np.arange(lanes), VEHICLES_PER_LANE)
    choices = [layout.lane_moves[layout.lane_move_start[k] : layout.lane_move_start[k + 1]] for k in range(lanes)]
    return Seen(
        start=np.arange(lanes + 1) * VEHICLES_PER_LANE,
        distance_m=distance,
        speed_mps=np.where(distance < 30.0, 0.0, random.uniform(5.0, 13.9, n)),
        move=np.array([random.choice(choices[lane]) for lane in lane_of]),
        mode=np.zeros(n, np.int64),
        weight=np.full(n, 1.3),
        not_before_s=np.zeros(n),
        stop_s=np.full(7, 4.0),
        rate_vps=np.full(lanes, 0.1),
        rate_weight=np.full(lanes, 1.3),
        reach_m=np.full(lanes, 200.0),
        startup_s=np.full(lanes, 1.7),
        headway_ratio=np.ones(lanes),
        stuck_s=np.zeros(lanes),
        stuck_move=np.full(lanes, -1),
        move_blocked=np.zeros(len(layout.move_lane), np.bool_),
        crossing_people=np.zeros(0),
        crossing_wait_s=np.zeros(0),
        crossing_limit_s=np.zeros(0),
        crossing_rate_ps=np.zeros(0),
    )


def measure(decisions: int) -> dict[str, list[float]]:
    """Milliseconds of each decision, by size."""
    compile_kernels()
    parameters = AdaptiveParameters()
    persons = {mode: MODE_WEIGHT[mode] * OCCUPANCY[mode] for mode in Mode}
    result = {}
    for name, (roads, lanes) in SIZES.items():
        observer = Observer.of(make_junction(roads, lanes), persons, parameters)
        random = np.random.default_rng(1)
        green_from, green_until = np.full(roads, -20.0), np.full(roads, -100.0)
        green_until[0] = np.inf
        times = []
        for _ in range(decisions + 1):
            seen = make_seen(observer, random)
            began = time.process_time()
            search(observer.layout, seen, observer.numbers, 0, green_from, green_until, np.zeros(roads))
            times.append(1000.0 * (time.process_time() - began))
        result[name] = times[1:]
    return result


def plain_python(decisions: int) -> dict[str, list[float]]:
    """The same decisions in another process that does not compile."""
    done = subprocess.run(
        [sys.executable, __file__, "--decisions", str(decisions), "--json"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    times: dict[str, list[float]] = json.loads(done.stdout)
    return times


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=400)
    parser.add_argument("--json", action="store_true", help="only the times, as data")
    options = parser.parse_args()
    compiled = measure(options.decisions)
    if options.json:
        print(json.dumps(compiled))
        return
    plain = plain_python(2)
    print(f"{'junction':<22}{'p50 ms':>9}{'p99 ms':>9}{'plain Python, ratio':>22}")
    for name, times in compiled.items():
        ratio = np.median(plain[name]) / np.median(times)
        print(f"{name:<22}{np.median(times):9.3f}{np.quantile(times, 0.99):9.3f}{ratio:22.0f}")


if __name__ == "__main__":
    main()
