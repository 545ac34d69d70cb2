"""When phases of a programme that reacts to traffic may end.

Times are whole milliseconds, as in SUMO, so that sums of durations have no rounding. `earliest` and `latest` are those
of SUMO's MSSimpleTrafficLightLogic: bounds within a cycle that is either the clock's (`coordinated`) or begins with
the first phase.
"""

from sim.engine.jit import helper
from sim.engine.signal_arrays import NOT_GIVEN, Signals
from sim.reactive.phases import NO_LIMIT


@helper
def as_milliseconds(seconds: float) -> int:
    """Seconds as SUMO counts them."""
    return int(seconds * 1000.0 + (0.5 if seconds >= 0.0 else -0.5))


@helper
def lasted(sig: Signals, p: int, now: int) -> int:
    """For how long the phase has been running."""
    return now - sig.phase.began[sig.programme.phase[p]]


@helper
def in_cycle(sig: Signals, p: int, now: int) -> int:
    """The second of the cycle; below 0 before the offset, as in SUMO."""
    begin = sig.programme.offset[p]
    if not sig.programme.coordinated[p]:
        begin = sig.phase.began[sig.programme.phase_start[p]]
    since, cycle = now - begin, sig.programme.cycle[p]
    return since % cycle if since >= 0 else -(-since % cycle)


@helper
def switch_to(sig: Signals, p: int, phase: int, now: int) -> int:
    """Switch to a phase, which may be the one that runs; when it had begun before."""
    before, previous = sig.phase.began[phase], sig.programme.phase[p]
    if phase != previous:
        sig.programme.phase[p] = phase
        sig.phase.ended[previous] = now
        sig.phase.began[phase] = now
    return before


@helper
def earliest(sig: Signals, p: int, now: int, previous_begin: int) -> int:
    """How long the phase must go on for `earliestEnd`."""
    phase, cycle = sig.programme.phase[p], sig.programme.cycle[p]
    end, latest_end = sig.phase.earliest_end[phase], sig.phase.latest_end[phase]
    if end == NOT_GIVEN:
        return 0
    at = in_cycle(sig, p, now)
    if previous_begin >= now - at and previous_begin < sig.phase.ended[phase]:
        end += cycle  # it has run in this cycle already
    elif latest_end != NOT_GIVEN:
        least_end = at + sig.phase.least[phase] - lasted(sig, p, now)
        if end < latest_end < least_end:
            end += cycle
        elif latest_end < end and latest_end >= least_end:
            end -= cycle
    return min(end - at, sig.phase.most[phase] - lasted(sig, p, now))


@helper
def latest(sig: Signals, p: int, now: int) -> int:
    """How long the phase may go on for `latestEnd`."""
    phase = sig.programme.phase[p]
    end, earliest_end = sig.phase.latest_end[phase], sig.phase.earliest_end[phase]
    if end == NOT_GIVEN:
        return NO_LIMIT
    at = in_cycle(sig, p, now)
    if (-1 if earliest_end == NOT_GIVEN else earliest_end) > end and lasted(sig, p, now) < at:
        return NO_LIMIT  # it began in this cycle, and may end in the next
    if end == sig.programme.cycle[p] and at == 0:
        return 0
    return max(0, end - at)
