"""Detectors whose health is watched, and what they say, second by second."""

from detectors.health import DetectorWatch
from detectors.picture import Health
from detectors.readings import ButtonReading, LoopReading, RadarObject, RadarReading
from plans.junction import Detector, DetectorKind

LOOP = Detector("D", DetectorKind.LOOP, "a")
RADAR = Detector("R", DetectorKind.RADAR, "a")
BUTTON = Detector("B", DetectorKind.BUTTON, group="F1")
T0 = 1000.0


def loop(second: int, count: int = 0, occupancy: float = 0.0) -> LoopReading:
    """One second of the loop."""
    return LoopReading("J", "D", T0 + second, second, count, occupancy, occupancy > 0.5)


def radar(second: int, *objects: RadarObject) -> RadarReading:
    """One scene."""
    return RadarReading("J", "R", T0 + second, second, objects)


class Watched:
    """A watch that is fed one second after the other."""

    def __init__(self, detector: Detector) -> None:
        self.watch = DetectorWatch(detector)
        self.second = -1

    def see(
        self, reading: LoopReading | RadarReading | ButtonReading | None, green: bool = False, others: float = 0.0
    ) -> bool:
        """One second; whether the reading may be used."""
        self.second += 1
        return self.watch.observe(reading, T0 + self.second, 1.0, green=green, others_veh=others)

    @property
    def health(self) -> Health:
        """What the watch says now."""
        return self.watch.health
