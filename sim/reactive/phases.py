"""Phases of a programme that reacts to traffic: what each is, and in which one the programme begins."""

from sim.signal_programme import Phase, TrafficLightLogic

NO_LIMIT = 10**12  # milliseconds
A_SECOND_MS = 1000
GREEN = frozenset("Gg")
AMBER = frozenset("yY")


def milliseconds(seconds: float) -> int:
    """Seconds as SUMO counts them."""
    return int(seconds * 1000.0 + (0.5 if seconds >= 0 else -0.5))


def is_green(phase: Phase) -> bool:
    """Whether a phase serves somebody and nobody has amber: only such phases are lengthened."""
    return not GREEN.isdisjoint(phase.state) and AMBER.isdisjoint(phase.state)


def actuated_phases(logic: TrafficLightLogic) -> tuple[bool, ...]:
    """By phase: whether it has no fixed duration, as one has not with a bound that is an expression."""
    overridden = logic.rules.overridden if logic.rules is not None else frozenset()
    return tuple(
        phase.min_duration_s != phase.max_duration_s or not overridden.isdisjoint({("minDur", n), ("maxDur", n)})
        for n, phase in enumerate(logic.phases)
    )


def first_phase(logic: TrafficLightLogic, begin_ms: int) -> int:
    """Number of the phase in which a fixed programme would be, where the programme begins with its least duration."""
    durations = [milliseconds(phase.duration_s) for phase in logic.phases]
    at, number = (begin_ms - milliseconds(logic.offset_s)) % sum(durations), 0
    while at >= durations[number]:
        at -= durations[number]
        number += 1
    return number
