"""Signal programmes that react to traffic, run step by step: what they see, when they decide, and what they show."""

from sim.engine.actuated import decide_actuated
from sim.engine.area_watch import watch_areas
from sim.engine.arrays import NOW, STEP_S, Net, Traffic, Vehicles, Walkers
from sim.engine.delay_based import decide_delay_based
from sim.engine.jit import helper
from sim.engine.loop_watch import watch_loops
from sim.engine.phase_times import earliest
from sim.engine.signal_arrays import NOT_BEGUN, Signals


@helper
def watch_road(net: Net, veh: Vehicles, tra: Traffic, sig: Signals) -> None:
    """Look at the road at the end of a step."""
    begin_s = tra.clock[NOW]
    now_s = begin_s + tra.clock[STEP_S]
    if sig.loop.size > 1:
        watch_loops(net, veh, tra, sig, begin_s, now_s)
    if sig.area.size > 1:
        watch_areas(net, veh, tra, sig, begin_s, now_s)


@helper
def run_programmes(tra: Traffic, wal: Walkers, sig: Signals) -> None:
    """Let every programme decide as often as decisions are due in the step that begins now."""
    now, step = round(tra.clock[NOW] * 1000.0), round(tra.clock[STEP_S] * 1000.0)
    for p in range(sig.programme.size - 1):
        if sig.programme.due[p] == NOT_BEGUN:
            least = sig.phase.least[sig.programme.phase[p]]
            sig.programme.due[p] = now + max(least, earliest(sig, p, now, NOT_BEGUN))
        decisions, phases = 0, sig.programme.phase_start[p + 1] - sig.programme.phase_start[p]
        while sig.programme.due[p] < now + step:
            wait = (
                decide_delay_based(sig, p, now) if sig.programme.delay_based[p] else decide_actuated(wal, sig, p, now)
            )
            decisions += 1
            if wait <= 0:
                wait = step if decisions > phases else 0
            sig.programme.due[p] += wait


@helper
def show_programmes(sig: Signals) -> None:
    """Give signals that nobody controls the letters of the phase that their programme has come to."""
    for signal in range(sig.signal.size - 1):
        p = sig.signal.programme[signal]
        if p < 0:
            continue
        phase = sig.programme.phase[p]
        if phase == sig.signal.phase[signal]:
            continue
        sig.signal.phase[signal] = phase
        first, source = sig.signal.letter_start[signal], sig.phase.letter_start[phase]
        for k in range(sig.signal.letter_start[signal + 1] - first):
            letter = sig.phase_letter[source + k]
            if sig.letter[first + k] != letter:
                sig.letter[first + k] = letter
                sig.signal.switched[signal] = True
