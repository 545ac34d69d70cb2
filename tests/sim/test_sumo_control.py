"""SUMO's own controls as programmes: what is written, and what SUMO makes of it."""

from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.junction import GroupKind, Junction, SignalGroup, Stage
from sim.scenario import load_scenario
from sim.signal_programme import Phase, TrafficLightLogic
from sim.site_derivation import derive_site
from sim.sumo_control import LONGEST_PHASE_S, SumoControl, controlled, write_control
from sim.sumo_files.additional import read_additional
from tests.sim.sumo_programs import cross, demand

ALGORITHMS = [SumoControl.ACTUATED, SumoControl.DELAY_BASED]
SHIPPED = Path(__file__).resolve().parents[2] / "sim" / "scenarios" / "rheinstrasse"


@st.composite
def programmes(draw: st.DrawFn) -> tuple[TrafficLightLogic, Junction]:
    """A programme of any letters, and a junction with a group for each of its links."""
    links = draw(st.integers(1, 4))
    phases = []
    for _ in range(draw(st.integers(1, 6))):
        duration = draw(st.integers(1, 60))
        least, most = sorted(draw(st.lists(st.integers(1, 70), min_size=2, max_size=2)))
        stated = draw(st.booleans())
        state = draw(st.text("GgrryuG", min_size=links, max_size=links))
        phases.append(
            Phase(duration, state, least if stated else duration, most if stated else duration)
        )  # fmt: skip
    kinds = draw(st.lists(st.sampled_from([GroupKind.VEHICLE, GroupKind.PEDESTRIAN]), min_size=links, max_size=links))
    groups = {
        f"g{n}": SignalGroup(f"g{n}", kind, min_green_s=draw(st.integers(1, 25)), links=(n,))
        for n, kind in enumerate(kinds)
    }
    stages = {"S": Stage("S", frozenset(groups))}
    junction = Junction(id="a", name="", groups=groups, intergreens={}, stages=stages, lanes={}, movements=())
    return TrafficLightLogic("a", "0", "static", 7.0, tuple(phases)), junction


@given(programmes(), st.sampled_from(ALGORITHMS))
@settings(max_examples=100, deadline=None)
def test_phases_keep_their_letters_and_stay_within_bounds(
    case: tuple[TrafficLightLogic, Junction], control: SumoControl
) -> None:
    """Letters, order and offset are the network's; only greens vary, within bounds; what is fixed keeps its length."""
    logic, junction = case
    made = controlled(logic, junction, control)
    assert [phase.state for phase in made.phases] == [phase.state for phase in logic.phases]
    assert (made.id, made.offset_s) == (logic.id, logic.offset_s)
    assert made.program_id != logic.program_id
    for phase, shipped in zip(made.phases, logic.phases, strict=True):
        amber = "y" in phase.state
        assert phase.duration_s == (min(3, shipped.duration_s) if amber else shipped.duration_s)
        assert phase.min_duration_s <= phase.max_duration_s
        if phase.min_duration_s < phase.max_duration_s:
            assert not amber
            assert phase.max_duration_s <= max(LONGEST_PHASE_S, shipped.duration_s, shipped.max_duration_s)


@given(programmes())
@settings(max_examples=100, deadline=None)
def test_no_green_is_shorter_than_the_groups_minimum_where_a_phase_can_give_it(
    case: tuple[TrafficLightLogic, Junction],
) -> None:
    """However early SUMO ends phases, a group whose green holds a variable phase gets its minimum green."""
    logic, junction = case
    made = controlled(logic, junction, SumoControl.ACTUATED)
    for group in junction.groups.values():
        shown = [(phase.state[group.links[0]] in "Gg", phase) for phase in made.phases]
        start = next((n for n, (green, _) in enumerate(shown) if not green), None)
        if start is None:
            continue  # always green
        for green, run in groupby([*shown[start:], *shown[:start]], key=lambda item: item[0]):
            phases = [phase for _, phase in run]
            stated = any(phase.min_duration_s < phase.max_duration_s for phase in phases)
            if green and stated:
                assert sum(phase.min_duration_s for phase in phases) >= group.min_green_s


def test_stated_bounds_of_the_network_hold() -> None:
    """Where a programme says how long its phases may be, no other phase varies; a bound below the minimum is lifted."""
    phases = (
        Phase(20, "Gr", 2, 40), Phase(5, "yr", 5, 5), Phase(20, "rG", 20, 20), Phase(3, "ry", 3, 3),
    )  # fmt: skip
    groups = {f"g{n}": SignalGroup(f"g{n}", GroupKind.VEHICLE, min_green_s=5, links=(n,)) for n in (0, 1)}
    junction = Junction(
        id="a", name="", groups=groups, intergreens={("g0", "g1"): 3, ("g1", "g0"): 3}, lanes={}, movements=(),
        stages={name: Stage(name, frozenset({name})) for name in groups},
    )  # fmt: skip
    stated = controlled(TrafficLightLogic("a", "0", "static", 0, phases), junction, SumoControl.ACTUATED).phases
    assert [(one.min_duration_s, one.max_duration_s) for one in stated] == [(5, 40), (3, 3), (20, 20), (3, 3)]
    silent = tuple(Phase(one.duration_s, one.state, one.duration_s, one.duration_s) for one in phases)
    usual = controlled(TrafficLightLogic("a", "0", "static", 0, silent), junction, SumoControl.ACTUATED).phases
    assert [(one.min_duration_s, one.max_duration_s) for one in usual] == [(5, 50), (3, 3), (5, 50), (3, 3)]


@pytest.mark.parametrize("control", ALGORITHMS)
def test_written_file_reads_back_as_it_was_made(control: SumoControl, tmp_path: Path) -> None:
    """Every signal of the shipped street stands in the file once, type, bounds and parameters included."""
    scenario = load_scenario(SHIPPED / "rheinstrasse.am.sumocfg")
    site = derive_site(scenario.network)
    write_control(scenario.network, site.junctions.values(), control, tmp_path / "control.add.xml")
    read = read_additional(tmp_path / "control.add.xml", scenario.network).programs
    logics = scenario.network.tl_logics
    assert [logic for _, logic in read] == [
        controlled(logics[name], junction, control) for name, junction in site.junctions.items()
    ]
    assert {logic.type for _, logic in read} == {control.value.removeprefix("sumo-").replace("-", "_")}


def test_frames_of_coordinated_phases_are_written(tmp_path: Path) -> None:
    """SUMO reads the earliest and latest end that the network's programme gives a phase."""
    net = cross(tmp_path)
    text = net.read_text()
    framed = text.replace("<phase ", '<phase earliestEnd="0" latestEnd="35.5" ', 1)
    assert framed != text
    net.write_text(framed)
    network = load_scenario(demand(tmp_path, net)).network
    write_control(network, derive_site(network).junctions.values(), SumoControl.ACTUATED, tmp_path / "control.add.xml")
    ((_, read),) = read_additional(tmp_path / "control.add.xml", network).programs
    ends = [(phase.earliest_end_s, phase.latest_end_s) for phase in read.phases]
    assert ends == [(0.0, 35.5)] + [(None, None)] * (len(ends) - 1)


@pytest.mark.sumo
@pytest.mark.parametrize("control", ALGORITHMS)
def test_sumo_shows_the_phases_within_their_bounds(control: SumoControl, tmp_path: Path) -> None:
    """On the street, every phase lasts as long as was written, and greens vary with traffic."""
    pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
    from sim.sumo_plant import SumoPlant

    config = demand(tmp_path, cross(tmp_path), vehicles_per_hour=250)
    network = load_scenario(config).network
    junction = derive_site(network).junctions["m"]
    write_control(network, [junction], control, tmp_path / "control.add.xml")
    phases = {phase.state: phase for phase in controlled(network.tl_logics["m"], junction, control).phases}
    plant = SumoPlant(config, additional=[tmp_path / "control.add.xml"])
    shown = []
    while not plant.finished:
        plant.step({})
        shown.append(plant.displayed("m"))
    plant.close()
    lengths = [(state, len(list(run))) for state, run in groupby(shown)][1:-1]
    assert len(lengths) > 8
    for state, seconds in lengths:
        assert phases[state].min_duration_s <= seconds <= phases[state].max_duration_s, (state, seconds)
    greens = [seconds for state, seconds in lengths if "y" not in state]
    assert len(set(greens)) > 1
