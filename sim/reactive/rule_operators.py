"""Operators of expressions in signal programmes, in the order in which SUMO looks for them."""

from sim.reactive.rule_code import (
    ABOVE,
    AND,
    AT_LEAST,
    AT_MOST,
    BELOW,
    BY,
    EQUAL,
    MINUS,
    MODULO,
    OR,
    PLUS,
    POWER,
    TIMES,
    UNEQUAL,
)

OPERATORS = {
    "**": POWER, "^": POWER, "*": TIMES, "/": BY, "+": PLUS, "-": MINUS, "%": MODULO,
    "=": EQUAL, "==": EQUAL, "!=": UNEQUAL, "<": BELOW, ">": ABOVE, "<=": AT_MOST, ">=": AT_LEAST,
    "and": AND, "&&": AND, "or": OR, "||": OR,
}  # fmt: skip
"""From the one that binds most to the one that binds least: no two bind alike, so `8 - 2 + 4` is 2."""
