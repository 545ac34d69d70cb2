"""Numbers of the rollout's traffic model and cost, with units and where they come from."""

from typing import NamedTuple


class BasePolicy(NamedTuple):
    """How a course of action goes on after its first change: serve until nobody comes, then the heaviest claim."""

    extension_s: float  # a green is kept for arrivals this close
    least_claim: float  # no change for less weight than this,
    lookahead_s: float  # nor for less than the running stage would serve within so many seconds


class RolloutNumbers(NamedTuple):
    """One set for every junction."""

    horizon_s: float = 50.0
    startup_s: float = 2.7  # begin of green to the first front over the stop line, measured
    standstill_s: float = 4.0  # who would have arrived so long before green stands by then
    amber_use_s: float = 1.0  # drivers go on into amber
    gap_s: float = 4.0  # a turn that gives way needs this gap
    walk_s: float = 6.0  # turning traffic waits that long for people who step off
    least_service_ratio: float = 0.05
    longest_green_s: float = 60.0  # of the base policy, while others wait
    stop_s: float = 4.0  # a stop costs as much as so many seconds of delay
    terminal_s: float = 12.0  # expected further wait of whoever is left at the end
    terminal_headway_s: float = 1.0  # and more for each one ahead in its lane
    worth_ratio: float = 1.05  # courses that cost more over the best are not looked at closer
    limit_rise: float = 2.0  # at the limit of a wait at a crossing a second counts once and so many times more
    overdue: float = 40.0  # and beyond it the crossing costs as much as so many persons more,
    overdue_ramp_s: float = 5.0  # growing over so many seconds
