"""The value that an expression of a signal programme has, without a road: what loops are placed by.

The same machine in compiled code is `sim/engine/evaluating.py`.
"""

import math
import operator
from collections.abc import Callable, Sequence

from sim.reactive.rule_code import (
    ABOVE,
    AND,
    AT_LEAST,
    AT_MOST,
    BELOW,
    BY,
    END,
    EQUAL,
    GIVEN,
    LOAD,
    MINUS,
    MODULO,
    NEGATIVE,
    NOT,
    OR,
    PLUS,
    POWER,
    PUSH,
    SKIP,
    STORE,
    TIMES,
    UNEQUAL,
    UNSET,
    WRITTEN,
    Instruction,
)

Binary = Callable[[float, float], float]


def _quotient(a: float, b: float) -> float:
    return a / b if b != 0 else 0.0


def _remainder(a: float, b: float) -> float:
    return math.fmod(a, b) if b != 0 and math.isfinite(a) else math.nan


def _power(a: float, b: float) -> float:
    if a == 0 and b < 0:
        return math.inf
    try:
        return math.pow(a, b)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


BINARY: dict[int, Binary] = {
    EQUAL: operator.eq, UNEQUAL: operator.ne, BELOW: operator.lt, ABOVE: operator.gt, AT_MOST: operator.le,
    AT_LEAST: operator.ge, OR: lambda a, b: a != 0 or b != 0, AND: lambda a, b: a != 0 and b != 0,
    PLUS: operator.add, MINUS: operator.sub, TIMES: operator.mul, BY: _quotient, MODULO: _remainder, POWER: _power,
}  # fmt: skip


def value_of(
    code: Sequence[Instruction], variables: list[float], read: Callable[[int, int], float], start: int = 0
) -> float:
    """What the instructions from `start` to the next END leave; 0 where they leave nothing.

    Args:
        code: The instructions.
        variables: Their variables, which they may change.
        read: The value of an instruction that asks something, by its kind and argument.
        start: Where to begin.
    """
    stack: list[float] = []
    at = start
    while code[at].op != END:
        step = code[at]
        at += 1
        match step.op:
            case _ if step.op == PUSH:
                stack.append(step.value)
            case _ if step.op == LOAD:
                stack.append(variables[step.arg])
            case _ if step.op == STORE:
                variables[step.arg] = stack.pop()
            case _ if step.op == GIVEN:
                if variables[step.arg] != UNSET:
                    stack.append(variables[step.arg])
                    at += int(step.value)
            case _ if step.op == SKIP:
                if stack.pop() == 0:
                    at += step.arg
            case _ if step.op == NOT:
                stack.append(float(stack.pop() == 0))
            case _ if step.op == NEGATIVE:
                stack.append(-stack.pop())
            case _ if step.op == WRITTEN:
                stack.append(float(f"{stack.pop():.2f}"))
            case _ if step.op in BINARY:
                b, a = stack.pop(), stack.pop()
                stack.append(float(BINARY[step.op](a, b)))
            case _:
                stack.append(read(step.op, step.arg))
    return stack[-1] if stack else 0.0
