"""Which approach lane a vehicle on a common lane upstream will take: nobody sees it, so they are dealt out by share.

Shares start from the site's own (derived ones count every way alike) and follow what lanes really get. Dealing takes
fair turns instead of drawing lots: over any stretch each lane gets its share, and a vehicle is dealt once.
"""

from collections import defaultdict

from plans.junction import Junction

PRIOR_VEHICLES = 10.0
MEMORY_VEHICLES = 200.0


class FeederShares:
    """The shares of all feeders of one junction."""

    def __init__(self, junction: Junction) -> None:
        self._weight: dict[str, dict[str, float]] = defaultdict(dict)
        for lane in junction.lanes.values():
            for feeder in lane.feeders:
                if feeder.lane not in junction.lanes and feeder.share_ratio > 0.0:
                    self._weight[feeder.lane][lane.id] = PRIOR_VEHICLES * feeder.share_ratio
        self._credit: dict[tuple[str, str], float] = defaultdict(float)

    @property
    def feeders(self) -> tuple[str, ...]:
        """Every lane upstream that feeds an approach lane."""
        return tuple(self._weight)

    def lanes(self, feeder: str) -> tuple[str, ...]:
        """The approach lanes that it feeds."""
        return tuple(self._weight.get(feeder, ()))

    def deal(self, feeder: str) -> str:
        """The approach lane for the next vehicle of this feeder."""
        weights = self._weight[feeder]
        total = sum(weights.values())
        for lane, weight in weights.items():
            self._credit[feeder, lane] += weight / total
        chosen = max(weights, key=lambda lane: self._credit[feeder, lane])
        self._credit[feeder, chosen] -= 1.0
        return chosen

    def learn(self, feeder: str, lane: str, vehicles: float = 1.0) -> None:
        """Vehicles of this feeder have come to this lane."""
        weights = self._weight.get(feeder)
        if weights is None or lane not in weights:
            return
        weights[lane] += vehicles
        total = sum(weights.values())
        if total > MEMORY_VEHICLES:
            for name in weights:
                weights[name] *= MEMORY_VEHICLES / total
