"""Reader of the expressions in an actuated `tlLogic`: conditions, assignments, functions, targets, and bounds of -1."""

from sim.sumo_files.xml import Element
from sim.switching_rules import BOUNDS, Assignment, Expression, Function, SwitchingRules

OVERRIDDEN = -1.0


def overrides(phase: Element, name: str) -> bool:
    """Whether a bound of a phase of an actuated programme is an expression.

    A `maxDur` of -1 below a `minDur` is none: SUMO takes it for a mistake, and the phase's duration instead.
    """
    if not phase.has(name) or phase.time(name) != OVERRIDDEN:
        return False
    return name != "maxDur" or (phase.has("minDur") and phase.time("minDur") == OVERRIDDEN)


def read_rules(element: Element) -> SwitchingRules | None:
    """The rules of an actuated `tlLogic`; None where it has none."""
    phases = element.named("phase")
    conditions: dict[str, Expression] = {}
    for child in element.named("condition"):
        if child.text("id") in conditions:
            child.fail("expected one condition of this id in the programme, got a second one")
        conditions[child.text("id")] = _expression(child, "value")
    functions: dict[str, Function] = {}
    for child in element.named("function"):
        if child.text("id") in functions:
            child.fail("expected one function of this id in the programme, got a second one")
        functions[child.text("id")] = Function(child.integer("nArgs"), _assignments(child))
    overridden = frozenset(
        (name, number) for number, phase in enumerate(phases) for name in BOUNDS if overrides(phase, name)
    )
    for name, number in sorted(overridden):
        if f"{name}:{number}" not in conditions:
            phases[number].fail(f"{name}: expected a condition '{name}:{number}' for a bound of -1, got none")
    early, final = (tuple(_target(phase, name) for phase in phases) for name in ("earlyTarget", "finalTarget"))
    rules = SwitchingRules(conditions, _assignments(element), functions, early, final, overridden)
    given = (conditions, functions, rules.assignments, any(early), any(final))
    return rules if any(given) else None


def _assignments(element: Element) -> tuple[Assignment, ...]:
    return tuple(
        Assignment(child.text("id"), _expression(child, "check"), _expression(child, "value"))
        for child in element.named("assignment")
    )


def _target(phase: Element, name: str) -> Expression | None:
    return _expression(phase, name) if phase.text(name, "") else None


def _expression(element: Element, name: str) -> Expression:
    identity = f" id={element.text('id')!r}" if element.has("id") else ""
    return Expression(element.text(name), f"{element.file}:{element.line}: <{element.tag}{identity}>: {name}")
