"""A switch that cannot chatter: two thresholds, and a time for which each must be passed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """On at `on` or above for `on_after_s`, off at `off` or below for `off_after_s`; `off` is below `on`."""

    on: float
    off: float
    on_after_s: float = 0.0
    off_after_s: float = 0.0

    def __post_init__(self) -> None:
        """A band without width is no hysteresis."""
        if self.off >= self.on:
            raise ValueError(f"expected the lower value below the upper one, got {self.off} and {self.on}")


class Switch:
    """On or off by one value that is looked at again and again."""

    def __init__(self, band: Band) -> None:
        self._band = band
        self._beyond_since_s: float | None = None
        self.on = False

    def update(self, utc_s: float, value: float) -> bool:
        """The state after this value; a clock that was set back starts the wait again."""
        band = self._band
        beyond = value <= band.off if self.on else value >= band.on
        if not beyond:
            self._beyond_since_s = None
            return self.on
        if self._beyond_since_s is None or utc_s < self._beyond_since_s:
            self._beyond_since_s = utc_s
        if utc_s - self._beyond_since_s >= (band.off_after_s if self.on else band.on_after_s):
            self.on = not self.on
            self._beyond_since_s = None
        return self.on

    def reset(self) -> None:
        """Off at once, as there is no value to go by."""
        self.on = False
        self._beyond_since_s = None
