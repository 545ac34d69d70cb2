"""SUMO's `actuated` programmes: green goes on while vehicles follow each other closely.

After SUMO's MSActuatedTrafficLightLogic, release 1.28. With several phases in `next`, the one is chosen whose loops ask
most; without, the phases follow each other, each between its least and longest duration. Where a programme states
rules of its own for going on to a phase, these decide instead.
"""

from sim.engine.arrays import INFINITE, Walkers
from sim.engine.evaluating import bring_bounds, evaluate
from sim.engine.jit import helper
from sim.engine.letters import is_green, is_red
from sim.engine.phase_times import as_milliseconds, earliest, lasted, latest, switch_to
from sim.engine.signal_arrays import MOST_ON_LOOP, Signals
from sim.reactive.phases import A_SECOND_MS, NO_LIMIT
from sim.reactive.rule_layout import BY_GAPS

SERVED_PRIORITY = 10
CROSSING_PRIORITY = 100


@helper
def decide_actuated(wal: Walkers, sig: Signals, p: int, now: int) -> int:
    """Stay or switch; how long to wait for the next decision."""
    if sig.programme.assignments[p] >= 0:
        evaluate(wal, sig, p, sig.programme.assignments[p], now)
    count_times(sig, p, now - sig.programme.decided_at[p])
    sig.programme.decided_at[p] = now
    before = sig.programme.phase[p]
    if sig.phase.bounded[before]:
        bring_bounds(wal, sig, p, before, now)
    first = sig.phase.after_start[before]
    several = sig.phase.after_start[before + 1] - first > 1
    if sig.phase.asks[before]:
        phase = ruled(wal, sig, p, now)
    elif several:
        phase = choose(wal, sig, p, now)
    else:
        gap_s = shortest_gap_s(sig, p, now)
        if gap_s < INFINITE:
            return longer(sig, p, now, gap_s)
        phase = sig.after.phase[first]
    wait = links_need(sig, p, sig.phase.target[phase])
    if wait > 0:
        return A_SECOND_MS if several else wait
    began_before = switch_to(sig, p, phase, now)
    if sig.programme.chooses[p] and sig.phase.green[phase]:
        for k in range(sig.phase.speaks_start[phase], sig.phase.speaks_start[phase + 1]):
            sig.loop.last_green[sig.speaks[k]] = now
    if sig.phase.bounded[phase]:
        bring_bounds(wal, sig, p, phase, now)
    retry = A_SECOND_MS if phase == before else 0
    return max(retry, sig.phase.least[phase] - lasted(sig, p, now), earliest(sig, p, now, began_before))


@helper
def ruled(wal: Walkers, sig: Signals, p: int, now: int) -> int:
    """The first phase whose rule lets the programme go on to it; the last one when it must go on, or else the same."""
    phase = sig.programme.phase[p]
    must = min(sig.phase.most[phase] - lasted(sig, p, now), latest(sig, p, now)) <= 0
    end = sig.phase.after_start[phase + 1]
    for k in range(sig.phase.after_start[phase], end):
        target = sig.after.phase[k]
        rule = sig.phase.final_rule[target] if must else sig.phase.early_rule[target]
        if rule == BY_GAPS:
            if shortest_gap_s(sig, p, now) == INFINITE:
                return target
        elif rule >= 0 and evaluate(wal, sig, p, rule, now) != 0.0:
            return target
    return sig.after.phase[end - 1] if must else phase


@helper
def longer(sig: Signals, p: int, now: int, gap_s: float) -> int:
    """Until when the last vehicle has come from its loop to the line, in whole seconds of the phase."""
    phase, passed = sig.programme.phase[p], lasted(sig, p, now)
    more = max(sig.phase.least[phase] - passed, as_milliseconds(sig.programme.detector_gap[p] - gap_s), 1)
    if more % A_SECOND_MS != 0:
        more = ((more + passed) // A_SECOND_MS + 1) * A_SECOND_MS - passed
    return min(more, sig.phase.most[phase] - passed, latest(sig, p, now))


@helper
def may_go_on(sig: Signals, p: int, now: int) -> bool:
    """Whether neither the phase nor one of its links has had its longest green."""
    if lasted(sig, p, now) >= sig.phase.most_given[sig.programme.phase[p]] or latest(sig, p, now) <= 0:
        return False
    for k in range(sig.programme.limit_start[p], sig.programme.limit_start[p + 1]):
        if sig.limit.green[k] >= sig.limit.most[k]:
            return False
    return True


@helper
def shortest_gap_s(sig: Signals, p: int, now: int) -> float:
    """Shortest gap at a loop of this phase that is short enough to go on; INFINITE when the phase ends."""
    phase, shortest_s = sig.programme.phase[p], INFINITE
    first, end = sig.phase.speaks_start[phase], sig.phase.speaks_start[phase + 1]
    if first == end or not sig.phase.green[phase] or not may_go_on(sig, p, now):
        return shortest_s
    now_s = now / 1000.0
    for k in range(first, end):
        loop = sig.speaks[k]
        gap_s = now_s - sig.loop.covered[loop]
        if gap_s < sig.loop.max_gap[loop] and gap_s < shortest_s and not is_jammed(sig, loop, now_s):
            shortest_s = gap_s
    return shortest_s


@helper
def is_jammed(sig: Signals, loop: int, now_s: float) -> bool:
    """Whether somebody has stood on a loop for too long to count."""
    if sig.loop.jam[loop] <= 0.0:
        return False
    since_s = INFINITE
    for k in range(MOST_ON_LOOP):
        if sig.loop.who[loop, k] >= 0:
            since_s = min(since_s, sig.loop.since[loop, k])
    return since_s < INFINITE and now_s - since_s >= sig.loop.jam[loop]


@helper
def choose(wal: Walkers, sig: Signals, p: int, now: int) -> int:
    """The phase whose loops and crossings ask most; the first that `next` names when nobody asks."""
    phase = sig.programme.phase[p]
    first, end = sig.phase.after_start[phase], sig.phase.after_start[phase + 1]
    chosen, most = sig.after.phase[first], 0
    if may_go_on(sig, p, now):
        asked = asks(wal, sig, p, phase, now)
        if asked > most:
            chosen, most = phase, asked
    for k in range(first, end):
        asked = 0
        for i in range(sig.after.serves_start[k], sig.after.serves_start[k + 1]):
            asked += asks(wal, sig, p, sig.serves[i], now)
        if asked > most and links_allow(sig, p, sig.phase.target[sig.after.phase[k]]):
            chosen, most = sig.after.phase[k], asked
    return chosen


@helper
def asks(wal: Walkers, sig: Signals, p: int, phase: int, now: int) -> int:
    """How urgently a phase is asked for."""
    asked = 0
    for k in range(sig.phase.speaks_start[phase], sig.phase.speaks_start[phase + 1]):
        asked += urgency(sig, p, sig.speaks[k], now)
    for k in range(sig.phase.crossing_start[phase], sig.phase.crossing_start[phase + 1]):
        if wants_to_cross(wal, sig.crossing[k]):
            asked += CROSSING_PRIORITY
    return asked


@helper
def urgency(sig: Signals, p: int, loop: int, now: int) -> int:
    """How urgently a loop asks."""
    now_s = now / 1000.0
    gap_s = now_s - sig.loop.covered[loop]
    close = gap_s < sig.loop.max_gap[loop] and not is_jammed(sig, loop, now_s)
    if not close and sig.loop.last_green[loop] >= now - as_milliseconds(gap_s):
        return 0
    inactive = now - sig.loop.last_green[loop]
    if inactive > sig.programme.inactive[p]:
        return inactive // A_SECOND_MS
    phase = sig.programme.phase[p]
    for k in range(sig.phase.speaks_start[phase], sig.phase.speaks_start[phase + 1]):
        if sig.speaks[k] == loop:
            goes_on = lasted(sig, p, now) < sig.phase.most_given[phase] and latest(sig, p, now) > 0
            return SERVED_PRIORITY if goes_on else 0
    return 1


@helper
def wants_to_cross(wal: Walkers, crossing: int) -> bool:
    """Whether somebody comes to a crossing or waits at it."""
    for i in range(wal.counters[0]):
        here = wal.person.piece[wal.active[i]]
        ahead = wal.piece.next[here]
        if ahead >= 0 and wal.piece.crossing[ahead] == crossing and wal.piece.crossing[here] < 0:
            return True
    return False


@helper
def letter_in(sig: Signals, phase: int, link: int) -> int:
    """What a link shows in a phase."""
    return sig.phase_letter[sig.phase.letter_start[phase] + link]


@helper
def count_times(sig: Signals, p: int, passed: int) -> None:
    """Note for how long links with bounds of their own, or whose times are asked for, have been green or red."""
    for k in range(sig.programme.limit_start[p], sig.programme.limit_start[p + 1]):
        letter = letter_in(sig, sig.programme.phase[p], sig.limit.link[k])
        sig.limit.green[k] = sig.limit.green[k] + passed if is_green(letter) else 0
        sig.limit.red[k] = sig.limit.red[k] + passed if is_red(letter) else 0


@helper
def links_allow(sig: Signals, p: int, target: int) -> bool:
    """Whether no link that would be green has had its longest green."""
    for k in range(sig.programme.limit_start[p], sig.programme.limit_start[p + 1]):
        over = sig.limit.most[k] < NO_LIMIT and sig.limit.green[k] >= sig.limit.most[k]
        if over and is_green(letter_in(sig, target, sig.limit.link[k])):
            return False
    return True


@helper
def links_need(sig: Signals, p: int, target: int) -> int:
    """How long links that would lose their green must keep it yet."""
    phase, needed = sig.programme.phase[p], 0
    if target == phase:
        return 0
    for k in range(sig.programme.limit_start[p], sig.programme.limit_start[p + 1]):
        link = sig.limit.link[k]
        if is_green(letter_in(sig, phase, link)) and not is_green(letter_in(sig, target, link)):
            needed = max(needed, sig.limit.least[k] - sig.limit.green[k])
    return needed
