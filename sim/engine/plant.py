"""The embedded engine as a plant."""

from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from sim.demand import Person, Vehicle
from sim.engine.arrays import (
    ACTIVE,
    ARRIVED_COUNT,
    F8,
    I8,
    INSERTED,
    NOW,
    PENDING_COUNT,
    TELEPORTS,
    TRANSFER_COUNT,
    UPDATES,
)
from sim.engine.guidance import Choices, Guide
from sim.engine.itineraries import Collector
from sim.engine.jit import direct
from sim.engine.observation import Observer
from sim.engine.people import People
from sim.engine.plantables import PlanTables
from sim.engine.pointers import World
from sim.engine.reactive import ReactiveSignals
from sim.engine.signals import SignalBoard
from sim.engine.stepping import advance, enter, show_signals
from sim.engine.streets import build_streets
from sim.engine.travellers import build_vehicles
from sim.engine.workspace import buffers, new_traffic
from sim.flows import expand
from sim.plant import PlantStatistics, RoadState, Trip
from sim.routing import Router
from sim.scenario import Scenario

FOREVER_S = 1e9
SPARE_VEHICLES = 64  # that may come up in one step


class EmbeddedPlant:
    """Microscopic traffic on a SUMO scenario, deterministic for a seed. Implements `sim.plant.Plant`.

    Raises:
        sim.routing.NoRouteError: A trip of the demand has no way.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int = 0,
        begin: float | None = None,
        end: float | None = None,
        time_to_teleport: float | None = None,
        step_s: float | None = None,
    ) -> None:
        if time_to_teleport is not None:
            scenario = replace(scenario, time_to_teleport_s=time_to_teleport)
        if step_s is not None:
            scenario = replace(scenario, step_s=step_s)
        self.scenario = scenario
        self.step_s: float = scenario.step_s
        self.begin_s: float = scenario.begin_s if begin is None else begin
        self.end_s: float = scenario.end_s if end is None else end
        if self.end_s < 0:
            self.end_s = FOREVER_S
        horizon = min(self.end_s, FOREVER_S)
        self._streets = build_streets(scenario.network)
        self.lane_ids: Sequence[str] = self._streets.lane_ids
        self.tls_ids: Sequence[str] = self._streets.tls_ids
        self._demand: list[Vehicle]
        self._demand, persons = expand(scenario.demand, self.begin_s, horizon, seed)
        self._persons: list[Person] = persons
        self._net = self._streets.net
        router = Router(scenario.network, scenario.routing)
        collector = Collector(self._streets, router, self.step_s)
        rows = [collector.add(vehicle) for vehicle in self._demand]
        choices = Choices(self._streets, router.graph, collector)
        chooses = choices.among(self._demand)
        self._tables = PlanTables(self._streets, collector.listed, collector.stops, len(rows))
        self._vehicles = build_vehicles(self._streets, self._demand, self._tables.plans, rows, seed)
        self._guide: Guide | None = None
        if chooses.size:
            self._guide = Guide(
                self._demand, self._vehicles, chooses, choices, collector, self._tables, scenario.routing, self.begin_s
            )
        self._room = SPARE_VEHICLES
        self._traffic = new_traffic(self._net, self._vehicles, scenario, seed, self.begin_s, self._room)
        # the same memory, from which Python reads a number several times as fast as from an array
        self._counts: Sequence[int] = self._traffic.counters.data
        self._clock: MutableSequence[float] = cast(MutableSequence[float], self._traffic.clock.data)
        self._people = People(scenario.network, self._streets, persons, seed, self.step_s)
        reactive = ReactiveSignals(scenario.network, self._streets, self._demand, scenario.detectors, self.step_s)
        self._signals = SignalBoard(scenario.network, self.tls_ids, reactive)
        self._world = self._new_world()
        self._show, self._advance, self._enter = direct(show_signals), direct(advance), direct(enter)
        self._observer = Observer(scenario.network, self._streets)

    @property
    def time_s(self) -> float:
        """Simulated time reached."""
        return self._clock[NOW]

    @property
    def finished(self) -> bool:
        """Whether the end is reached, or nobody is left on the road or to come."""
        if self.time_s >= self.end_s - 1e-9:
            return True
        counts = self._counts
        waiting = counts[ACTIVE] + counts[PENDING_COUNT] + counts[TRANSFER_COUNT]
        due = counts[INSERTED] + counts[PENDING_COUNT] < len(self._demand)
        return bool(waiting == 0 and not due and self._people.finished)

    def step(self, signals: Mapping[str, str]) -> None:
        """Show `signals` and move everybody by `step_s`; unnamed signals run the network's own programme."""
        now = self._clock[NOW]
        if self._at_once() > self._room:
            self._grow()
        self._signals.show(now, signals)
        if self._world.sig is not self._signals.tables:
            self._world = self._new_world()
        self._show(self._world)
        self._people.step(now, self._world)
        self._advance(self._world)
        if self._guide is not None and self._guide.before_entering(self._world, now):
            self._world = self._new_world()
        self._enter(self._world)
        if self._guide is not None and self._guide.after_entering(self._world, now):
            self._world = self._new_world()
        self._clock[NOW] = now + self.step_s

    def _at_once(self) -> int:
        """For how many vehicles there must be room in the next step."""
        counts = self._counts
        return counts[ACTIVE] + counts[TRANSFER_COUNT] + counts[PENDING_COUNT] + SPARE_VEHICLES

    def _new_world(self) -> World:
        return World(
            self._net, self._vehicles, self._tables.plans, self._traffic, self._people.walkers, self._signals.tables
        )

    def _grow(self) -> None:
        """More vehicles than ever before: larger buffers, with the announcements of the last step kept."""
        while self._at_once() > self._room:
            self._room *= 2
        items, approaches = buffers(self._room)
        approaches[: len(self._traffic.approach)] = self._traffic.approach
        self._traffic = self._traffic._replace(item=items, approach=approaches)
        self._world = self._new_world()

    def state(self) -> RoadState:
        """Where everybody is now."""
        return self._observer.state(self.time_s, self._world, self._people)

    def displayed(self, tls_id: str) -> str:
        """The letters that the signal shows now."""
        return self._signals.shown(tls_id, self.time_s)

    def programme(self, tls_id: str, at_s: float) -> tuple[str, int]:
        """Programme and number of the phase that the network's own programme of a signal shows in this step."""
        return self._signals.programme(tls_id, at_s)

    def trips(self) -> Sequence[Trip]:
        """One record per loaded road user whose departure is due or over."""
        vehicles = self._observer.trips(self.time_s, self._demand, self._vehicles)
        return [*vehicles, *self._people.trips(self.time_s)]

    def vehicle_name(self, vehicle_id: int) -> str:
        """What the demand calls a vehicle of `RoadState.vehicle_id`."""
        return self._demand[vehicle_id].id

    def waiting_s(self, vehicle_id: I8) -> F8:
        """How long each vehicle has been standing by now, as SUMO counts it: not at stops that it wants to make."""
        waiting: F8 = self._vehicles.waiting[vehicle_id]
        return waiting

    def statistics(self) -> PlantStatistics:
        """Totals so far."""
        c = self._traffic.counters
        loaded = int(np.count_nonzero(self._vehicles.depart[: len(self._demand)] <= self.time_s))
        return PlantStatistics(
            loaded=loaded + self._people.loaded(self.time_s),
            inserted=int(c[INSERTED]) + self._people.started,
            running=int(c[ACTIVE] + c[TRANSFER_COUNT]) + self._people.walking,
            arrived=int(c[ARRIVED_COUNT]) + self._people.arrived,
            waiting_to_insert=int(c[PENDING_COUNT]),
            teleported=int(c[TELEPORTS]),
            vehicle_updates=int(c[UPDATES]),
        )

    def close(self) -> None:
        """Nothing to release."""
