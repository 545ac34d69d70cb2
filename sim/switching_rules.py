"""Expressions by which an actuated programme switches otherwise than by gaps, as its file states them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BOUNDS = ("minDur", "maxDur", "earliestEnd", "latestEnd")


@dataclass(frozen=True, slots=True)
class Expression:
    """A text to be evaluated, and where it stands."""

    text: str
    place: str = field(default="", compare=False)  # file, line and element


@dataclass(frozen=True, slots=True)
class Assignment:
    """Gives a name the value of an expression, whenever another one is not 0."""

    name: str
    check: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Function:
    """Assignments with arguments `$1`, `$2` and so on; `$0` is its value."""

    arguments: int
    body: tuple[Assignment, ...]


@dataclass(frozen=True)
class SwitchingRules:
    """What an actuated programme says about its own switching.

    `early` and `final` have one entry per phase: when the programme goes on to it while it may stay, and when it must
    leave. `overridden` names bounds of phases that are expressions, as in `("minDur", 4)`; each is the condition
    `minDur:4`.
    """

    conditions: Mapping[str, Expression]
    assignments: tuple[Assignment, ...]
    functions: Mapping[str, Function]
    early: tuple[Expression | None, ...]
    final: tuple[Expression | None, ...]
    overridden: frozenset[tuple[str, int]] = frozenset()
