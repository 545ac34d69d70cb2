"""Places where a radar shows somebody who is not there: signs, echoes, parked vehicles, inventions.

Once a standing object has been proved not to be there, its place is remembered, not its track: traffic that drives
through takes the track along, but the place goes on showing one too many. So of those who stand at such a place one is
left out, whoever it is, until nothing is seen there any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

STANDING_MPS = 1.0
PLACE_M = 1.5
"""So near to the remembered place the echo is seen again."""
FORGET_S = 5.0
"""A place without anybody for so long is like any other again (an object may be missed for a second or two)."""
MAX_PLACES = 32


class Found(Protocol):
    """What is followed on a lane."""

    seen_on: str
    distance_m: float
    speed_mps: float
    clutter: bool


@dataclass(slots=True)
class _Place:
    lane: str
    distance_m: float
    missed_s: float = 0.0


class Clutter:
    """The places of one junction where somebody is shown who is not there."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def learn(self, lane: str, distance_m: float) -> None:
        """Somebody who stands here has been proved not to be there."""
        known = any(place.lane == lane and abs(place.distance_m - distance_m) <= PLACE_M for place in self._places)
        if not known and len(self._places) < MAX_PLACES:
            self._places.append(_Place(lane, distance_m))

    def forget(self, lane: str, distance_m: float) -> None:
        """Somebody does stand here."""
        self._places = [
            place for place in self._places if place.lane != lane or abs(place.distance_m - distance_m) > PLACE_M
        ]

    def mark(self, tracks: Sequence[Found], elapsed_s: float) -> None:
        """Mark one of those who stand at each place, the nearest to it; forget places where nobody is seen."""
        for track in tracks:
            track.clutter = False
        for place in self._places:
            here = [
                track
                for track in tracks
                if track.seen_on == place.lane
                and track.speed_mps < STANDING_MPS
                and abs(track.distance_m - place.distance_m) <= PLACE_M
                and not track.clutter
            ]
            place.missed_s = 0.0 if here else place.missed_s + elapsed_s
            if here:
                min(here, key=lambda track: abs(track.distance_m - place.distance_m)).clutter = True
        self._places = [place for place in self._places if place.missed_s <= FORGET_S]
