"""Prints the best course for each first step at a small junction; run with and without compilation."""

import numpy as np

from plans.junction import GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from signalctl.rollout.demand import Seen
from signalctl.rollout.kernel import search
from signalctl.rollout.layout import build_layout
from signalctl.rollout.parameters import RolloutNumbers


def main() -> None:
    """Two streets of one lane, five vehicles."""
    names = ("a", "b")
    junction = Junction(
        id="J",
        name="",
        groups={name: SignalGroup(name, GroupKind.VEHICLE, min_green_s=5) for name in names},
        intergreens={("a", "b"): 5, ("b", "a"): 5},
        stages={name: Stage(name, frozenset({name})) for name in names},
        lanes={name: Lane(name, name, 200.0, 13.9) for name in names},
        movements=tuple(Movement(name, name, name, Turn.STRAIGHT, "exit") for name in names),
    )
    layout = build_layout(junction)
    seen = Seen(
        start=np.array([0, 3, 5]),
        distance_m=np.array([20.0, 60.0, 120.0, 1.0, 8.5]),
        speed_mps=np.array([13.9, 13.9, 10.0, 0.0, 0.0]),
        move=np.array([0, 0, -1, 1, 1]),
        mode=np.array([0, 2, 0, 0, 1]),
        weight=np.array([1.3, 30.0, 1.3, 1.3, 1.1]),
        not_before_s=np.array([0.0, 0.0, 30.0, 0.0, 0.0]),
        stop_s=np.full(7, 4.0),
        rate_vps=np.array([0.1, 0.05]),
        rate_weight=np.full(2, 1.3),
        reach_m=np.full(2, 150.0),
        startup_s=np.full(2, 1.7),
        headway_ratio=np.ones(2),
        stuck_s=np.zeros(2),
        stuck_move=np.full(2, -1),
        move_blocked=np.zeros(2, np.bool_),
        crossing_people=np.zeros(0),
        crossing_wait_s=np.zeros(0),
        crossing_limit_s=np.zeros(0),
        crossing_rate_ps=np.zeros(0),
    )
    green_from, green_until = np.array([-9.0, 0.0]), np.array([np.inf, -100.0])
    found = search(layout, seen, RolloutNumbers(), 0, green_from, green_until, np.array([np.inf, 0.0]))
    print(*(repr(float(number)) for number in found.ravel()))


main()
