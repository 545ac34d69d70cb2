"""Counts of a simulated street: who passes which stop line, who comes to which kerb."""

from types import SimpleNamespace

import numpy as np
import pytest

from detectors.picture import MODES
from plans.junction import GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Turn
from signalctl.tuning.counting import Counting
from sim.plant import RoadState

JUNCTION = Junction(
    id="J",
    name="",
    groups={"v": SignalGroup("v", GroupKind.VEHICLE, 5), "f": SignalGroup("f", GroupKind.PEDESTRIAN, 5, links=(2, 3))},
    intergreens={},
    stages={},
    lanes={"a": Lane("a", "a", 100.0, 13.9)},
    movements=(
        Movement("straight", "a", "v", Turn.STRAIGHT, "out", link=0),
        Movement("right", "a", "v", Turn.RIGHT, "out", link=1),
    ),
)


def _state(time_s: float, vehicles: dict[int, tuple[int, int, Mode]], people: dict[int, tuple[int, bool]]) -> RoadState:
    """Vehicles by id with their next signal and link, people by id with their link and whether they wait."""
    n, m = len(vehicles), len(people)
    zeros = {name: np.zeros(n) for name in ("position_m", "speed_mps", "length_m", "tls_distance_m", "x_m", "y_m")}
    return RoadState(
        time_s=time_s,
        vehicle_id=np.array(list(vehicles), np.int64),
        lane=np.zeros(n, np.int32),
        mode=np.array([MODES.index(mode) for _, _, mode in vehicles.values()], np.int8),
        tls=np.array([tls for tls, _, _ in vehicles.values()], np.int32),
        tls_link=np.array([link for _, link, _ in vehicles.values()], np.int32),
        angle_deg=np.zeros(n),
        time_loss_s=np.zeros(n),
        halt_s=np.zeros(n),
        ped_id=np.array(list(people), np.int64),
        ped_tls=np.full(m, 1, np.int32),
        ped_link=np.array([link for link, _ in people.values()], np.int32),
        ped_waiting=np.array([waits for _, waits in people.values()], np.bool_),
        ped_waiting_s=np.zeros(m),
        ped_x_m=np.zeros(m),
        ped_y_m=np.zeros(m),
        **zeros,
    )


def test_who_passes_is_counted_once_by_movement_and_mode() -> None:
    """A vehicle that passes counts, one that waits does not; whoever comes to a kerb counts once, however long."""
    counting = Counting({"J": SimpleNamespace(tls_id="here", junction=JUNCTION)}, ["elsewhere", "here"])
    car, bus = Mode.CAR, Mode.BUS
    counting.see(_state(0.0, {1: (1, 0, car), 2: (1, 1, bus), 3: (1, 0, car), 4: (0, 0, car)}, {7: (2, True)}))
    counting.see(_state(900.0, {1: (-1, -1, car), 2: (0, 1, bus), 3: (1, 0, car)}, {7: (2, True), 8: (3, False)}))
    counting.see(_state(1800.0, {3: (1, 0, car)}, {8: (3, True)}))
    found = {(one.movements, one.group, one.mode): one.flow_ph for one in counting.counts("am")}
    assert found == {
        (("straight",), "", car): pytest.approx(2.0),
        (("right",), "", bus): pytest.approx(2.0),
        ((), "f", Mode.PEDESTRIAN): pytest.approx(4.0),
    }
    assert {one.plan_set for one in counting.counts("am")} == {"am"}


def test_nothing_seen_is_nothing_counted() -> None:
    """No time, no flow."""
    assert Counting({"J": SimpleNamespace(tls_id="here", junction=JUNCTION)}, ["here"]).counts("am") == ()
