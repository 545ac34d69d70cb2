"""Priority requests from check-in to check-out: each ends in exactly one of four ways, and nobody holds a junction.

Received is who has announced itself; queued, who counts; activated, who counts and has green. Not more than a few count
per group at once, in the order of emergency, trust and arrival; the others stay received until there is room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from detectors.allowance import Allowance
from detectors.open_request import OpenRequest
from detectors.picture import EndReason, LanePicture, PriorityRequest, RequestState
from detectors.readings import ON_ARRIVAL_S, TransitKind, TransitReading
from detectors.sightings import Sightings
from detectors.trust import SIREN_PRIOR, SOURCE_PRIOR, Trust
from plans.defaults import MAX_LEVEL, OCCUPANCY
from plans.junction import Aspect, Junction, Mode, Movement
from plans.transit import TransitSettings

COOLDOWN_S = 30.0
LATE_S = 30.0
"""A message that was under way for longer asks for nothing any more."""
AHEAD_S = 5.0
"""A sender's clock may run ahead by so much; beyond, the time of arrival counts."""
MAX_OPEN_PER_JUNCTION = 64
MAX_COUNTING_PER_GROUP = 4
MAX_REMEMBERED = 1024
MAX_ETA_S = 255.0
MAX_FILL_RATIO = 3.0
"""Nobody carries more than so many times what its mode usually does, and who has not come yet not more than usual."""
MAX_LATENESS_S = 3600.0
VEHICLE_BURST, VEHICLE_EVERY_S = 3, 120.0
SOURCE_BURST, SOURCE_EVERY_S = 20, 3.0
GROUP_BURST, GROUP_EVERY_S = 8, 15.0
EMERGENCY_BURST, EMERGENCY_EVERY_S = 4, 180.0
LEAST_TRUST_RATIO = 0.3
"""Who is believed less than this is not heard; half-lives later it is."""


class RequestBook:
    """The open requests of one junction."""

    def __init__(self, junction: Junction, settings: TransitSettings | None = None) -> None:
        self._junction = junction
        settings = settings or TransitSettings()
        self._emergency_level = settings.emergency_level
        self._emergency_sources = frozenset(settings.emergency_sources)
        self._movements: Mapping[str, Movement] = {movement.id: movement for movement in junction.movements}
        self._open: dict[str, OpenRequest] = {}
        self._cooldown_until_s: dict[str, float] = {}
        self._over_t_s: dict[str, float] = {}
        self._vehicles = Allowance(VEHICLE_BURST, VEHICLE_EVERY_S)
        self._sources = Allowance(SOURCE_BURST, SOURCE_EVERY_S)
        self._groups = Allowance(GROUP_BURST, GROUP_EVERY_S)
        self._emergencies = Allowance(EMERGENCY_BURST, EMERGENCY_EVERY_S)
        self._trust = Trust()
        self._sightings = Sightings(junction)
        self._utc_s: float | None = None

    def update(
        self,
        utc_s: float,
        readings: Sequence[TransitReading],
        aspects: Mapping[str, Aspect],
        lanes: Mapping[str, LanePicture] | None = None,
    ) -> tuple[tuple[PriorityRequest, ...], tuple[PriorityRequest, ...]]:
        """Fold in messages, the signals shown and who is on the lanes.

        Returns the open requests by arrival, and those that ended now.
        """
        elapsed_s = 0.0 if self._utc_s is None else max(0.0, utc_s - self._utc_s)
        self._utc_s = utc_s
        self._sightings.look(lanes or {})
        if not (readings or self._open or self._cooldown_until_s or self._over_t_s):
            return (), ()
        for entry in self._open.values():
            self._watch(entry, utc_s, elapsed_s, green=aspects.get(entry.request.group) is Aspect.GREEN)
        self._forget(utc_s)
        ended: list[PriorityRequest] = []
        for reading in readings:
            self._hear(utc_s, _stamped(reading, utc_s), ended)
        for key, entry in list(self._open.items()):
            reason = entry.time_is_up(utc_s)
            if reason is not None:
                self._end(utc_s, key, RequestState.TIMED_OUT, ended, reason)
        waiting = sorted(self._states(utc_s, aspects), key=lambda request: (request.eta_s, request.id))
        return tuple(waiting), tuple(ended)

    def set_clock_back(self, by_s: float) -> None:
        """The clock says `by_s` less than before: requests come and end when they would have."""
        for entry in self._open.values():
            entry.set_clock_back(by_s)
        self._cooldown_until_s = {key: until - by_s for key, until in self._cooldown_until_s.items()}
        self._over_t_s = {key: t_s - by_s for key, t_s in self._over_t_s.items()}
        for allowance in (self._vehicles, self._sources, self._groups, self._emergencies):
            allowance.set_clock_back(by_s)

    def _watch(self, entry: OpenRequest, utc_s: float, elapsed_s: float, *, green: bool) -> None:
        """Ask the detectors about a vehicle."""
        group, mode = entry.request.group, entry.request.mode
        entry.tellable = self._sightings.tells(group, mode)
        sighting, crosses = self._sightings.ask(group, mode), self._sightings.crosses(group)
        entry.watch(utc_s, elapsed_s, green=green, sighting=sighting, crosses=crosses)
        entry.watch_siren(utc_s, elapsed_s, self._sightings.seen_lanes(group))

    def _states(self, utc_s: float, aspects: Mapping[str, Aspect]) -> list[PriorityRequest]:
        """Who counts: the first few of each group."""
        counting: dict[str, int] = {}
        for entry in sorted(self._open.values(), key=attrgetter("rank")):
            group = entry.request.group
            counting[group] = counting.get(group, 0) + 1
            if counting[group] > MAX_COUNTING_PER_GROUP:
                state = RequestState.RECEIVED
            elif aspects.get(group) is Aspect.GREEN:
                state = RequestState.ACTIVATED
            else:
                state = RequestState.QUEUED
            eta_s = min(max(0.0, entry.due_s - utc_s), MAX_ETA_S)
            entry.request = replace(entry.request, state=state, eta_s=eta_s, trust_ratio=entry.counts_ratio)
        return [entry.request for entry in self._open.values()]

    def _hear(self, utc_s: float, reading: TransitReading, ended: list[PriorityRequest]) -> None:
        entry = self._open.get(reading.id)
        if reading.kind is TransitKind.CANCEL or reading.kind is TransitKind.CHECK_OUT:
            if entry is None:
                # it may have overtaken its own announcement, which then asks for nothing any more
                if len(self._over_t_s) < MAX_REMEMBERED:
                    self._over_t_s[reading.id] = max(reading.t_s, self._over_t_s.get(reading.id, reading.t_s))
            elif reading.t_s >= entry.opened_t_s:  # else it ended an earlier request
                done = reading.kind is TransitKind.CHECK_OUT
                self._end(utc_s, reading.id, RequestState.COMPLETED if done else RequestState.CANCELLED, ended)
            return
        if entry is not None:
            self._renew(utc_s, entry, reading)
        elif reading.t_s > self._over_t_s.get(reading.id, ON_ARRIVAL_S):
            self._admit(utc_s, reading, ended)

    def _renew(self, utc_s: float, entry: OpenRequest, reading: TransitReading) -> None:
        """News of an open request; what is older than its last word, or names no way through, changes nothing."""
        request, reason = self._understand(reading)
        if reading.t_s < entry.said_t_s or utc_s - reading.t_s > LATE_S or reason is not None:
            return
        risen = request.mode is Mode.EMERGENCY and entry.request.mode is not Mode.EMERGENCY
        if risen and not self._emergencies.take(entry.source, utc_s):
            return
        if reading.t_s > entry.said_t_s:
            entry.heard_s = utc_s
        entry.said_t_s = reading.t_s
        entry.request = _with_what_was_said(request, entry.request, reading)
        entry.request = replace(entry.request, persons=min(entry.request.persons, entry.most_persons))
        entry.due_s = _due_s(reading)
        entry.earliest_due_s = min(entry.earliest_due_s, entry.due_s)

    def _admit(self, utc_s: float, reading: TransitReading, ended: list[PriorityRequest]) -> None:
        """Open a request, or reject it with a reason."""
        cooling = reading.id in self._cooldown_until_s
        if cooling and reading.kind is TransitKind.UPDATE:
            return  # the tail of the request that ended, not another one
        request, reason = self._understand(reading)
        credit = _credit(reading.source, request.mode)
        prior = SIREN_PRIOR if request.mode is Mode.EMERGENCY else SOURCE_PRIOR
        trust_ratio = self._trust.of(credit, reading.id, utc_s, prior)
        if cooling:
            reason = EndReason.COOLDOWN
        elif reason is None:
            reason = self._refuse(utc_s, reading, request, trust_ratio)
        if reason is not None:
            ended.append(replace(request, state=RequestState.REJECTED, reason=reason))
            if not cooling:
                self._cool(utc_s, reading.id)
            return
        due_s = _due_s(reading)
        proven = self._trust.proven(credit, reading.id)
        most_persons = OCCUPANCY[request.mode] * (MAX_FILL_RATIO if proven else 1.0)
        request = replace(request, persons=min(request.persons, most_persons))
        entry = OpenRequest(
            request=request,
            source=reading.source,
            opened_s=utc_s,
            opened_t_s=reading.t_s,
            said_t_s=reading.t_s,
            heard_s=utc_s,
            due_s=due_s,
            earliest_due_s=due_s,
            trust_ratio=trust_ratio,
            most_persons=most_persons,
            proven=proven,
            vouched_ratio=self._trust.vouched(credit, utc_s),
        )
        self._watch(entry, utc_s, 0.0, green=False)
        self._open[reading.id] = entry

    def _refuse(
        self, utc_s: float, reading: TransitReading, request: PriorityRequest, trust_ratio: float
    ) -> EndReason | None:
        """Why somebody who asks properly is not heard."""
        if utc_s - reading.t_s > LATE_S:
            return EndReason.LATE
        if len(self._open) >= MAX_OPEN_PER_JUNCTION:
            return EndReason.FULL
        if trust_ratio < LEAST_TRUST_RATIO:
            return EndReason.DISTRUSTED
        if request.mode is Mode.EMERGENCY:
            return None if self._emergencies.take(reading.source, utc_s) else EndReason.RATE
        allowed = (
            self._vehicles.take(reading.id, utc_s)
            and self._groups.take(request.group, utc_s)
            and self._sources.take(reading.source, utc_s)
        )
        return None if allowed else EndReason.RATE

    def _understand(self, reading: TransitReading) -> tuple[PriorityRequest, EndReason | None]:
        """The request as this junction understands it, and why it cannot be one.

        The level alone makes an emergency vehicle, where it comes by a way that may say so: elsewhere it asks like
        anybody else. Its weight is the mode's own, whatever else the message claims.
        """
        said, reading = reading, self._without_siren(reading)
        movement = self._movements.get(reading.movement)
        group = movement.group if movement else reading.group
        emergency = reading.level >= self._emergency_level
        reason = None
        if group not in self._junction.groups:
            reason = EndReason.UNKNOWN_WAY
        elif not 0 <= reading.level <= MAX_LEVEL or (reading.mode is Mode.EMERGENCY and not emergency):
            reason = EndReason.LEVEL
        request = PriorityRequest(
            id=reading.id,
            junction=self._junction.id,
            group=group,
            mode=Mode.EMERGENCY if emergency else reading.mode,
            level=reading.level,
            eta_s=reading.eta_s,
            lateness_s=min(max(reading.lateness_s or 0.0, -MAX_LATENESS_S), MAX_LATENESS_S),
            persons=0.0 if emergency else max(reading.persons, 0.0),
            line=reading.line,
            state=RequestState.RECEIVED,
            lane=movement.lane if movement else None,
            halts=reading.halts,
            downgraded=reading is not said,
        )
        return request, reason

    def _without_siren(self, reading: TransitReading) -> TransitReading:
        """A siren that came by a way without the right to sound one is a vehicle of no special kind."""
        if reading.source in self._emergency_sources or reading.level > MAX_LEVEL:
            return reading
        if reading.level < self._emergency_level and reading.mode is not Mode.EMERGENCY:
            return reading
        mode = Mode.CAR if reading.mode is Mode.EMERGENCY else reading.mode
        return replace(reading, level=min(reading.level, self._emergency_level - 1), mode=mode)

    def _end(
        self,
        utc_s: float,
        key: str,
        state: RequestState,
        ended: list[PriorityRequest],
        reason: EndReason = EndReason.NONE,
    ) -> None:
        entry = self._open.pop(key)
        self._cool(utc_s, key)
        ended.append(replace(entry.request, state=state, reason=reason))
        came = entry.came(state, utc_s)
        if came is not None:
            self._trust.learn(_credit(entry.source, entry.request.mode), key, utc_s, came=came)

    def _cool(self, utc_s: float, key: str) -> None:
        if len(self._cooldown_until_s) < MAX_REMEMBERED:
            self._cooldown_until_s[key] = utc_s + COOLDOWN_S

    def _forget(self, utc_s: float) -> None:
        self._cooldown_until_s = {key: until for key, until in self._cooldown_until_s.items() if until > utc_s}
        self._over_t_s = {key: t_s for key, t_s in self._over_t_s.items() if utc_s - t_s <= LATE_S}


def _stamped(reading: TransitReading, utc_s: float) -> TransitReading:
    """With the time of its arrival where it has none, or one that cannot be."""
    return replace(reading, t_s=utc_s) if not ON_ARRIVAL_S < reading.t_s <= utc_s + AHEAD_S else reading


def _with_what_was_said(request: PriorityRequest, before: PriorityRequest, reading: TransitReading) -> PriorityRequest:
    """An update need not repeat what does not change."""
    return replace(
        request,
        lateness_s=before.lateness_s if reading.lateness_s is None else request.lateness_s,
        persons=0.0 if request.mode is Mode.EMERGENCY else request.persons or before.persons,
        line=request.line or before.line,
        downgraded=request.downgraded or before.downgraded,
    )


def _credit(source: str, mode: Mode) -> str:
    """Whose credit is at stake: emergency vehicles have one of their own, so that lies about them spoil no bus."""
    return f"{source}!" if mode is Mode.EMERGENCY else source


def _due_s(reading: TransitReading) -> float:
    return reading.t_s + min(max(reading.eta_s, 0.0), MAX_ETA_S)
