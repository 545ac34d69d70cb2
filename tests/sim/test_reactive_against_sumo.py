"""Actuated and delay-based programmes against SUMO's, second by second, on the same vehicles without chance."""

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest

from sim.engine import EmbeddedPlant
from sim.outputs.signal_states import SignalStateWriter
from sim.outputs.watching import WatchedPlant
from sim.plant import Plant
from sim.scenario import load_scenario
from sim.sumo_outputs import SumoOutputs
from tests.sim.sumo_programs import cross
from tests.sim.test_outputs_against_sumo import elements

pytestmark = pytest.mark.sumo
pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")

END_S = 400
WAYS = ("ns", "sn", "ew", "we", "ne", "sw")
OTHER = '<vType id="other" sigma="0" speedDev="0"/><trip id="o" type="other" depart="0" from="nm" to="ms"/>'
LOOP = '<inductionLoop id="mine" lane="nm_0" pos="-60" period="100" file="NUL"/>'
OTHERS = '<inductionLoop id="others" lane="nm_0" pos="-60" period="100" file="NUL" vTypes="other"/>'
CLOCK = (
    '<WAUT id="w" refTime="0" startProg="b"><wautSwitch time="130" to="a"/><wautSwitch time="260" to="b"/></WAUT>'
    '<wautJunction wautID="w" junctionID="m"/>'
)


def param(**values: object) -> str:
    """Parameters; `__` stands for a colon, `_` for a hyphen."""
    keys = {key: key.replace("__", ":").replace("_", "-") if key.islower() else key for key in values}
    return "".join(f'<param key="{keys[key]}" value="{value}"/>' for key, value in values.items())


def raw(key: str, value: object) -> str:
    """A parameter whose key stays as it is."""
    return f'<param key="{key}" value="{value}"/>'


def programme(net: Path, parameters: str = "", name: str = "a", kind: str = "actuated", offset: int = 0) -> str:
    """The net's own programme under another name, with parameters."""
    text = net.read_text()
    body = text[text.index("<tlLogic") : text.index("</tlLogic>")]
    phases = "".join(re.findall(r"<phase [^>]*/>", body))
    head = f'<tlLogic id="m" type="{kind}" programID="{name}" offset="{offset}">'
    return f"{head}{parameters}{phases}</tlLogic>"


def choosing(net: Path, parameters: str = "") -> str:
    """A programme that goes from each of its greens to whichever other one is asked for."""
    body = programme(net, parameters)
    greens = [state for state in re.findall(r'state="([^"]*)"', body) if "y" not in state]
    count, changes = len(greens), []
    for here in range(count):
        for there in (other for other in range(count) if other != here):
            amber = "".join(
                "y" if a in "Gg" and b == "r" else a for a, b in zip(greens[here], greens[there], strict=True)
            )
            changes.append((here, there, amber))
    after = {here: [count + k for k, change in enumerate(changes) if change[0] == here] for here in range(count)}
    phases = [
        f'<phase duration="20" minDur="5" maxDur="40" state="{green}" next="{" ".join(map(str, after[here]))}"/>'
        for here, green in enumerate(greens)
    ]
    phases += [f'<phase duration="3" state="{amber}" next="{there}"/>' for _, there, amber in changes]
    return f"{body[: body.index('<phase')]}{''.join(phases)}</tlLogic>"


def vehicles(per_hour: float, seed: int = 1) -> str:
    """One vehicle at a time and arm, all alike, none of which dawdles."""
    draw = random.Random(seed)
    due = {(round(at_s), way) for way in WAYS for at_s in _times(draw, per_hour)}
    first = {(at_s, way[0]): way for at_s, way in sorted(due, reverse=True)}
    rest = 'type="c" departLane="best" departSpeed="max"'
    trips = [
        f'<trip id="{number}" depart="{at_s}" from="{way[0]}m" to="m{way[1]}" {rest}/>'
        for number, ((at_s, _), way) in enumerate(sorted(first.items()))
    ]
    return "".join(trips)


def _times(draw: random.Random, per_hour: float) -> list[float]:
    times, at_s = [], 0.0
    while (at_s := at_s + draw.expovariate(per_hour / 3600)) < END_S:
        times.append(at_s)
    return times


def scenario(folder: Path, net: Path, per_hour: float, added: str = "", types: str = "", step_s: float = 1.0) -> Path:
    """A configuration with these vehicles and this additional file."""
    kind = '<vType id="c" sigma="0" speedDev="0" speedFactor="1"/>'
    (folder / "d.rou.xml").write_text(f"<routes>{kind}{types}{vehicles(per_hour)}</routes>")
    (folder / "a.add.xml").write_text(f"<additional>{added}</additional>")
    config = folder / "d.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="d.rou.xml"/>'
        f'<additional-files value="a.add.xml"/></input><time><begin value="0"/><end value="{END_S}"/>'
        f'<step-length value="{step_s}"/></time></configuration>'
    )
    return config


def shown(plant: Plant) -> list[str]:
    """What the signal shows in each step."""
    letters = []
    while not plant.finished:
        plant.step({})
        letters.append(plant.displayed("m"))
    plant.close()
    return letters


def assert_same(config: Path, step_s: float = 1.0) -> list[str]:
    """Both show the same letters in each step; these letters."""
    from sim.sumo_plant import SumoPlant

    theirs = shown(SumoPlant(config, seed=1, step_s=step_s))
    ours = shown(EmbeddedPlant(load_scenario(config), seed=1))
    assert sum(a != b for a, b in pairwise(theirs)) > 20
    differing = [number for number, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b]
    assert differing == []
    return ours


def net_of(folder: Path, lanes: int) -> Path:
    """A crossroads with an actuated signal."""
    return cross(folder, "--tls.default-type", "actuated", lanes=lanes)


@pytest.mark.parametrize(("lanes", "per_hour"), [(2, 150), (2, 400), (3, 400)])
def test_greens_end_in_the_second_in_which_those_of_sumo_end(tmp_path: Path, lanes: int, per_hour: float) -> None:
    """Gaps at the loops decide, on roads with two and three lanes, in light and in dense traffic."""
    assert_same(scenario(tmp_path, net_of(tmp_path, lanes), per_hour))


@pytest.mark.parametrize(
    "parameters",
    [
        param(max_gap=4.5, detector_gap=3, passing_time=1.5),
        param(detector_length=6),
        raw("max-gap:nm_0", 1) + raw("detector-length:em_0", 3) + raw("sm_0", "NO_DETECTOR"),
        raw("linkMaxDur:1", 15) + raw("linkMinDur:6", 9),
        param(vTypes="other"),
        raw("nm_0", "mine"),
        raw("nm_0", "mine") + param(vTypes="other"),
        raw("nm_0", "others"),
    ],
    ids=["gaps", "length", "by-lane", "by-link", "types", "own-loop", "own-loop-beside-types", "own-loop-with-types"],
)
def test_parameters_mean_what_they_mean_in_sumo(tmp_path: Path, parameters: str) -> None:
    """Each moves switches from where they are without it, and to where SUMO has them."""
    net = net_of(tmp_path, 2)
    usual = assert_same(scenario(tmp_path, net, 250, LOOP + OTHERS + programme(net), OTHER))
    assert assert_same(scenario(tmp_path, net, 250, LOOP + OTHERS + programme(net, parameters), OTHER)) != usual


def test_who_stands_on_a_loop_for_long_does_not_count(tmp_path: Path) -> None:
    """With a jam threshold, as in SUMO, given by parameter or by option."""
    net = net_of(tmp_path, 2)
    config = scenario(tmp_path, net, 450, programme(net, param(jam_threshold=3)))
    by_parameter = assert_same(config)
    scenario(tmp_path, net, 450, programme(net))
    option = '<processing><tls.actuated.jam-threshold value="3"/></processing></configuration>'
    config.write_text(config.read_text().replace("</configuration>", option))
    assert assert_same(config) == by_parameter


@pytest.mark.parametrize(("per_hour", "parameters"), [(60, ""), (250, ""), (400, param(inactive_threshold=30))])
def test_the_next_phase_is_the_one_that_is_asked_for(tmp_path: Path, per_hour: float, parameters: str) -> None:
    """Where `next` names several phases, the one with most of its loops active comes, as in SUMO."""
    net = net_of(tmp_path, 2)
    assert_same(scenario(tmp_path, net, per_hour, choosing(net, parameters)))


@pytest.mark.parametrize(
    ("frame", "offset", "coordinated"),
    [
        ('earliestEnd="20" latestEnd="35"', 0, "true"),
        ('earliestEnd="20" latestEnd="35"', 30, "true"),
        ('earliestEnd="60" latestEnd="20"', 77, "true"),
        ('latestEnd="12"', 20, "true"),
        ('earliestEnd="30"', -44, "true"),
        ('earliestEnd="15" latestEnd="25"', 0, "false"),
    ],
)
def test_coordinated_phases_end_within_their_frame(tmp_path: Path, frame: str, offset: int, coordinated: str) -> None:
    """Earliest and latest ends within a cycle of the clock, over its end too, or of the programme itself."""
    net = net_of(tmp_path, 2)
    body = programme(net, param(coordinated=coordinated, cycleTime=70), offset=offset)
    assert_same(scenario(tmp_path, net, 250, body.replace("<phase ", f"<phase {frame} ", 1)))


@pytest.mark.parametrize(
    ("per_hour", "parameters"),
    [(250, ""), (450, ""), (150, param(detectorRange=60, minTimeloss=4)), (100, param(extendMaxDur="true"))],
)
def test_delay_based_greens_go_on_for_those_who_lost_time(tmp_path: Path, per_hour: float, parameters: str) -> None:
    """As in SUMO, with its parameters."""
    net = net_of(tmp_path, 2)
    assert_same(scenario(tmp_path, net, per_hour, programme(net, parameters, kind="delay_based")))


@pytest.mark.parametrize("kind", ["actuated", "delay_based"])
def test_half_seconds_are_simulated_alike(tmp_path: Path, kind: str) -> None:
    """Decisions fall into the steps into which those of SUMO fall."""
    net = net_of(tmp_path, 2)
    assert_same(scenario(tmp_path, net, 250, programme(net, kind=kind), step_s=0.5), 0.5)


def test_programmes_go_on_while_others_have_their_hour(tmp_path: Path) -> None:
    """Switched by a clock, a programme shows what it would have come to by then, and files say which one runs."""
    from sim.sumo_plant import SumoPlant

    net = net_of(tmp_path, 2)
    two = programme(net) + programme(net, name="b", kind="delay_based")
    config = scenario(tmp_path, net, 200, two + CLOCK)
    theirs, ours = tmp_path / "theirs.xml", tmp_path / "ours.xml"
    plant = SumoPlant(config, seed=1, outputs=SumoOutputs(signals=theirs, tls_ids=("m",)))
    shown(plant)
    engine = EmbeddedPlant(load_scenario(config), seed=1)
    shown(WatchedPlant(engine, [SignalStateWriter(ours, ("m",), engine.displayed, engine.programme)]))
    written = [elements(path, "tlsState")[:END_S] for path in (ours, theirs)]
    assert {row["programID"] for row in written[0]} == {"a", "b"}
    assert written[0] == written[1]
