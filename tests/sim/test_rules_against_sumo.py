"""Expressions in actuated programmes against SUMO's: their values, and the letters that they lead to."""

import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from sim.reactive.rule_compiler import RuleCompiler
from sim.reactive.rule_sensors import RuleSensors
from sim.reactive.rule_values import value_of
from sim.reactive.signal_links import SignalLinks
from sim.scenario import load_scenario
from tests.sim.sumo_programs import cross
from tests.sim.test_reactive_against_sumo import LOOP, assert_same, choosing, net_of, param, programme, raw, scenario

pytestmark = pytest.mark.sumo
libsumo = pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")

OTHER = '<vType id="other" sigma="0" speedDev="0" speedFactor="1"/>'
OWN = {"p1": 'earlyTarget="z:D0.0 > 2"', "p3": 'earlyTarget="z:D1.1 > 2 and z:mine > 2"'}
ALL = {"p1": 'earlyTarget="z:D0.0 > 2"', "p2": 'minDur="12" maxDur="12"', "p3": 'earlyTarget="z:D1.1 > 2"'}
SOME = '<inductionLoop id="some" lane="em_1" pos="-40" file="NUL" vTypes="other"/>'
AREA = '<laneAreaDetector id="room" lane="em_0" pos="-60" endPos="-1" file="NUL"/>'


def element(tag: str, name: str, value: str, **more: object) -> str:
    """A condition or an assignment."""
    rest = "".join(f" {key}={quoteattr(str(given))}" for key, given in more.items())
    return f"<{tag} id={quoteattr(name)} value={quoteattr(value)}{rest}/>"


def conditions(**values: str) -> str:
    """Conditions by name; `__N` at the end of a name stands for `:N`."""
    return "".join(element("condition", re.sub(r"__(\d+)$", r":\1", name), value) for name, value in values.items())


def assignment(name: str, value: str, check: str = "1") -> str:
    """An assignment."""
    return element("assignment", name, value, check=check)


def function(name: str, arguments: int, *body: str) -> str:
    """A function with these assignments."""
    return f'<function id="{name}" nArgs="{arguments}">{"".join(body)}</function>'


def ruled(body: str, added: str, **phases: str) -> str:
    """A programme with these elements, and attributes for its phases, named as in `p1`."""
    head, *parts = body.split("<phase ")
    for name, attributes in phases.items():
        number = int(name[1:])
        for given in re.findall(r"(\w+)=", attributes):
            parts[number] = re.sub(rf'\b{given}="[^"]*"', "", parts[number])
        parts[number] = f"{attributes} {parts[number]}"
    return "<phase ".join([head + added, *parts])


FUNCTIONS = (
    function("f", 2, assignment("t", "$1 + $2"), assignment("$0", "t * t"))
    + function("seven", 0, assignment("$0", "7"))
    + function("third", 1, assignment("$0", "$1 / 3"))
    + function("most", 2, assignment("$0", "$1"), assignment("$0", "$2", check="$2 > $1"))
    + function("outer", 1, assignment("t", "$1 + 1"), assignment("$0", "inner: + t"))
    + function("inner", 0, assignment("t", "t * 10"), assignment("$0", "t"))
    + function("sees", 0, assignment("$0", "x + 1"))
)
ASSIGNMENTS = (
    assignment("x", "1 / 3")
    + assignment("x", "5", check="x > 1")
    + assignment("counted", "counted + 0.333")
    + assignment("kept", "9", check="0")
    + assignment("y", "sees:")
)
VALUES = [
    "1 / 3", "(1 / 3) * 3", "1 / 3 * 3", "0.005 * 100", "(0.005) * 100", "(0.125) * 100", "(2.675) * 100",
    "(1.005) * 100", "1 + 2 * 3", "8 / 2 * 4", "8 - 2 + 4", "2 ** 3 ** 2", "2 ^ 3", "7 % 4", "-7 % 4", "7 % -4",
    "not 0 and 1", "not 1 or 1", "1 or 0 and 0", "1 == 1 == 1", "1 < 2 and 3 > 2", "-(3) + 4", "!(1)", "3 / 0", "0 / 0",
    "1e3", "--3", "!-3", "!!3", "-!0", "(1 / 3) == 0.33", "5 > 3 > 2", "1 || 0", "1 && 0", "1 != 2", "2 >= 2",
    "f:3,4", "f:(1 + 2),3", "f:seven:,1", "seven:", "third:1 * 3", "(third:1) * 3", "most:3,8", "most:8,3", "outer:1",
    "x", "x * 3", "y", "counted", "kept", "f:x,y", "f:-1,!0", "named", "named * 3", "(named) * 3", "-2 ** 2",
    "0 - 0.125 + 0", "(0 - 0.125) * 100", "((1 + 1) * (2 + 2)) / 3", "+3 + .5 + 1.", "g:1", "r:1", "1 - -1",
]  # fmt: skip


def test_expressions_have_the_values_that_they_have_in_sumo(tmp_path: Path) -> None:
    """Operators, brackets, conditions, functions and variables, rounded where SUMO rounds them, after one decision."""
    net = net_of(tmp_path, 2)
    added = FUNCTIONS + ASSIGNMENTS + conditions(named="1 / 3", counted="0", kept="1 / 3")
    added += "".join(element("condition", f"c{number}", value) for number, value in enumerate(VALUES))
    config = scenario(tmp_path, net, 250, ruled(programme(net), added))
    libsumo.start(["sumo", "-c", str(config), "--no-step-log", "--no-warnings"])
    for _ in range(7):  # one decision, after the least green of 5 s
        libsumo.simulationStep()
    theirs = [float(libsumo.trafficlight.getParameter("m", f"condition.c{n}")) for n in range(len(VALUES))]
    libsumo.close()
    network = load_scenario(config).network
    logic = network.tl_logics["m"]
    assert logic.rules is not None
    compiler = RuleCompiler(
        logic.rules, RuleSensors(logic, SignalLinks(network, "m", len(logic.phases[0].state)), (), ())
    )
    variables = list(compiler.initial)
    codes = [compiler.compile(logic.rules.conditions[f"c{number}"]) for number in range(len(VALUES))]
    variables += compiler.initial[len(variables) :]
    value_of(compiler.assignments, variables, lambda *_: 0.0)
    ours = [float(f"{value_of(code, variables, lambda *_: 0.0):.2f}") for code in codes]
    times = {"g:1", "r:1"}
    differing = {v: (a, b) for v, a, b in zip(VALUES, ours, theirs, strict=True) if a != b and v not in times}
    assert differing == {}


COUNTING = (
    conditions(n="0") + assignment("n", "n + 1") + assignment("n", "0", check="n > 6") + assignment("even", "n % 2")
)
GAPS = conditions(ns="z:D0.0 > 3 and z:D0.1 > 3 and z:D2.0 > 3 and z:D2.1 > 3", ew="z:D1.0 > 3 and z:D1.1 > 3")


@pytest.mark.parametrize(
    ("added", "phases"),
    [
        (GAPS, {"p1": 'earlyTarget="ns"', "p3": 'earlyTarget="ew"'}),
        ("", {"p1": 'earlyTarget="DEFAULT"', "p3": 'earlyTarget="z:D1.0 > 1.5"'}),
        ("", {"p1": 'earlyTarget="!a:D0.0 and w:D1.1 > 2"', "p3": 'earlyTarget="z:m_a_D3.1 > 2"'}),
        (SOME, {"p1": 'earlyTarget="z:some &lt; 4 or a:some"', "p3": 'earlyTarget="z:mine > 2"'}),
        (AREA, {"p1": 'earlyTarget="a:room >= 2"', "p3": 'earlyTarget="a:room = 0"'}),
        ("", {"p1": 'earlyTarget="r:4 > 17"', "p3": 'earlyTarget="g:4 >= 11 and g:1 = 0"'}),
        (conditions(DEFAULT="z:D0.0 > 1"), {"p1": 'earlyTarget="DEFAULT"'}),
        (COUNTING, {"p1": 'earlyTarget="even = 0"', "p3": 'earlyTarget="n > 3 and z:D1.0 > 1"'}),
        (
            assignment("waited", "r:4") + function("more", 2, assignment("$0", "$1 > $2")),
            {"p1": 'earlyTarget="more:waited,15"', "p3": 'earlyTarget="more:(z:D1.0 + z:D1.1),6"'},
        ),
        ("", {"p0": 'minDur="5" maxDur="14"', "p1": 'finalTarget="z:D0.0 > 1"', "p3": 'finalTarget="0"'}),
        ("", {"p0": 'minDur="5" latestEnd="17"', "p1": 'earlyTarget="0"', "p2": 'earliestEnd="25" latestEnd="35"'}),
        (param(coordinated="true", cycleTime=50), {"p1": 'earlyTarget="c: >= 30"', "p3": 'earlyTarget="c: &lt; 10"'}),
        ("", {"p1": 'earlyTarget="c: >= 9"', "p3": 'earlyTarget="c: >= 25"'}),
        (raw("linkMinDur:1", 9), {"p1": 'earlyTarget="z:D0.0 > 1"', "p3": 'earlyTarget="z:D1.0 > 1"'}),
        (raw("nm_1", "NO_DETECTOR") + raw("em_0", "mine"), OWN),
        (raw("build-all-detectors", "true"), ALL),
    ],
    ids=["gaps", "default", "occupied", "others", "area", "times", "named-default", "counting", "function", "final",
         "latest", "clock", "cycle", "link", "own-loops", "all-loops"],
)  # fmt: skip
def test_rules_switch_in_the_second_in_which_those_of_sumo_switch(
    tmp_path: Path, added: str, phases: dict[str, str]
) -> None:
    """Each kind of expression moves switches from where gaps have them, and to where SUMO has them."""
    net = net_of(tmp_path, 2)
    outside = "".join(one for one in (SOME, AREA) if one in added)
    inside = added.replace(SOME, "").replace(AREA, "")
    by_rules = assert_same(mixed(tmp_path, net, LOOP + outside + ruled(programme(net), inside, **phases)))
    assert by_rules != assert_same(mixed(tmp_path, net, LOOP + programme(net)))


def mixed(folder: Path, net: Path, added: str) -> Path:
    """A configuration in which a fifth of the vehicles are of another type."""
    config = scenario(folder, net, 250, added, OTHER)
    routes = folder / "d.rou.xml"
    routes.write_text(re.sub(r'(<trip id="\d*[05]" [^>]*)type="c"', r'\1type="other"', routes.read_text()))
    return config


@pytest.mark.parametrize(
    "targets",
    [
        ("z:D0.0 > 2", "", "", ""),
        ("z:D0.0 > 2 and z:D2.0 > 2", "DEFAULT", "a:D1.0", "1"),
        ("r:4 > 30", "z:D1.0 > 4", "r:4 > 20", "z:D1.0 < 3"),
    ],
)
def test_of_several_phases_the_first_comes_whose_rule_holds(tmp_path: Path, targets: tuple[str, ...]) -> None:
    """Early targets while the phase may stay, final targets when it must end, and otherwise the last one of `next`."""
    net = cross(tmp_path, "--tls.default-type", "actuated", "--tls.layout", "incoming")
    body = choosing(net)
    changes = [number for number, state in enumerate(re.findall(r'state="([^"]*)"', body)) if "y" in state]
    assert len(changes) > 4
    early = {
        f"p{number}": f"earlyTarget={quoteattr(targets[n % 2])}" for n, number in enumerate(changes) if targets[n % 2]
    }
    final = {
        f"p{number}": f"{early.get(f'p{number}', '')} finalTarget={quoteattr(targets[2 + n % 2])}"
        for n, number in enumerate(changes)
        if targets[2 + n % 2]
    }
    assert_same(scenario(tmp_path, net, 300, ruled(body, "", **(early | final))))


BOTH, ENDS = 'minDur="-1" maxDur="-1"', 'earliestEnd="-1" latestEnd="-1"'
EVERY_55_S = param(coordinated="true", cycleTime=55)


@pytest.mark.parametrize(
    ("added", "phases"),
    [
        (conditions(minDur__0="7", maxDur__0="33"), {"p0": 'minDur="-1" maxDur="-1"'}),
        (conditions(minDur__2="7.3"), {"p2": 'minDur="-1"'}),
        (conditions(minDur__2="r:4 / 3 + 4"), {"p2": 'minDur="-1" maxDur="30"'}),
        (conditions(minDur__2="4 + 10 * a:D0.0", maxDur__2="15"), {"p2": 'minDur="-1" maxDur="-1"'}),
        (conditions(maxDur__2="9"), {"p2": 'minDur="5" maxDur="-1"'}),
        (conditions(minDur__0="5", maxDur__0="20 - 3 * a:D1.0"), {"p0": BOTH, "p1": 'earlyTarget="z:D0.0 > 2"'}),
        (conditions(earliestEnd__2="20 + 5 * a:D0.0", latestEnd__2="31"), {"p2": f'minDur="5" maxDur="50" {ENDS}'}),
        (conditions(earliestEnd__0="14"), {"p0": 'minDur="5" maxDur="50" earliestEnd="-1"'}),
        (conditions(latestEnd__0="9"), {"p0": 'minDur="5" maxDur="50" latestEnd="-1"'}),
        (conditions(minDur__1="3") + assignment("minDur:1", "6", check="z:D0.0 < 4"), {"p1": 'minDur="-1" maxDur="9"'}),
        (conditions(minDur__0="5 / 0.7", maxDur__0="18") + EVERY_55_S, {"p0": f'{BOTH} latestEnd="20"'}),
        (conditions(minDur__0="1.5", maxDur__0="30"), {"p0": BOTH, "p1": 'earlyTarget="DEFAULT"'}),
    ],
)  # fmt: skip
def test_bounds_of_minus_one_are_expressions(tmp_path: Path, added: str, phases: dict[str, str]) -> None:
    """Least and longest duration, earliest and latest end: asked for when they are needed, from the begin on."""
    net = net_of(tmp_path, 2)
    assert_same(mixed(tmp_path, net, LOOP + ruled(programme(net), added, **phases)))


def test_half_seconds_and_a_late_begin_are_ruled_alike(tmp_path: Path) -> None:
    """Times since the last decision count from where SUMO counts them."""
    net = net_of(tmp_path, 2)
    added = assignment("w", "g:1") + conditions(minDur__0="4.4")
    body = ruled(programme(net, offset=33), added, p0='minDur="-1"', p1='earlyTarget="w > 8 and z:D0.0 > 1.3"')
    config = scenario(tmp_path, net, 250, body, step_s=0.5)
    assert_same(config, 0.5)
    config.write_text(config.read_text().replace('<begin value="0"/>', '<begin value="57"/>'))
    assert_same(config, 0.5)


def test_people_who_come_to_a_crossing_are_counted(tmp_path: Path) -> None:
    """`p` is how many come to the crossing of a link or wait there."""
    net = cross(tmp_path, "--tls.default-type", "actuated", "--sidewalks.guess", "--crossings.guess")
    crossing = re.search(r'<connection from=":m_w\d+" to=":m_c\d+" [^>]*linkIndex="(\d+)"', net.read_text())
    assert crossing is not None
    body = ruled(programme(net), "", p1=f'earlyTarget="p:{crossing[1]} >= 2"')
    config = scenario(tmp_path, net, 200, body)
    routes = tmp_path / "d.rou.xml"
    walk = '<walk from="nm" to="{}"/>'
    people = "".join(
        f'<person id="p{n}" depart="{7 * n}" departPos="150" type="w">{walk.format(to)}</person>'
        for n, to in enumerate(["me", "mw", "ms"] * 16)
    )
    kind = '<vType id="w" vClass="pedestrian" speedDev="0" speedFactor="1"/>'
    routes.write_text(_with_people(routes.read_text(), kind, people))
    assert_same(config)


def _with_people(routes: str, kind: str, people: str) -> str:
    """Trips and people of a file in the order of their departures."""
    trips = re.findall(r"<trip [^>]*/>", routes)
    both = [*trips, *re.findall(r"<person .*?</person>", people)]
    both.sort(key=lambda row: float(re.findall(r'depart="([^"]*)"', row)[0]))
    return routes[: routes.index("<trip")] + kind + "".join(both) + "</routes>"
