"""Places where a radar shows somebody who is not there: signs, echoes, parked vehicles, inventions.

Once a standing object has been proved not to be there, its place is remembered, not its track: traffic that drives
through takes the track along, but the place goes on showing one too many. So of those who stand at such a place one is
left out, whoever it is, until nothing is seen there any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

STANDING_MPS = 1.0
PLACE_M = 1.5
"""So near to the remembered place the echo is seen again."""
FORGET_S = 5.0
"""A place without anybody for so long is like any other again (an object may be missed for a second or two)."""
MAX_PLACES = 32
STANDS_M = 0.6
"""So little the place of who stands differs from second to second."""
GAP_S = 1.5
"""Who has gone from a place is not followed by the next one who stops there so soon."""
PASSED_VEH = 3
"""So many more cross the stop line than stood ahead of a place before nobody can have stood there all the time."""


class Found(Protocol):
    """What is followed on a lane."""

    seen_on: str
    distance_m: float
    speed_mps: float
    missed_s: float
    clutter: bool


@dataclass(slots=True)
class _Place:
    lane: str
    distance_m: float
    missed_s: float = 0.0


@dataclass(slots=True)
class _Stand:
    """A place where somebody has been shown standing in every second, whoever it was; `ahead` stood nearer then."""

    distance_m: float
    ahead: int
    passed: int = 0
    empty_s: float = 0.0


class Clutter:
    """The places of one junction where somebody is shown who is not there."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._stands: dict[str, list[_Stand]] = {}

    def look(self, tracks: Sequence[Found], passed: Mapping[str, int], elapsed_s: float) -> None:
        """Learn places where somebody stands without a break while the traffic of the lane crosses the stop line.

        Whose track it is does not matter: those who drive through may take it along. In a queue that sets off each
        place is empty for some seconds before the next one stops there.
        """
        standing: dict[str, list[float]] = {lane: [] for lane in self._stands}
        for track in tracks:
            if track.speed_mps < STANDING_MPS and not track.missed_s:
                standing.setdefault(track.seen_on, []).append(track.distance_m)
        for lane, places_m in standing.items():
            stands = self._stands.get(lane, [])
            for stand in stands:
                is_taken = any(abs(place_m - stand.distance_m) <= STANDS_M for place_m in places_m)
                stand.empty_s = 0.0 if is_taken else stand.empty_s + elapsed_s
                stand.passed += passed.get(lane, 0)
                if is_taken and stand.passed >= stand.ahead + PASSED_VEH:
                    self.learn(lane, stand.distance_m)
            stands = [stand for stand in stands if stand.empty_s <= GAP_S]
            for place_m in places_m:
                if not any(abs(place_m - stand.distance_m) <= STANDS_M for stand in stands):
                    ahead = sum(track.seen_on == lane and track.distance_m < place_m for track in tracks)
                    stands.append(_Stand(place_m, ahead))
            self._stands[lane] = stands
        self._stands = {lane: stands for lane, stands in self._stands.items() if stands}

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
