"""Expressions of signal programmes, evaluated: a machine with a stack on the instructions of `rule_code.py`.

As SUMO's MSActuatedTrafficLightLogic evaluates them, release 1.28: everything is a number, 0 is false, a quotient by 0
is 0, and parts are rounded to the two decimals with which SUMO writes them.
"""

import math

from sim.engine.arrays import Walkers
from sim.engine.jit import helper
from sim.engine.letters import is_green, is_red
from sim.engine.phase_times import as_milliseconds, in_cycle
from sim.engine.signal_arrays import MOST_ON_LOOP, Signals
from sim.reactive.rule_code import (
    ABOVE,
    AND,
    AT_LEAST,
    AT_MOST,
    BELOW,
    BY,
    COUNT,
    END,
    EQUAL,
    GAP,
    GIVEN,
    GREEN_TIME,
    LOAD,
    MINUS,
    MODULO,
    NEGATIVE,
    NOT,
    OCCUPIED,
    OR,
    PEOPLE,
    PLUS,
    POWER,
    PUSH,
    RED_TIME,
    SKIP,
    STOOD,
    STORE,
    TIMES,
    UNEQUAL,
    UNSET,
    WRITTEN,
)

AT_ONCE_S = 1e-6
DECIMALS = 100.0
HALVES_END = 2.0**52  # beyond it there are no fractions
SPLIT = 134217729.0  # Dekker's: halves of a number whose products are exact


@helper
def evaluate(wal: Walkers, sig: Signals, p: int, start: int, now: int) -> float:
    """The value of the expression whose instructions begin at `start`."""
    at, top = start, -1
    while True:
        op, arg, value = sig.code.op[at], sig.code.arg[at], sig.code.value[at]
        at += 1
        if op == END:
            return sig.stack[0]
        if op == PUSH:
            top += 1
            sig.stack[top] = value
        elif op == LOAD:
            top += 1
            sig.stack[top] = sig.variable[arg]
        elif op == STORE:
            sig.variable[arg] = sig.stack[top]
            top -= 1
        elif op == GIVEN:
            if sig.variable[arg] != UNSET:
                top += 1
                sig.stack[top] = sig.variable[arg]
                at += int(value)
        elif op == SKIP:
            if sig.stack[top] == 0.0:
                at += arg
            top -= 1
        elif op == NOT:
            sig.stack[top] = 1.0 if sig.stack[top] == 0.0 else 0.0
        elif op == NEGATIVE:
            sig.stack[top] = -sig.stack[top]
        elif op == WRITTEN:
            sig.stack[top] = as_written(sig.stack[top])
        elif op < GAP:
            top -= 1
            sig.stack[top] = combined(op, sig.stack[top], sig.stack[top + 1])
        else:
            top += 1
            sig.stack[top] = asked(wal, sig, p, op, arg, now)


@helper
def combined(op: int, a: float, b: float) -> float:
    """What an operator makes of two operands."""
    if op == PLUS:
        return a + b
    if op == MINUS:
        return a - b
    if op == TIMES:
        return a * b
    if op == BY:
        return a / b if b != 0.0 else 0.0
    if op == MODULO:
        return math.copysign(abs(a) % abs(b), a) if b != 0.0 and abs(a) < math.inf else math.nan
    if op == POWER:
        return a**b
    true = (
        (op == EQUAL and a == b)
        or (op == UNEQUAL and a != b)
        or (op == BELOW and a < b)
        or (op == ABOVE and a > b)
        or (op == AT_MOST and a <= b)
        or (op == AT_LEAST and a >= b)
        or (op == OR and (a != 0.0 or b != 0.0))
        or (op == AND and a != 0.0 and b != 0.0)
    )
    return 1.0 if true else 0.0


@helper
def as_written(x: float) -> float:
    """A number as SUMO writes it, with two decimals: the nearest such number, of two that are as near the even one."""
    scaled = x * DECIMALS
    if not abs(scaled) < HALVES_END:
        return x
    below = math.floor(scaled)
    part = scaled - below
    up = part > 0.5
    if part == 0.5:  # the product may have been rounded to it
        high = SPLIT * x - (SPLIT * x - x)
        missing = (high * DECIMALS - scaled) + (x - high) * DECIMALS
        up = missing > 0.0 or (missing == 0.0 and below % 2.0 != 0.0)
    return (below + 1.0) / DECIMALS if up else below / DECIMALS


@helper
def asked(wal: Walkers, sig: Signals, p: int, op: int, arg: int, now: int) -> float:
    """What an expression asks of the road or of the signal."""
    now_s = now / 1000.0
    if op == GAP:
        return now_s - sig.loop.covered[arg]
    if op == OCCUPIED:
        return 1.0 if now_s - sig.loop.covered[arg] < AT_ONCE_S else 0.0
    if op == STOOD:
        return stood_s(sig, arg, now_s)
    if op == COUNT:
        return float(sig.area.count[arg])
    if op == GREEN_TIME:
        return link_time_s(sig, p, arg, True, now)
    if op == RED_TIME:
        return link_time_s(sig, p, arg, False, now)
    if op == PEOPLE:
        return float(people_before(wal, arg))
    return in_cycle(sig, p, now) / 1000.0


@helper
def stood_s(sig: Signals, loop: int, now_s: float) -> float:
    """For how long the one who came first of those on a loop has been there."""
    longest_s = 0.0
    for k in range(MOST_ON_LOOP):
        if sig.loop.who[loop, k] >= 0:
            longest_s = max(longest_s, now_s - sig.loop.since[loop, k])
    return longest_s


@helper
def link_time_s(sig: Signals, p: int, limit: int, green: bool, now: int) -> float:
    """For how long a link has shown green or red: as counted in this decision, or else since the one before."""
    counted = sig.limit.green[limit] if green else sig.limit.red[limit]
    since = now - sig.programme.decided_at[p]
    if since > 0:
        letter = sig.phase_letter[sig.phase.letter_start[sig.programme.phase[p]] + sig.limit.link[limit]]
        goes_on = is_green(letter) if green else is_red(letter)
        counted = counted + since if goes_on else 0
    return counted / 1000.0


@helper
def people_before(wal: Walkers, crossing: int) -> int:
    """How many people come to a crossing or wait at it."""
    count = 0
    for i in range(wal.counters[0]):
        here = wal.person.piece[wal.active[i]]
        ahead = wal.piece.next[here]
        if ahead >= 0 and wal.piece.crossing[ahead] == crossing and wal.piece.crossing[here] < 0:
            count += 1
    return count


@helper
def bring_bounds(wal: Walkers, sig: Signals, p: int, phase: int, now: int) -> None:
    """Evaluate the bounds of a phase that are expressions."""
    if sig.phase.least_rule[phase] >= 0:
        sig.phase.least[phase] = as_milliseconds(evaluate(wal, sig, p, sig.phase.least_rule[phase], now))
    if sig.phase.most_rule[phase] >= 0:
        sig.phase.most[phase] = as_milliseconds(evaluate(wal, sig, p, sig.phase.most_rule[phase], now))
    if sig.phase.earliest_rule[phase] >= 0:
        sig.phase.earliest_end[phase] = as_milliseconds(evaluate(wal, sig, p, sig.phase.earliest_rule[phase], now))
    if sig.phase.latest_rule[phase] >= 0:
        sig.phase.latest_end[phase] = as_milliseconds(evaluate(wal, sig, p, sig.phase.latest_rule[phase], now))
