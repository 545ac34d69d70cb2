"""How one stage follows another: who switches when, and how long after what was shown it may begin."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class GroupSwitch:
    """Within a transition, `group` begins (or ends) green `at_s` seconds after the transition's start."""

    group: str
    at_s: int
    green: bool


@dataclass(frozen=True, slots=True)
class StageTransition:
    """How one stage follows another: every group that changes, and when. Lasts `duration_s` until all are green."""

    origin: str
    target: str
    switches: tuple[GroupSwitch, ...]
    duration_s: int


class TransitionLags(NamedTuple):
    """How long after what was shown a transition may begin, whatever else is shown.

    `switches` are the groups that begin or end in it: so many seconds after their own begin or end of green.
    `clearances` are those whose end of green, if it lies before the transition, has to be so many seconds back, and
    `greens` those whose begin of green has to be, if they are green.
    """

    switches: tuple[tuple[str, int], ...]
    clearances: tuple[tuple[str, int], ...]
    greens: tuple[tuple[str, int], ...]
