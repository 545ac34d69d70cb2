"""A crossroads whose right answers are known by hand: one lane per arm, permissive left turns, two crossings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from controllers.driver import ControllerMode, FieldStatus, PlanState
from detectors.picture import MODES, CrossingPicture, JunctionPicture, LanePicture, Picture, PriorityRequest
from plans.junction import Aspect, GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from plans.timing import PlanStage, TimingPlan
from signalctl.rollout import compile_kernels
from signalctl.strategies import make_strategy
from signalctl.strategy import Decisions, StageDecision

ARMS = {"n": "ns", "s": "ns", "e": "ew", "w": "ew"}
STANDING, ROLLING = 0.0, 13.9


@dataclass
class Vehicles:
    """Vehicles of one lane: (distance, speed) nearest first; movement by turn, or unknown."""

    at: list[tuple[float, float]]
    turn: Turn | None = Turn.STRAIGHT
    mode: Mode = Mode.CAR
    waiting_s: float = 0.0
    head_still_s: float = 0.0


@dataclass
class Crossroads:
    """The junction, its plan, and pictures of it."""

    junction: Junction
    plan: TimingPlan
    utc_s: int = 1_700_000_000

    def lane(self, arm: str, seen: Vehicles | None) -> LanePicture:
        """What is seen of one arm."""
        seen = seen or Vehicles([])
        n = len(seen.at)
        moves = [
            index
            for index, movement in enumerate(self.junction.movements)
            if movement.lane == arm and movement.turn is seen.turn
        ]
        return LanePicture(
            lane=arm,
            distance_m=np.array([distance for distance, _ in seen.at], np.float64),
            speed_mps=np.array([speed for _, speed in seen.at], np.float64),
            movement=np.full(n, moves[0] if moves else -1, np.int32),
            mode=np.full(n, MODES.index(seen.mode), np.int8),
            waiting_s=np.full(n, seen.waiting_s),
            queue_veh=float(sum(speed < 0.5 for _, speed in seen.at)),
            queue_m=0.0,
            arrival_vph=0.0,
            passed=0,
            head_still_s=seen.head_still_s,
            confidence_ratio=1.0,
        )

    def picture(
        self,
        lanes: Mapping[str, Vehicles] | None = None,
        crossings: Mapping[str, CrossingPicture] | None = None,
        requests: tuple[PriorityRequest, ...] = (),
        blocked: frozenset[str] = frozenset(),
    ) -> Picture:
        """A picture with these vehicles and people and nobody else."""
        seen = {arm: self.lane(arm, (lanes or {}).get(arm)) for arm in self.junction.lanes}
        one = JunctionPicture(self.junction.id, seen, crossings or {}, requests, {}, blocked)
        return Picture(float(self.utc_s), {self.junction.id: one})

    def status(self, stage: str, since_s: int, next_stage: str = "") -> FieldStatus:
        """The controller shows `stage` since so long; the others have been red for 30 s."""
        green = self.junction.stages[stage].groups if stage else frozenset()
        groups = self.junction.groups
        return FieldStatus(
            junction=self.junction.id,
            utc_s=self.utc_s,
            mode=ControllerMode.CENTRAL_STAGE,
            plan_state=PlanState.ACTIVE,
            active_sequence=1,
            active_crc=1,
            cycle_s=self.plan.cycle_s,
            plan_second=0,
            stage=stage,
            next_stage=next_stage,
            time_in_stage_s=since_s,
            aspects={group: Aspect.GREEN if group in green else Aspect.RED for group in groups},
            time_in_aspect_s={group: since_s if group in green else 30 for group in groups},
            lease_left_s=100.0,
            heartbeat_echo=0,
            epoch=0,
        )


@dataclass
class Decide:
    """Asks a fresh strategy what it would do."""

    crossroads: Crossroads
    name: str = "adaptive"
    options: dict[str, object] = field(default_factory=dict)

    def all(self, picture: Picture, status: FieldStatus) -> Decisions:
        """Stages and plans."""
        road = self.crossroads
        strategy = make_strategy(self.name, {road.junction.id: road.junction}, **self.options)
        return strategy.decide(picture, {road.junction.id: status}, {road.junction.id: road.plan})

    def __call__(self, picture: Picture, status: FieldStatus) -> StageDecision:
        return self.all(picture, status).stages[self.crossroads.junction.id]


def _movements() -> tuple[Movement, ...]:
    opposite = {"n": "s", "s": "n", "e": "w", "w": "e"}
    found = []
    for arm, group in ARMS.items():
        found.append(Movement(f"{arm}_straight", arm, group, Turn.STRAIGHT, f"out_{opposite[arm]}"))
        found.append(Movement(f"{arm}_left", arm, group, Turn.LEFT, f"out_left_{arm}", yields_to=(group,)))
    return tuple(found)


def _crossroads() -> Crossroads:
    groups = {name: SignalGroup(name, GroupKind.VEHICLE, min_green_s=5) for name in ("ns", "ew")}
    groups["walk_ns"] = SignalGroup("walk_ns", GroupKind.PEDESTRIAN, 5, amber_s=0, red_amber_s=0, clearance_s=8)
    groups["walk_ew"] = SignalGroup("walk_ew", GroupKind.PEDESTRIAN, 5, amber_s=0, red_amber_s=0, clearance_s=8)
    across = [("ns", "ew"), ("ns", "walk_ew"), ("ew", "walk_ns"), ("walk_ns", "walk_ew")]
    times = {"ns": 5, "ew": 5, "walk_ns": 8, "walk_ew": 8}
    junction = Junction(
        id="J",
        name="crossroads",
        groups=groups,
        intergreens={(a, b): times[a] for x, y in across for a, b in ((x, y), (y, x))},
        stages={"NS": Stage("NS", frozenset({"ns", "walk_ns"})), "EW": Stage("EW", frozenset({"ew", "walk_ew"}))},
        lanes={arm: Lane(arm, arm, 300.0, 13.9) for arm in ARMS},
        movements=_movements(),
    )
    plan = TimingPlan("p", "J", 76, 0, (PlanStage("NS", 30, 0, 30), PlanStage("EW", 30, 38, 68)))
    return Crossroads(junction, plan)


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_kernels()


@pytest.fixture
def crossroads() -> Crossroads:
    """The junction, fresh for each test."""
    return _crossroads()


@pytest.fixture
def decide(crossroads: Crossroads) -> Decide:
    """Asks a fresh adaptive strategy."""
    return Decide(crossroads)


@pytest.fixture
def decide_as(crossroads: Crossroads) -> Callable[[str], Decide]:
    """`decide_as("actuated")` asks that strategy."""
    return lambda name: Decide(crossroads, name)


@pytest.fixture
def vehicles() -> type[Vehicles]:
    """How a test writes down what stands on a lane."""
    return Vehicles
