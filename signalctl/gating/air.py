"""NO2 at the stations that an area listens to: on and off with hysteresis, off when none of them speaks."""

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.readings import AirReading
from plans.gating import AirTrigger
from signalctl.gating.hysteresis import Band, Switch

HIGHEST_UGM3 = 2000.0
LOWEST_UGM3 = -50.0
"""Electrochemical cells show a little less than nothing in clean air; anything beyond is a fault."""
AHEAD_S = 60.0


@dataclass(frozen=True, slots=True)
class AirState:
    """Whether the air asks for gating, the highest usable value, and why."""

    on: bool
    no2_ugm3: float | None
    why: str


class AirWatch:
    """Follows one trigger's stations."""

    def __init__(self, trigger: AirTrigger) -> None:
        self._trigger = trigger
        self._switch = Switch(
            Band(trigger.on_ugm3, trigger.off_ugm3, float(trigger.on_after_s), float(trigger.off_after_s))
        )

    def update(self, utc_s: float, stations: Mapping[str, AirReading]) -> AirState:
        """The state after what the stations last said; the worst one counts."""
        usable = [
            reading.no2_ugm3
            for name in self._trigger.stations
            if (reading := stations.get(name)) is not None and self._is_usable(utc_s, reading)
        ]
        values = [max(0.0, value) for value in usable if value is not None]
        if not values:
            self._switch.reset()
            return AirState(False, None, f"no usable NO2 from {', '.join(self._trigger.stations)}")
        worst = max(values)
        on = self._switch.update(utc_s, worst)
        words = f"NO2 {worst:.0f} ug/m3, on above {self._trigger.on_ugm3:.0f}, off below {self._trigger.off_ugm3:.0f}"
        return AirState(on, worst, words)

    def _is_usable(self, utc_s: float, reading: AirReading) -> bool:
        if reading.no2_ugm3 is None or not LOWEST_UGM3 <= reading.no2_ugm3 <= HIGHEST_UGM3:
            return False
        return -AHEAD_S <= utc_s - reading.t_s <= self._trigger.silent_s
