"""A plant whose every step is seen by those who write about it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.plant import Plant, PlantStatistics, RoadState, Trip


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the plant: when it began, where everybody is at its end, and whose signals were set from outside."""

    begin_s: float
    state: RoadState
    controlled: Collection[str]


class Watcher(Protocol):
    """Somebody who writes about a run."""

    def see(self, step: Step) -> None:
        """Take note of a step."""
        ...

    def close(self) -> None:
        """Write what is still to be written."""
        ...


class WatchedPlant:
    """Any plant, shown to watchers after each step. Implements `sim.plant.Plant`."""

    def __init__(self, plant: Plant, watchers: Sequence[Watcher]) -> None:
        self._plant = plant
        self._watchers = watchers
        self._state: RoadState | None = None
        self._closed = False
        self.step_s, self.begin_s, self.end_s = plant.step_s, plant.begin_s, plant.end_s
        self.lane_ids, self.tls_ids = plant.lane_ids, plant.tls_ids

    @property
    def time_s(self) -> float:
        """Simulated time reached."""
        return self._plant.time_s

    @property
    def finished(self) -> bool:
        """Whether the plant has nothing more to do."""
        return self._plant.finished

    def step(self, signals: Mapping[str, str]) -> None:
        """Let the plant step, and everybody look."""
        begin_s = self._plant.time_s
        self._plant.step(signals)
        self._state = self._plant.state()
        step = Step(begin_s, self._state, signals)
        for watcher in self._watchers:
            watcher.see(step)

    def state(self) -> RoadState:
        """Where everybody is now."""
        if self._state is None:
            self._state = self._plant.state()
        return self._state

    def displayed(self, tls_id: str) -> str:
        """The letters that the signal shows now."""
        return self._plant.displayed(tls_id)

    def vehicle_name(self, vehicle_id: int) -> str:
        """What the demand calls a vehicle."""
        return self._plant.vehicle_name(vehicle_id)

    def trips(self) -> Sequence[Trip]:
        """One record per loaded road user."""
        return self._plant.trips()

    def statistics(self) -> PlantStatistics:
        """Totals so far."""
        return self._plant.statistics()

    def close(self) -> None:
        """Finish what is written, and close the plant. Harmless when repeated."""
        if not self._closed:
            self._closed = True
            for watcher in self._watchers:
                watcher.close()
        self._plant.close()
