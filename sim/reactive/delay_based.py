"""SUMO's `delay_based` programmes: green goes on while somebody who has lost time comes to the line.

After SUMO's MSDelayBasedTrafficLightLogic, release 1.28.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.network import TrafficLightLogic
from sim.reactive.area_places import AreaPlace, area_before
from sim.reactive.parameters import Parameters
from sim.reactive.programme import ReactiveProgramme, milliseconds
from sim.reactive.signal_links import SignalLinks

RANGE_M = 100.0
MIN_TIME_LOSS_S = 1.0
A_SECOND_MS = 1000


class SeenInAreas(Protocol):
    """What a programme asks about its areas."""

    def count(self) -> Sequence[float]:
        """Per area: vehicles in it."""
        ...

    def late_m(self) -> Sequence[float]:
        """Per area: metres to the line of the last of those who are late; 0 where nobody is."""
        ...

    def all_late_m(self, area: int) -> Sequence[float]:
        """Metres to the line of all who are late in an area."""
        ...


@dataclass(frozen=True)
class DelayLayout:
    """What a delay-based programme looks at."""

    areas: tuple[AreaPlace, ...]
    late_from_s: float  # who has lost more is late
    speeds_mps: tuple[float, ...]  # limit of the lane at the line
    by_link: tuple[tuple[int, ...], ...]


def delay_layout(links: SignalLinks, parameters: Parameters) -> DelayLayout:
    """One area for each lane on which vehicles come to the signal."""
    range_m = parameters.number("detectorRange", RANGE_M)
    number: dict[str, int] = {}
    areas: list[AreaPlace] = []
    speeds: list[float] = []
    for name in links.driven:
        if parameters.text(name):
            parameters.fail(name, "areas of one's own are not simulated here")
        lane = links.network.lanes[name]
        number[name] = len(areas)
        areas.append(area_before(links.network, name, lane.length_m, range_m))
        speeds.append(lane.speed_mps)
    by_link = tuple(tuple(number[lane] for lane in lanes if lane in number) for lanes in links.lanes)
    # SUMO 1.28 documents this parameter as `minTimeLoss` and reads it in this spelling only.
    late_from_s = parameters.number("minTimeloss", MIN_TIME_LOSS_S)
    return DelayLayout(tuple(areas), late_from_s, tuple(speeds), by_link)


class DelayBasedProgramme(ReactiveProgramme):
    """A delay-based programme as it runs."""

    def __init__(
        self,
        logic: TrafficLightLogic,
        parameters: Parameters,
        begin_ms: int,
        layout: DelayLayout,
        seen: SeenInAreas,
    ) -> None:
        super().__init__(logic, parameters, begin_ms)
        self._layout, self._seen = layout, seen
        self._served = [_areas_of(layout, phase.state, green=True) for phase in self.phases]
        self._others = [_areas_of(layout, phase.state, green=False) for phase in self.phases]
        self._goes_beyond = parameters.flag("extendMaxDur")

    def _decide(self, now: int) -> int:
        if self._green[self.phase]:
            lasted, most = self._lasted(now), self._most[self.phase]
            wanted, others = self._wanted(now)
            more = max(0, wanted, self._least[self.phase] - lasted)
            if not others:
                more = max(more, A_SECOND_MS)
            if others or not self._goes_beyond:
                more = min(more, max(0, most - lasted))
            if more > 0:
                return more
        before = self._began[self.phase]
        self._enter((self.phase + 1) % len(self.phases), now)
        return max(self._least[self.phase], self._earliest(now, before))

    def _wanted(self, now: int) -> tuple[int, bool]:
        """How much longer the phase is wanted, and whether somebody is on a lane that is not green."""
        count = self._seen.count()
        others = any(count[area] for area in self._others[self.phase])
        left = self._most[self.phase] - self._lasted(now)
        if (others and left <= 0) or self._latest(now) <= 0:
            return 0, others
        late_m, wanted = self._seen.late_m(), 0
        for area in self._served[self.phase]:
            if late_m[area] > 0.0:
                wanted = max(wanted, self._arrives(area, late_m[area], left))
        return wanted, others

    def _arrives(self, area: int, last_m: float, left: int) -> int:
        """When the last of those who are late comes to the line, of those who can before the phase must end."""
        speed_mps = self._layout.speeds_mps[area]
        last = milliseconds(last_m / speed_mps)
        if last <= left:
            return last
        arrive = (milliseconds(ahead_m / speed_mps) for ahead_m in self._seen.all_late_m(area))
        return max((one for one in arrive if one <= left), default=0)


def _areas_of(layout: DelayLayout, state: str, *, green: bool) -> tuple[int, ...]:
    """Areas of the links that are green, or of those that are not."""
    found = (areas for letter, areas in zip(state, layout.by_link, strict=True) if (letter in "Gg") == green)
    return tuple(dict.fromkeys(area for areas in found for area in areas))
