"""Every reason for which a field controller refuses: a stable number for the wire and a stable name for people."""

from dataclasses import dataclass
from enum import IntEnum

from plans.junction import Junction


class RefusalCode(IntEnum):
    """Registers `reject_code` and `plan_reject_code` of block B. Numbers are never reused."""

    NONE = 0
    PARTIAL_WRITE = 1
    BAD_CRC = 2
    BAD_HMAC = 3
    BAD_FORMAT = 4
    MAP_VERSION = 5
    SEQUENCE_NOT_NEWER = 10
    OLDER_EPOCH = 11
    NO_LEASE = 12
    OTHER_MASTER = 13
    LEASE_RANGE = 14
    LEVEL_NOT_REQUESTED = 15
    WRONG_STATE = 16
    STALE = 17
    SAFETY_HASH = 20
    EXPIRED = 21
    TOO_FAR_AHEAD = 22
    CLOCK = 23
    CYCLE_RANGE = 24
    CYCLE_SUM = 25
    UNKNOWN_ELEMENT = 26
    FRAME = 27
    GREENS_DIFFER = 28
    ON_DEMAND_REPEATED = 29
    MIN_GREEN = 30
    CONFLICT = 31
    INTERGREEN = 32
    INTERGREEN_TRANSITION = 33
    NEVER_GREEN = 34
    MAX_RED = 35
    CLEARANCE = 36
    ON_DEMAND_WAY = 37
    HEAD_START = 38
    STEP_TOO_LARGE = 40
    ACTIVATION_RATE = 41
    MODE = 50
    IN_TRANSITION = 60
    OUTSIDE_FRAME = 61
    REQUEST_RANGE = 62
    COUNTER_NOT_NEWER = 63
    STARTING = 64
    NO_LEGAL_MOVE = 65


DESCRIPTIONS: dict[RefusalCode, str] = {
    RefusalCode.NONE: "nothing was refused",
    RefusalCode.PARTIAL_WRITE: "a block that is written whole was written in part (exception 03 as well)",
    RefusalCode.BAD_CRC: "the CRC-32 does not belong to what was written",
    RefusalCode.BAD_HMAC: "the HMAC was not made with this controller's key",
    RefusalCode.BAD_FORMAT: "magic, counts, pages or a value outside of its range; element: the register",
    RefusalCode.MAP_VERSION: "another version of the register map",
    RefusalCode.SEQUENCE_NOT_NEWER: "the plan's sequence is not newer than the last one activated",
    RefusalCode.OLDER_EPOCH: "the epoch is older than the newest seen",
    RefusalCode.NO_LEASE: "nobody holds a lease",
    RefusalCode.OTHER_MASTER: "another master holds the lease in this epoch",
    RefusalCode.LEASE_RANGE: "a lease is 1 to 120 s, its master not 0, its level 0 to 2",
    RefusalCode.LEVEL_NOT_REQUESTED: "the lease was taken for a lower level",
    RefusalCode.WRONG_STATE: "the plan's life has no such step from here (verify, activate, abort, in this order)",
    RefusalCode.STALE: "the command's time differs by more than 30 s from the controller's clock",
    RefusalCode.SAFETY_HASH: "the plan was checked against another safety configuration",
    RefusalCode.EXPIRED: "the plan's expiry has passed, or lies before its activation",
    RefusalCode.TOO_FAR_AHEAD: "activation is more than 24 h ahead",
    RefusalCode.CLOCK: "the clock is not synchronised and the plan has an offset",
    RefusalCode.CYCLE_RANGE: "the cycle is outside of the junction's range",
    RefusalCode.CYCLE_SUM: "greens and transitions do not fill the cycle",
    RefusalCode.UNKNOWN_ELEMENT: "no such stage or group; element: its number",
    RefusalCode.FRAME: "a frame longer than the cycle, without the stage's own nominal time, or shorter than the "
    "minimum greens of a stage on demand; element: stage",
    RefusalCode.GREENS_DIFFER: "the group greens are not those of the stages; element: group",
    RefusalCode.ON_DEMAND_REPEATED: "a stage on demand stands in the plan twice, or in its cycle; element: stage",
    RefusalCode.MIN_GREEN: "a green would be shorter than its minimum; element: group",
    RefusalCode.CONFLICT: "conflicting greens overlap; element: group",
    RefusalCode.INTERGREEN: "an intergreen is short in the cyclic plan; element: group that starts",
    RefusalCode.INTERGREEN_TRANSITION: "no way from the running plan, or from the plan to a local one, keeps the "
    "intergreens; element: group that starts",
    RefusalCode.NEVER_GREEN: "a mandatory group never gets green; element: group",
    RefusalCode.MAX_RED: "a mandatory group would be red for longer than its maximum; element: group",
    RefusalCode.CLEARANCE: "a crossing would not be cleared before a conflicting green; element: crossing",
    RefusalCode.ON_DEMAND_WAY: "no legal transition from every stage of the cycle to a stage on demand, and back; "
    "element: the stage on demand",
    RefusalCode.HEAD_START: "a group would begin before people on foot or cyclists that it turns across have had their "
    "head start; element: group that starts",
    RefusalCode.STEP_TOO_LARGE: "the cycle changes by more than the step limit",
    RefusalCode.ACTIVATION_RATE: "more than one activation in a cycle",
    RefusalCode.MODE: "manual, police, dark, flash or fault mode",
    RefusalCode.IN_TRANSITION: "a transition is under way; element: stage asked for",
    RefusalCode.OUTSIDE_FRAME: "the plan's frame does not allow the stage now; element: stage",
    RefusalCode.REQUEST_RANGE: "a request lives 1 to 5 s and has a known action",
    RefusalCode.COUNTER_NOT_NEWER: "the request's counter is not above the newest accepted",
    RefusalCode.STARTING: "the controller is still starting up",
    RefusalCode.NO_LEGAL_MOVE: "the configured transition to the stage breaks a rule and is never made; element: stage",
}


_GROUP_CODES = frozenset(
    {
        RefusalCode.GREENS_DIFFER,
        RefusalCode.MIN_GREEN,
        RefusalCode.CONFLICT,
        RefusalCode.INTERGREEN,
        RefusalCode.INTERGREEN_TRANSITION,
        RefusalCode.NEVER_GREEN,
        RefusalCode.MAX_RED,
        RefusalCode.CLEARANCE,
        RefusalCode.HEAD_START,
    }
)
_STAGE_CODES = frozenset(
    {
        RefusalCode.FRAME,
        RefusalCode.ON_DEMAND_REPEATED,
        RefusalCode.ON_DEMAND_WAY,
        RefusalCode.IN_TRANSITION,
        RefusalCode.OUTSIDE_FRAME,
        RefusalCode.NO_LEGAL_MOVE,
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused and why; `element` counts from 1, 0 is the whole."""

    code: RefusalCode
    element: int = 0

    @property
    def name(self) -> str:
        """Stable name for metrics and journal."""
        return self.code.name.lower()

    def element_name(self, junction: Junction) -> str:
        """The element by its own id where it is a group or a stage, else its number; empty for the whole."""
        if not self.element:
            return ""
        order: tuple[str, ...] = ()
        if self.code in _GROUP_CODES:
            order = junction.group_order
        elif self.code in _STAGE_CODES:
            order = junction.stage_order
        return order[self.element - 1] if self.element <= len(order) else str(self.element)
