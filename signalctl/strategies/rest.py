"""Nobody is there: a junction that has a stage to rest in goes there and waits for the next road user.

Without such a stage the one that runs goes on. Quiet is what has been seen, not what is expected on average: a road or
a kerb that nobody looks at is never quiet.
"""

from dataclasses import dataclass

from detectors.picture import JunctionPicture, LanePicture
from plans.junction import Junction
from plans.sealed import RequestAction, RequestReason
from signalctl.strategies.conduct import Scope
from signalctl.strategies.kerb_rates import LEAST_CONFIDENCE
from signalctl.strategies.parameters import RestParameters
from signalctl.strategy import NOTHING_TO_CHOOSE, StageDecision


@dataclass
class Rest:
    """How long nobody has been at one junction; `quiet_since_s` is None while somebody is."""

    junction: Junction
    parameters: RestParameters
    quiet_since_s: int | None = None

    def observe(self, picture: JunctionPicture, utc_s: int) -> None:
        """Fold in one second."""
        if not self.junction.rest or not self._is_quiet(picture):
            self.quiet_since_s = None
        elif self.quiet_since_s is None or self.quiet_since_s > utc_s:
            self.quiet_since_s = utc_s

    def decide(self, scope: Scope, utc_s: int) -> StageDecision | None:
        """To the stage of rest, or to stay in it; None while somebody is there, or was a moment ago."""
        if self.quiet_since_s is None or utc_s - self.quiet_since_s < self.parameters.quiet_s:
            return None
        rest = self.junction.rest
        if scope.stage == rest:
            return self._decision(rest, RequestAction.HOLD, f"Nobody is there: stage {rest} rests.")
        wait_s = scope.ready_s.get(rest)
        if wait_s is None:
            return None
        if wait_s > 0:
            why = f"Nobody is there: to stage {rest}, where the junction rests, in {wait_s} s."
            return self._decision(scope.stage, RequestAction.HOLD, why)
        why = f"Nobody is there: to stage {rest}, where the junction rests."
        return self._decision(rest, RequestAction.GO, why)

    def _decision(self, stage: str, action: RequestAction, why: str) -> StageDecision:
        return StageDecision(self.junction.id, stage, action, RequestReason.TRAFFIC, why, unit=NOTHING_TO_CHOOSE)

    def _is_quiet(self, picture: JunctionPicture) -> bool:
        """Nobody stands at a kerb, has announced a bus, or reaches a stop line soon, and all of it can be seen."""
        lanes = [picture.lanes.get(lane) for lane in self.junction.lanes]
        return (
            not picture.requests
            and not any(one.requested or one.waiting > 0.0 for one in picture.crossings.values())
            and all(lane is not None and self._is_empty(lane) for lane in lanes)
        )

    def _is_empty(self, lane: LanePicture) -> bool:
        """Nobody reaches the stop line within the time that it takes to give them green."""
        if lane.confidence_ratio < LEAST_CONFIDENCE:
            return False
        if not lane.distance_m.size:
            return True
        # who stands, or has only just begun to move, is on the way as well
        slowest_mps = 0.5 * self.junction.lanes[lane.lane].speed_mps
        eta_s = lane.distance_m / lane.speed_mps.clip(min=slowest_mps)
        return bool(eta_s.min() > self.parameters.ahead_s)
