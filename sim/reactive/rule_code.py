"""Instructions for expressions of signal programmes: what a machine with a stack does one after the other.

Each takes its operands from the top of the stack and leaves its result there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

(
    END,  # the result is on the stack
    PUSH,  # `value`
    LOAD, STORE,  # variable `arg`
    GIVEN,  # variable `arg`, and skip `value` instructions, where something has been assigned to it
    SKIP,  # `arg` instructions where the operand is 0
    NOT, NEGATIVE, WRITTEN,  # WRITTEN: as SUMO writes the number, with two decimals
    EQUAL, UNEQUAL, BELOW, ABOVE, AT_MOST, AT_LEAST, OR, AND, PLUS, MINUS, TIMES, BY, MODULO, POWER,
    GAP, OCCUPIED, STOOD,  # of loop `arg`: seconds since somebody was on it, whether somebody is, for how long
    COUNT,  # vehicles in area `arg`
    GREEN_TIME, RED_TIME,  # of link `arg`
    PEOPLE,  # who come to crossing `arg` or wait there
    CYCLE,  # second of the cycle
) = range(31)  # fmt: skip

UNSET = -1.7e308
"""Value of a variable to which nothing has been assigned."""

PUSHES = frozenset({PUSH, LOAD, GAP, OCCUPIED, STOOD, COUNT, GREEN_TIME, RED_TIME, PEOPLE, CYCLE})
TAKES_TWO = frozenset(range(EQUAL, GAP))
TAKES_ONE_FOR_GOOD = frozenset({STORE, SKIP})


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step; what `arg` and `value` mean depends on it."""

    op: int
    arg: int = 0
    value: float = 0.0


def most_on_stack(code: Sequence[Instruction]) -> int:
    """How many numbers are on the stack at most, whichever way the code goes."""
    here = most = 0
    for step in code:
        if step.op in PUSHES:
            here += 1
        elif step.op in TAKES_TWO or step.op in TAKES_ONE_FOR_GOOD:
            here -= 1
        elif step.op == END:
            here = 0
        most = max(most, here)
    return max(most, 1)
