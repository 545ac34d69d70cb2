"""What passes the signals of a simulated street, as counts by movement and crossing."""

from collections import Counter
from collections.abc import Mapping, Sequence

from detectors.picture import MODES
from plans.counts import Count
from plans.junction import GroupKind, Mode
from sim.plant import RoadState
from sim.signals import SignalHeads

FILLING_RATIO = 0.1
"""So much of a period at its begin is left out: the street is filling."""
Place = tuple[int, int]
"""A signal of the plant, and one of its links."""


class Counting:
    """Counts second by second; a vehicle has passed a stop line when another is its next one."""

    def __init__(self, heads: Mapping[str, SignalHeads], tls_ids: Sequence[str]) -> None:
        """Watch the signals of these junctions."""
        self._heads = heads
        self._signal = {name: list(tls_ids).index(one.tls_id) for name, one in heads.items()}
        self._begun_s: float | None = None
        self._now_s = 0.0
        self._next: dict[int, tuple[Place, int]] = {}
        self._passed: Counter[tuple[Place, int]] = Counter()
        self._at_kerb: dict[tuple[int, Place], None] = {}

    def see(self, state: RoadState) -> None:
        """Where everybody is now."""
        self._begun_s = state.time_s if self._begun_s is None else self._begun_s
        self._now_s = state.time_s
        places = zip(state.tls.tolist(), state.tls_link.tolist(), strict=True)
        rows = zip(state.vehicle_id.tolist(), places, state.mode.tolist(), strict=True)
        seen = {id: (place, mode) for id, place, mode in rows}
        for id, before in self._next.items():
            if seen.get(id, (None, 0))[0] != before[0]:
                self._passed[before] += 1
        self._next = seen
        kerbs = zip(state.ped_tls.tolist(), state.ped_link.tolist(), strict=True)
        for id, kerb, waits in zip(state.ped_id.tolist(), kerbs, state.ped_waiting.tolist(), strict=True):
            if waits:
                self._at_kerb[id, kerb] = None

    def counts(self, plan_set: str) -> tuple[Count, ...]:
        """Everything that was counted, in road users an hour."""
        hours = (self._now_s - (self._begun_s or 0.0)) / 3600.0
        if hours <= 0.0:
            return ()
        walked = Counter(kerb for _, kerb in self._at_kerb)
        found = []
        for name, heads in self._heads.items():
            junction, signal = heads.junction, self._signal[name]
            for movement in junction.movements:
                for index, mode in enumerate(MODES):
                    link = -1 if movement.link is None else movement.link
                    if passed := self._passed[(signal, link), index]:
                        found.append(Count(name, (movement.id,), "", mode, passed / hours, plan_set))
            for group in junction.groups.values():
                people = sum(walked[signal, link] for link in group.links)
                if group.kind is GroupKind.PEDESTRIAN and people:
                    found.append(Count(name, (), group.id, Mode.PEDESTRIAN, people / hours, plan_set))
        return tuple(found)
