"""SUMO's `delay_based` programmes: green goes on while somebody who has lost time comes to the line.

After SUMO's MSDelayBasedTrafficLightLogic, release 1.28.
"""

from sim.engine.jit import helper
from sim.engine.phase_times import as_milliseconds, earliest, lasted, latest, switch_to
from sim.engine.signal_arrays import Signals
from sim.reactive.phases import A_SECOND_MS


@helper
def decide_delay_based(sig: Signals, p: int, now: int) -> int:
    """Stay or switch; how long to wait for the next decision."""
    phase = sig.programme.phase[p]
    if sig.phase.green[phase]:
        passed, most = lasted(sig, p, now), sig.phase.most[phase]
        others = others_wait(sig, phase)
        more = max(0, wanted(sig, p, now, others), sig.phase.least[phase] - passed)
        if not others:
            more = max(more, A_SECOND_MS)
        if others or not sig.programme.extends[p]:
            more = min(more, max(0, most - passed))
        if more > 0:
            return more
    before = sig.phase.began[phase]
    phase += 1
    if phase == sig.programme.phase_start[p + 1]:
        phase = sig.programme.phase_start[p]
    switch_to(sig, p, phase, now)
    return max(sig.phase.least[phase], earliest(sig, p, now, before))


@helper
def others_wait(sig: Signals, phase: int) -> bool:
    """Whether somebody is on a lane that is not green."""
    for k in range(sig.phase.others_start[phase], sig.phase.others_start[phase + 1]):
        if sig.area.count[sig.others[k]] > 0:
            return True
    return False


@helper
def wanted(sig: Signals, p: int, now: int, others: bool) -> int:
    """How much longer the phase is wanted by those who are late."""
    phase, longest = sig.programme.phase[p], 0
    left = sig.phase.most[phase] - lasted(sig, p, now)
    if (others and left <= 0) or latest(sig, p, now) <= 0:
        return 0
    for k in range(sig.phase.speaks_start[phase], sig.phase.speaks_start[phase + 1]):
        longest = max(longest, arrives(sig, sig.speaks[k], left))
    return longest


@helper
def arrives(sig: Signals, area: int, left: int) -> int:
    """When the last comes to the line of those who are late and can before the phase must end; 0 for nobody."""
    if sig.area.late[area] <= 0.0:
        return 0
    latest_one = as_milliseconds(sig.area.late[area] / sig.area.speed[area])
    if latest_one <= left:
        return latest_one
    latest_one, first = 0, sig.area.inmate_start[area]
    for i in range(first, first + sig.area.count[area]):
        if sig.inmate.lost[i] > sig.area.late_from[area] and sig.inmate.ahead[i] > 0.0:
            one = as_milliseconds(sig.inmate.ahead[i] / sig.area.speed[area])
            if one <= left:
                latest_one = max(latest_one, one)
    return latest_one
