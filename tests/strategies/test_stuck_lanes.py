"""A lane that stands on green: what ends its standing in the model, and what does not."""

import numpy as np
import pytest

from plans.junction import GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from signalctl.rollout.demand import Seen, predict_demand
from signalctl.rollout.lanes import is_held
from signalctl.rollout.layout import build_layout
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.rollout.road import fresh_road
from signalctl.rollout.signals import begin_transition

STAGES = {
    "both": ("left", "straight", "walk"),
    "left": ("left",),
    "nowalk": ("left", "straight"),
    "side": ("side",),
}


def _junction() -> Junction:
    """A left turn that gives way to the opposite traffic and to a crossing, and a side street."""
    groups = {name: SignalGroup(name, GroupKind.VEHICLE, min_green_s=5) for name in ("left", "straight")}
    groups["walk"] = SignalGroup("walk", GroupKind.PEDESTRIAN, 5, amber_s=0, red_amber_s=0, clearance_s=8)
    groups["side"] = SignalGroup("side", GroupKind.VEHICLE, min_green_s=5)
    against = [(name, "side") for name in ("left", "straight", "walk")]
    return Junction(
        id="J",
        name="",
        groups=groups,
        intergreens={(a, b): 5 if "walk" not in (a, b) else 8 for x, y in against for a, b in ((x, y), (y, x))},
        stages={name: Stage(name, frozenset(shown)) for name, shown in STAGES.items()},
        lanes={name: Lane(name, name, 200.0, 13.9) for name in ("left", "straight", "side")},
        movements=(
            Movement("left", "left", "left", Turn.LEFT, "a", yields_to=("straight", "walk")),
            Movement("straight", "straight", "straight", Turn.STRAIGHT, "b"),
            Movement("side", "side", "side", Turn.STRAIGHT, "c"),
        ),
    )


@pytest.mark.parametrize(
    ("ways", "held"),
    [((), True), (("nowalk",), True), (("left",), False), (("side",), False), (("side", "both"), False)],
)
def test_who_frees_a_lane_that_stands_on_green(ways: tuple[str, ...], held: bool) -> None:
    """The end of the traffic that it gives way to does, and a new green of its own; the end of a crossing does not."""
    layout = build_layout(_junction())
    lanes = layout.lane_speed_mps.size
    seen = Seen(
        start=np.array([0, 1, 1, 1]),
        distance_m=np.array([1.0]),
        speed_mps=np.zeros(1),
        move=np.zeros(1, np.int64),
        mode=np.zeros(1, np.int64),
        weight=np.ones(1),
        not_before_s=np.zeros(1),
        stop_s=np.full(7, 4.0),
        rate_vps=np.zeros(lanes),
        rate_weight=np.ones(lanes),
        reach_m=np.full(lanes, 200.0),
        startup_s=np.full(lanes, 1.7),
        headway_ratio=np.ones(lanes),
        stuck_s=np.array([40.0, 0.0, 0.0]),
        stuck_move=np.full(lanes, -1),
        move_blocked=np.zeros(3, np.bool_),
        crossing_people=np.zeros(1),
        crossing_wait_s=np.zeros(1),
        crossing_limit_s=np.ones(1),
        crossing_rate_ps=np.zeros(1),
    )
    green_from = np.array([-20.0, -20.0, -20.0, -60.0])
    green_until = np.array([np.inf, np.inf, np.inf, -25.0])
    road = fresh_road(layout, seen, predict_demand(layout, seen, 50.0, 0.5), green_from, green_until)
    at, running = 0.0, 0
    for way in ways:
        target = tuple(STAGES).index(way)
        at = begin_transition(layout, running, target, at, road.green_from, road.green_until) + 5.0
        running = target
    assert is_held(layout, seen, road, RolloutNumbers(), 0, at, bool(ways)) is held
    halted = seen._replace(stuck_s=np.array([5.0, 0.0, 0.0]))
    assert not (ways and is_held(layout, halted, road, RolloutNumbers(), 0, 5.0, True))
