"""Expressions of signal programmes into instructions, after SUMO 1.28's MSActuatedTrafficLightLogic.

SUMO evaluates a text by replacing parts of it with their values: a bracket, or the strongest operator of more than
one, becomes a number with two decimals, and what is left is evaluated again. Here the parts become instructions in the
same order, rounded in the same places, so that decisions cost no work on texts. Conditions are put where their names
stand, and so are functions, whose names are those of the place from which they are called.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Never, Protocol

from sim.reactive.rule_code import (
    CYCLE,
    END,
    GIVEN,
    LOAD,
    NEGATIVE,
    NOT,
    PUSH,
    SKIP,
    STORE,
    UNSET,
    WRITTEN,
    Instruction,
)
from sim.reactive.rule_operators import OPERATORS
from sim.sumo_files.xml import SumoFileError
from sim.switching_rules import Assignment, Expression, SwitchingRules

NUMBER = re.compile(r"\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
FIRST_HELD = 0xE000  # characters for private use stand for parts that are instructions already
MOST_HELD = 0x1900
MOST_STEPS = 100_000
MOST_NESTED = 80

Code = list[Instruction]


class Sensors(Protocol):
    """What expressions may ask of the road and of the signal."""

    def read(self, function: str, argument: str) -> Sequence[Instruction] | None:
        """Instructions for one of SUMO's functions `z`, `a`, `w`, `g`, `r` and `p`; None for another one.

        Raises:
            ValueError: The argument names nothing that there is.
        """


@dataclass(frozen=True)
class _Scope:
    """Names that have a variable, and those among them to which perhaps nothing has been assigned yet."""

    slots: dict[str, int]
    unsure: set[str]

    def inner(self) -> "_Scope":
        return _Scope(dict(self.slots), set(self.unsure))


class RuleCompiler:
    """Compiles the expressions of one programme.

    Args:
        rules: Its conditions, assignments and functions.
        sensors: What they may ask.

    Raises:
        sim.sumo_files.SumoFileError: An assignment cannot be evaluated.
    """

    def __init__(self, rules: SwitchingRules, sensors: Sensors) -> None:
        self._rules, self._sensors = rules, sensors
        self._at: list[Expression] = []
        self._within: list[str] = []
        self._steps = self._depth = 0
        self.initial: list[float] = []  # value of each variable at the begin
        assigned = dict.fromkeys(one.name for one in rules.assignments)
        self._changed = {name: self._new_slot(UNSET) for name in assigned if name in rules.conditions}
        self._scope = _Scope({}, set())
        self.assignments: Code = []
        for assignment in rules.assignments:
            self.assignments += self._assignment(assignment, self._scope)
        if self.assignments:
            self.assignments.append(Instruction(END))

    def compile(self, expression: Expression) -> Code:
        """Instructions that leave the expression's value, as it is after the assignments."""
        return [*self._evaluated(expression, self._scope), Instruction(END)]

    def compile_condition(self, name: str) -> Code:
        """Instructions that leave the value of a condition."""
        return [*self._condition(name, self._scope), Instruction(END)]

    def _new_slot(self, value: float = 0.0) -> int:
        self.initial.append(value)
        return len(self.initial) - 1

    def _error(self, message: str) -> SumoFileError:
        here = self._at[-1]
        return SumoFileError(f"{here.place}: {here.text!r}: {message}")

    def _fail(self, message: str) -> Never:
        raise self._error(message)

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        """While a condition or a function is looked into, which must not lead back to itself."""
        if name in self._within:
            self._fail(f"expected expressions that do not lead back to themselves, got {' - '.join(self._within)}")
        self._within.append(name)
        yield
        self._within.pop()

    def _evaluated(self, expression: Expression, scope: _Scope) -> Code:
        self._at.append(expression)
        if any(FIRST_HELD <= ord(letter) < FIRST_HELD + MOST_HELD for letter in expression.text):
            self._fail("expected no characters for private use")
        code = self._text(expression.text, {}, scope)
        self._steps += len(code)
        if self._steps > MOST_STEPS:
            self._fail(f"expected expressions with at most {MOST_STEPS} steps in all, where functions are written out")
        self._at.pop()
        return code

    def _assignment(self, assignment: Assignment, scope: _Scope) -> Code:
        check, value = (self._evaluated(one, scope) for one in (assignment.check, assignment.value))
        name, always = assignment.name, len(check) == 1 and check[0].op == PUSH and check[0].value != 0
        if name in self._rules.conditions:
            value = [*value, Instruction(WRITTEN), Instruction(STORE, self._changed[name])]
        else:
            if name not in scope.slots:
                scope.slots[name] = self._new_slot()
                scope.unsure.add(name)
            if always:
                scope.unsure.discard(name)
            value = [*value, Instruction(STORE, scope.slots[name])]
        return value if always else [*check, Instruction(SKIP, len(value)), *value]

    def _text(self, text: str, held: dict[str, Code], scope: _Scope) -> Code:
        """A text in which characters of `held` stand for parts that are compiled already."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            self._fail(f"expected parentheses, conditions and functions within each other {MOST_NESTED} deep at most")
        while (begin := text.find("(")) >= 0:
            end, depth = begin, 1
            while depth:
                end += 1
                if end >= len(text):
                    self._fail("expected a closing parenthesis for each that opens")
                depth += {"(": 1, ")": -1}.get(text[end], 0)
            part = [*self._text(text[begin + 1 : end], held, scope), Instruction(WRITTEN)]
            text = text[:begin] + self._hold(part, held) + text[end + 1 :]
        code = self._words(text.split(), held, scope)
        self._depth -= 1
        return code

    def _hold(self, code: Code, held: dict[str, Code]) -> str:
        if len(held) >= MOST_HELD:
            self._fail(f"expected at most {MOST_HELD} operators and parentheses")
        name = chr(FIRST_HELD + len(held))
        held[name] = code
        return name

    def _words(self, words: list[str], held: dict[str, Code], scope: _Scope) -> Code:
        while len(words) > 3:
            strongest = next((one for one in OPERATORS if one in words[1:-1]), None)
            if strongest is None:
                self._fail(f"expected operators between operands, got {self._shown(' '.join(words))!r}")
            at = words.index(strongest, 1, -1)
            part = [*self._words(words[at - 1 : at + 2], held, scope), Instruction(WRITTEN)]
            words[at - 1 : at + 2] = [self._hold(part, held)]
        match words:
            case [atom]:
                return self._atom(atom, held, scope)
            case ["not", atom]:
                return [*self._atom(atom, held, scope), Instruction(NOT)]
            case [left, operator, right] if operator in OPERATORS:
                operands = [*self._atom(left, held, scope), *self._atom(right, held, scope)]
                return [*operands, Instruction(OPERATORS[operator])]
            case [_, operator, _]:
                self._fail(f"expected one of {' '.join(OPERATORS)}, got {self._shown(operator)!r}")
            case []:
                self._fail("expected an expression, got none")
        raise self._error(f"expected an operator between two operands, got {self._shown(' '.join(words))!r}")

    def _atom(self, word: str, held: dict[str, Code], scope: _Scope) -> Code:
        plain = word.lstrip("!-")
        if len(plain) < len(word):
            signs = reversed(word[: len(word) - len(plain)])
            return [*self._atom(plain, held, scope), *(Instruction(NOT if s == "!" else NEGATIVE) for s in signs)]
        if word in held:
            return held[word]
        if ":" in word:
            function, _, argument = word.partition(":")
            return self._function(function, argument, held, scope)
        if word in self._rules.conditions:
            return self._condition(word, scope)
        if word in scope.slots:
            if word in scope.unsure:
                self._fail(f"{word!r} may be asked for before it has a value; a <condition> can give it one")
            return [Instruction(LOAD, scope.slots[word])]
        if not NUMBER.fullmatch(word):
            self._fail(f"expected a number, a condition or a variable, got {self._shown(word)!r}")
        return [Instruction(PUSH, value=float(word))]

    def _shown(self, word: str) -> str:
        """A word as the file has it, but for parts that are compiled already."""
        return "".join("(...)" if FIRST_HELD <= ord(letter) < FIRST_HELD + MOST_HELD else letter for letter in word)

    def _condition(self, name: str, scope: _Scope) -> Code:
        with self._inside(f"condition {name!r}"):
            code = self._evaluated(self._rules.conditions[name], scope)
        return [Instruction(GIVEN, self._changed[name], len(code)), *code] if name in self._changed else code

    def _function(self, name: str, argument: str, held: dict[str, Code], scope: _Scope) -> Code:
        if name == "c":
            return [Instruction(CYCLE)]
        try:
            asked = self._sensors.read(name, argument)
        except ValueError as error:
            self._fail(f"{name}:{self._shown(argument)}: {error}")
        if asked is not None:
            return list(asked)
        if name not in self._rules.functions:
            self._fail(f"expected one of z, a, w, g, r, p, c and the programme's functions before ':', got {name!r}")
        return self._call(name, argument.split(",") if argument else [], held, scope)

    def _call(self, name: str, arguments: Sequence[str], held: dict[str, Code], scope: _Scope) -> Code:
        """A function written out: arguments into variables of its own, its assignments, and its value."""
        function = self._rules.functions[name]
        if len(arguments) != function.arguments:
            self._fail(f"{name}: expected {function.arguments} arguments, got {len(arguments)}")
        code: Code = []
        own = scope.inner()
        for number, argument in enumerate(arguments, start=1):
            own.slots[f"${number}"] = self._new_slot()
            own.unsure.discard(f"${number}")
            code += [*self._text(argument, held, scope), Instruction(STORE, own.slots[f"${number}"])]
        own.slots["$0"] = self._new_slot()
        own.unsure.discard("$0")
        code += [Instruction(PUSH), Instruction(STORE, own.slots["$0"])]
        mine = {"$0", *(f"${number}" for number in range(1, len(arguments) + 1))}
        for local in dict.fromkeys(one.name for one in function.body if one.name not in mine):
            if local in self._rules.conditions:
                self._fail(f"{name}: expected a function that leaves conditions alone, got an assignment to {local!r}")
            if local in scope.slots:
                own.slots[local] = self._new_slot()
                code += [Instruction(LOAD, scope.slots[local]), Instruction(STORE, own.slots[local])]
        with self._inside(f"function {name!r}"):
            for assignment in function.body:
                code += self._assignment(assignment, own)
        return [*code, Instruction(LOAD, own.slots["$0"])]
