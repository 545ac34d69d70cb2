"""A street of two lanes with a signal, moved by a few lines of car following, whose every vehicle is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from plans.junction import Aspect, Feeder, GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from sim.plant import RoadMode, RoadState

LANES = ("n_0", "n_1", "up_0", "up_1", "s_0", "s_1", ":in_0", ":out_0")
LENGTH_M = {"n_0": 100.0, "n_1": 100.0, "up_0": 150.0, "up_1": 150.0, "s_0": 500.0, "s_1": 500.0}
GAP_M = 10.0


@dataclass
class Car:
    """One road user on its way from 260 m before the stop line to the far end."""

    id: int
    lane: int
    distance_m: float
    speed_mps: float = 13.0
    mode: RoadMode = RoadMode.CAR
    length_m: float = 5.0
    halt_s: float = 0.0


@dataclass
class Street:
    """Both lanes run from `up` over a junction without signal to `n`, the stop line, and on to `s`; a plant's face."""

    lane_ids: tuple[str, ...] = LANES
    tls_ids: tuple[str, ...] = ("J",)
    step_s: float = 1.0
    time_s: float = 0.0
    cars: list[Car] = field(default_factory=list)
    people_s: list[float] = field(default_factory=list)
    blocked: bool = False

    def step(self, green: bool) -> int:
        """Move everybody by a second; returns how many crossed the stop line."""
        crossed = 0
        self.time_s += 1.0
        self.people_s = [] if green else [waited_s + 1.0 for waited_s in self.people_s]
        for lane in (0, 1):
            ahead_m = -60.0 if self.blocked else -1e9
            for car in sorted((car for car in self.cars if car.lane == lane), key=lambda car: car.distance_m):
                before_m = car.distance_m
                wall_m = ahead_m
                if not green and before_m > 0.0:
                    wall_m = max(wall_m, 1.0)
                speed_mps = min(car.speed_mps + 2.0, 13.0, max(0.0, (before_m - wall_m) * 0.6))
                car.distance_m, car.speed_mps = before_m - speed_mps, speed_mps
                ahead_m = car.distance_m + car.length_m + 2.0
                crossed += before_m >= 0.0 > car.distance_m
        self.cars = [car for car in self.cars if car.distance_m > -400.0]
        return crossed

    def place(self, car: Car) -> tuple[str, float]:
        """Lane and position of the front: `up`, 10 m without signal, `n`, 10 m behind the line, `s`."""
        if car.distance_m > 100.0 + GAP_M:
            return f"up_{car.lane}", 260.0 - car.distance_m
        if car.distance_m > 100.0:
            return ":in_0", 110.0 - car.distance_m
        if car.distance_m >= 0.0:
            return f"n_{car.lane}", 100.0 - car.distance_m
        if car.distance_m >= -GAP_M:
            return ":out_0", -car.distance_m
        return f"s_{car.lane}", -car.distance_m - GAP_M

    def state(self) -> RoadState:
        """Where everybody is."""
        cars = [car for car in self.cars if car.distance_m <= 260.0]
        places = [self.place(car) for car in cars]
        ahead = np.array([car.distance_m >= 0.0 for car in cars], np.bool_)
        zero = np.zeros(len(cars))
        people = np.array(self.people_s, np.float64)
        return RoadState(
            time_s=self.time_s,
            vehicle_id=np.array([car.id for car in cars], np.int64),
            lane=np.array([LANES.index(lane) for lane, _ in places], np.int32),
            position_m=np.array([position for _, position in places], np.float64),
            speed_mps=np.array([car.speed_mps for car in cars], np.float64),
            length_m=np.array([car.length_m for car in cars], np.float64),
            mode=np.array([car.mode for car in cars], np.int8),
            tls=np.where(ahead, 0, -1).astype(np.int32),
            tls_link=np.array([car.lane if car.distance_m >= 0.0 else -1 for car in cars], np.int32),
            tls_distance_m=np.array([car.distance_m for car in cars], np.float64),
            x_m=zero,
            y_m=zero,
            angle_deg=zero,
            time_loss_s=zero,
            halt_s=np.array([car.halt_s for car in cars], np.float64),
            ped_id=np.arange(people.size),
            ped_tls=np.zeros(people.size, np.int32),
            ped_link=np.full(people.size, 2, np.int32),
            ped_waiting=np.ones(people.size, np.bool_),
            ped_waiting_s=people,
            ped_x_m=people,
            ped_y_m=people,
        )


@dataclass(frozen=True)
class Second:
    """One second of a run: what is true, and what was shown."""

    state: RoadState
    cars: tuple[tuple[int, float, float], ...]  # lane, distance, speed of those before the line
    green: bool
    crossed: int
    aspects: dict[str, Aspect]


@pytest.fixture
def street_junction() -> Junction:
    """The street's signal: one group for both lanes, one for the crossing."""
    lanes = {
        f"n_{lane}": Lane(f"n_{lane}", "n", 100.0, 13.9, feeders=(Feeder(f"up_{lane}", 110.0, 150.0),))
        for lane in (0, 1)
    }
    return Junction(
        id="J",
        name="J",
        groups={
            "K1": SignalGroup("K1", GroupKind.VEHICLE, 5, links=(0, 1)),
            "F1": SignalGroup("F1", GroupKind.PEDESTRIAN, 5, links=(2,)),
        },
        intergreens={("K1", "F1"): 5, ("F1", "K1"): 5},
        stages={"1": Stage("1", frozenset({"K1"})), "2": Stage("2", frozenset({"F1"}))},
        lanes=lanes,
        movements=tuple(
            Movement(f"m{lane}", f"n_{lane}", "K1", Turn.STRAIGHT, f"s_{lane}", link=lane) for lane in (0, 1)
        ),
    )


@pytest.fixture
def run_street() -> Callable[..., Iterator[Second]]:
    """`run_street(seconds, flow_vph, cycle_s, green_s, seed)` moves the street and yields each second."""

    def run(
        seconds: int, flow_vph: float = 600.0, cycle_s: int = 60, green_s: int = 30, seed: int = 3
    ) -> Iterator[Second]:
        random = np.random.default_rng(seed)
        street = Street()
        number = 0
        for second in range(seconds):
            green = second % cycle_s < green_s
            for lane in (0, 1):
                if random.random() < flow_vph / 3600.0:
                    last_m = max((car.distance_m for car in street.cars if car.lane == lane), default=0.0)
                    mode = RoadMode.BICYCLE if random.random() < 0.05 else RoadMode.CAR
                    length_m = 1.8 if mode is RoadMode.BICYCLE else 5.0
                    street.cars.append(Car(number, lane, max(270.0, last_m + 12.0), 13.0, mode, length_m))
                    number += 1
            crossed = street.step(green)
            yield Second(
                street.state(),
                tuple((car.lane, car.distance_m, car.speed_mps) for car in street.cars if car.distance_m >= 0.0),
                green,
                crossed,
                {"K1": Aspect.GREEN if green else Aspect.RED, "F1": Aspect.RED},
            )

    return run


@pytest.fixture
def street() -> Street:
    """An empty street."""
    return Street()


@pytest.fixture
def car() -> type[Car]:
    """Puts a road user somewhere: `car(id, lane, distance_m, ...)`."""
    return Car
