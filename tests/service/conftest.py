"""A small junction that the service's tests share: two roads that cross, and a crossing beside one of them."""

import pytest

from plans.junction import (
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
from plans.timing import PlanStage, TimingPlan


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
