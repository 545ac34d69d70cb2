"""A simulated street with a field controller at every signal: they decide what is shown, the plant moves people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controllers.logic import ControllerConfig, FieldController
from plans.calendar import plan_due
from plans.site import Site
from sim.clock import utc_of
from sim.network import Network
from sim.observer import SafetyObserver
from sim.plant import Plant, RoadState
from sim.signals import SignalHeads, junction_id, signal_heads


def make_controllers(site: Site, utc_s: int) -> dict[str, FieldController]:
    """One field controller per junction, with the site's time-of-day plans as its own."""
    return {
        name: FieldController(
            ControllerConfig(
                junction=junction,
                local_plans=site.plans[name],
                plan_due=lambda at_utc_s: plan_due(site.calendar, at_utc_s),
                site=site.id,
            ),
            utc_s,
        )
        for name, junction in site.junctions.items()
    }


@dataclass(frozen=True, slots=True)
class _Signal:
    """One signal of the plant and who drives it."""

    heads: SignalHeads
    controller: FieldController | None
    observer: SafetyObserver


class Street:
    """Moves a plant second by second under its field controllers, and watches what they display.

    Where it is not `controlled` there are none: signals run the plant's own programmes, and are watched all the same.
    """

    def __init__(self, plant: Plant, network: Network, site: Site, *, controlled: bool = True) -> None:
        self.plant = plant
        self.utc_s = int(utc_of(plant.time_s))
        self.controllers = make_controllers(site, self.utc_s) if controlled else {}
        names = {junction_id(tls_id): tls_id for tls_id in plant.tls_ids}
        self._signals = {
            names[name]: _Signal(
                signal_heads(network, names[name], junction), self.controllers.get(name), SafetyObserver(junction)
            )
            for name, junction in site.junctions.items()
        }

    @property
    def finished(self) -> bool:
        """Whether the plant has nothing more to do."""
        return self.plant.finished

    def step(self) -> None:
        """One second: each controller ticks, its lamps follow, and everybody on the road moves."""
        self.utc_s += 1
        shown: dict[str, str] = {}
        for tls_id, signal in self._signals.items():
            if signal.controller is None:
                continue
            signal.controller.tick(self.utc_s)
            shown[tls_id] = signal.heads.letters(signal.controller.aspects(), signal.controller.time_in_aspect())
        end_s = self.plant.time_s + 1.0
        while self.plant.time_s < end_s - 1e-6:
            self.plant.step(shown)
        for tls_id, signal in self._signals.items():
            signal.observer.see(self.utc_s, self.plant.displayed(tls_id))

    def state(self) -> RoadState:
        """Where everybody is."""
        return self.plant.state()

    @property
    def observers(self) -> tuple[SafetyObserver, ...]:
        """Who watches the signals."""
        return tuple(signal.observer for signal in self._signals.values())

    def violations(self) -> dict[str, dict[str, int]]:
        """What each junction's observer has counted, by kind."""
        return {signal.observer.junction.id: signal.observer.counts() for signal in self._signals.values()}

    def violations_by_kind(self) -> dict[str, int]:
        """What the observers have counted, over all junctions."""
        total: Counter[str] = Counter()
        for counts in self.violations().values():
            total.update(counts)
        return dict(total)


def road_for_page(state: RoadState, comparison: Mapping[str, Any] | None) -> dict[str, Any]:
    """Everybody's place, small enough to be sent each second."""
    vehicles: Sequence[list[float]] = [
        [int(number), round(float(x), 1), round(float(y), 1), round(float(angle)), int(mode)]
        for number, x, y, angle, mode in zip(
            state.vehicle_id, state.x_m, state.y_m, state.angle_deg, state.mode, strict=True
        )
    ]
    people = [[round(float(x), 1), round(float(y), 1)] for x, y in zip(state.ped_x_m, state.ped_y_m, strict=True)]
    return {"t": state.time_s, "vehicles": vehicles, "people": people, "comparison": comparison}
