"""How often somebody may ask: a bucket of turns that fills up slowly, one per name."""

MAX_NAMES = 4096


class Allowance:
    """Each name may take `burst` turns at once, and one more every `every_s` seconds.

    Names that nobody used for so long that their bucket is full again are forgotten; when there are too many at once,
    new ones get nothing until the others are forgotten.
    """

    def __init__(self, burst: int, every_s: float) -> None:
        self._burst = float(burst)
        self._every_s = every_s
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str, utc_s: float) -> bool:
        """Use one turn; False when there is none left."""
        left = self._turns(name, utc_s)
        if name not in self._left and len(self._left) >= MAX_NAMES:
            self._left = {known: kept for known, kept in self._left.items() if self._turns(known, utc_s) < self._burst}
            if len(self._left) >= MAX_NAMES:
                return False
        if left < 1.0:
            return False
        self._left[name] = (left - 1.0, utc_s)
        return True

    def set_clock_back(self, by_s: float) -> None:
        """The clock says `by_s` less than before: buckets go on filling from where they are."""
        self._left = {name: (left, since_s - by_s) for name, (left, since_s) in self._left.items()}

    def _turns(self, name: str, utc_s: float) -> float:
        left, since_s = self._left.get(name, (self._burst, utc_s))
        return min(self._burst, left + max(0.0, utc_s - since_s) / self._every_s)
