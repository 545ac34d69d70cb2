"""Whether a vehicle that announced itself is there: what the detectors of its lanes say."""

from collections.abc import Mapping
from enum import Enum

import numpy as np

from detectors.picture import MODES, LanePicture
from plans.junction import Junction, Mode

REACH_M = 150.0
CONFIDENT_RATIO = 0.5
LONG_MODES = (Mode.BUS, Mode.TRAM, Mode.TRUCK)
LONG = tuple(MODES.index(mode) for mode in LONG_MODES)
"""Radars tell vehicles apart by length: each of these may be taken for another."""


class Sighting(Enum):
    """What the detectors say of a vehicle that should be there."""

    NOBODY_CAN_TELL = 0
    NOT_THERE = 1
    SOMEBODY = 2
    ITS_KIND = 3


class Sightings:
    """The lanes of one junction's groups.

    A lane whose detectors tell long vehicles from cars, or have ever done so, is asked for a long vehicle when a bus or
    tram is announced; another one for any vehicle at all.
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

    def tells(self, group: str, mode: Mode) -> bool:
        """Whether somebody of this kind would be told from other traffic."""
        return mode is not Mode.EMERGENCY and any(self._knows(lane, mode) for lane in self._usable(group))

    def crosses(self, group: str) -> bool:
        """Whether anybody has just crossed the stop line on one of the group's lanes."""
        return any(lane.passed > 0 for lane in self._usable(group))

    def seen_lanes(self, group: str) -> list[LanePicture]:
        """All lanes of the group where their vehicles are seen; none where those of one are only expected."""
        usable = [lane for lane in self._usable(group) if lane.presence is None]
        return usable if len(usable) == self._known(group) else []

    def _known(self, group: str) -> int:
        return sum(name in self._pictures for name in self._lanes[group])

    def ask(self, group: str, mode: Mode) -> Sighting:
        """Whether such a vehicle is near the stop line or has just crossed it."""
        usable = self._usable(group)
        if not usable:
            return Sighting.NOBODY_CAN_TELL
        if self.tells(group, mode):
            kinds = _kinds(mode)
            there = any((np.isin(lane.mode, kinds) & (lane.distance_m <= REACH_M)).any() for lane in usable)
            return Sighting.ITS_KIND if there else Sighting.NOT_THERE
        if len(usable) < self._known(group):
            return Sighting.NOBODY_CAN_TELL
        there = any(lane.passed > 0 or (lane.distance_m <= REACH_M).any() for lane in usable)
        return Sighting.SOMEBODY if there else Sighting.NOT_THERE

    def _usable(self, group: str) -> list[LanePicture]:
        lanes = [self._pictures[name] for name in self._lanes[group] if name in self._pictures]
        return [lane for lane in lanes if lane.confidence_ratio >= CONFIDENT_RATIO]

    def _knows(self, lane: LanePicture, mode: Mode) -> bool:
        return lane.kinds_known or not self._told.get(lane.lane, set()).isdisjoint(_kinds(mode))


def _kinds(mode: Mode) -> tuple[int, ...]:
    number = MODES.index(mode)
    return LONG if number in LONG else (number,)
