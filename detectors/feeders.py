"""Which approach lane a vehicle on a common lane upstream will take: nobody sees it, so they are dealt out by share.

Shares start from the site's own (derived ones count every way alike) and follow where vehicles really go: to a lane
that the feeder leads to, to one beside it after a change of lanes, or elsewhere, to none of the junction's lanes.
Dealing takes fair turns instead of drawing lots: over any stretch each way gets its share.
"""

from collections import defaultdict

from plans.junction import Junction

ELSEWHERE = ""
"""Instead of a lane: the vehicle turns off, parks, or waits for another junction."""
PRIOR_VEHICLES = 6.0
MEMORY_VEHICLES = 100.0
PLAUSIBLE_RATIO = 0.2


class FeederShares:
    """The shares of all feeders of one junction."""

    def __init__(self, junction: Junction) -> None:
        self._weight: dict[str, dict[str, float]] = {}
        self._reach: dict[str, tuple[str, ...]] = {}
        fed: dict[str, dict[str, float]] = defaultdict(dict)
        for lane in junction.lanes.values():
            for feeder in lane.feeders:
                if feeder.lane not in junction.lanes and feeder.share_ratio > 0.0:
                    fed[feeder.lane][lane.id] = feeder.share_ratio
        for feeder_id, shares in fed.items():
            approaches = {junction.lanes[lane].approach for lane in shares}
            self._reach[feeder_id] = tuple(lane.id for lane in junction.lanes.values() if lane.approach in approaches)
            whole = max(1.0, sum(shares.values()))
            self._weight[feeder_id] = {lane: PRIOR_VEHICLES * share / whole for lane, share in shares.items()}
            self._weight[feeder_id][ELSEWHERE] = PRIOR_VEHICLES * (1.0 - sum(shares.values()) / whole)
        self._credit: dict[tuple[str, str], float] = defaultdict(float)

    @property
    def feeders(self) -> tuple[str, ...]:
        """Every lane upstream that feeds an approach lane."""
        return tuple(self._weight)

    def lanes(self, feeder: str) -> tuple[str, ...]:
        """The approach lanes that its vehicles can come to: those of the approaches that it feeds."""
        return self._reach.get(feeder, ())

    def deal(self, feeder: str) -> str:
        """The approach lane for the next vehicle of this feeder, or `ELSEWHERE`."""
        weights = self._weight[feeder]
        total = sum(weights.values())
        for lane, weight in weights.items():
            self._credit[feeder, lane] += weight / total
        chosen = max(weights, key=lambda lane: self._credit[feeder, lane])
        self._credit[feeder, chosen] -= 1.0
        return chosen

    def share(self, feeder: str, lane: str) -> float:
        """Part of the feeder's vehicles that comes to this lane."""
        weights = self._weight[feeder]
        return weights.get(lane, 0.0) / sum(weights.values())

    def plausible(self, feeder: str, lane: str) -> bool:
        """Whether somebody on this feeder may well be on the way to this lane."""
        weights = self._weight[feeder]
        return weights.get(lane, 0.0) >= PLAUSIBLE_RATIO * sum(weights.values())

    def learn(self, feeder: str, lane: str, vehicles: float = 1.0) -> None:
        """Vehicles of this feeder have come to this lane, or gone `ELSEWHERE`."""
        weights = self._weight.get(feeder)
        if weights is None or (lane != ELSEWHERE and lane not in self._reach[feeder]):
            return
        weights[lane] = weights.get(lane, 0.0) + vehicles
        total = sum(weights.values())
        if total > MEMORY_VEHICLES:
            for name in weights:
                weights[name] *= MEMORY_VEHICLES / total
