"""The value that an expression of a signal programme has, without a road: what loops are placed by.

The same machine in compiled code is `sim/engine/evaluating.py`.
"""

import math
import operator
from collections.abc import Callable, Sequence

from sim.reactive import rule_code
from sim.reactive.rule_code import Instruction

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
    rule_code.EQUAL: operator.eq,
    rule_code.UNEQUAL: operator.ne,
    rule_code.BELOW: operator.lt,
    rule_code.ABOVE: operator.gt,
    rule_code.AT_MOST: operator.le,
    rule_code.AT_LEAST: operator.ge,
    rule_code.OR: lambda a, b: a != 0 or b != 0,
    rule_code.AND: lambda a, b: a != 0 and b != 0,
    rule_code.PLUS: operator.add,
    rule_code.MINUS: operator.sub,
    rule_code.TIMES: operator.mul,
    rule_code.BY: _quotient,
    rule_code.MODULO: _remainder,
    rule_code.POWER: _power,
}


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
    while code[at].op != rule_code.END:
        step = code[at]
        at += 1
        match step.op:
            case rule_code.PUSH:
                stack.append(step.value)
            case rule_code.LOAD:
                stack.append(variables[step.arg])
            case rule_code.STORE:
                variables[step.arg] = stack.pop()
            case rule_code.GIVEN:
                if variables[step.arg] != rule_code.UNSET:
                    stack.append(variables[step.arg])
                    at += int(step.value)
            case rule_code.SKIP:
                if stack.pop() == 0:
                    at += step.arg
            case rule_code.NOT:
                stack.append(float(stack.pop() == 0))
            case rule_code.NEGATIVE:
                stack.append(-stack.pop())
            case rule_code.WRITTEN:
                stack.append(float(f"{stack.pop():.2f}"))
            case _ if step.op in BINARY:
                b, a = stack.pop(), stack.pop()
                stack.append(float(BINARY[step.op](a, b)))
            case _:
                stack.append(read(step.op, step.arg))
    return stack[-1] if stack else 0.0
