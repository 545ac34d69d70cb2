"""Numbers that the strategies use, with units; one default set for every junction."""

from dataclasses import dataclass, field
from typing import NamedTuple

from plans.coordination_parameters import CoordinationParameters
from plans.junction import Mode
from signalctl.rollout.parameters import RolloutNumbers


class StopSeconds(NamedTuple):
    """A stop costs a vehicle as much as so many seconds of delay, beyond the standing itself; by mode.

    What braking and starting take at 13.9 m/s: v / 2 (1 / a + 1 / b) for cars and lorries, measured in SUMO for buses
    and trams. A bicycle loses 3 s; the rest is for the effort of getting it up to speed again.
    """

    car: float = 4.0
    truck: float = 7.0
    bus: float = 7.5
    tram: float = 9.5
    bicycle: float = 8.0
    pedestrian: float = 0.0
    emergency: float = 4.0

    def of(self, mode: Mode) -> float:
        """Seconds of one mode."""
        return float(getattr(self, mode.value))


@dataclass(frozen=True, slots=True)
class RestParameters:
    """When nobody is there."""

    quiet_s: int = 5  # nobody for so long, and the junction goes to rest
    ahead_s: float = 20.0  # who reaches the stop line within so many seconds is somebody


@dataclass(frozen=True, slots=True)
class AdaptiveParameters:
    """What the rollout is asked to weigh."""

    numbers: RolloutNumbers = field(default_factory=RolloutNumbers)
    round_ratio: float = 1.5  # the horizon covers so many rounds of all stages at their shortest
    longest_horizon_s: float = 120.0
    switch_gain: float = 0.5  # weighted person-seconds that a change must save at least
    switch_ratio: float = 0.01  # and this part of the cost of staying
    believe_after_s: float = 3.0  # a head that stands so long on green is not being served
    believe_gap_s: float = 10.0  # longer, where it may be waiting for a gap
    long_wait_s: float = 120.0  # a vehicle that waited so long counts double,
    long_wait_bicycle_s: float = 60.0  # and a bicycle, on which one gets wet and cold, earlier
    stop_s: StopSeconds = field(default_factory=StopSeconds)
    most_patiences: float = 3.0  # and none more than who waited so many times as long: its exit may be blocked
    pedestrian_wait_s: float = 60.0
    pedestrian_transit_wait_s: float = 75.0
    bicycle_wait_s: float = 60.0
    longest_wait_s: float = 73.0  # nobody waits longer at a crossing, with changes and minimum greens on the way
    transit_ratio: float = 1.0  # weight of a request on schedule over its persons
    late_s: float = 180.0  # a request so late counts one ratio more
    early_s: float = 60.0  # ahead of schedule by more than this
    early_ratio: float = 0.3
    most_owed_weight: float = 0.5  # a whole nominal green lost to priority and owed to its last moment adds so much
    rest: RestParameters = RestParameters()


@dataclass(frozen=True, slots=True)
class ActuatedParameters:
    """Gap-out and max-out."""

    extension_s: float = 3.0  # a vehicle so close to the stop line keeps the green
    reach_m: float = 60.0  # a vehicle so close calls a stage
    maximum_ratio: float = 1.25  # maximum green over the plan's nominal one
    least_maximum_s: int = 20  # no maximum green is shorter
    rest: RestParameters = RestParameters()


@dataclass(frozen=True, slots=True)
class MaxPressureParameters:
    """Reach, and how much a change has to gain."""

    reach_m: float = 60.0  # vehicles beyond do not push
    period_s: float = 20.0  # a change's loss is weighed against so long a service
    startup_s: float = 2.0  # lost when a queue starts
    downstream_ratio: float = 0.5  # how much queues on the exits push back


@dataclass(frozen=True, slots=True)
class CoordinatedParameters:
    """When plans are made anew, and what a change has to save."""

    search: CoordinationParameters = field(default_factory=CoordinationParameters)
    first_s: float = 900.0  # so much is counted before the first search
    plan_by_usual: bool = False  # what earlier days have taught counts as well
    first_known_s: float = 60.0  # the same where earlier days have taught what is usual now
    period_s: float = 600.0  # from one search to the next
    memory_s: float = 1200.0  # counts of so long ago weigh 37 %
    benefit_s: float = 900.0  # for so long a plan is expected to run
    least_saving: float = 0.04  # part of the predicted cost that new plans must save
    change_ratio: float = 0.2  # extra cost of a junction that is not in step yet
    steps_per_tick: int = 4  # of the search; one takes some milliseconds
    solver_ticks: int = 15  # after which the green waves are fetched
    node_limit: int = 200  # of the green waves' search
    shift_step_s: int = 2
