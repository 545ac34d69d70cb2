"""What the picture says about an area and about the room before its gates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from detectors.picture import LanePicture, Picture
from plans.gating import PerimeterGate, gate_lanes, storage_m
from plans.junction import Junction

KNOWN_CONFIDENCE = 0.5
"""Below this a lane is a guess: no detector of its own speaks."""
KNOWN_RATIO = 0.8
"""An area is known while so much of its lanes, by length, is."""


@dataclass(frozen=True, slots=True)
class AreaSight:
    """Vehicles on the area's lanes, those on unknown lanes made up by the others'; and how much of it is known."""

    vehicles: float
    known_ratio: float

    @property
    def is_known(self) -> bool:
        """Whether control may go by it."""
        return self.known_ratio >= KNOWN_RATIO


def see_area(picture: Picture, lanes: Mapping[str, tuple[str, ...]], junctions: Mapping[str, Junction]) -> AreaSight:
    """Count who is on these lanes (by junction)."""
    vehicles = known_m = total_m = 0.0
    for name, own in lanes.items():
        for lane in own:
            length_m = junctions[name].lanes[lane].length_m
            total_m += length_m
            seen = _known(picture, name, lane)
            if seen is not None:
                known_m += length_m
                vehicles += seen.vehicles()
    known_ratio = known_m / total_m if total_m else 0.0
    return AreaSight(vehicles / known_ratio if known_ratio else 0.0, known_ratio)


def passed(picture: Picture, lanes: Iterable[tuple[str, str]]) -> int:
    """How many have left these lanes (junction, lane) over their stop lines since the last picture."""
    return sum(one.passed for one in _seen(picture, lanes))


def arrivals_vph(picture: Picture, lanes: Iterable[tuple[str, str]]) -> float:
    """The average flow that comes to these lanes (junction, lane)."""
    return sum(one.arrival_vph for one in _seen(picture, lanes))


class QueueSight:
    """How full the room before a gate is.

    Beyond the farthest place at which a lane has ever shown a vehicle nobody knows, so that only what is seen counts as
    room. A junction that cannot let anybody out into this room means that it is full, whatever the lanes say.
    """

    def __init__(self, junction: Junction, gate: PerimeterGate) -> None:
        self._junction = junction.id
        self._rooms_m = {lane.id: storage_m(lane, gate) for lane in gate_lanes(junction, gate)}
        self._farthest_m = dict.fromkeys(self._rooms_m, 0.0)
        self._entries = set(self._rooms_m) | {
            feeder.lane for lane in gate_lanes(junction, gate) for feeder in lane.feeders
        }

    def ratio(self, picture: Picture) -> float | None:
        """Queue over room of the lane that is fullest, 0 to 1; None while a lane is not known."""
        if any(self._entries & one.blocked_exits for one in picture.junctions.values()):
            return 1.0
        worst = 0.0
        for lane, room_m in self._rooms_m.items():
            seen = _known(picture, self._junction, lane)
            if seen is None:
                return None
            if seen.distance_m.size:
                self._farthest_m[lane] = max(self._farthest_m[lane], float(seen.distance_m[-1]))
                usable_m = min(room_m, self._farthest_m[lane])
                worst = max(worst, seen.queue_m / usable_m if usable_m > 0.0 and seen.queue_veh > 1.0 else 0.0)
        return min(worst, 1.0)


def _seen(picture: Picture, lanes: Iterable[tuple[str, str]]) -> Iterator[LanePicture]:
    found = (picture.junctions[name].lanes.get(lane) for name, lane in lanes if name in picture.junctions)
    return (one for one in found if one is not None)


def _known(picture: Picture, junction: str, lane: str) -> LanePicture | None:
    seen = picture.junctions[junction].lanes.get(lane) if junction in picture.junctions else None
    return seen if seen is not None and seen.confidence_ratio >= KNOWN_CONFIDENCE else None
