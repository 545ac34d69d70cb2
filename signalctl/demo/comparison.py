"""Person delay by mode, the controlled street against its twin under the plans' nominal times, second by second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plans.defaults import OCCUPANCY
from plans.junction import Mode
from sim.plant import Trip


@dataclass(slots=True)
class _Sum:
    persons: float = 0.0
    delay_s: float = 0.0

    @property
    def mean_s(self) -> float:
        return self.delay_s / self.persons if self.persons else 0.0


def person_delay(trips: Sequence[Trip]) -> dict[str, tuple[float, float]]:
    """Persons and their mean delay in seconds, by mode and for `all`. Never inserted ones count with their wait."""
    sums: dict[str, _Sum] = {"all": _Sum()}
    for trip in trips:
        persons = OCCUPANCY[Mode(trip.mode.label)]
        for key in ("all", trip.mode.label):
            one = sums.setdefault(key, _Sum())
            one.persons += persons
            one.delay_s += persons * trip.delay_s
    return {key: (one.persons, one.mean_s) for key, one in sums.items()}


def compare(controlled: Sequence[Trip], baseline: Sequence[Trip], name: str) -> dict[str, Any]:
    """What the page shows: mean delay a person by mode here and under the baseline `name`."""
    ours, theirs = person_delay(controlled), person_delay(baseline)
    return {
        "baseline": name,
        "modes": {
            mode: {
                "persons": round(persons),
                "delay_s": round(delay_s, 2),
                "baseline_s": round(theirs.get(mode, (0.0, 0.0))[1], 2),
            }
            for mode, (persons, delay_s) in ours.items()
        },
    }
