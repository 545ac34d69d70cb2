"""Compile the rollout's machine code ahead of the first decision."""

import time
from collections.abc import Callable

import numpy as np

from plans.junction import GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from signalctl.rollout.demand import Seen
from signalctl.rollout.kernel import search
from signalctl.rollout.layout import build_layout
from signalctl.rollout.parameters import RolloutNumbers


def compile_kernels(progress: Callable[[str], object] | None = None) -> float:
    """Compile or load the kernels, and return the seconds that took; `progress` gets one line before and after."""
    began_s = time.perf_counter()
    say = progress or (lambda _: None)
    say("rollout: compiling or loading")
    layout = build_layout(_smallest_junction())
    none, lanes = np.zeros(0), len(layout.lane_speed_mps)
    seen = Seen(
        start=np.zeros(lanes + 1, np.int64),
        distance_m=none,
        speed_mps=none,
        move=np.zeros(0, np.int64),
        mode=np.zeros(0, np.int64),
        weight=none,
        not_before_s=none,
        stop_s=np.full(7, 4.0),
        rate_vps=np.zeros(lanes),
        rate_weight=np.zeros(lanes),
        reach_m=np.zeros(lanes),
        startup_s=np.full(lanes, 1.7),
        headway_ratio=np.ones(lanes),
        stuck_s=np.zeros(lanes),
        stuck_move=np.zeros(lanes, np.int64),
        move_blocked=np.zeros(len(layout.move_lane), np.bool_),
        crossing_people=none,
        crossing_wait_s=none,
        crossing_limit_s=none,
        crossing_rate_ps=none,
    )
    green_from, green_until, ready_s = np.zeros(2), np.array([np.inf, -100.0]), np.zeros(2)
    search(layout, seen, RolloutNumbers(), 0, green_from, green_until, ready_s)
    took_s = time.perf_counter() - began_s
    say(f"rollout: ready after {took_s:.1f} s")
    return took_s


def _smallest_junction() -> Junction:
    names = ("a", "b")
    return Junction(
        id="smallest",
        name="two streets of one lane",
        groups={name: SignalGroup(name, GroupKind.VEHICLE, min_green_s=5) for name in names},
        intergreens={("a", "b"): 5, ("b", "a"): 5},
        stages={name: Stage(name, frozenset({name})) for name in names},
        lanes={name: Lane(name, name, 100.0, 13.9) for name in names},
        movements=tuple(Movement(name, name, name, Turn.STRAIGHT, "exit") for name in names),
    )
