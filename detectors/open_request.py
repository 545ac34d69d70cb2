"""An open priority request: what is known of it, how much it counts, and when its time is up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from detectors.picture import EndReason, LanePicture, PriorityRequest, RequestState
from detectors.sightings import Sighting
from detectors.siren import CROSSED_S, SirenWatch
from plans.junction import Mode

GRACE_S = 30.0
"""How long after its announced arrival (or its last word, whichever is later) a silent vehicle is believed to come."""
MAX_LIFE_S = 600.0
MAX_GREEN_S = 60.0
"""Green that a request gets after the earliest arrival that it announced; who has not crossed by then is not coming."""
DUE_SOON_S = 15.0
"""So long before its arrival a vehicle should be in sight."""
DOUBT_S = 10.0
"""Time after its announced arrival without anybody in sight; its request counts less and less until then."""
FULL_GREEN_S, FADED_GREEN_S = 15.0, 40.0
"""Green after its arrival that it has at its full weight, and until which it fades, unless its kind was seen."""
SIREN_FULL_GREEN_S, SIREN_FADED_GREEN_S = 10.0, 25.0
"""The same for a siren, for which everybody else gets out of the way."""
DOUBTED_RATIO = 0.1
TRUSTED_RATIO = 0.5
SIREN_DOUBT_POWER, SIREN_TRUST_POWER = 8, 16
"""A siren weighs a thousand cars: it counts by these powers, so that one lie of its source makes the next one a car."""


@dataclass(slots=True)
class OpenRequest:
    """One request between its announcement and its end; times ending in `t_s` are by the sender's clock."""

    request: PriorityRequest
    source: str
    opened_s: float
    opened_t_s: float
    said_t_s: float
    heard_s: float
    due_s: float
    earliest_due_s: float
    trust_ratio: float
    most_persons: float
    proven: bool
    vouched_ratio: float = 0.0
    tellable: bool = False
    crossed_s: float = float("-inf")
    green_s: float = 0.0
    unseen_s: float = 0.0
    seen: bool = False
    told: bool = False
    watched: bool = False
    siren: SirenWatch = field(default_factory=SirenWatch)

    @property
    def is_siren(self) -> bool:
        """Whether it asks as an emergency vehicle."""
        return self.request.mode is Mode.EMERGENCY

    @property
    def counts_ratio(self) -> float:
        """How much it counts now.

        Less than it is trusted the longer it is due and nobody sees it, or has green and does not cross.
        """
        siren = self.is_siren
        unseen = (self.siren.doubted_s if siren else 0.0 if self.seen else self.unseen_s) / DOUBT_S
        full_s, faded_s = (SIREN_FULL_GREEN_S, SIREN_FADED_GREEN_S) if siren else (FULL_GREEN_S, FADED_GREEN_S)
        unused = 0.0 if self.told else (self.green_s - full_s) / (faded_s - full_s)
        here_ratio = min(1.0, max(DOUBTED_RATIO, 1.0 - max(unseen, unused)))
        if siren:
            return float(self.trust_ratio**SIREN_TRUST_POWER * here_ratio**SIREN_DOUBT_POWER)
        ratio = self.trust_ratio * here_ratio
        if self.tellable and not (self.seen or self.proven):
            return min(ratio, self.vouched_ratio * self.trust_ratio)
        return ratio

    def came(self, state: RequestState, utc_s: float) -> bool | None:
        """Whether it was there after all; None when nobody can tell.

        Its own check-out is believed where nobody watches, where detectors that know its kind saw it, and elsewhere if
        somebody has crossed just then. Who says nothing any more had its chance if it had green when it was due.
        """
        if state is RequestState.COMPLETED:
            if self.is_siren and (self.green_s > FULL_GREEN_S or self.siren.is_disproved):
                return False  # sirens use their green; any car that crosses meanwhile vouches for nothing
            crossed = utc_s - self.crossed_s <= CROSSED_S
            return (self.told or (self.seen and crossed)) if self.watched else True
        if state is RequestState.TIMED_OUT and (self.green_s > 0.0 or self.watched):
            return self.seen and self.told
        return None

    @property
    def rank(self) -> tuple[bool, bool, float, str]:
        """Emergency vehicles first, then who is trusted, then who comes first."""
        return not self.is_siren, self.trust_ratio < TRUSTED_RATIO, self.due_s, self.request.id

    def watch(self, utc_s: float, elapsed_s: float, *, green: bool, sighting: Sighting, crosses: bool) -> None:
        """Note green that it had, whether somebody like it is in sight, and whether anybody crosses."""
        late = utc_s > self.earliest_due_s
        if crosses:
            self.crossed_s = utc_s
        if green and late:
            self.green_s += elapsed_s
        if sighting is Sighting.NOBODY_CAN_TELL or utc_s < self.due_s - DUE_SOON_S:
            return
        self.watched = True
        self.seen = self.seen or sighting is not Sighting.NOT_THERE
        self.told = self.told or sighting is Sighting.ITS_KIND
        if late and sighting is Sighting.NOT_THERE and (green or self.tellable):
            self.unseen_s += elapsed_s

    def watch_siren(self, utc_s: float, elapsed_s: float, lanes: Sequence[LanePicture]) -> None:
        """Ask all its lanes whether somebody can be it; none where not all of them are seen."""
        if self.is_siren and lanes:
            self.siren.watch(elapsed_s, self.due_s - utc_s, lanes)

    def set_clock_back(self, by_s: float) -> None:
        """The clock says `by_s` less than before: it was heard as long ago, and comes as soon, as before."""
        self.opened_s -= by_s
        self.opened_t_s -= by_s
        self.said_t_s -= by_s
        self.heard_s -= by_s
        self.due_s -= by_s
        self.earliest_due_s -= by_s
        self.crossed_s -= by_s

    def time_is_up(self, utc_s: float) -> EndReason | None:
        """Why it is not waited for any longer."""
        if utc_s > max(self.due_s, self.heard_s) + GRACE_S:
            return EndReason.SILENT
        if utc_s > self.opened_s + MAX_LIFE_S:
            return EndReason.TOO_LONG
        return EndReason.GREEN_USED if self.green_s > MAX_GREEN_S else None
