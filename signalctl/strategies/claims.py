"""Who claims green: weighted vehicles that a stage could let cross, and people at its crossings."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat

from detectors.picture import MODES, JunctionPicture, LanePicture
from plans.junction import GroupKind, Junction, Mode
from signalctl.rollout.layout import TURN_SHARE, crossing_groups

STILL_S = 3.0
"""A head that stands so long on green is not being served, whatever its signal shows."""
SOON_S = 10.0
"""Who leaves a stop so soon claims its green already: a change of stages takes about as long."""


@dataclass(frozen=True)
class Claims:
    """Counts one junction's claims. `persons` weighs a road user of each mode."""

    junction: Junction
    persons: Mapping[Mode, float]
    shares: Mapping[int, float]

    @classmethod
    def of(cls, junction: Junction, persons: Mapping[Mode, float]) -> "Claims":
        """Turn shares of shared lanes come from the kinds of turn, where turns are not seen."""
        shares = {}
        for movements in junction.movements_by_lane.values():
            total = sum(TURN_SHARE[movement.turn] for movement in movements)
            for movement in movements:
                shares[junction.movements.index(movement)] = TURN_SHARE[movement.turn] / total
        return cls(junction, persons, shares)

    def lane(self, lane: LanePicture, groups: frozenset[str], blocked: frozenset[str], within_m: float) -> float:
        """Weighted vehicles up to `within_m` that cross in their order.

        One that cannot, or stands at a stop for longer than `SOON_S`, blocks those behind.
        """
        moves = [index for index, movement in enumerate(self.junction.movements) if movement.lane == lane.lane]
        chance, claim = 1.0, 0.0
        presence = repeat(1.0, lane.distance_m.size) if lane.presence is None else lane.presence
        halts = repeat(0.0, lane.distance_m.size) if lane.not_before_s is None else lane.not_before_s
        rows = zip(lane.distance_m, lane.movement, lane.mode, presence, halts, strict=True)
        for distance_m, move, mode, there, halt_s in rows:
            if distance_m > within_m or halt_s > SOON_S:
                break
            wanted = [int(move)] if move >= 0 else moves
            served = [
                index
                for index in wanted
                if self.junction.movements[index].group in groups
                and self.junction.movements[index].exit_lane not in blocked
            ]
            chance *= 1.0 if served == wanted else sum(self.shares[index] for index in served)
            if chance < 0.01:
                break
            claim += chance * float(there) * self.persons[MODES[int(mode)]]
        return claim

    def vehicles(self, picture: JunctionPicture, groups: frozenset[str], within_m: float, *, shown: bool) -> float:
        """Claim of all lanes on `groups`; lanes whose head stands on green do not count where these are `shown`."""
        return sum(
            self.lane(lane, groups, picture.blocked_exits, within_m)
            for lane in picture.lanes.values()
            if not (shown and lane.head_still_s >= STILL_S)
        )

    def people(self, picture: JunctionPicture, groups: frozenset[str]) -> float:
        """Weighted people who wait for one of the groups' crossings."""
        claim = 0.0
        for group in crossing_groups(self.junction):
            crossing = picture.crossings.get(group)
            if group in groups and crossing is not None and (crossing.requested or crossing.waiting > 0.0):
                mode = Mode.BICYCLE if self.junction.groups[group].kind is GroupKind.BICYCLE else Mode.PEDESTRIAN
                claim += self.persons[mode] * max(1.0, crossing.waiting)
        return claim
