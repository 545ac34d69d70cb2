"""Operators of expressions in signal programmes, in the order in which SUMO looks for them."""

from sim.reactive import rule_code

OPERATORS = {
    "**": rule_code.POWER,
    "^": rule_code.POWER,
    "*": rule_code.TIMES,
    "/": rule_code.BY,
    "+": rule_code.PLUS,
    "-": rule_code.MINUS,
    "%": rule_code.MODULO,
    "=": rule_code.EQUAL,
    "==": rule_code.EQUAL,
    "!=": rule_code.UNEQUAL,
    "<": rule_code.BELOW,
    ">": rule_code.ABOVE,
    "<=": rule_code.AT_MOST,
    ">=": rule_code.AT_LEAST,
    "and": rule_code.AND,
    "&&": rule_code.AND,
    "or": rule_code.OR,
    "||": rule_code.OR,
}
"""From the one that binds most to the one that binds least: no two bind alike, so `8 - 2 + 4` is 2."""
