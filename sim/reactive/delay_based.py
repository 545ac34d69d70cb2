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
    """What a programme asks about its areas, by their numbers."""

    def is_empty(self, area: int) -> bool:
        """Whether nobody is in the area."""
        ...

    def late_m(self, area: int, least_loss_s: float) -> Sequence[float]:
        """Metres to the line of those who have lost more than `least_loss_s` in the area."""
        ...


@dataclass(frozen=True)
class DelayLayout:
    """What a delay-based programme looks at."""

    areas: tuple[AreaPlace, ...]
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
    return DelayLayout(tuple(areas), tuple(speeds), by_link)


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
        # SUMO 1.28 documents this parameter as `minTimeLoss` and reads it in this spelling only.
        self._least_loss_s = parameters.number("minTimeloss", MIN_TIME_LOSS_S)
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
        wanted, others = 0, False
        lasted, most, may_go_on = self._lasted(now), self._most[self.phase], self._latest(now) > 0
        for letter, areas in zip(self.state, self._layout.by_link, strict=True):
            for area in areas:
                if letter not in "Gg":
                    if self._seen.is_empty(area):
                        continue
                    others = True
                    if lasted >= most:
                        return 0, True
                    break
                for ahead_m in self._seen.late_m(area, self._least_loss_s):
                    arrives = milliseconds(ahead_m / self._layout.speeds_mps[area])
                    if may_go_on and lasted + arrives <= most:
                        wanted = max(wanted, arrives)
        return wanted, others
