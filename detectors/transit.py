"""Priority requests from check-in to check-out: each one ends in exactly one of four ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from detectors.picture import PriorityRequest, RequestState
from detectors.readings import ON_ARRIVAL_S, TransitKind, TransitReading
from plans.junction import Aspect, Junction, Movement

GRACE_S = 30.0
"""How long after its announced arrival (or its last word, whichever is later) a silent vehicle is believed to come."""
MAX_LIFE_S = 600.0
COOLDOWN_S = 30.0
MAX_OPEN_PER_JUNCTION = 64
MAX_COOLING = 1024
MAX_LEVEL = 14
MAX_ETA_S = 255.0


@dataclass(slots=True)
class _Entry:
    request: PriorityRequest
    opened_s: float
    heard_s: float
    due_s: float


class RequestBook:
    """The open requests of one junction."""

    def __init__(self, junction: Junction) -> None:
        self._junction = junction
        self._movements: Mapping[str, Movement] = {movement.id: movement for movement in junction.movements}
        self._open: dict[str, _Entry] = {}
        self._cooldown_until_s: dict[str, float] = {}

    def update(
        self, utc_s: float, readings: Iterable[TransitReading], aspects: Mapping[str, Aspect]
    ) -> tuple[tuple[PriorityRequest, ...], tuple[PriorityRequest, ...]]:
        """Fold in messages and the signals shown; returns the open requests by arrival, and those that ended now."""
        ended: list[PriorityRequest] = []
        for reading in readings:
            stamped = replace(reading, t_s=utc_s) if reading.t_s == ON_ARRIVAL_S else reading
            self._hear(utc_s, stamped, ended)
        for key, entry in list(self._open.items()):
            if utc_s > max(entry.due_s, entry.heard_s) + GRACE_S or utc_s > entry.opened_s + MAX_LIFE_S:
                self._end(utc_s, key, RequestState.TIMED_OUT, ended)
                continue
            green = aspects.get(entry.request.group) is Aspect.GREEN
            state = RequestState.ACTIVATED if green else RequestState.QUEUED
            entry.request = replace(entry.request, state=state, eta_s=max(0.0, entry.due_s - utc_s))
        self._cooldown_until_s = {key: until for key, until in self._cooldown_until_s.items() if until > utc_s}
        waiting = sorted((entry.request for entry in self._open.values()), key=lambda r: (r.eta_s, r.id))
        return tuple(waiting), tuple(ended)

    def _hear(self, utc_s: float, reading: TransitReading, ended: list[PriorityRequest]) -> None:
        entry = self._open.get(reading.id)
        if reading.kind is TransitKind.CANCEL or reading.kind is TransitKind.CHECK_OUT:
            if entry is not None:
                done = reading.kind is TransitKind.CHECK_OUT
                self._end(utc_s, reading.id, RequestState.COMPLETED if done else RequestState.CANCELLED, ended)
            return
        request = self._request(reading)
        cooling = entry is None and reading.id in self._cooldown_until_s
        if request is None or cooling or (entry is None and len(self._open) >= MAX_OPEN_PER_JUNCTION):
            # an update of a vehicle in cooldown is the tail of the request that ended, not another one
            if reading.kind is TransitKind.NEW or not cooling:
                ended.append(request_of(reading, self._junction.id, reading.group, None, RequestState.REJECTED))
                self._cool(utc_s, reading.id)
            return
        opened_s = entry.opened_s if entry else utc_s
        due_s = reading.t_s + min(max(reading.eta_s, 0.0), MAX_ETA_S)
        self._open[reading.id] = _Entry(request, opened_s, utc_s, due_s)

    def _request(self, reading: TransitReading) -> PriorityRequest | None:
        """The request as this junction understands it; None when it names no way through the junction or no level."""
        movement = self._movements.get(reading.movement)
        group = movement.group if movement else reading.group
        if group not in self._junction.groups or not 0 <= reading.level <= MAX_LEVEL:
            return None
        return request_of(reading, self._junction.id, group, movement.lane if movement else None, RequestState.RECEIVED)

    def _end(self, utc_s: float, key: str, state: RequestState, ended: list[PriorityRequest]) -> None:
        entry = self._open.pop(key)
        self._cool(utc_s, key)
        ended.append(replace(entry.request, state=state))

    def _cool(self, utc_s: float, key: str) -> None:
        if len(self._cooldown_until_s) < MAX_COOLING:
            self._cooldown_until_s[key] = utc_s + COOLDOWN_S


def request_of(
    reading: TransitReading, junction: str, group: str, lane: str | None, state: RequestState
) -> PriorityRequest:
    """The message as a request in the given state."""
    return PriorityRequest(
        id=reading.id,
        junction=junction,
        group=group,
        mode=reading.mode,
        level=reading.level,
        eta_s=reading.eta_s,
        lateness_s=reading.lateness_s or 0.0,
        persons=reading.persons,
        line=reading.line,
        state=state,
        lane=lane,
    )
