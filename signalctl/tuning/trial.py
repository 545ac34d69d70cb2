"""A period of a scenario under given plans: what it costs people, and how each kind of road user fares."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from plans.counts import Count
from plans.junction import Mode
from plans.junction_flow import CostWeights
from plans.site import Site
from plans.timing import TimingPlan
from signalctl.scenarios import OpenScenario, open_scenario
from signalctl.strategies.parameters import StopSeconds
from signalctl.tuning.counting import FILLING_RATIO, Counting
from signalctl.tuning.letters import cycle_of_letters
from signalctl.tuning.moves import Plans
from sim.clock import utc_of
from sim.engine import EmbeddedPlant
from sim.plant import Plant, Trip
from sim.signals import SignalHeads, junction_id, signal_heads

NEVER = -1.0
LONG_WAIT_S, LONG_WAIT_RATIO = CostWeights().wait_limit_s, 3.0
"""On foot, what somebody waits at a kerb beyond this counts so many times."""
STOP_S = StopSeconds()


@dataclass(frozen=True, slots=True)
class Place:
    """Where plans are tried: a scenario, its period and seconds (None: the scenario's own), and the plans' site."""

    scenario: str
    site: Site
    period: str | None = None
    begin_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Fare:
    """How a kind of road user fared: their number, mean delay (s) and mean number of stops."""

    count: int
    delay_s: float
    stops: float


@dataclass(frozen=True)
class Score:
    """One run: weighted seconds of delay and stops per person, delay of a person, and each mode.

    `cost_s` weighs a person's second by the site's weight of the mode, counts stops as the strategies do, and
    long waits at crossings several times.
    """

    cost_s: float
    person_delay_s: float
    by_mode: Mapping[Mode, Fare]


class Ground:
    """A scenario read once, on which plans are tried any number of times."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    def _opened(self) -> OpenScenario:
        return open_scenario(self.place.scenario, self.place.period, site=self.place.site)

    @cached_property
    def heads(self) -> Mapping[str, SignalHeads]:
        """Signals of the scenario by junction."""
        network = self._opened.scenario.network
        signals = {junction_id(tls): tls for tls in network.tl_logics}
        junctions = self.place.site.junctions
        return {name: signal_heads(network, signals[name], junction) for name, junction in junctions.items()}

    def run(self, plans: Plans, seed: int) -> Score:
        """The whole period under these plans, in step from the first second on; other signals run their programmes."""
        plant = self._plant(seed)
        _drive(plant, self._cycles(plans))
        return score(plant.trips(), self.place.site)

    def counts(self, plans: Plans, seed: int, plan_set: str) -> tuple[Count, ...]:
        """What passes the signals under these plans, as counts for a plan set."""
        plant = self._plant(seed)
        counting = Counting(self.heads, plant.tls_ids)
        from_s = plant.time_s + FILLING_RATIO * (plant.end_s - plant.time_s)
        _drive(plant, self._cycles(plans), lambda: counting.see(plant.state()) if plant.time_s >= from_s else None)
        return counting.counts(plan_set)

    def _plant(self, seed: int) -> EmbeddedPlant:
        place = self.place
        return EmbeddedPlant(
            self._opened.scenario, seed=seed, begin=place.begin_s, end=place.end_s, time_to_teleport=NEVER
        )

    def _cycles(self, plans: Plans) -> dict[str, tuple[str, ...]]:
        return {self.heads[name].tls_id: self._letters(plan) for name, plan in plans.items()}

    def _letters(self, plan: TimingPlan) -> tuple[str, ...]:
        known = self._known.get(plan)
        if known is None:
            known = self._known[plan] = cycle_of_letters(self.heads[plan.junction], plan, self.place.site.id)
        return known

    @cached_property
    def _known(self) -> dict[TimingPlan, tuple[str, ...]]:
        return {}


def _drive(plant: Plant, cycles: Mapping[str, tuple[str, ...]], each_second: Callable[[], None] = lambda: None) -> None:
    while not plant.finished:
        utc_s = int(utc_of(plant.time_s)) + 1
        shown = {tls: letters[utc_s % len(letters)] for tls, letters in cycles.items()}
        end_s = plant.time_s + 1.0
        while plant.time_s < end_s - 1e-6:
            plant.step(shown)
        each_second()


def score(trips: Iterable[Trip], site: Site) -> Score:
    """Figures of one run."""
    of_mode: dict[Mode, list[Trip]] = {}
    for trip in trips:
        of_mode.setdefault(Mode(trip.mode.label), []).append(trip)
    cost = lost = persons = 0.0
    fares = {}
    for mode, known in of_mode.items():
        carried = site.occupancy[mode]
        delay_s, stops = sum(trip.delay_s for trip in known), sum(trip.stops for trip in known)
        fares[mode] = Fare(len(known), delay_s / len(known), stops / len(known))
        persons += carried * len(known)
        lost += carried * delay_s
        if mode is Mode.PEDESTRIAN:
            long_s = sum(max(0.0, trip.max_wait_s - LONG_WAIT_S) for trip in known)
            further_s = (LONG_WAIT_RATIO - 1.0) * long_s
        else:
            further_s = STOP_S.of(mode) * stops
        cost += carried * site.weights[mode] * (delay_s + further_s)
    return Score(cost / max(persons, 1e-9), lost / max(persons, 1e-9), fares)
