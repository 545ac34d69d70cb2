"""People at a signalised crossing, from push-buttons or presence detectors at the kerb."""

from detectors.picture import CrossingPicture, Health
from detectors.readings import ButtonReading
from plans.junction import Aspect

PRIOR_PERSONS_PER_S = 60.0 / 3600.0
PRIOR_WEIGHT_S = 60.0
LATE_PRESS_S = 3.0
"""Who presses so shortly before the end of green may not step off any more: the press stands."""
AGAIN_S = 12.0
"""Who presses within so many seconds after another press that fell into green may be the one who did not get across."""


class CrossingMemory:
    """One pedestrian group.

    A press opens a request, green fulfils it. Who presses says that somebody waits, not how many: the number is
    estimated from how soon after the end of green the first press comes (arrivals are taken as Poisson, so the rate is
    the number of first presses over the time spent waiting for them). A presence detector counts, and is believed.
    Without a usable detector the crossing is served as if requested. A press in the last moments of green stands; one
    that came a little sooner counts when somebody presses again soon after: who pressed first did not get across, and
    has waited since then.
    """

    def __init__(self, group: str) -> None:
        self._group = group
        self._since_s: float | None = None
        self._counted: int | None = None
        self._presses = PRIOR_PERSONS_PER_S * PRIOR_WEIGHT_S
        self._exposure_s = PRIOR_WEIGHT_S
        self._red_since_s: float | None = None
        self._pressed_in_green_s: float | None = None

    def update(
        self, utc_s: float, elapsed_s: float, reading: ButtonReading | None, aspect: Aspect, health: Health
    ) -> CrossingPicture:
        """The crossing now; `reading` is what the detector said since the last picture, None when nothing."""
        if aspect is Aspect.GREEN:
            if self._red_since_s is not None:
                self._pressed_in_green_s = None  # of an earlier green
            self._since_s = self._red_since_s = None
            self._counted = None
            if reading is not None and (reading.pressed or reading.waiting):
                self._pressed_in_green_s = utc_s
            return CrossingPicture(self._group, requested=False, waiting=0.0, longest_wait_s=0.0)
        if self._red_since_s is None:
            self._red_since_s = utc_s
            late_s = self._pressed_in_green_s
            if late_s is not None and utc_s - late_s <= LATE_PRESS_S:
                self._since_s = late_s
        if health not in (Health.OK, Health.UNKNOWN):
            waited_s = utc_s - (self._since_s if self._since_s is not None else self._red_since_s)
            waiting = 1.0 + self._persons_per_s * waited_s
            return CrossingPicture(self._group, True, waiting, waited_s, confidence_ratio=0.2)
        self._hear(utc_s, elapsed_s, reading)
        if self._since_s is None:
            return CrossingPicture(self._group, requested=False, waiting=0.0, longest_wait_s=0.0)
        waited_s = utc_s - self._since_s
        if self._counted is not None:
            return CrossingPicture(self._group, True, float(max(1, self._counted)), waited_s)
        return CrossingPicture(self._group, True, 1.0 + self._persons_per_s * waited_s, waited_s, confidence_ratio=0.7)

    def set_clock_back(self, by_s: float) -> None:
        """The clock says `by_s` less than before: whoever waits has waited as long as before."""
        if self._since_s is not None:
            self._since_s -= by_s
        if self._red_since_s is not None:
            self._red_since_s -= by_s
        if self._pressed_in_green_s is not None:
            self._pressed_in_green_s -= by_s

    def _hear(self, utc_s: float, elapsed_s: float, reading: ButtonReading | None) -> None:
        if self._since_s is None:
            self._exposure_s += elapsed_s
        if reading is None:
            return
        self._counted = reading.waiting
        if reading.waiting == 0 and not reading.pressed:
            self._since_s = None  # who waited has walked away
        elif self._since_s is None and (reading.pressed or reading.waiting):
            before_s = self._pressed_in_green_s
            self._since_s = before_s if before_s is not None and utc_s - before_s <= AGAIN_S else utc_s
            self._presses += 1.0

    @property
    def _persons_per_s(self) -> float:
        return self._presses / self._exposure_s
