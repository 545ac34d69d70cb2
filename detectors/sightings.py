"""Whether a vehicle that announced itself is there: what the detectors of its lanes say."""

from collections.abc import Mapping
from enum import Enum

from detectors.picture import MODES, LanePicture
from plans.junction import Junction, Mode

REACH_M = 150.0
CONFIDENT_RATIO = 0.5


class Sighting(Enum):
    """What the detectors say of a vehicle that should be there."""

    NOBODY_CAN_TELL = 0
    NOT_THERE = 1
    SOMEBODY = 2
    ITS_KIND = 3


class Sightings:
    """The lanes of one junction's groups.

    A lane whose detectors have ever told a bus from a car is asked for a bus; one that never has is asked for any
    vehicle at all.
    """

    def __init__(self, junction: Junction) -> None:
        self._lanes = {
            group: tuple(dict.fromkeys(m.lane for m in junction.movements if m.group == group))
            for group in junction.groups
        }
        self._told: dict[str, set[int]] = {}
        self._pictures: Mapping[str, LanePicture] = {}

    def look(self, lanes: Mapping[str, LanePicture]) -> None:
        """Take the lanes of this second."""
        self._pictures = lanes
        for name, lane in lanes.items():
            if lane.mode.size:
                self._told.setdefault(name, set()).update(lane.mode.tolist())

    def ask(self, group: str, mode: Mode) -> Sighting:
        """Whether such a vehicle is near the stop line or has just crossed it."""
        lanes = [self._pictures[name] for name in self._lanes[group] if name in self._pictures]
        usable = [lane for lane in lanes if lane.confidence_ratio >= CONFIDENT_RATIO]
        if not usable:
            return Sighting.NOBODY_CAN_TELL
        number = MODES.index(mode)
        tells = mode is not Mode.EMERGENCY and any(number in self._told.get(lane.lane, ()) for lane in usable)
        if tells:
            there = any(((lane.mode == number) & (lane.distance_m <= REACH_M)).any() for lane in usable)
            return Sighting.ITS_KIND if there else Sighting.NOT_THERE
        if len(usable) < len(lanes):
            return Sighting.NOBODY_CAN_TELL
        there = any(lane.passed > 0 or (lane.distance_m <= REACH_M).any() for lane in usable)
        return Sighting.SOMEBODY if there else Sighting.NOT_THERE
