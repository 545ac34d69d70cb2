"""An open priority request: what is known of it, how much it counts, and when its time is up."""

from dataclasses import dataclass

from detectors.picture import EndReason, PriorityRequest
from plans.junction import Mode

GRACE_S = 30.0
"""How long after its announced arrival (or its last word, whichever is later) a silent vehicle is believed to come."""
MAX_LIFE_S = 600.0
MAX_GREEN_S = 90.0
"""Green that a request gets after the earliest arrival that it announced; who has not crossed by then is not coming."""
NEAR_S = 15.0
"""So long before its arrival a vehicle should be in sight."""
DOUBT_S = 20.0
"""Green after its arrival without anybody in sight; its request counts less and less until then."""
DOUBTED_RATIO = 0.2
TRUSTED_RATIO = 0.5


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
    green_s: float = 0.0
    unseen_green_s: float = 0.0
    seen: bool = False
    watched: bool = False

    @property
    def counts_ratio(self) -> float:
        """How much it counts now: less than it is trusted while it has green and nobody is there."""
        doubt = 1.0 if self.seen else max(DOUBTED_RATIO, 1.0 - self.unseen_green_s / DOUBT_S)
        return self.trust_ratio * doubt

    @property
    def rank(self) -> tuple[bool, bool, float, str]:
        """Emergency vehicles first, then who is trusted, then who comes first."""
        emergency = self.request.mode is Mode.EMERGENCY
        return not emergency, self.trust_ratio < TRUSTED_RATIO, self.due_s, self.request.id

    def watch(self, utc_s: float, elapsed_s: float, *, green: bool, there: bool | None) -> None:
        """Note green that it had, and whether somebody like it is in sight (None when nobody can tell)."""
        late = utc_s > self.earliest_due_s
        if green and late:
            self.green_s += elapsed_s
        if there is None or utc_s < self.due_s - NEAR_S:
            return
        self.watched = True
        self.seen = self.seen or there
        if green and late and not there:
            self.unseen_green_s += elapsed_s

    def time_is_up(self, utc_s: float) -> EndReason | None:
        """Why it is not waited for any longer."""
        if utc_s > max(self.due_s, self.heard_s) + GRACE_S:
            return EndReason.SILENT
        if utc_s > self.opened_s + MAX_LIFE_S:
            return EndReason.TOO_LONG
        return EndReason.GREEN_USED if self.green_s > MAX_GREEN_S else None
