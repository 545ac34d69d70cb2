"""All expressions of a programme as one list of instructions, with where each begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.reactive.loop_places import LoopPlace
from sim.reactive.phases import milliseconds
from sim.reactive.rule_code import CYCLE, GAP, Instruction, most_on_stack
from sim.reactive.rule_compiler import RuleCompiler
from sim.reactive.rule_sensors import RuleSensors, WatchedArea
from sim.reactive.rule_values import value_of
from sim.reactive.targets import following
from sim.signal_programme import TrafficLightLogic
from sim.switching_rules import BOUNDS, Expression, SwitchingRules

NO_RULE, BY_GAPS = -1, -2
DEFAULT = "DEFAULT"  # SUMO's name for the rule of programmes without expressions
OVERRIDDEN_MS = -1000
NEVER_S = 3600.0  # SUMO's time since the last vehicle before there was one, at second 0


@dataclass(frozen=True)
class RuleLayout:
    """Instructions of a programme; begins are places in `code`, or NO_RULE."""

    code: tuple[Instruction, ...]
    variables: tuple[float, ...]  # their values at the begin
    depth: int  # most numbers on the stack
    assignments: int
    early: tuple[int, ...]  # per phase, BY_GAPS where gaps decide
    final: tuple[int, ...]
    bounds: tuple[tuple[int, int, int, int], ...]  # per phase: least, longest, earliest and latest end
    asks: tuple[bool, ...]  # per phase: whether targets say what follows
    loops: tuple[LoopPlace, ...]  # beyond those of the programme's lanes
    areas: tuple[WatchedArea, ...]
    links: tuple[int, ...]  # whose times are asked for
    crossings: tuple[str, ...]

    def least_ms(self, phase: int, begin_ms: int) -> int:
        """Least duration of a phase whose bound is an expression, at the begin, before anybody has come."""
        variables = list(self.variables)
        asked = {GAP: NEVER_S + begin_ms / 1000.0, CYCLE: 0.001}
        return milliseconds(value_of(self.code, variables, lambda op, _: asked.get(op, 0.0), self.bounds[phase][0]))


def rule_layout(logic: TrafficLightLogic, rules: SwitchingRules, sensors: RuleSensors) -> RuleLayout:
    """Compile the expressions of a programme.

    Args:
        logic: The programme.
        rules: Its expressions.
        sensors: Finds what they ask.

    Raises:
        sim.sumo_files.SumoFileError: One of them cannot be evaluated.
    """
    compiler = RuleCompiler(rules, sensors)
    code = list(compiler.assignments)
    start = 0 if code else NO_RULE

    def put(more: Sequence[Instruction]) -> int:
        code.extend(more)
        return len(code) - len(more)

    def target(expression: Expression | None) -> int:
        if expression is None:
            return NO_RULE
        if expression.text == DEFAULT and DEFAULT not in rules.conditions:
            return BY_GAPS
        return put(compiler.compile(expression))

    def bound(name: str, phase: int) -> int:
        if (name, phase) not in rules.overridden:
            return NO_RULE
        return put(compiler.compile_condition(f"{name}:{phase}"))

    early, final = (tuple(target(one) for one in targets) for targets in (rules.early, rules.final))
    bounds = [tuple(bound(name, number) for name in BOUNDS) for number in range(len(logic.phases))]
    return RuleLayout(
        tuple(code),
        tuple(compiler.initial),
        most_on_stack(code),
        start,
        early,
        final,
        tuple((least, most, earliest, latest) for least, most, earliest, latest in bounds),
        tuple(any(rules.early[n] or rules.final[n] for n in after) for after in following(logic.phases)),
        tuple(sensors.loops),
        tuple(sensors.areas),
        tuple(sensors.links),
        tuple(sensors.crossings),
    )
