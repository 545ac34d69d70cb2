"""A small junction that the service's tests share: two roads that cross, and a crossing beside one of them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from controllers.driver import ControllerMode, FieldStatus, PlanState, Reachability
from detectors.picture import CrossingPicture, Health, JunctionPicture, LanePicture, Picture
from plans.junction import (
    Aspect,
    Detector,
    DetectorKind,
    GroupKind,
    Junction,
    Lane,
    Movement,
    SignalGroup,
    Stage,
    Turn,
)
from plans.sealed import RequestAction, RequestReason
from plans.timing import PlanStage, TimingPlan
from signalctl.strategy import StageDecision
from signalctl.tick import Tick


@pytest.fixture
def crossroads() -> Junction:
    """K1 and its crossing F1 against K2; intergreens 5 s, 9 s from the crossing."""
    groups = {
        "K1": SignalGroup("K1", GroupKind.VEHICLE, min_green_s=5),
        "K2": SignalGroup("K2", GroupKind.VEHICLE, min_green_s=5),
        "F1": SignalGroup("F1", GroupKind.PEDESTRIAN, min_green_s=6, amber_s=0, red_amber_s=0, clearance_s=8),
    }
    intergreens = {("K1", "K2"): 5, ("K2", "K1"): 5, ("F1", "K2"): 9, ("K2", "F1"): 5}
    lanes = {name: Lane(name, approach, 200.0, 13.9) for name, approach in (("n", "north"), ("e", "east"))}
    return Junction(
        id="J1",
        name="First Street / Second Street",
        groups=groups,
        intergreens=intergreens,
        stages={"S1": Stage("S1", frozenset({"K1", "F1"})), "S2": Stage("S2", frozenset({"K2"}))},
        lanes=lanes,
        movements=(
            Movement("n-s", "n", "K1", Turn.STRAIGHT, "s"),
            Movement("e-w", "e", "K2", Turn.STRAIGHT, "w"),
        ),
        detectors={
            "R1": Detector("R1", DetectorKind.RADAR, lane="n"),
            "T1": Detector("T1", DetectorKind.BUTTON, group="F1"),
        },
        corridor="main",
    )


@pytest.fixture
def plan() -> TimingPlan:
    """A cycle of 60 s with an open frame for both stages; transitions take 9 s and 5 s."""
    return TimingPlan(
        "P1", "J1", cycle_s=60, offset_s=7, stages=(PlanStage("S1", 26, 0, 60), PlanStage("S2", 20, 0, 60))
    )


@pytest.fixture
def make_tick(crossroads: Junction, plan: TimingPlan) -> Callable[..., Tick]:
    """A tick of the crossroads: K1 green, three vehicles before K2, one person waiting, one decision."""

    def lane(name: str, distances: Sequence[float], speeds: Sequence[float], passed: int = 0) -> LanePicture:
        count = len(distances)
        return LanePicture(
            lane=name,
            distance_m=np.array(distances, dtype=float),
            speed_mps=np.array(speeds, dtype=float),
            movement=np.full(count, -1, dtype=np.int32),
            mode=np.zeros(count, dtype=np.int8),
            waiting_s=np.where(np.array(speeds, dtype=float) < 0.5, 12.0, 0.0),
            queue_veh=float(sum(speed < 2 for speed in speeds)),
            queue_m=0.0,
            arrival_vph=300.0,
            passed=passed,
            head_still_s=0.0,
            confidence_ratio=1.0,
        )

    def make(utc_s: float = 1000.0, **changes: Any) -> Tick:
        seen = JunctionPicture(
            junction="J1",
            lanes={"n": lane("n", [30.0], [13.9], passed=1), "e": lane("e", [2.0, 9.5, 80.0], [0.0, 0.0, 13.9])},
            crossings={"F1": CrossingPicture("F1", requested=True, waiting=1.0, longest_wait_s=4.0)},
            health={"R1": Health.OK, "T1": Health.SILENT},
        )
        status = FieldStatus(
            junction="J1",
            utc_s=int(utc_s),
            mode=ControllerMode.CENTRAL_STAGE,
            plan_state=PlanState.ACTIVE,
            active_sequence=4,
            active_crc=99,
            cycle_s=60,
            plan_second=33,
            stage="S1",
            next_stage="",
            time_in_stage_s=8,
            aspects={"K1": Aspect.GREEN, "K2": Aspect.RED, "F1": Aspect.GREEN},
            time_in_aspect_s={"K1": 8, "K2": 17, "F1": 8},
            lease_left_s=28.0,
            heartbeat_echo=7,
            epoch=3,
        )
        fields: dict[str, Any] = {
            "utc_s": utc_s,
            "lateness_s": 0.01,
            "picture": Picture(utc_s, {"J1": seen}),
            "field": {"J1": status},
            "links": {"J1": Reachability(connected=True, last_seen_utc_s=utc_s)},
            "active_plans": {"J1": plan},
            "stage_decisions": {
                "J1": StageDecision(
                    "J1",
                    "S2",
                    RequestAction.GO,
                    RequestReason.TRAFFIC,
                    "two vehicles wait on east, nobody comes on north",
                )
            },
            "plan_decisions": {},
            "requested": frozenset({"J1"}),
            "pushes": {},
            "step_s": {"read": 0.002, "decide": 0.001},
        }
        return Tick(**{**fields, **changes})

    return make
