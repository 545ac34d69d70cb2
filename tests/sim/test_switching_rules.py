"""Expressions of actuated programmes without SUMO: what they compile to, and what is told of those that are wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.reactive.loop_places import WatchedLane
from sim.reactive.rule_code import CYCLE, GAP, Instruction
from sim.reactive.rule_compiler import RuleCompiler
from sim.reactive.rule_layout import BY_GAPS, NO_RULE, rule_layout
from sim.reactive.rule_sensors import RuleSensors
from sim.reactive.rule_values import value_of
from sim.reactive.signal_links import SignalLinks
from sim.scenario import load_scenario
from sim.sumo_files import SumoFileError
from sim.switching_rules import Assignment, Expression, Function, SwitchingRules
from tests.sim.test_reactive import letters, street

AT_S = 12.5


class Road:
    """A loop `D0`, on which somebody was 12.5 s ago."""

    def read(self, function: str, argument: str) -> list[Instruction] | None:
        """`z:D0` and nothing else."""
        if function != "z":
            return None
        if argument != "D0":
            raise ValueError(f"expected D0, got {argument!r}")
        return [Instruction(GAP)]


def expression(text: str) -> Expression:
    """A text at a place."""
    return Expression(text, "n.net.xml:7: <phase>: earlyTarget")


def assigned(name: str, value: str, check: str = "1") -> Assignment:
    """An assignment."""
    return Assignment(name, expression(check), expression(value))


def rules(conditions: dict[str, str] | None = None, *assignments: Assignment, **functions: Function) -> SwitchingRules:
    """Rules of a programme without phases."""
    given_conditions = {name: expression(text) for name, text in (conditions or {}).items()}
    return SwitchingRules(given_conditions, assignments, functions, (), ())


def value(text: str, of: SwitchingRules | None = None, decisions: int = 1) -> float:
    """Value of an expression after so many decisions."""
    compiler = RuleCompiler(of or rules(), Road())
    code = compiler.compile(expression(text))
    variables = list(compiler.initial)
    asked = {GAP: AT_S, CYCLE: 31.0}
    for _ in range(decisions if compiler.assignments else 0):
        value_of(compiler.assignments, variables, lambda op, _: asked[op])
    return value_of(code, variables, lambda op, _: asked[op])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("z:D0", 12.5),
        ("-z:D0", -12.5),
        ("c: > 30 and z:D0 > 12", 1.0),
        ("8 - 2 + 4", 2.0),
        ("(8 - 2) + 4", 10.0),
        ("1 / 3 + 0", 0.33),
        ("2 * (1 / 3)", 0.66),
        ("not 1 or 0", 0.0),
        ("!(1 = 0)", 1.0),
        ("--!0", 1.0),
        ("5 / 0", 0.0),
    ],
)
def test_expressions_are_evaluated_as_sumo_evaluates_them(text: str, expected: float) -> None:
    """From the strongest operator to the weakest, parts rounded to two decimals."""
    assert value(text) == expected


def test_conditions_stand_for_their_text_until_something_is_assigned_to_them() -> None:
    """And from then on for a number with two decimals; what else is assigned keeps all digits."""
    steps = assigned("n", "n + 1"), assigned("third", "1 / 3"), assigned("t", "1 / 3")
    counting = rules({"n": "z:D0", "third": "0"}, *steps)
    assert [value("n", counting, decisions) for decisions in (0, 1, 2)] == [12.5, 13.5, 14.5]
    assert value("third", counting) == 0.33
    assert value("t", counting) == 1 / 3


def test_a_function_sees_the_names_of_who_calls_it_and_leaves_them_as_they_are() -> None:
    """Its own assignments end with it; arguments may be expressions and other functions."""
    bump = Function(1, (assigned("x", "x + $1"), assigned("$0", "x")))
    twice = Function(1, (assigned("$0", "bump:$1"), assigned("$0", "$0 + bump:($1 + 1)")))
    calling = rules(None, assigned("x", "10"), assigned("y", "twice:3"), bump=bump, twice=twice)
    assert value("y", calling) == 13 + 14
    assert value("x", calling) == 10
    assert value("bump:bump:1", calling) == 21


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected an expression, got none"),
        ("( )", "expected an expression, got none"),
        ("(1 + 2", "expected a closing parenthesis"),
        ("1 + 2)", r"expected a number, a condition or a variable, got '2\)'"),
        ("1 + (2 * 3)4", r"got '\(\.\.\.\)4'"),
        ("3 -2", "expected an operator between two operands, got '3 -2'"),
        ("- 3 + 4", "expected an operator between two operands, got '- "),
        ("1 <> 2", "expected one of .* got '<>'"),
        ("1 2 3 4", "expected operators between operands, got '1 2 3 4'"),
        ("1 and not 0", "got 'not'"),
        ("2*3", r"got '2\*3'"),
        ("1_0", "got '1_0'"),
        ("nowhere > 3", "got 'nowhere'"),
        ("z:D7", "z:D7: expected D0, got 'D7'"),
        ("q:1", "expected one of z, a, w, g, r, p, c and the programme's functions before ':', got 'q'"),
        ("two:1", "two: expected 2 arguments, got 1"),
        ("two:1, 2", "expected an operator between two operands"),
        ("two:1,", "expected an expression, got none"),
        ("again:1", "do not lead back to themselves, got .*function 'again'"),
        ("circle", "do not lead back to themselves, got .*condition 'circle'"),
        ("sets:", "sets: expected a function that leaves conditions alone, got an assignment to 'one'"),
        ("perhaps:", "'t' may be asked for before it has a value"),
        ("late", "'late' may be asked for before it has a value"),
        ("a\ue000", "characters for private use"),
        ("(" * 200 + "1" + ")" * 200, "80 deep at most"),
        ("wide:", "at most 100000 steps in all"),
    ],
)
def test_what_cannot_be_evaluated_is_told_by_file_and_line(text: str, message: str) -> None:
    """With the text, and what was expected."""
    functions = {
        "two": Function(2, (assigned("$0", "$1 + $2"),)),
        "again": Function(1, (assigned("$0", "again:$1"),)),
        "sets": Function(0, (assigned("one", "2"),)),
        "perhaps": Function(0, (assigned("t", "1", check="z:D0 > 3"), assigned("$0", "t"))),
        "wide": Function(0, (assigned("$0", " + ".join(["deep:"] * 300)),)),
        "deep": Function(0, (assigned("$0", " + ".join(["$0"] * 300)),)),
    }
    bad = rules({"one": "1", "circle": "circle + 1"}, assigned("late", "1", check="z:D0 > 3"), **functions)
    with pytest.raises(SumoFileError, match=message) as told:
        value(text, bad)
    assert str(told.value).startswith("n.net.xml:7: <phase>: earlyTarget: ")


WORDS = "1 0.5 z:D0 c: n x f:1 f: ( ) + - * / % ** < = and or not !n -x".split()  # noqa: SIM905 - as expressions stand in files


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=12).map(" ".join))
def test_any_text_is_a_number_or_an_error_of_the_file(text: str) -> None:
    """Nothing else comes out of it."""
    known = rules({"n": "z:D0 / 3"}, assigned("x", "2"), f=Function(1, (assigned("$0", "$1 + x"),)))
    try:
        result = value(text, known)
    except SumoFileError:
        return
    assert isinstance(result, float)


def test_rules_of_a_file_are_read_and_run(tmp_path: Path) -> None:
    """A condition ends the green of a street after 12 s, though nobody has gone by then."""
    named = '<condition id="due" value="c: >= 12"/>'
    config = street(tmp_path, inside=named, phase='minDur="5" maxDur="40"')
    text = _net_of(tmp_path).read_text()
    _net_of(tmp_path).write_text(text.replace('duration="3"', 'duration="3" earlyTarget="due"', 1))
    shown = letters(config, 40)
    assert shown.index("y") == 12
    assert shown[12:22] == "yyyrrrrrrr"


def _net_of(folder: Path) -> Path:
    return next(folder.glob("*.net.xml"))


@pytest.mark.parametrize(
    ("inside", "phase", "message"),
    [
        ("", 'minDur="-1" maxDur="40"', "minDur: expected a condition 'minDur:0' for a bound of -1, got none"),
        ('<condition id="c" value="1"/>' * 2, "", "expected one condition of this id"),
        ('<function id="f" nArgs="0"/>' * 2, "", "expected one function of this id"),
        ('<function id="f" nArgs="some"/>', "", "nArgs: expected a number, got 'some'"),
        ('<assignment id="a" check="1"/>', "", "value: expected a value, got none"),
    ],
)
def test_rules_that_cannot_be_read_are_told_by_file_and_line(
    tmp_path: Path, inside: str, phase: str, message: str
) -> None:
    """As soon as the file is read."""
    config = street(tmp_path, inside=inside, phase=phase)
    with pytest.raises(SumoFileError, match=message) as told:
        load_scenario(config)
    assert ".net.xml:" in str(told.value)


def test_what_a_programme_asks_is_found_by_its_own_names(tmp_path: Path) -> None:
    """Loops of its lanes with and without the programme's name before them; links and the seconds that they show."""
    phase = 'minDur="5" maxDur="40" earlyTarget="z:D0.0 > 1 and z:m_0_D0.0 > 1 and g:0 &lt; 9" finalTarget="DEFAULT"'
    network = load_scenario(street(tmp_path, phase=phase)).network
    logic = network.tl_logics["m"]
    assert logic.rules is not None
    links = SignalLinks(network, "m", len(logic.phases[0].state))
    layout = rule_layout(logic, logic.rules, RuleSensors(logic, links, _watched(links), ()))
    assert (layout.early[0], layout.final[0], layout.early[1], layout.links) == (0, BY_GAPS, NO_RULE, (0,))
    assert [step.arg for step in layout.code if step.op == GAP] == [0, 0]
    with pytest.raises(ValueError, match="expected the number of a link, 0 to 0, got '1'"):
        RuleSensors(logic, links, _watched(links), ()).read("r", "1")


def _watched(links: SignalLinks) -> list[WatchedLane]:
    return [WatchedLane(lane, f"D{number}.0", "") for number, lane in enumerate(links.lane_ids)]
