"""A gate junction with one lane in, a side road and a crossing; an inner junction with two lanes; pictures of both."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from controllers.driver import ControllerMode, FieldStatus, PlanState
from detectors.picture import MODES, CrossingPicture, JunctionPicture, LanePicture, Picture, PriorityRequest
from detectors.readings import AirReading
from plans.gating import AirTrigger, PerimeterGate, ProtectedArea
from plans.junction import Aspect, GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from plans.table import open_frames
from plans.timing import PlanStage, TimingPlan

UTC_S = 1_700_000_000
CYCLE_S = 80


def gate_junction() -> Junction:
    """Stage A lets traffic in, together with the crossing `walk`; stage B the side road."""
    groups = {name: SignalGroup(name, GroupKind.VEHICLE, 5) for name in ("in", "side")}
    groups["walk"] = SignalGroup("walk", GroupKind.PEDESTRIAN, 5, amber_s=0, red_amber_s=0, clearance_s=7)
    pairs = {("in", "side"): 5, ("side", "in"): 5, ("walk", "side"): 7, ("side", "walk"): 7}
    return Junction(
        id="G",
        name="gate",
        groups=groups,
        intergreens=pairs,
        stages={"A": Stage("A", frozenset({"in", "walk"})), "B": Stage("B", frozenset({"side"}))},
        lanes={"in_0": Lane("in_0", "in", 200.0, 13.9), "side_0": Lane("side_0", "side", 150.0, 13.9)},
        movements=(
            Movement("m_in", "in_0", "in", Turn.STRAIGHT, "out_0"),
            Movement("m_side", "side_0", "side", Turn.STRAIGHT, "side_out_0"),
        ),
    )


def inner_junction() -> Junction:
    """What is protected: two roads that cross."""
    groups = {name: SignalGroup(name, GroupKind.VEHICLE, 5) for name in ("x", "y")}
    return Junction(
        id="M",
        name="inner",
        groups=groups,
        intergreens={("x", "y"): 5, ("y", "x"): 5},
        stages={"X": Stage("X", frozenset({"x"})), "Y": Stage("Y", frozenset({"y"}))},
        lanes={"x_0": Lane("x_0", "x", 150.0, 13.9), "y_0": Lane("y_0", "y", 50.0, 13.9)},
        movements=(
            Movement("m_x", "x_0", "x", Turn.STRAIGHT, "x_out"),
            Movement("m_y", "y_0", "y", Turn.STRAIGHT, "y_out"),
        ),
    )


JUNCTIONS = {"G": gate_junction(), "M": inner_junction()}
PLAN = TimingPlan("p", "G", CYCLE_S, 0, (PlanStage("A", 33, 0, 33), PlanStage("B", 33, 40, 73)))
OPEN = open_frames(PLAN)
GATE = PerimeterGate("west", "G", ("in",))


def protected_area(air: AirTrigger | None = None) -> ProtectedArea:
    """Twenty vehicles are as many as the inner junction holds at best; steps of 10 s."""
    return ProtectedArea("town", 20.0, {"west": GATE}, junctions=("M",), interval_s=10, air=air)


def lane(name: str, vehicles: int = 0, queue_m: float = 0.0, confidence: float = 1.0, **other: float) -> LanePicture:
    """A lane with so many vehicles, the farthest at 200 m, and a queue."""
    return LanePicture(
        lane=name,
        distance_m=np.linspace(2.0, 200.0, vehicles),
        speed_mps=np.zeros(vehicles),
        movement=np.zeros(vehicles, np.int32),
        mode=np.full(vehicles, MODES.index(Mode.CAR), np.int8),
        waiting_s=np.zeros(vehicles),
        queue_veh=queue_m / 7.5,
        queue_m=queue_m,
        arrival_vph=other.get("arrival_vph", 600.0),
        passed=int(other.get("passed", 0)),
        head_still_s=0.0,
        confidence_ratio=confidence,
    )


def picture(
    second: int,
    inside: int,
    *,
    queue_m: float = 0.0,
    confidence: float = 1.0,
    gate_confidence: float = 1.0,
    requests: tuple[PriorityRequest, ...] = (),
    blocked: frozenset[str] = frozenset(),
    crossing: CrossingPicture | None = None,
    passed: int = 0,
    air: Mapping[str, AirReading] | None = None,
) -> Picture:
    """What is seen `second` seconds after the begin, with so many vehicles inside."""
    lanes = {
        "in_0": lane("in_0", 12, queue_m, gate_confidence, passed=passed),
        "side_0": lane("side_0", 1),
    }
    inner = {"x_0": lane("x_0", inside, confidence=confidence), "y_0": lane("y_0", confidence=confidence)}
    crossings = {} if crossing is None else {crossing.group: crossing}
    return Picture(
        float(UTC_S + second),
        {
            "G": JunctionPicture("G", lanes, crossings, requests),
            "M": JunctionPicture("M", inner, {}, blocked_exits=blocked),
        },
        dict(air or {}),
    )


def status(stage: str, since_s: int, *, second: int = 0, plan_second: int = 0, red_s: int = 30) -> FieldStatus:
    """The gate's controller shows `stage` since so long; the others are red since `red_s`."""
    green = JUNCTIONS["G"].stages[stage].groups
    groups = JUNCTIONS["G"].groups
    return FieldStatus(
        junction="G",
        utc_s=UTC_S + second,
        mode=ControllerMode.CENTRAL_STAGE,
        plan_state=PlanState.ACTIVE,
        active_sequence=1,
        active_crc=1,
        cycle_s=CYCLE_S,
        plan_second=plan_second,
        stage=stage,
        next_stage="",
        time_in_stage_s=since_s,
        aspects={name: Aspect.GREEN if name in green else Aspect.RED for name in groups},
        time_in_aspect_s={name: since_s if name in green else red_s for name in groups},
        lease_left_s=20.0,
        heartbeat_echo=0,
        epoch=0,
    )


def moved(one: FieldStatus, **changes: object) -> FieldStatus:
    """The status with other values."""
    return replace(one, **changes)  # type: ignore[arg-type]
