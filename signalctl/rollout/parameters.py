"""Numbers of the rollout's traffic model, cost and search, with units and where they come from."""

from typing import NamedTuple


class RolloutNumbers(NamedTuple):
    """One set for every junction."""

    horizon_s: float = 50.0
    startup_s: float = 1.7  # begin of green to where a queue's steady headways begin, measured
    front_s: float = 0.5  # begin of green to the first front over the line, when it stands at the line, measured
    standstill_s: float = 4.0  # who would have arrived so long before green stands by then
    amber_use_s: float = 1.0  # drivers go on into amber
    gap_s: float = 4.0  # a turn that gives way needs this gap
    blocked_s: float = 15.0  # an exit that is full now is expected to have room then
    jam_s: float = 15.0  # who has stood on green so long is in a jam, whose end cannot be foreseen
    walk_s: float = 6.0  # turning traffic waits that long for people who step off
    rate_ratio: float = 0.5  # how much of the average rate beyond sensing is expected
    least_service_ratio: float = 0.05
    terminal_s: float = 12.0  # expected further wait of whoever is left on red at the end
    terminal_green_s: float = 4.0  # and of whoever has green then
    terminal_headway_s: float = 3.0  # and more for each one ahead in its lane: a headway over its share of green
    kerb_ratio: float = 1.0  # a second of waiting at a crossing counts so many times at first,
    limit_rise: float = 2.0  # and so many times more at the limit of that wait
    lookahead_s: float = 4.0  # who comes so soon after a stage could be shown claims it
    width: int = 1  # courses that go on for each stage shown
    near_s: int = 4  # up to here every second is looked at,
    stride_s: int = 2  # farther ahead every so many
    changing: int = 3  # of the courses of one second so many of the most promising may change, and the best that stays
    branches: int = 3  # stages that a course may change to in one second, those with the heaviest claims
